"""One provider request: sent, measured, its text passed on as it comes, its end told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Event,
    Failure,
    FinishReason,
    ReasoningDelta,
    SectionText,
    StreamEnd,
    StreamMode,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.generation.fence import Unfenced
from specforge_core.generation.meter import BYTES_PER_TOKEN, Meter
from specforge_core.generation.plan import Plan, SectionPlan
from specforge_core.ids import new_id
from specforge_core.providers.wire import CompletionRequest

Complete = Callable[[CompletionRequest], AsyncGenerator[WireEvent]]
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
    return Failure(
        ErrorCategory.UNKNOWN,
        f"SpecForge itself failed ({type(error).__name__}). The text so far is kept: Resume, "
        "and report this with the log if it happens again.",
        retryable=True,
    )


class Caller:
    """Makes the requests of one attempt of one run."""

    def __init__(
        self,
        plan: Plan,
        complete: Complete,
        emit: Emit,
        clock: Clock,
        room: Callable[[], Awaitable[None]],
        why_cancelled: Callable[[], EndReason],
        queue_wait_s: float,
    ) -> None:
        self._plan = plan
        self._complete = complete
        self._emit = emit
        self._clock = clock
        self._room = room
        self._why_cancelled = why_cancelled
        self.tokens = 0  # estimate of all text passed on so far
        self._queue_wait_s = queue_wait_s  # told with the first call, which alone waited

    async def call(
        self, section: SectionPlan, request: CompletionRequest, text_so_far: str
    ) -> tuple[str, StreamEnd]:
        """Returns the text that came after `text_so_far`, and how the answer ended.

        Raises `ProviderError`; lets a cancel through. Its end is told in any case.
        """
        plan, call_id = self._plan, new_id()
        self._emit(
            CallStarted(
                plan.run_id,
                section.key,
                plan.attempt,
                call_id,
                plan.provider,
                request.model,
                StreamMode.NATIVE,
                self._queue_wait_s,
                self._clock.now(),
            )
        )
        self._queue_wait_s = 0.0
        meter = Meter(self._clock, request.size)
        try:
            added, end = await self._stream(section, request, text_so_far, meter)
        except asyncio.CancelledError:
            self._finish(section, call_id, meter, self._why_cancelled())
            raise
        except Exception as error:
            failure = failure_of(error)
            self._finish(section, call_id, meter, EndReason.PROVIDER_ERROR, failure=failure)
            raise
        cut = end.finish_reason is FinishReason.LENGTH
        reason = EndReason.TRUNCATED if cut else EndReason.COMPLETE
        self._finish(section, call_id, meter, reason, end=end)
        return added, end

    async def _stream(
        self, section: SectionPlan, request: CompletionRequest, text_so_far: str, meter: Meter
    ) -> tuple[str, StreamEnd]:
        unfenced = Unfenced(text_so_far)
        send = _Sender(self._plan, section, self._emit_text, self._clock)
        async with aclosing(self._complete(request)) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text):
                        if _UNSTORABLE.search(text):
                            text = _UNSTORABLE.sub("\ufffd", text)
                        meter.text(len(text) if text.isascii() else len(text.encode()))
                        send(unfenced.feed(text))
                        if len(send.sent) % LOOK_FOR_ROOM == 0:
                            await self._room()
                    case ReasoningDelta(text):
                        meter.reasoning(len(text.encode("utf-8", "replace")))
                    case Usage():
                        meter.usage = event
                    case StreamEnd():
                        send(unfenced.finish())
                        return "".join(send.sent), event
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
        section: SectionPlan,
        call_id: str,
        meter: Meter,
        reason: EndReason,
        *,
        end: StreamEnd | None = None,
        failure: Failure | None = None,
    ) -> None:
        reading = meter.read(end)
        self._emit(
            CallFinished(
                self._plan.run_id,
                section.key,
                self._plan.attempt,
                call_id,
                reading.ttft_s,
                reading.ttfa_s,
                reading.duration_s,
                reading.decode_tps,
                reading.usage,
                reading.token_source,
                end.finish_reason if end else None,
                reason,
                failure,
                end.request_id if end else failure.request_id if failure else None,
                self._clock.now(),
            )
        )


class _Sender:
    """Emits the text of one section and counts its tokens, without rounding at every delta."""

    def __init__(
        self,
        plan: Plan,
        section: SectionPlan,
        emit: Callable[[SectionText], None],
        clock: Clock,
    ) -> None:
        self._where = (plan.run_id, section.key, plan.attempt)
        self._emit = emit
        self._clock = clock
        self._bytes = 0
        self._tokens = 0
        self.sent: list[str] = []

    def __call__(self, text: str) -> None:
        if not text:
            return
        self.sent.append(text)
        self._bytes += len(text) if text.isascii() else len(text.encode())
        tokens = -(-self._bytes // BYTES_PER_TOKEN) - self._tokens
        self._tokens += tokens
        self._emit(SectionText(*self._where, text, tokens, self._clock.now()))
