"""What changed between two texts: by line, and by word inside a changed line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from specforge_core.review.matching import WORD, gaps, keyed, matched, paired
from specforge_core.review.words import Span, changed_words, same_ends

__all__ = ["Comparison", "Hunk", "Row", "RowKind", "Span", "compare"]

RowKind = Literal["same", "changed", "added", "removed"]

# Characters that are compared by word, on both sides together: of one line, and of all. What
# is longer is marked from the first to the last change, so that no text takes long.
LONGEST_BY_WORD = 20_000
MOST_BY_WORD = 300_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line on either side. Line numbers count from 1, None where a side has no line.

    The texts of a side's spans, joined, are its line without the line end; a side without
    a line has no spans, and neither has an empty line.
    """

    kind: RowKind
    old_number: int | None
    new_number: int | None
    old: tuple[Span, ...]
    new: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Rows that stand together. `hidden`: equal lines left out before them."""

    hidden: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`hidden_after`: equal lines left out after the last hunk.

    A changed line counts as one added and one removed, and so do its changed words.
    """

    hunks: tuple[Hunk, ...]
    hidden_after: int
    lines_added: int
    lines_removed: int
    words_added: int
    words_removed: int

    @property
    def equal(self) -> bool:
        return not self.lines_added and not self.lines_removed


def compare(old: str, new: str, context: int | None = 3) -> Comparison:
    """`context`: equal lines shown around a change, None for all of them.

    CRLF and CR equal LF, and a line end at the very end begins no line. The time grows
    with the texts: 10,000 lines stay below a second, whatever changed.
    """
    rows = list(_rows(_lines(old), _lines(new)))
    shown = [(0, len(rows))] if context is None else list(_ranges(rows, max(context, 0)))
    hunks, hidden_after = _hunks(rows, shown)
    changed = [row for row in rows if row.kind != "same"]
    return Comparison(
        hunks,
        hidden_after,
        lines_added=sum(row.new_number is not None for row in changed),
        lines_removed=sum(row.old_number is not None for row in changed),
        words_added=sum(_words(row.new) for row in changed),
        words_removed=sum(_words(row.old) for row in changed),
    )


def _lines(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n") if text else []


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    """All lines; what is gone stands before what came in its place."""
    room = MOST_BY_WORD
    i = j = 0
    for next_i, next_j in [*_pairs(old, new), (len(old), len(new))]:
        for at in range(i, next_i):
            yield Row("removed", at + 1, None, _whole(old[at], True), ())
        for at in range(j, next_j):
            yield Row("added", None, at + 1, (), _whole(new[at], True))
        i, j = next_i + 1, next_j + 1
        if next_i == len(old):
            return
        before, after = old[next_i], new[next_j]
        if before == after:
            spans = _whole(before, False)
            yield Row("same", i, j, spans, spans)
            continue
        ends = same_ends(before, after)
        unlike = len(before) + len(after) - 2 * sum(ends)
        room -= unlike
        by_word = unlike <= min(LONGEST_BY_WORD, room)
        yield Row("changed", i, j, *changed_words(before, after, ends, by_word))


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Indexes of equal lines, and between them of lines that are one line changed."""
    runs = matched(keyed(old), keyed(new))
    sizes = [*(size for _, _, size in runs), 0]
    for (i, i_end, j, j_end), size in zip(gaps(runs, len(old), len(new)), sizes, strict=True):
        for a, b in paired(old[i:i_end], new[j:j_end]):
            yield i + a, j + b
        for step in range(size):
            yield i_end + step, j_end + step


def _whole(line: str, changed: bool) -> tuple[Span, ...]:
    return (Span(line, changed),) if line else ()


def _words(spans: Sequence[Span]) -> int:
    return sum(len(WORD.findall(span.text)) for span in spans if span.changed)


def _hunks(rows: Sequence[Row], ranges: Sequence[tuple[int, int]]) -> tuple[tuple[Hunk, ...], int]:
    """The rows of each range, and the number of rows after the last one."""
    ends = [0, *(end for _, end in ranges)]
    hunks = tuple(
        Hunk(start - before, tuple(rows[start:end]))
        for before, (start, end) in zip(ends, ranges, strict=False)
        if start < end
    )
    return hunks, len(rows) - ends[-1]


def _ranges(rows: Sequence[Row], context: int) -> Iterator[tuple[int, int]]:
    """Where rows within `context` of a change begin and end; what touches is one range."""
    start = end = 0
    for index, row in enumerate(rows):
        if row.kind != "same":
            if index - context > end:
                if end:
                    yield start, end
                start = index - context
            end = min(index + context + 1, len(rows))
    if end:
        yield start, end
