"""The sentences that state something, out of description, answers and earlier documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain, islice

from specforge_core.providers.drafter.clauses import clauses
from specforge_core.providers.drafter.markdown import ASSUMED, bare, clean, clip, plain, untagged
from specforge_core.providers.drafter.statements import BULLET, WRAPPED, hints, sentences, statement
from specforge_core.providers.drafter.vocabulary import vocabulary

Pairs = tuple[tuple[str, str], ...]
Raw = tuple[str, str, str]  # text, source, question or heading

_HEADING = re.compile(r"^#+\s+(.*)")
# Lines of a document that state nothing: rules, assumptions, open points.
_EMPTY = re.compile(r"^[\s:|-]*$|^```|.*\*Assumption|^[\s*|-]*[QA]\d+\b")
# Up to four words: `Not included`, but not `Today they keep it in a list`.
_LABEL = re.compile(r"([^\W\d_][^\s.!?:]*(?: [^\s.!?:]+){0,3}) ?:(?!//)\s*(.*)$")
_MODALS = vocabulary().grammar["modals"]
# What a list in the description holds when nothing above it says so.
_LIST = "Features"
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
    seen: set[tuple[str, bool]] = set()
    candidates = chain(
        ((text, "description", label) for text, label in _labelled(_start(description), "")),
        (
            (text, "answer", label)
            for question, answer in answers
            if is_said(answer)
            for text, label in _labelled(_start(answer), question)
        ),
        islice(_told_in(documents, own_lines), MOST_STATEMENTS),
    )
    for text, source, question in candidates:
        # What is left out is not what is asked for, although the words are the same.
        out = "excluded" in statement(text, source, question).kinds
        key = (untagged(text)[0].casefold().rstrip(" ."), out)
        if key not in seen and is_said(text):
            seen.add(key)
            yield text[:LONGEST_SENTENCE], source, question


def _labelled(text: str, question: str) -> Iterator[tuple[str, str]]:
    """(sentence, what it is told under): a label such as `Non-goals:`, else the question."""
    text, assumed = untagged(text)
    above, gap = question, False
    for line in WRAPPED.sub(" ", clean(text)).splitlines():
        item = BULLET.match(line)
        if gap and not item:
            above = question
        gap = not line.strip()
        for sentence in sentences(line):
            label, rest = _label(sentence)
            if label and not rest:
                above = label
            under = label or above or (_LIST if item and "#" not in item[0] else "")
            if rest:
                yield from _marked_clauses(rest, under, assumed=assumed)


def _marked_clauses(sentence: str, under: str, *, assumed: bool) -> Iterator[tuple[str, str]]:
    """All of an answer that begins with the mark of an assumption is assumed."""
    words, marked = untagged(sentence)
    mark = f"{ASSUMED} " if assumed or marked else ""
    yield from ((f"{mark}{part}", told) for part, told in clauses(words, under))


def _label(sentence: str) -> tuple[str, str]:
    """("Non-goals", "payroll") of `Non-goals: payroll`; only labels that tell something count."""
    match = _LABEL.match(sentence)
    if not match or not hints(match[1]) or _MODALS & set(match[1].lower().split()[1:]):
        return "", sentence
    return match[1], match[2]


def _start(text: str) -> str:
    return text[:MOST_READ]


def _told_in(documents: Pairs, own_lines: Collection[str]) -> Iterator[Raw]:
    for phase, document in documents:
        if phase not in NO_PROSE:
            for heading, line in _new_lines(_start(document), own_lines):
                yield from (
                    (part, phase, told)
                    for text in sentences(line)
                    for part, told in clauses(text, heading)
                )


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
