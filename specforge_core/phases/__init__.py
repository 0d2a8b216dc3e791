"""What each kind of document is made of. One TOML file per phase, beside this module.

A new phase is one new file. `_house.toml` holds the rules that every phase's
system prompt ends with; files that start with an underscore are no phases.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from specforge_core.errors import SpecForgeError

FOLDER = Path(__file__).parent

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Line = Annotated[str, StringConstraints(pattern=r"^\S[^\n]*$", max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class PhaseFileError(SpecForgeError):
    """A phase file that cannot be used. The message names the file and the field."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionSpec(_Part):
    """One planned section. `prompt` says what it must hold; `words` is the length to aim at."""

    key: Key
    title: Line
    prompt: Prose
    words: Annotated[int, Field(ge=40, le=3_000)]


class Question(_Part):
    """A question a person may answer before the phase is written. `help` says why it matters."""

    key: Key
    text: Line
    help: Line


class Phase(_Part):
    """A kind of document. `inputs` are the phases whose documents it is written from."""

    name: Key
    title: Line
    order: Annotated[int, Field(ge=1)]
    purpose: Line
    inputs: tuple[Key, ...] = ()
    system: Prose
    sections: Annotated[tuple[SectionSpec, ...], Field(min_length=1)]
    questions: tuple[Question, ...] = ()


@cache
def load_phases() -> Mapping[str, Phase]:
    """The phases that ship with SpecForge by name, in the order of the chain."""
    return read_phases(FOLDER)


def read_phases(folder: Path) -> Mapping[str, Phase]:
    """Every phase of a folder by name, in the order of the chain. Raises `PhaseFileError`."""
    files = {path: _read(path) for path in sorted(folder.glob("[!_]*.toml"))}
    ordered = sorted(files.items(), key=lambda item: item[1].order)
    _check_chain(ordered)
    return MappingProxyType({phase.name: phase for _, phase in ordered})


def _read(path: Path) -> Phase:
    values = _toml(path)
    try:
        phase = Phase.model_validate(values)
    except ValidationError as exc:
        raise PhaseFileError(f"{path.name}: {_first_problem(exc)}") from exc
    if phase.name != path.stem:
        raise PhaseFileError(f"{path.name}: name must be '{path.stem}', as the file is called.")
    _check_unique(path, "sections", (section.key for section in phase.sections))
    _check_unique(path, "questions", (question.key for question in phase.questions))
    return phase.model_copy(update={"system": f"{phase.system}\n\n{_house_rules()}"})


@cache
def _house_rules() -> str:
    return str(_toml(FOLDER / "_house.toml")["rules"]).strip()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise PhaseFileError(f"{path.name}: this is not valid TOML: {exc}") from exc


def _first_problem(error: ValidationError) -> str:
    """The first problem as `sections[2].prompt: Field required`, and how many more there are."""
    problem, *more = error.errors()
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
    rest = f" (and {len(more)} more)" if more else ""
    return f"{field.lstrip('.')}: {problem['msg']}{rest}"


def _check_unique(path: Path, field: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, key in enumerate(keys):
        if key in seen:
            raise PhaseFileError(f"{path.name}: {field}[{number}].key: '{key}' is used twice.")
        seen.add(key)


def _check_chain(ordered: list[tuple[Path, Phase]]) -> None:
    """Each phase has its own place, and takes its inputs only from earlier ones."""
    for (_, before), (path, phase) in pairwise(ordered):
        if before.order == phase.order:
            raise PhaseFileError(
                f"{path.name}: order: {phase.order} is taken by phase '{before.name}'."
            )
    earlier: list[str] = []
    for path, phase in ordered:
        for name in phase.inputs:
            if name not in earlier:
                raise PhaseFileError(
                    f"{path.name}: inputs: '{name}' is not an earlier phase;"
                    f" earlier ones are: {', '.join(earlier) or 'none'}."
                )
        earlier.append(phase.name)
