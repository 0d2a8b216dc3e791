"""Which items of two sequences belong together: equal ones, and lines that resemble each other.

Plain `SequenceMatcher` needs minutes for two documents of 10,000 lines of which
half are blank, so it sees only what lies between items that occur once.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same class, but only this one has types
    from difflib import SequenceMatcher
else:
    from cydifflib import SequenceMatcher

Run = tuple[int, int, int]  # begin on the old side, begin on the new side, number of items

_SMALL = 2_500  # cells (old x new) that SequenceMatcher gets at once
_DEPTH = 8  # how often the gaps between single items are searched for single items again
_LONGEST_BLOCK = 40_000  # lines, old and new, in which lines that are alike are looked for
_HARDLY_CHANGED = 0.6  # share of a line that is left where it is taken for the one in its place
_LIKENESS_READS = 1_000  # characters of a line, for whether it resembles another

# ASCII words, numbers with their separators, and every other script as it is written; marks
# and joiners stay with their letter or emoji. What is written without spaces is one by one.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGNS = (
    "\u00a0-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2000-\u200b\u200e-\u206f\u3000-\u303f"
)
_ASCII_SIGNS = r"\x00-/:-@\[-\^`{-\x7f"  # all but digits, letters and the underscore
# One class, because a group that is repeated takes a hundred bytes for each character.
_WORD = rf"[0-9]+(?:[.,][0-9]+)+|[^\s{_ASCII_SIGNS}{_SIGNS}{_ALONE}]+|[{_ALONE}]"
WORD = re.compile(_WORD)
TOKEN = re.compile(rf"\s+|{_WORD}|.", re.DOTALL)


def keyed(items: Sequence[str]) -> list[str]:
    """The items, blank ones joined to the item before: they then match only after its equal."""
    keys: list[str] = []
    before = ""
    for item in items:
        if item and not item.isspace():
            before = item
            keys.append(item)
        else:
            keys.append(f"{before}\n{item}")
    return keys


def same_begin(old: Sequence[str], new: Sequence[str]) -> int:
    """How many items (characters of two texts) are equal from the begin on."""
    equal, unequal = 0, min(len(old), len(new)) + 1
    while unequal - equal > 1:
        middle = (equal + unequal) // 2
        if old[equal:middle] == new[equal:middle]:
            equal = middle
        else:
            unequal = middle
    return equal


def matched(old: Sequence[str], new: Sequence[str], depth: int = _DEPTH) -> list[Run]:
    """Runs of equal items, rising on both sides."""
    if len(old) * len(new) <= _SMALL:
        *found, _ = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        return [(i, j, size) for i, j, size in found]
    head = same_begin(old, new)
    tail = same_begin(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    inner = _between(old[head:old_end], new[head:new_end], depth)
    runs = [(0, 0, head), *((i + head, j + head, size) for i, j, size in inner)]
    return [run for run in (*runs, (old_end, new_end, tail)) if run[2]]


def gaps(runs: Iterable[Run], old: int, new: int) -> Iterator[tuple[int, int, int, int]]:
    """(old begin, old end, new begin, new end) before each run and after the last one."""
    edges = [(0, 0, 0), *runs, (old, new, 0)]
    for (i, j, size), (next_i, next_j, _) in pairwise(edges):
        yield i + size, next_i, j + size, next_j


def _between(old: Sequence[str], new: Sequence[str], depth: int) -> list[Run]:
    if len(old) * len(new) <= _SMALL:
        return matched(old, new)
    anchors = _anchors(old, new) if depth else []
    if not anchors:
        return []
    runs = list(anchors)
    for i, i_end, j, j_end in gaps(anchors, len(old), len(new)):
        inner = matched(old[i:i_end], new[j:j_end], depth - 1)
        runs += [(i + a, j + b, size) for a, b, size in inner]
    return sorted(runs)


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """The longest rising chain of items that occur once on either side (patience diff)."""
    places = _single(new)
    both = [(i, places[item], 1) for item, i in _single(old).items() if item in places]
    ends: list[int] = []  # the smallest end of a chain of each length, and whose it is
    last: list[int] = []
    previous: list[int] = []
    for index, (_, j, _) in enumerate(both):
        length = bisect_left(ends, j)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [index]
    chain: list[Run] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(both[index])
        index = previous[index]
    return chain[::-1]


def _single(items: Sequence[str]) -> dict[str, int]:
    counts = Counter(items)
    return {item: index for index, item in enumerate(items) if counts[item] == 1}


def paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """(old, new) indexes of lines of a changed block that are equal or alike, rising.

    The pairs with the greatest sum of likeness. A line is compared with those near the place
    where it would stand had the block only been stretched: the cost grows with the block.
    """
    if not old or not new or len(old) + len(new) > _LONGEST_BLOCK:
        return []
    if in_place := _in_place(old, new):
        return in_place
    half = max(12 if len(old) <= 250 else 4, len(new) // len(old))
    centres = (index * len(new) // len(old) for index in range(len(old)))
    windows = [(max(0, at - half), min(len(new), at + half + 1)) for at in centres]
    return _traced(windows, _steps(old, new, windows), len(new))


def _in_place(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of a block in which nearly every line is the one in its place, hardly changed,
    as when a name was replaced everywhere; else none. No other pairing is worth a look then.
    """
    if len(old) != len(new):
        return []
    pairs = []
    for index, (line, other) in enumerate(zip(old, new, strict=True)):
        if _hardly_changed(line, other):
            pairs.append((index, index))
        elif 10 * (index + 1 - len(pairs)) > len(old):
            return []
    return pairs


def _hardly_changed(line: str, other: str) -> bool:
    """Whether most of a line is left: around one change, which is quickly seen, or in words."""
    head = same_begin(line, other)
    tail = same_begin(line[head:][::-1], other[head:][::-1])
    if head + tail >= _HARDLY_CHANGED * max(len(line), len(other)):
        return True
    return _likeness(line, other, _words(line), _words(other)) >= _HARDLY_CHANGED


_SKIP_OLD, _SKIP_NEW, _PAIR = range(3)


def _steps(
    old: Sequence[str], new: Sequence[str], windows: Iterable[tuple[int, int]]
) -> list[bytearray]:
    """The best last step for each old line (row) and new line of its window (column)."""
    words = [_words(line) for line in new]
    best = [0.0] * (len(new) + 1)  # the sum for the old lines so far and the first new ones
    reached = 0
    steps: list[bytearray] = []
    for line, (low, high) in zip(old, windows, strict=True):
        best[reached + 1 : high + 1] = [best[reached]] * (high - reached)
        reached = high
        row = bytearray(high - low)
        own = _words(line)
        size, diagonal, left = len(own), best[low], best[low]
        columns = zip(words[low:high], best[low + 1 : high + 1], strict=True)
        for j, (other, above) in enumerate(columns, low):
            left, row[j - low] = (left, _SKIP_NEW) if left > above else (above, _SKIP_OLD)
            # Half of the words are shared; then it is worth a closer look.
            if 4 * len(own & other) >= size + len(other):
                like = diagonal + _likeness(line, new[j], own, other)
                left, row[j - low] = (like, _PAIR) if like > left else (left, row[j - low])
            best[j + 1], diagonal = left, above
        steps.append(row)
    return steps


def _words(line: str) -> frozenset[str]:
    return frozenset(WORD.findall(line, 0, _LIKENESS_READS))


def _likeness(line: str, other: str, words: frozenset[str], others: frozenset[str]) -> float:
    """From 0 to 1, equal lines are more; a blank line or a bracket decides next to nothing."""
    if line == other:
        return 1.1 if words else 0.1
    return 2 * len(words & others) / (len(words) + len(others)) if words else 0.0


def _traced(
    windows: Sequence[tuple[int, int]], steps: Sequence[bytearray], new: int
) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    i, j = len(steps), new
    while i and j:
        low, high = windows[i - 1]
        step = _SKIP_NEW if j > high else _SKIP_OLD if j <= low else steps[i - 1][j - 1 - low]
        i -= step != _SKIP_NEW
        j -= step != _SKIP_OLD
        if step == _PAIR:
            pairs.append((i, j))
    return pairs[::-1]
