"""A whole answer replayed in pieces, for endpoints that cannot stream. Marked `simulated`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from specforge_core.events import TextDelta, WireEvent

LONGEST_S = 2.0  # a replay shows where text appears; it must not keep a reader waiting
TICK_S = 0.04
_PIECE = re.compile(r"\s*\S{1,40}|\s+")


async def replayed(answer: AsyncGenerator[WireEvent]) -> AsyncGenerator[WireEvent]:
    """The same events, with each text cut at blanks and spread over at most `LONGEST_S`."""
    async with aclosing(answer):
        async for event in answer:
            if not isinstance(event, TextDelta):
                yield event
                continue
            pieces = _PIECE.findall(event.text)
            ticks = round(LONGEST_S / TICK_S)
            size = -(-len(pieces) // ticks)
            for start in range(0, len(pieces), size):
                if start:
                    await asyncio.sleep(TICK_S)
                yield TextDelta("".join(pieces[start : start + size]))
