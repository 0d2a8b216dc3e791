"""Questions that a model has fitted to a project: its JSON, checked, or the standard list."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import islice

from pydantic import ValidationError

from specforge_core.intake import clean
from specforge_core.phases import Question

MOST = 10  # questions of one phase that a person can be asked
KEY_MAX = 40  # characters, as phases/shape.py allows
LISTS_KEPT = 512  # answers whose JSON is read once, not with each drawing of a page
MOST_BRACES = 50  # of an answer, at which its JSON is looked for


@dataclass(frozen=True, slots=True)
class QuestionList:
    """`problem`: why the standard questions are used although others were asked for, else ""."""

    questions: tuple[Question, ...]
    fitted: bool = False
    problem: str = ""


def question_list(
    standard: tuple[Question, ...],
    answers: Sequence[tuple[bool, str]],
    answered: Collection[str],
) -> QuestionList:
    """What a phase asks. answers: those of a model, newest first, and whether each is wanted.

    The questions of the newest wanted answer, after the standard ones that are required. Of all
    others, those that were answered stay: nothing that a person has said disappears, or comes
    to stand under another question.
    """
    known = {one.key: one for one in standard}
    required = [one for one in standard if one.required]
    own, problem = [], ""
    for wanted, text in reversed(answers):
        try:
            found, failure = [_under_own_key(one, known) for one in _read(text)], ""
        except ValueError as exc:
            found, failure = [], str(exc)
        if wanted:
            own, problem = found, failure
    chosen = {one.key: one for one in ((*required, *own) if own else standard)}
    left = [one for key, one in known.items() if key in answered and key not in chosen]
    return QuestionList((*chosen.values(), *left), bool(own), problem)


def _under_own_key(question: Question, known: dict[str, Question]) -> Question:
    """A key belongs to the first words that had it, answered or not; other words get another."""
    first = known.setdefault(question.key, question)
    if first.text == question.text:
        return first
    mark = sha256(question.text.encode()).hexdigest()[:8]
    key = f"{question.key[: KEY_MAX - 9].strip('-')}-{mark}"
    return known.setdefault(key, question.model_copy(update={"key": key}))


@lru_cache(maxsize=LISTS_KEPT)
def _read(text: str) -> tuple[Question, ...]:
    """Raises ValueError with a sentence."""
    found: dict[str, Question] = {}
    for entry in _entries(text)[:MOST]:
        question = _question(entry)
        if question and question.key not in found:
            found[question.key] = question
    if not found:
        raise ValueError("The model's answer held no usable question.")
    return tuple(found.values())


def _entries(text: str) -> list[object]:
    """The list of questions, whatever stands before and after its JSON. Raises ValueError."""
    decoder = json.JSONDecoder()
    for brace in islice(re.finditer(r"\{", text), MOST_BRACES):
        try:
            values, _ = decoder.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(entries := values.get("questions"), list):
            return entries
    raise ValueError("The model's answer was no list of questions.")


def _question(entry: object) -> Question | None:
    if not isinstance(entry, dict):
        return None
    line = {name: _line(entry.get(name)) for name in ("text", "help")}
    name = _line(entry.get("key")) or line["text"]
    key = re.sub(r"[^a-z0-9]+", "-", name.lower())
    key = re.sub(r"^[^a-z]+", "", key)[:KEY_MAX].strip("-")
    try:
        return Question(
            key=key,
            text=line["text"],
            help=line["help"] or "It makes the document more precise.",
            required=entry.get("required") is True,
        )
    except ValidationError:
        return None


def _line(value: object) -> str:
    """A text as one line, else nothing."""
    return " ".join(clean(value).split())[:200] if isinstance(value, str) else ""
