"""How long two versions of a document take to be compared."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from bench.results import Row, median, single
from specforge_core.review.diff import compare

LINES = 10_000
REPEATS = 5
MOST_S = 1.0

_random = random.Random(7)
_WORDS = ["".join(_random.choices("abcdefghij", k=_random.randint(2, 9))) for _ in range(2_000)]


def _line(words: int = 12) -> str:
    return " ".join(_random.choices(_WORDS, k=words))


def _lines() -> list[str]:
    return [_line() for _ in range(LINES)]


def _changed(line: str) -> str:
    words = line.split(" ")
    words[_random.randrange(len(words))] = "changed"
    return " ".join(words)


def _half_blank() -> list[str]:
    return [line for _ in range(LINES // 2) for line in (_line(), "")]


CASES: dict[str, Callable[[], tuple[list[str], list[str]]]] = {
    "a word changed in each": lambda: (lines := _lines(), [_changed(line) for line in lines]),
    "a word changed in every tenth": lambda: (
        lines := _lines(),
        [line if at % 10 else _changed(line) for at, line in enumerate(lines)],
    ),
    "all different": lambda: (_lines(), _lines()),
    "all different, half of them blank": lambda: (_half_blank(), _half_blank()),
    "two different lines, shuffled": lambda: (
        _random.choices("ab", k=LINES),
        _random.choices("ab", k=LINES),
    ),
    "10,000 equal lines and 9,999": lambda: (["same"] * LINES, ["same"] * (LINES - 1)),
    "one line of 1 MB, a word changed": lambda: ([line := _line(150_000)], [_changed(line)]),
    "one line of 1 MB, all different": lambda: ([_line(150_000)], [_line(150_000)]),
    "one word of 1 MB, all different": lambda: (["ab" * 500_000], ["ba" * 500_000]),
}


def diff(quick: bool) -> Iterator[Row]:
    """`compare` for 10,000 lines and for 1 MB without a line end, median of five."""
    for name, case in CASES.items():
        old, new = ("\n".join(lines) for lines in case())
        samples: list[float] = []
        for _ in range(1 if quick else REPEATS):
            begin = time.perf_counter()
            compare(old, new)
            samples.append(time.perf_counter() - begin)
        yield single(f"diff, {name}", median(samples), "s", most=MOST_S)
