"""The sentences that state something, out of description, answers and earlier documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain, islice

from specforge_core.providers.drafter.markdown import bare, clip, plain
from specforge_core.providers.drafter.statements import sentences

Pairs = tuple[tuple[str, str], ...]
Raw = tuple[str, str, str]  # text, source, question or heading

_HEADING = re.compile(r"^#+\s+(.*)")
# Lines of a document that state nothing: rules, assumptions, open points.
_EMPTY = re.compile(r"^[\s:|-]*$|^```|.*\*Assumption|^[\s*|-]*[QA]\d+\b")
_MISSING = re.compile(r"\[\s*USER INPUT NEEDED\s*:?\s*([^\]\n]*)\]", re.IGNORECASE)

MOST_READ = 60_000  # characters of one document that are read as prose
MOST_STATEMENTS = 400  # of the documents together
LONGEST_SENTENCE = 2_000
# These only cut up and prove what the documents before them say; of them, the ids are read.
NO_PROSE = frozenset({"stories", "tests", "artifacts", "handoff"})


def raw_statements(
    description: str, answers: Pairs, documents: Pairs, own_lines: Collection[str]
) -> Iterator[Raw]:
    """The sentences of all inputs, without repetitions."""
    seen: set[str] = set()
    candidates = chain(
        ((text, "description", "") for text in sentences(_start(description))),
        ((text, "answer", q) for q, a in answers if is_said(a) for text in sentences(_start(a))),
        islice(_told_in(documents, own_lines), MOST_STATEMENTS),
    )
    for text, source, question in candidates:
        if text.casefold() not in seen and is_said(text):
            seen.add(text.casefold())
            yield text[:LONGEST_SENTENCE], source, question


def _start(text: str) -> str:
    return text[:MOST_READ]


def _told_in(documents: Pairs, own_lines: Collection[str]) -> Iterator[Raw]:
    for phase, document in documents:
        if phase not in NO_PROSE:
            for heading, line in _new_lines(_start(document), own_lines):
                yield from ((text, phase, heading) for text in sentences(line))


def _new_lines(document: str, own_lines: Collection[str]) -> Iterator[tuple[str, str]]:
    """(heading, line without markup) of the lines that the rules would not have written."""
    heading, fenced = "", False
    for line in document.splitlines():
        fenced ^= line.startswith("```")
        if match := _HEADING.match(line):
            heading = match[1]
        elif not fenced and line not in own_lines and not _EMPTY.match(line):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line) if cell.strip()]
            yield heading, bare(" – ".join(cells))


def is_said(answer: str) -> bool:
    """An answer that is only a mark for missing input is none."""
    return bool(_MISSING.sub("", answer).strip(" \n\t.,;:-"))


def missing(text: str) -> tuple[str, ...]:
    found = (plain(clip(match[1], 120)) for match in _MISSING.finditer(text[:MOST_READ]))
    return tuple(dict.fromkeys(what for what in found if what))[:6]
