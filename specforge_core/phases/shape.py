"""The records that a phase file, the house rules and the task texts are checked against."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)


def _key(text: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) and len(text) <= 40:
        return text
    raise ValueError("use up to 40 small letters, digits and hyphens, such as 'first-slice'")


def _line(text: str) -> str:
    if text == text.strip() and text.isprintable() and 0 < len(text) <= 200:
        return text
    raise ValueError("write one line of 1 to 200 characters, without spaces around it")


def _reference(text: str) -> str:
    phase, dot, section = text.partition(".")
    return _key(phase) + (dot and f".{_key(section)}")


Key = Annotated[str, AfterValidator(_key)]
Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Reference = Annotated[str, AfterValidator(_reference)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionSpec(_Part):
    """One planned section. `prompt` says what it must hold; `words` is the length to aim at.

    reads: what of the earlier documents it is written from, "prd" for the whole of one or
    "prd.functional" for a section of it; None for all that the phase has as inputs.
    """

    key: Key
    title: Line
    prompt: Prose
    words: Annotated[int, Field(ge=40, le=3_000)]
    reads: tuple[Reference, ...] | None = None


class Question(_Part):
    """A question a person may answer before the phase is written. `help` says why it matters.

    required: without an answer the document would be guesswork.
    """

    key: Key
    text: Line
    help: Line
    required: bool = False


class Phase(_Part):
    """A kind of document. `inputs` are the phases whose documents it is written from.

    optional: later phases do not wait for it.
    """

    name: Key
    title: Line
    order: Annotated[int, Field(ge=1)]
    purpose: Line
    optional: bool = False
    inputs: tuple[Key, ...] = ()
    system: Prose
    sections: Annotated[tuple[SectionSpec, ...], Field(min_length=1)]
    questions: tuple[Question, ...] = ()


class House(_Part):
    """What every phase's system prompt ends with."""

    rules: Prose


# What the core fills into each task text, as `{name}`.
PLACES = {
    "adviser": frozenset[str](),
    "revise": frozenset({"request"}),
    "refresh": frozenset({"changes"}),
    "rewrite": frozenset({"request"}),
    "answer": frozenset({"question", "phase_title", "purpose"}),
    "questions": frozenset({"phase_title", "purpose", "known_questions"}),
}


class Tasks(_Part):
    """The texts of what is asked of a model besides writing a section.

    Fill in with `str.format`; `PLACES` names what each one takes. `revise`, `refresh` and
    `rewrite` end the request of a section under the phase's own system prompt; `adviser` is
    the system prompt under which `answer` and `questions` are asked.
    """

    adviser: Prose
    revise: Prose
    refresh: Prose
    rewrite: Prose
    answer: Prose
    questions: Prose

    @field_validator("*")
    @classmethod
    def _can_be_filled_in(cls, text: str, info: ValidationInfo) -> str:
        wanted = PLACES[str(info.field_name)]
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if found == wanted:
            return text
        places = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "nothing"
        raise ValueError(f"it must hold {places} in braces, and every other brace twice")
