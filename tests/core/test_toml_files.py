"""Reading TOML files: whatever is wrong is told with the file, the line and the fault."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from specforge_core.errors import SpecForgeError
from specforge_core.toml_files import FileProblem, line_of, problem_at, read_toml

NOBODY = 65534


class Step(BaseModel):
    name: str
    minutes: int = 1


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    steps: tuple[Step, ...] = ()


class Recipe(BaseModel):
    title: str
    tags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    answers: dict[str, dict[str, str]] = {}


GOOD = '''\
# A recipe
title = "Bread"
tags = [
    "a = b",
    "[[parts]]", # [not] a table
]

[[parts]]
title = "Dough"

[[parts.steps]]
name = "Mix"
minutes = 10

[[parts]]
title = """
Bake
[[parts]]
title = 'no field'
"""

[[parts.steps]]
name = "Heat"

[[parts.steps]]
"name" = "Wait"
minutes = 30

[answers.brief]
users = "Bakers"
'''


def written(folder: Path, text: str | bytes, name: str = "bread.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problem(path: Path) -> str:
    with pytest.raises(FileProblem) as caught:
        read_toml(path, Recipe)
    return str(caught.value)


def test_a_good_file_becomes_the_record(tmp_path: Path) -> None:
    recipe = read_toml(written(tmp_path, GOOD), Recipe)
    assert recipe.title == "Bread"
    assert [step.name for part in recipe.parts for step in part.steps] == ["Mix", "Heat", "Wait"]
    assert recipe.answers == {"brief": {"users": "Bakers"}}


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path, ends: bytes) -> None:
    text = b"\xef\xbb\xbf" + GOOD.encode().replace(b"\n", ends)
    assert read_toml(written(tmp_path, text), Recipe).title == "Bread"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Bread"', "title = 3", "line 2: title: write it as text, in quotes"),
        ('title = "Bread"\n', "", "line 1: title: Field required"),
        ('"a = b",', "7,", "line 3: tags[0]: write it as text, in quotes"),
        ('title = "Dough"\n', "", "line 8: parts[0].title: Field required"),
        ("minutes = 10", 'minutes = "ten"', "line 13: parts[0].steps[0].minutes: Input should be"),
        ('title = """\nBake', 'titel = """\nBake', "line 15: parts[1].title: Field required"),
        ('name = "Heat"\n', "", "line 22: parts[1].steps[0].name: Field required"),
        ('"name" = "Wait"', '"name" = []', "line 26: parts[1].steps[1].name: write it as text"),
        ("minutes = 30", "minutes = 0.5", "line 27: parts[1].steps[1].minutes: Input should be"),
        ('users = "Bakers"', "users = 1", "line 30: answers.brief.users: write it as text"),
        ("[answers.brief]", "[answers]", "line 30: answers.users: write it as a table of names"),
        ('title = "Dough"', 'title = ""\ncolour = 1', "line 10: parts[0].colour: there is no such"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert GOOD.count(old) == 1
    assert problem(written(tmp_path, GOOD.replace(old, new))).startswith(f"bread.toml, {said}")


def test_all_other_problems_of_a_file_are_counted(tmp_path: Path) -> None:
    said = problem(written(tmp_path, "tags = 1\nparts = 2\n"))
    assert said == "bread.toml, line 1: title: Field required (and 2 more)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 'x'\nfoo\n", "line 2: this is not valid TOML: Expected '=' after a key"),
        (
            'title = """\nno end\n\n',
            "line 1: this is not valid TOML: Unterminated string, to the end",
        ),
        ("title = 'x'\ntitle = 'y'\n", "line 2: this is not valid TOML: Cannot overwrite"),
        ("title = 'x\n\ntags = []\n", 'line 1: this is not valid TOML: Expected "\'", to the end'),
        ("title = 'x'\n\ntags = [\n", "line 3: this is not valid TOML: "),
        (b"title = 'x'\n# caf\xe9\n", "line 2: this is not UTF-8"),
        ("", "bread.toml: the file is empty"),
        ("# only a comment\n", "bread.toml: the file is empty"),
        ("title = " + "[" * 100_000, "bread.toml: lists are nested too deeply"),
        (f"title = {'9' * 5_000}", "bread.toml: this is not valid TOML: Exceeds the limit"),
        ("title = 'x\x00y'\n", "line 1: this is not valid TOML: "),
        (b"PK\x03\x04\x00\x00", "line 1: this is not valid TOML: "),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    assert said in problem(written(tmp_path, text))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert problem(tmp_path / "folder.toml").startswith("folder.toml: this is a folder")
    assert problem(tmp_path / "gone.toml") == "gone.toml: there is no such file."
    assert problem(tmp_path / "loop.toml").startswith("loop.toml: it cannot be read: ")


def test_a_file_without_the_right_to_read_it_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.chmod(0)
    with an_ordinary_user():
        assert problem(path).startswith("bread.toml: it may not be read")


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Root may read everything, so root becomes somebody else for a moment."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_fault_found_later_is_told_with_the_line_of_its_field(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    found = problem_at(path, ("parts", 1, "title"), "'Bake' is used twice.")
    assert str(found) == "bread.toml, line 16: parts[1].title: 'Bake' is used twice."
    assert (found.file, found.line) == ("bread.toml", 16)
    assert isinstance(found, SpecForgeError)


@given(
    st.lists(st.text("ab[]{}='\"#.\\ \n€", max_size=12), min_size=1, max_size=6),
    st.sampled_from(['"""', "'''", '"']),
)
def test_no_text_in_a_field_leads_to_the_wrong_line(texts: list[str], quote: str) -> None:
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    for text in texts:
        starts.append((len(lines) + 1, len(lines) + 2))
        lines += f"[[parts]] # {text!r}\ntitle = {quoted(text, quote)}".split("\n")
    found = [
        (line_of("\n".join(lines), ("parts", n)), line_of("\n".join(lines), ("parts", n, "title")))
        for n in range(len(texts))
    ]
    assert found == starts


def quoted(text: str, quote: str) -> str:
    if quote == "'''":
        return f"'''{text.replace(chr(39), '')}'''"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f"{quote}{escaped if quote != chr(34) else escaped.replace(chr(10), ' ')}{quote}"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_whatever_it_holds_raises_another_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), content, "any.toml")
    with suppress(FileProblem):
        read_toml(path, Recipe)


def test_the_shape_decides_what_is_returned(tmp_path: Path) -> None:
    step: Any = read_toml(written(tmp_path, 'name = "Mix"'), Step)
    assert step == Step(name="Mix")
