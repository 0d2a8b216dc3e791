"""What one request leaves behind as events: its start, its text, its end with what was measured."""

from __future__ import annotations

from collections.abc import Callable

from specforge_core.clock import Clock
from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Failure,
    SectionText,
    StreamEnd,
    StreamMode,
)
from specforge_core.generation.meter import Meter, Reading
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.ids import new_id
from specforge_core.providers.tokens import BYTES_PER_TOKEN
from specforge_core.providers.wire import CompletionRequest


class CallBooks:
    """One request under way: who is asked for what, and what was measured."""

    def __init__(
        self,
        plan: Plan,
        target: Target,
        section: SectionPlan,
        clock: Clock,
        request: CompletionRequest,
    ) -> None:
        self.target = target
        self.section = section
        self.received: list[str] = []
        self.counted = False  # by the provider to the end, although the answer is a failure
        self._where = (plan.run_id, section.key, plan.attempt, new_id())
        self._clock = clock
        self.meter = Meter(clock, request.size)

    def started(self, queue_wait_s: float) -> CallStarted:
        target = self.target
        return CallStarted(
            *self._where,
            target.provider,
            target.model,
            target.stream_mode,
            queue_wait_s,
            self._clock.now(),
        )

    def finished(
        self,
        reading: Reading,
        cost_usd: float | None,
        reason: EndReason,
        end: StreamEnd | None,
        failure: Failure | None,
    ) -> CallFinished:
        mode = self.target.stream_mode
        if mode is StreamMode.NATIVE and end is not None and end.whole:
            mode = StreamMode.SIMULATED  # a stream was asked for, and a whole answer came
        return CallFinished(
            *self._where,
            mode,
            reading.ttft_s,
            reading.ttfa_s,
            reading.duration_s,
            reading.decode_tps if mode is StreamMode.NATIVE else None,  # else it is our own pace
            reading.usage,
            reading.token_source,
            cost_usd,
            end.finish_reason if end else None,
            reason,
            failure,
            end.request_id if end else failure.request_id if failure else None,
            self._clock.now(),
        )


class Sender:
    """Emits the text of one call and counts its tokens, without rounding at every delta."""

    def __init__(
        self,
        plan: Plan,
        section: SectionPlan,
        emit: Callable[[SectionText], None],
        clock: Clock,
        sent: list[str],
    ) -> None:
        self._where = (plan.run_id, section.key, plan.attempt)
        self._emit = emit
        self._clock = clock
        self._bytes = 0
        self._tokens = 0
        self._sent = sent

    def __call__(self, text: str) -> None:
        if not text:
            return
        self._sent.append(text)
        self._bytes += len(text) if text.isascii() else len(text.encode())
        tokens = -(-self._bytes // BYTES_PER_TOKEN) - self._tokens
        self._tokens += tokens
        self._emit(SectionText(*self._where, text, tokens, self._clock.now()))
