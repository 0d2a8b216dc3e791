"""One answer in spite of what passes: tried again, gone on with after a break, failed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import StreamEnd
from specforge_core.generation.backoff import Backoff
from specforge_core.generation.calling import Caller
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.generation.prompt import section_request

_WORDS = {
    ErrorCategory.AUTH: "key refused",
    ErrorCategory.NETWORK: "no connection",
    ErrorCategory.TIMEOUT: "no answer in time",
    ErrorCategory.STALL: "stopped sending",
    ErrorCategory.TRUNCATED_STREAM: "answer broken off",
    ErrorCategory.MALFORMED_STREAM: "no readable answer",
    ErrorCategory.SERVER: "server error",
}

# Another provider would be asked for what this one refused to write.
_STAYS = frozenset({ErrorCategory.CONTENT_FILTER})


class Answering:
    """Asks the plan's targets in order; one that failed is not asked again in this attempt."""

    def __init__(self, plan: Plan, caller: Caller, clock: Clock) -> None:
        self._plan = plan
        self._caller = caller
        self._clock = clock
        self._current = 0

    @property
    def target(self) -> Target:
        return self._plan.targets[self._current]

    async def answer(
        self, section: SectionPlan, written: Mapping[int, str], text_so_far: str
    ) -> tuple[str, StreamEnd]:
        """The text after `text_so_far`, and the end of the call that finished it.

        written: the other sections. Raises the last `ProviderError` when nobody is left
        to ask; text that came before it has been emitted.
        """
        sent: list[str] = []
        while True:
            try:
                end = await self._persist(section, written, text_so_far, sent)
                return "".join(sent), end
            except ProviderError as error:
                if not self._move_on(error):
                    raise

    async def _persist(
        self, section: SectionPlan, written: Mapping[int, str], text: str, sent: list[str]
    ) -> StreamEnd:
        """Until the present target has answered. Each try goes on from the text so far."""

        async def once() -> StreamEnd:
            so_far = text + "".join(sent)
            request = section_request(self._plan, self.target, section, written, so_far)
            return await self._caller.call(self.target, section, request, so_far, sent)

        retrying = AsyncRetrying(
            stop=stop_after_attempt(1 + self._plan.retries),
            wait=Backoff(self._plan.retry_wait_s),
            retry=retry_if_exception(self._passes),
            before_sleep=self._tell,
            reraise=True,
        )
        return await retrying(once)

    def _passes(self, error: BaseException) -> bool:
        """Whether waiting helps, and no longer than a person would."""
        return (
            isinstance(error, ProviderError)
            and error.retryable
            and (error.retry_after_s or 0.0) <= self._plan.retry_cap_s
        )

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait_s = state.next_action.sleep if state.next_action else 0.0
        self._caller.tell(
            f"{self.target.label}: {_in_words(error)}. Next try "
            f"({state.attempt_number + 1} of {1 + self._plan.retries})",
            self._clock.now() + timedelta(seconds=wait_s),
        )

    def _move_on(self, error: ProviderError) -> bool:
        """To the next target, if there is one that may help."""
        if error.category in _STAYS or self._current + 1 == len(self._plan.targets):
            return False
        failed = self.target
        self._current += 1
        self._caller.tell(
            f"{failed.label}: {_in_words(error)}. {self.target.label} goes on instead."
        )
        return True


def _in_words(error: BaseException | None) -> str:
    if not isinstance(error, ProviderError):
        return "failed"
    words = _WORDS.get(error.category, error.category.value.replace("_", " "))
    return f"{words} ({error.status})" if error.status else words
