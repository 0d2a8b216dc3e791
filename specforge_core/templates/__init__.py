"""What a project can start from. One TOML file per template, beside this module.

A new template is one new file. Where only the user can know something, its texts say
`[USER INPUT NEEDED: what]`; `waiting` finds these marks, `fill` answers them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from specforge_core.templates.marks import fill, waiting
from specforge_core.toml_files import FileProblem, problem_at, read_toml

__all__ = [
    "FOLDER",
    "Template",
    "TemplateFiles",
    "fill",
    "load_templates",
    "read_templates",
    "template_problems",
    "unused_answers",
    "waiting",
    "write_template",
]

FOLDER = Path(__file__).parent

_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _key(text: str) -> str:
    if _KEY.fullmatch(text) and len(text) <= 40:
        return text
    raise ValueError("use up to 40 small letters, digits and hyphens, such as 'saas-mvp'")


def _line(text: str) -> str:
    if text and text == " ".join(text.split()) and len(text) <= 200:
        return text
    raise ValueError("write one line of 1 to 200 characters, without double spaces")


Key = Annotated[str, AfterValidator(_key)]
Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Template(BaseModel):
    """A prefilled project. `answers`: phase name -> question key -> answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Key
    title: Line
    order: Annotated[int, Field(ge=1)]
    category: Line
    stack: tuple[Line, ...] = ()
    summary: Line
    description: Prose
    answers: Mapping[Key, Mapping[Key, Prose]] = Field(default_factory=dict)

    @property
    def needed(self) -> tuple[str, ...]:
        """What is still to be said, over the description and all answers; each thing once."""
        held = (text for answers in self.answers.values() for text in answers.values())
        return waiting("\n".join([self.description, *held]))


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The usable templates of a folder by name, in their order.

    problems: one sentence for each file that was left out, with file and line.
    """

    templates: Mapping[str, Template]
    problems: tuple[str, ...]


def load_templates() -> Mapping[str, Template]:
    """The templates that ship with SpecForge by name, in the order of the gallery."""
    return _shipped().templates


def template_problems(questions: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """What is wrong with the files that ship, one sentence each; empty when all is well.

    questions: the keys that can be answered, by phase.
    """
    found = _shipped()
    unused = (
        str(problem)
        for template in found.templates.values()
        for problem in unused_answers(FOLDER / f"{template.name}.toml", template, questions)
    )
    return (*found.problems, *unused)


def unused_answers(
    path: Path, template: Template, questions: Mapping[str, Collection[str]]
) -> Iterator[FileProblem]:
    """One for each phase, and each question of a phase, that the template answers in vain."""
    for phase, answers in template.answers.items():
        if phase not in questions:
            what = f"there is no phase '{phase}', so these answers are not used. Phases: "
            yield problem_at(path, ("answers", phase), f"{what}{', '.join(questions)}.")
            continue
        for key in answers:
            if key not in questions[phase]:
                known = ", ".join(questions[phase]) or "none"
                what = f"'{phase}' asks no such question, so this answer is not used. It asks: "
                yield problem_at(path, ("answers", phase, key), f"{what}{known}.")


@cache
def _shipped() -> TemplateFiles:
    return read_templates(FOLDER)


def read_templates(folder: Path) -> TemplateFiles:
    """Every template of a folder; a file that cannot be used is left out and told."""
    found: list[Template] = []
    problems: list[str] = []
    for path in sorted(folder.glob("[!_.]*.toml")):
        try:
            found.append(_read(path))
        except FileProblem as problem:
            problems.append(str(problem))
    found.sort(key=lambda template: (template.order, template.name))
    by_name = MappingProxyType({template.name: template for template in found})
    return TemplateFiles(by_name, tuple(problems))


def _read(path: Path) -> Template:
    template = read_toml(path, Template)
    if template.name != path.stem:
        raise problem_at(path, ("name",), f"it must be '{path.stem}', as the file is called.")
    return template


def write_template(template: Template) -> str:
    """The template as the text of a TOML file, from which an equal one is read."""
    fields = (name for name in Template.model_fields if name != "answers")
    lines = [f"{name} = {_value(getattr(template, name))}" for name in fields]
    for phase, answers in template.answers.items():
        lines += ["", f"[answers.{phase}]"]
        lines += [f"{question} = {_text(answer)}" for question, answer in answers.items()]
    return "\n".join(lines) + "\n"


def _value(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """A TOML string; lines stay lines, so that a person can read and change the file."""
    first, *others = map(_escaped, text.split("\n"))
    return '"""\n{}"""'.format("\n".join([first, *others])) if others else f'"{first}"'


def _escaped(line: str) -> str:
    """All that JSON escapes means the same in TOML, which also forbids a bare DEL."""
    return json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
