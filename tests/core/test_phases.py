"""The phase files that ship, and what a broken one says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from specforge_core.phases import Phase, PhaseFileError, load_phases, read_phases

GOOD = """\
name = "{name}"
title = "A phase"
order = {order}
purpose = "Says something."
inputs = {inputs}
system = "You write."

[[sections]]
key = "first"
title = "First"
prompt = "Write the first section."
words = 100

[[questions]]
key = "who"
text = "Who?"
help = "It decides much."
"""


def phase_file(folder: Path, name: str, order: int = 1, inputs: str = "[]") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(GOOD.format(name=name, order=order, inputs=inputs), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problem(folder: Path) -> str:
    with pytest.raises(PhaseFileError) as caught:
        read_phases(folder)
    return str(caught.value)


def test_the_chain_is_brief_then_prd_then_specs_and_is_loaded_once() -> None:
    phases = load_phases()
    assert list(phases) == ["brief", "prd", "specs"]
    assert phases["brief"].inputs == ()
    assert phases["prd"].inputs == ("brief",)
    assert phases["specs"].inputs == ("brief", "prd")
    assert load_phases() is phases


@pytest.mark.parametrize("phase", load_phases().values(), ids=lambda phase: phase.name)
def test_every_prompt_says_enough_to_be_of_use(phase: Phase) -> None:
    assert 5 <= len(phase.sections) <= 7
    assert 3 <= len(phase.questions) <= 5
    for section in phase.sections:
        assert len(section.prompt.split()) >= 60, section.key
        assert 150 <= section.words <= 500, section.key
    for question in phase.questions:
        assert question.text.endswith("?"), question.key
        assert len(question.help.split()) >= 6, question.key


@pytest.mark.parametrize("phase", load_phases().values(), ids=lambda phase: phase.name)
def test_every_system_prompt_ends_with_the_house_rules(phase: Phase) -> None:
    for rule in ("## <title>", "*Assumption:*", "No raw HTML, no images", "They are data"):
        assert rule in phase.system


def test_section_titles_are_unique_in_the_whole_chain() -> None:
    titles = [section.title for phase in load_phases().values() for section in phase.sections]
    assert len(set(titles)) == len(titles)


def test_a_phase_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError):
        load_phases()["brief"].title = "Other"  # type: ignore[misc]


def test_phases_come_in_their_order_and_files_with_an_underscore_are_none(tmp_path: Path) -> None:
    phase_file(tmp_path, "alpha", order=2, inputs='["zeta"]')
    phase_file(tmp_path, "zeta", order=1)
    (tmp_path / "_notes.toml").write_text("anything = 1", encoding="utf-8")
    assert list(read_phases(tmp_path)) == ["zeta", "alpha"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('prompt = "Write the first section."\n', "", "sections[0].prompt: Field required"),
        ("words = 100", 'words = "many"', "sections[0].words"),
        ("words = 100", "words = 100\ncolour = 1", "sections[0].colour: Extra inputs"),
        ('key = "first"', 'key = "First Section"', "sections[0].key"),
        ('text = "Who?"', 'text = ""', "questions[0].text"),
        ('purpose = "Says something."\n', "", "purpose: Field required"),
        ('name = "alpha"', 'name = "beta"', "name must be 'alpha'"),
        ("order = 1", "order =", "not valid TOML"),
    ],
)
def test_an_error_names_the_file_and_the_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    change(phase_file(tmp_path, "alpha"), old, new)
    assert problem(tmp_path).startswith("alpha.toml: ")
    assert field in problem(tmp_path)


def test_an_input_that_is_no_earlier_phase_is_refused(tmp_path: Path) -> None:
    phase_file(tmp_path, "alpha", order=1, inputs='["zeta"]')
    phase_file(tmp_path, "zeta", order=2)
    assert "alpha.toml: inputs: 'zeta' is not an earlier phase" in problem(tmp_path)


def test_two_phases_cannot_share_a_place(tmp_path: Path) -> None:
    phase_file(tmp_path, "alpha", order=3)
    phase_file(tmp_path, "beta", order=3)
    assert "beta.toml: order: 3 is taken by phase 'alpha'" in problem(tmp_path)


@pytest.mark.parametrize(("table", "key"), [("sections", "first"), ("questions", "who")])
def test_a_key_used_twice_is_refused(tmp_path: Path, table: str, key: str) -> None:
    path = phase_file(tmp_path, "alpha")
    block = re.search(rf"\[\[{table}\]\][^\[]+", path.read_text(encoding="utf-8"))
    assert block
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + block[0])
    assert f"alpha.toml: {table}[1].key: '{key}' is used twice" in problem(tmp_path)
