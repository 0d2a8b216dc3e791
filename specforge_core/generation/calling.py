"""One provider request: sent, measured, its text passed on as it comes, its end told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime

from specforge_core.clock import Clock
from specforge_core.errors import BudgetSpent, ErrorCategory, ProviderError
from specforge_core.events import (
    EndReason,
    Event,
    Failure,
    FinishReason,
    ReasoningDelta,
    RunWaiting,
    SectionText,
    StreamEnd,
    TextDelta,
    Usage,
)
from specforge_core.generation.call_books import CallBooks, Sender
from specforge_core.generation.fence import Unfenced
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.generation.services import Complete, Services
from specforge_core.providers.wire import CompletionRequest

Emit = Callable[[Event], None]

LOOK_FOR_ROOM = 64  # deltas; a look at each would cost as much as the delta itself

# NUL and lone surrogates: JSON can carry them, UTF-8 and databases cannot.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def failure_of(error: BaseException) -> Failure:
    """The stored form of whatever stopped a run."""
    if isinstance(error, ProviderError):
        return Failure(
            error.category,
            str(error),
            error.retryable,
            error.retry_after_s,
            error.status,
            error.request_id,
        )
    if isinstance(error, BudgetSpent):
        return Failure(ErrorCategory.QUOTA, str(error), retryable=False)
    return Failure(
        ErrorCategory.UNKNOWN,
        f"SpecForge itself failed ({type(error).__name__}). The text so far is kept: Resume, "
        "and report this with the log if it happens again.",
        retryable=True,
    )


def _unpaid(failure: Failure) -> bool:
    """Whether a request that got no token back was refused, or never arrived."""
    return failure.status is not None or failure.category is ErrorCategory.NETWORK


class Caller:
    """Makes the requests of one attempt of one run."""

    def __init__(
        self,
        plan: Plan,
        services: Services,
        emit: Emit,
        clock: Clock,
        room: Callable[[], Awaitable[None]],
        why_cancelled: Callable[[], EndReason],
        queue_wait_s: float,
    ) -> None:
        self._plan = plan
        self._services = services
        self._emit = emit
        self._clock = clock
        self._room = room
        self._why_cancelled = why_cancelled
        self._queue_wait_s = queue_wait_s  # told with the first call, which alone waited
        self._lines: dict[Target, Complete] = {}
        self._told = ""
        self.tokens = 0  # estimate of all text passed on so far
        self.cost_usd = 0.0  # of all calls whose price is known

    def tell(self, reason: str, until: datetime | None = None) -> None:
        """Tells readers what the run waits for; "" that it waits no more."""
        if reason != self._told:
            plan = self._plan
            self._emit(RunWaiting(plan.run_id, plan.attempt, reason, until, self._clock.now()))
        self._told = reason

    async def call(
        self,
        target: Target,
        section: SectionPlan,
        request: CompletionRequest,
        text_so_far: str,
        sent: list[str],
    ) -> StreamEnd:
        """Adds the text that comes after `text_so_far` to `sent`; returns how the answer ended.

        Raises `ProviderError`, `BudgetSpent` before the request; lets a cancel through.
        The end of the call is told in any case.
        """
        complete = await self._line(target)
        came = self._clock.monotonic()
        async with self._services.slot(target, self.tell):
            self._queue_wait_s += self._clock.monotonic() - came
            one = CallBooks(self._plan, target, section, self._clock, request)
            self._emit(one.started(self._queue_wait_s))
            self._queue_wait_s = 0.0
            self.tell("" if request.stream else f"{target.label} writes its answer as a whole.")
            try:
                end = await self._stream(one, complete, request, text_so_far, sent)
            except asyncio.CancelledError:
                self._finish(one, self._why_cancelled())
                raise
            except Exception as error:
                failure = failure_of(error)
                one.counted = isinstance(error, ProviderError) and error.counted
                self._finish(one, EndReason.PROVIDER_ERROR, failure=failure)
                raise
            cut = end.finish_reason is FinishReason.LENGTH
            self._finish(one, EndReason.TRUNCATED if cut else EndReason.COMPLETE, end=end)
            return end

    async def _line(self, target: Target) -> Complete:
        """What answers the target's requests, when there is money left for one."""
        if refusal := await asyncio.to_thread(self._services.refusal, self.cost_usd):
            raise BudgetSpent(refusal)
        if target not in self._lines:
            self._lines[target] = await asyncio.to_thread(self._services.connect, target)
        return self._lines[target]

    async def _stream(
        self,
        one: CallBooks,
        complete: Complete,
        request: CompletionRequest,
        text_so_far: str,
        sent: list[str],
    ) -> StreamEnd:
        unfenced = Unfenced(text_so_far)
        send = Sender(self._plan, one.section, self._emit_text, self._clock, sent)
        meter = one.meter
        async with aclosing(complete(request)) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text):
                        if _UNSTORABLE.search(text):
                            text = _UNSTORABLE.sub("\ufffd", text)
                        meter.text(len(text) if text.isascii() else len(text.encode()))
                        if self._told:
                            self.tell("")
                        one.received.append(text)
                        send(unfenced.feed(text))
                        if len(sent) % LOOK_FOR_ROOM == 0:
                            await self._room()
                    case ReasoningDelta(text):
                        meter.reasoning(len(text.encode("utf-8", "replace")))
                        if not self._told and not one.received:
                            self.tell(f"{one.target.model} is thinking.")
                    case Usage():
                        meter.usage = event
                    case StreamEnd():
                        send(unfenced.finish())
                        await self._services.count_untold(meter, one.target, request, one.received)
                        return event
        # What is held back when a stream breaks is a repetition or a fence, so far: not sent.
        raise ProviderError(
            ErrorCategory.TRUNCATED_STREAM,
            "The answer stopped before its end. The text so far is kept: Resume.",
        )

    def _emit_text(self, event: SectionText) -> None:
        self.tokens += event.tokens
        self._emit(event)

    def _finish(
        self,
        one: CallBooks,
        reason: EndReason,
        *,
        end: StreamEnd | None = None,
        failure: Failure | None = None,
    ) -> None:
        reading = one.meter.read(whole=end is not None or one.counted)
        cost = self._services.cost_usd(one.target, reading.usage, self._clock.now())
        if failure is not None and reading.ttft_s is None and _unpaid(failure):
            cost = 0.0
        self.cost_usd += cost or 0.0
        self._emit(one.finished(reading, cost, reason, end, failure))
