"""How many requests a provider gets at once and in a minute. Lives in the worker's loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from specforge_core.clock import Clock
from specforge_core.generation.plan import Target
from specforge_core.policy import ProviderPolicy

MINUTE_S = 60.0


class Limits:
    """One for the process. `policy` is asked at every request, so a change counts at once."""

    def __init__(self, policy: Callable[[str], ProviderPolicy], clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}

    @asynccontextmanager
    async def slot(self, target: Target, tell: Callable[[str], None]) -> AsyncGenerator[None]:
        """Entered in the order of arrival; `tell` hears for what it waits, if it must."""
        lane = self._lanes.setdefault(target.provider, _Lane(self._clock))
        await lane.enter(lambda: self._policy(target.provider), target.label, tell)
        try:
            yield
        finally:
            lane.leave()


class _Lane:
    """The requests of one provider."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()  # fair: who came first enters first
        self._left = asyncio.Event()
        self._inside = 0
        self._entered: deque[float] = deque()  # monotonic, of the last minute

    async def enter(
        self, policy: Callable[[], ProviderPolicy], label: str, tell: Callable[[str], None]
    ) -> None:
        if self._turn.locked():
            tell(f"Other requests to {label} come first.")
        async with self._turn:
            while (wait_s := self._wait_s(limits := policy())) != 0:
                tell(_reason(label, limits))
                self._left.clear()
                try:
                    await asyncio.wait_for(self._left.wait(), wait_s)
                except TimeoutError:
                    continue
            self._inside += 1
            self._entered.append(self._clock.monotonic())

    def leave(self) -> None:
        self._inside -= 1
        self._left.set()

    def _wait_s(self, limits: ProviderPolicy) -> float:
        """0 to go in now; else when to look again at the latest."""
        now = self._clock.monotonic()
        while self._entered and self._entered[0] <= now - MINUTE_S:
            self._entered.popleft()
        if limits.max_calls is not None and self._inside >= limits.max_calls:
            return 1.0  # somebody leaves, or the limit is changed
        most = limits.calls_per_minute
        if most is not None and len(self._entered) >= most:
            return min(1.0, self._entered[-most] + MINUTE_S - now)
        return 0.0


def _reason(label: str, limits: ProviderPolicy) -> str:
    parts = []
    if limits.max_calls is not None:
        parts.append(f"{limits.max_calls} at once")
    if limits.calls_per_minute is not None:
        parts.append(f"{limits.calls_per_minute} a minute")
    return f"Waiting for {label}'s turn: requests are limited to {' and '.join(parts)}."
