"""Writes the sections of a plan, one after the other. Pure: no database, no threads.

What happens goes to `emit` as events, in order. They are emitted, not yielded,
because a cancelled generator cannot yield the end of what it had begun: here
the `except` clauses do, and a cancel closes its books like any other end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from specforge_core.clock import Clock
from specforge_core.errors import BudgetSpent, ProviderError
from specforge_core.events import (
    EndReason,
    Failure,
    FinishReason,
    RunFinished,
    RunStarted,
    SectionFinished,
    SectionStarted,
)
from specforge_core.generation.answering import Answering
from specforge_core.generation.calling import Caller, Emit, failure_of
from specforge_core.generation.plan import Plan, SectionPlan, needs_no_change
from specforge_core.generation.prompt import receipt, section_request
from specforge_core.generation.services import Services

log = logging.getLogger(__name__)


class Writing:
    """One attempt of one run. `write` may be cancelled at any await and then still emits every end.

    emit: takes an event, never waits. room: returns when the reader of the events can take more.
    """

    def __init__(
        self,
        plan: Plan,
        services: Services,
        emit: Emit,
        clock: Clock,
        room: Callable[[], Awaitable[None]],
        why_cancelled: Callable[[], EndReason] = lambda: EndReason.CANCELLED,
        queue_wait_s: float = 0.0,
    ) -> None:
        self._plan = plan
        self._emit = emit
        self._clock = clock
        self._why_cancelled = why_cancelled
        self._caller = Caller(plan, services, emit, clock, room, why_cancelled, queue_wait_s)
        self._answering = Answering(plan, self._caller, clock)
        self._tokens_before = 0  # in the sections that have ended
        self._written = dict(plan.written)

    async def write(self) -> EndReason:
        """Writes all sections; returns how the run ended. Only `CancelledError` is raised."""
        plan = self._plan
        self._emit(RunStarted(plan.run_id, plan.attempt, self._clock.now()))
        cut = False
        try:
            for section in plan.sections:
                cut |= await self._section(section) is EndReason.TRUNCATED
        except asyncio.CancelledError:
            self._finish_run(self._why_cancelled(), None)
            raise
        except Exception as error:  # every failure ends the run with its reason, none is lost
            if not isinstance(error, ProviderError | BudgetSpent):
                log.exception("run %s failed", plan.run_id)
            return self._finish_run(_reason(error), failure_of(error))
        return self._finish_run(EndReason.TRUNCATED if cut else plan.rest, None)

    def _finish_run(self, reason: EndReason, failure: Failure | None) -> EndReason:
        plan = self._plan
        self._emit(RunFinished(plan.run_id, plan.attempt, reason, failure, self._clock.now()))
        return reason

    async def _section(self, section: SectionPlan) -> EndReason:
        plan = self._plan
        before = {
            index: text
            for index, text in sorted(self._written.items())
            if text and index != section.index
        }
        target = self._answering.target
        request = section_request(plan, target, section, before, section.text_so_far)
        self._emit(
            SectionStarted(
                plan.run_id,
                section.key,
                plan.attempt,
                section.from_attempt,
                receipt(plan, target, section, before, request),
                self._clock.now(),
            )
        )
        try:
            reason = await self._until_whole(section, before)
        except asyncio.CancelledError:
            self._finish_section(section, self._why_cancelled(), None)
            raise
        except Exception as error:
            self._finish_section(section, _reason(error), failure_of(error))
            raise
        self._finish_section(section, reason, None)
        return reason

    def _finish_section(
        self, section: SectionPlan, reason: EndReason, failure: Failure | None
    ) -> None:
        plan, tokens = self._plan, self._caller.tokens - self._tokens_before
        self._tokens_before += tokens
        self._emit(
            SectionFinished(
                plan.run_id, section.key, plan.attempt, reason, tokens, failure, self._clock.now()
            )
        )

    async def _until_whole(self, section: SectionPlan, before: dict[int, str]) -> EndReason:
        """Continues at the length limit until the section is whole or the cap is reached."""
        text, turns = section.text_so_far, 0
        while turns < self._plan.turns(self._answering.target):
            turns += 1
            added, end = await self._answering.answer(section, before, text)
            text += added
            same = section.present and needs_no_change(text)
            self._written[section.index] = section.present if same else text
            if end.finish_reason is not FinishReason.LENGTH:
                return EndReason.COMPLETE
            if not added:
                break  # the model adds nothing any more: asking again only costs
        return EndReason.TRUNCATED


def _reason(error: Exception) -> EndReason:
    return EndReason.INTERRUPTED if isinstance(error, BudgetSpent) else EndReason.PROVIDER_ERROR
