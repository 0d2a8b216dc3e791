"""Marks in a document's text: `*Assumption:*` and `[USER INPUT NEEDED: what]`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from specforge_core.templates.marks import MARK, asked

_STARS = r"(?:\*{1,3}|_{1,3})"
# Without the colon inside, it is a mark only where a sentence begins ("Marked *Assumption*: 3"
# speaks of marks), in brackets, or in a cell of its own.
_BEFORE = re.compile(
    rf"{_STARS}assumption:{_STARS}"
    rf"|(?:^|(?<=[.!?;(]\s)|(?<=\())\s*{_STARS}assumption{_STARS}:",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"\({_STARS}assumption{_STARS}\)", re.IGNORECASE)
_CELL = re.compile(rf"{_STARS}assumption:?{_STARS}", re.IGNORECASE)
_CELL_WORDS = 4
_CODE = re.compile(r"(?<!`)(`++).{1,1000}?(?<!`)\1(?!`)")
_AROUND = 1_000  # characters before and after a mark in brackets
_BRACKETED = re.compile(r"(?:[^()]|\([^()]*\))*")
_SENTENCE_BEGIN = re.compile(r"[.!?]\s+(?=\S)|[。！？]")


def assumed(text: str) -> Iterator[tuple[str, str]]:
    """(what its sentence says before, the words) of each assumption in `text`, as markdown.

    The words are what follows the mark, up to the next one.
    """
    if "assumption" not in text.lower():
        return
    shown = _without_code(text)
    begins = [0, *(one.end() for one in _SENTENCE_BEGIN.finditer(shown))]

    def before(mark: re.Match[str]) -> str:
        begin = begins[bisect_right(begins, mark.start()) - 1]
        return text[max(begin, mark.start() - _AROUND) : mark.start()].rstrip()

    marks = list(_BEFORE.finditer(shown))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=False):  # without marks there is an end all the same
        words = text[mark.end() : end]
        inside = _BRACKETED.match(words) if before(mark).endswith("(") else None
        yield before(mark).rstrip("( "), inside[0] if inside else words
    for mark in _AFTER.finditer(shown):
        yield "", before(mark) + text[mark.end() : mark.end() + _AROUND]


def is_mark(cell: str) -> bool:
    """Whether a table's cell says that its row is an assumption: "brief, *Assumption*"."""
    return len(cell.split()) <= _CELL_WORDS and _CELL.search(_without_code(cell)) is not None


def needed(text: str) -> Iterator[str]:
    """What each `[USER INPUT NEEDED: what]` asks for, or what stands around a bare one."""
    if MARK.search(text) is None:
        return
    found = [asked(mark) for mark in MARK.finditer(_without_code(text))]
    yield from filter(None, found)
    if "" in found:
        yield MARK.sub("", text).strip(" :-–—")


def _without_code(text: str) -> str:
    """`text` with spaces in place of code, every other character where it was."""
    return _CODE.sub(lambda code: " " * len(code[0]), text) if "`" in text else text
