"""TOML files that people write: read into a checked record, or told what is wrong and where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from specforge_core.errors import SpecForgeError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]  # ("sections", 2, "prompt"), as pydantic names it

# What pydantic says in the words of a programmer, in those of whoever wrote the file.
_WORDS = {
    "extra_forbidden": "there is no such field; is it misspelt?",
    "dict_type": "write it as a table of names and values",
    "model_type": "write it as a table of names and values",
    "tuple_type": "write it as a list",
    "list_type": "write it as a list",
    "string_type": "write it as text, in quotes",
}
_SYNTAX = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)", re.DOTALL
)
_TEXT_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'" r"|#[^\n]*",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*(?P<open>\[\[?)(?P<key>[^\[\]]+)\]")
_FIELD = re.compile(r"\s*(?P<key>[^\s=\[\]{},][^=\[\]{},]*)=")


class FileProblem(SpecForgeError):
    """A file that cannot be used: `brief.toml, line 12: sections[2].prompt: Field required`.

    file: its name without the folder. line: from 1, None when the file as a whole is meant.
    """

    def __init__(self, file: str, line: int | None, what: str) -> None:
        super().__init__(f"{file}, line {line}: {what}" if line else f"{file}: {what}")
        self.file = file
        self.line = line
        self.what = what


def read_toml(path: Path, shape: type[Model]) -> Model:
    """The file's content in the given shape. Raises `FileProblem` for all that can be wrong."""
    text = _text(path)
    values = _values(path, text)
    if not values:
        raise FileProblem(path.name, None, "the file is empty. Fill it in, or delete it.")
    try:
        return shape.model_validate(values)
    except ValidationError as exc:
        first, *more = exc.errors(include_url=False)
        what = _WORDS.get(first["type"], first["msg"].removeprefix("Value error, "))
        rest = f" (and {len(more)} more)" if more else ""
        raise _problem(path.name, text, first["loc"], what + rest) from exc


def problem_at(path: Path, place: Place, what: str) -> FileProblem:
    """For a fault that the shape does not show: `what`, with the line of `place`. Not raised."""
    try:
        return _problem(path.name, _text(path), place, what)
    except FileProblem as gone:  # since it was read
        return gone


def _problem(file: str, text: str, place: Place, what: str) -> FileProblem:
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    said = f"{field.lstrip('.')}: {what}" if place else what
    return FileProblem(file, line_of(text, place), said)


def _text(path: Path) -> str:
    try:
        # Some editors begin a UTF-8 file with a byte order mark, which TOML does not know.
        content = path.read_bytes()
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise FileProblem(path.name, line, "this is not UTF-8. Save the file as UTF-8.") from exc
    except FileNotFoundError as exc:
        raise FileProblem(path.name, None, "there is no such file.") from exc
    except IsADirectoryError as exc:
        what = "this is a folder; a file is needed. Rename or move the folder."
        raise FileProblem(path.name, None, what) from exc
    except PermissionError as exc:
        what = "it may not be read. Give the user that runs SpecForge the right to read it."
        raise FileProblem(path.name, None, what) from exc
    except OSError as exc:
        raise FileProblem(path.name, None, f"it cannot be read: {exc.strerror}.") from exc


def _values(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as exc:
        raise FileProblem(path.name, None, "lists are nested too deeply.") from exc
    except ValueError as exc:  # also Python's own, for a number of thousands of digits
        raise FileProblem(path.name, *_fault(text, str(exc))) from exc


def _fault(text: str, said: str) -> tuple[int | None, str]:
    """The line and the words of what the TOML parser said."""
    found = _SYNTAX.fullmatch(said)
    if not found:
        return None, f"this is not valid TOML: {said}."
    if found["line"]:
        what = f"{found['what']} (column {found['column']})"
        return int(found["line"]), f"this is not valid TOML: {what}."
    # At the end of the file, because of a quote that opens somewhere above.
    bare = _TEXT_OR_COMMENT.sub(_blanked, text.rstrip("\n"))
    opened = re.search("[\"']", bare)
    line = bare.count("\n", 0, opened.start() if opened else len(bare)) + 1
    return line, f"this is not valid TOML: {found['what']}, to the end of the file."


def line_of(text: str, place: Place) -> int:
    """The line, from 1, of a field in a valid TOML text, else of the table that should hold it."""
    lines = dict(reversed([*_places(text)]))  # the first of several wins
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 1


def _places(text: str) -> Iterator[tuple[Place, int]]:
    """Every table and field, and what they lie in, with the line, in the order of the text."""
    bare = _TEXT_OR_COMMENT.sub(_blanked, text)
    table: Place = ()
    counts: dict[Place, int] = {}  # arrays of tables: the number of their latest one
    depth = start = 0
    for number, line in enumerate(bare.split("\n"), start=1):
        found = None if depth else _HEADER.match(line) or _FIELD.match(line)
        if found:
            first, last = found.span("key")
            keys = _keys(text[start + first : start + last])
            if found.re is _HEADER:
                table = _table(keys, found["open"] == "[[", counts)
            here = table if found.re is _HEADER else (*table, *keys)
            yield from ((here[:end], number) for end in range(1, len(here) + 1))
        depth += sum(line.count(mark) for mark in "[{") - sum(line.count(mark) for mark in "]}")
        start += len(line) + 1


def _blanked(found: re.Match[str]) -> str:
    """Of the same length and lines, without a sign that TOML would read."""
    filler = " " if found[0].startswith("#") else "_"
    return re.sub(r"[^\n]", filler, found[0])


def _keys(written: str) -> list[str]:
    """The parts of a key as written: bare, quoted or dotted."""
    value: object = tomllib.loads(f"{written} = 0")
    keys = []
    while isinstance(value, dict):
        [(key, value)] = value.items()
        keys.append(key)
    return keys


def _table(keys: list[str], repeated: bool, counts: dict[Place, int]) -> Place:
    """Where a header leads to; `[[a.b]]` opens the next table of `b` in the latest `a`."""
    place: Place = ()
    for key in keys[:-1]:
        place = (*place, key)
        place = (*place, counts[place]) if place in counts else place
    place = (*place, keys[-1])
    if not repeated:
        return place
    counts[place] = counts.get(place, -1) + 1
    return (*place, counts[place])
