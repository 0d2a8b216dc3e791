"""What generation asks of the rooms around it, so that it knows no database, price or setting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from specforge_core.events import Event, Usage, WireEvent
from specforge_core.generation.meter import Meter
from specforge_core.generation.plan import Target
from specforge_core.providers.wire import CompletionRequest

Complete = Callable[[CompletionRequest], AsyncGenerator[WireEvent]]
Slot = Callable[[Target, Callable[[str], None]], AbstractAsyncContextManager[None]]


class Sink(Protocol):
    """Where events go. Lives in the worker's loop."""

    def begin(self, run_id: str, last_seq: int) -> None: ...
    def record(self, event: Event) -> None: ...
    def unsettled(self) -> list[str]: ...
    async def room(self) -> None: ...
    async def run(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


def _no_limit(target: Target, tell: Callable[[str], None]) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Services:
    """The ones without a comment on threads are called in the loop and return at once.

    connect: from a target to what answers its requests; in a thread, as it may import an SDK.
    slot: entered when a provider's limits allow a request; it tells why, if it must wait.
    refusal: why no further request may be paid for, given the US dollars that this attempt
    has cost, else ""; in a thread, as it reads the database.
    cost_usd: of one call, None when the price is unknown.
    count_tokens: of each text, None without a tokenizer for the target; in a thread.
    """

    connect: Callable[[Target], Complete]
    slot: Slot = _no_limit
    refusal: Callable[[float], str] = lambda spent_usd: ""
    cost_usd: Callable[[Target, Usage, datetime], float | None] = lambda target, usage, moment: None
    count_tokens: Callable[[Target, Sequence[str]], list[int] | None] = lambda target, texts: None

    async def count_untold(
        self, meter: Meter, target: Target, request: CompletionRequest, received: Sequence[str]
    ) -> None:
        """Has a tokenizer count, in a thread, what the provider did not."""
        if meter.usage.output_tokens is None:
            prompt = request.system + "".join(message.text for message in request.messages)
            texts = [prompt, "".join(received)]
            meter.counted = await asyncio.to_thread(self.count_tokens, target, texts)
