"""Sentences, and what each is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.markdown import clean, clip, plain
from specforge_core.providers.drafter.vocabulary import vocabulary

_SPLIT = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？؟])|\n+")
_ABBREVIATION = re.compile(
    r"\b(e\.g|i\.e|etc|approx|vs|ca|dr|mr|mrs|ms|st|no|incl|max|min)\.$", re.IGNORECASE
)
LONGEST_ABBREVIATION = len("approx.")
_BULLET = re.compile(r"^\s*(?:[-*+•–]\s+|\d+[.)]\s+|#+\s+|>\s*)+")
_WRAPPED = re.compile(r"(?<![.!?:;\n])\n(?=[a-z])")
_HABIT = re.compile(r"(they|we|people|everyone|today|now|currently|there)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, safe as markdown. `source`: "description", "answer" or a phase's name."""

    text: str
    source: str
    kinds: frozenset[str]
    question: str = ""


def sentences(text: str) -> Iterator[str]:
    """The sentences and list items of `text`, without list marks."""
    pending = ""
    for piece in _SPLIT.split(_WRAPPED.sub(" ", clean(text))):
        piece = f"{pending} {_BULLET.sub('', piece)}".strip()
        pending = piece if _ABBREVIATION.search(piece[-LONGEST_ABBREVIATION - 1 :]) else ""
        if piece and not pending and any(char.isalnum() or ord(char) > 0x2000 for char in piece):
            yield piece
    if pending:
        yield pending


@lru_cache(maxsize=4096)  # a sentence is read again for every document
def statement(text: str, source: str, question: str = "") -> Statement:
    """Classified by its own words and by those of the question or heading above it."""
    words = vocabulary()
    kinds = {kind for kind, pattern in words.kinds.items() if pattern.search(text)}
    hints = {kind for kind, pattern in words.hints.items() if pattern.search(question)}
    if {"actor", "problem"} <= hints:  # "Who …, and what do they do today?"
        hints.discard("actor" if _HABIT.match(text) else "problem")
    kinds |= hints
    if words_in(text, "systems"):
        kinds.add("system")
    return Statement(plain(clip(text)), source, frozenset(kinds), plain(question))


def words_in(text: str, group: str) -> tuple[str, ...]:
    """The known names of a group (`systems`, `platforms`, …) that `text` mentions."""
    found = ((pattern.search(text), name) for name, pattern in vocabulary().names[group])
    return tuple(
        name for _, name in sorted((match.start(), name) for match, name in found if match)
    )
