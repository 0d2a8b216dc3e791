"""What a test may say of speed: how the work grows, never how long it takes.

Seconds tell of the machine and of who else uses it. That eight times as much text costs about
eight times as much, and not sixty-four times, tells of the code, and is true on every machine.
What the work takes in seconds is measured by `bench`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

TIMES = 8
MOST = 24  # three times 8, which is linear, and little more than a third of 64, which is squared
TRIES = 5


def in_linear_time(
    work: Callable[[Given], Result], given: Callable[[int], Given], size: int
) -> tuple[Given, Result]:
    """`given(8 * size)`, and what `work` makes of it; fails if that is not about linear work.

    Choose a `size` of some hundreds or more, at which the work takes some ten milliseconds: what
    is the same for any size must not outweigh what grows, and a far larger one would keep who
    breaks the code waiting for minutes. CPU time of this thread counts, without collecting the
    garbage of other tests. A busy machine stretches it too, so the large work is compared with
    the quicker of a small one before and one after it, and one of several tries is enough. Each
    is given a little more than the last: code that remembers an equal text does no work.
    """
    work(given(size))  # what is loaded, compiled or remembered once is no growth
    found = []
    for more in range(1, 2 * TRIES, 2):
        text = given(TIMES * size + more)
        before, _ = _cpu_s(work, given(size + more))
        large, result = _cpu_s(work, text)
        after, _ = _cpu_s(work, given(size + more + 1))
        small = min(before, after)
        if large < MOST * small:
            return text, result
        found.append(f"{1000 * large:.1f} instead of {1000 * small:.1f}")
    raise AssertionError(f"{TIMES} times as much took, in ms of CPU: {', '.join(found)}")


def _cpu_s(work: Callable[[Given], Result], given: Given) -> tuple[float, Result]:
    collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.thread_time()
        result = work(given)
        return time.thread_time() - start, result
    finally:
        if collecting:
            gc.enable()
