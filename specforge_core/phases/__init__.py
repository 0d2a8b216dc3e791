"""What each kind of document is made of. One TOML file per phase, beside this module.

A new phase is one new file. Files that start with an underscore are no phases: `_house.toml`
holds the rules that every phase's system prompt ends with, `_tasks.toml` what is asked of a
model besides writing a section. A file that is broken is left out and told; the rest loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from specforge_core.errors import SpecForgeError
from specforge_core.phases.shape import House, Phase, Question, SectionSpec, Tasks
from specforge_core.toml_files import FileProblem, problem_at, read_toml

__all__ = [
    "Phase",
    "PhaseFileError",
    "PhaseFiles",
    "Question",
    "SectionSpec",
    "Tasks",
    "load_phases",
    "load_tasks",
    "phase_problems",
    "read_phases",
]

FOLDER = Path(__file__).parent
HOME = f"{FOLDER.parent.name}/{FOLDER.name}"
_WITHOUT_TASKS = (
    "Until it is mended, SpecForge cannot suggest answers and questions, refine, bring sections"
    " up to date, or regenerate on a request. Whole documents can be generated."
)
_TO_DO = (
    f"Mend one, or put one back into {HOME}, such as brief.toml of your version of SpecForge."
    " The app then goes on by itself, with that one alone: these files are read once, so restart"
    " SpecForge when all of them are back."
)


class PhaseFileError(SpecForgeError):
    """Not one phase can be used. The message names each file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PhaseFiles:
    """The usable phases of a folder by name, in the order of the chain.

    problems: one sentence for each thing that was left out, with file and line.
    """

    phases: Mapping[str, Phase]
    problems: tuple[str, ...]


def load_phases() -> Mapping[str, Phase]:
    """The phases that ship with SpecForge by name, in the order of the chain."""
    return _shipped().phases


def phase_problems() -> tuple[str, ...]:
    """What is wrong with the files of the shipped phases, one sentence each; normally none."""
    try:
        load_tasks()
    except FileProblem as problem:
        return (*_shipped().problems, f"{str(problem).rstrip('.')}. {_WITHOUT_TASKS}")
    return _shipped().problems


@cache
def load_tasks() -> Tasks:
    """What is asked of a model besides writing a section.

    Raises `FileProblem`, until the file is mended: a failure is not remembered.
    """
    return read_toml(FOLDER / "_tasks.toml", Tasks)


@cache
def _shipped() -> PhaseFiles:
    try:
        return read_phases(FOLDER)
    except PhaseFileError as exc:
        raise PhaseFileError(f"{exc}\n{_TO_DO}") from exc


def read_phases(folder: Path) -> PhaseFiles:
    """Every phase of a folder that can be used. Raises `PhaseFileError` if there is none."""
    told: list[FileProblem] = []
    rules = _house_rules(folder, told)
    usable: dict[str, Phase] = {}
    for path, phase in sorted(_read_all(folder, told), key=lambda file: file[1].order):
        if twin := next((one for one in usable.values() if one.order == phase.order), None):
            what = f"{phase.order} is taken by phase '{twin.name}', so this one is left out."
            told.append(problem_at(path, ("order",), what))
            continue
        whole = _linked(path, phase, usable, told)
        system = f"{phase.system}\n\n{rules}".strip()
        usable[phase.name] = whole.model_copy(update={"system": system})
    problems = tuple(map(str, told))
    if not usable:
        raise PhaseFileError("\n".join(["There is no phase that can be used.", *problems]))
    return PhaseFiles(MappingProxyType(usable), problems)


def _house_rules(folder: Path, told: list[FileProblem]) -> str:
    try:
        return read_toml(folder / "_house.toml", House).rules
    except FileProblem as problem:
        told.append(problem)
        return ""


def _read_all(folder: Path, told: list[FileProblem]) -> list[tuple[Path, Phase]]:
    read = []
    for path in sorted(folder.glob("[!_]*.toml")):
        try:
            read.append((path, _read(path)))
        except FileProblem as problem:
            told.append(problem)
    return read


def _read(path: Path) -> Phase:
    """One phase as its file says, by itself. Raises `FileProblem`."""
    phase = read_toml(path, Phase)
    if phase.name != path.stem:
        raise problem_at(path, ("name",), f"must be '{path.stem}', as the file is called.")
    keys = {
        "sections": [section.key for section in phase.sections],
        "questions": [question.key for question in phase.questions],
    }
    for field, used in keys.items():
        for number, key in enumerate(used):
            if key in used[:number]:
                raise problem_at(path, (field, number, "key"), f"'{key}' is used twice.")
    return phase


def _linked(
    path: Path, phase: Phase, earlier: Mapping[str, Phase], told: list[FileProblem]
) -> Phase:
    """The phase without what it wants to read and what is not there."""
    known = ", ".join(earlier) or "none"
    for number, name in enumerate(phase.inputs):
        if name not in earlier:
            what = f"'{name}' is no usable earlier phase and is left out; there are: {known}."
            told.append(problem_at(path, ("inputs", number), what))
    inputs = tuple(name for name in phase.inputs if name in earlier)
    sections = tuple(
        section
        if section.reads is None
        else section.model_copy(update={"reads": _readable(path, phase, number, earlier, told)})
        for number, section in enumerate(phase.sections)
    )
    return phase.model_copy(update={"inputs": inputs, "sections": sections})


def _readable(
    path: Path, phase: Phase, number: int, earlier: Mapping[str, Phase], told: list[FileProblem]
) -> tuple[str, ...] | None:
    """What a section can read of what it names; None, so all inputs, if nothing of it is left."""
    entries = phase.sections[number].reads or ()
    kept = []
    for entry in entries:
        name, _, key = entry.partition(".")
        if name in phase.inputs and name not in earlier:
            continue  # told with the inputs
        if name in phase.inputs and key in ("", *(one.key for one in earlier[name].sections)):
            kept.append(entry)
        else:
            what = (
                f"'{entry}' is left out: no input of this phase is or has a section of that name."
            )
            told.append(problem_at(path, ("sections", number, "reads"), what))
    return tuple(kept) if kept or not entries else None
