"""How long to wait before a request is made again."""

from __future__ import annotations

from tenacity import RetryCallState, wait_exponential_jitter

from specforge_core.errors import ProviderError

LONGEST_WAIT_S = 20.0
JITTER = 0.5  # of the first wait, at most: many runs that failed at once do not return at once


class Backoff:
    """A `wait` of tenacity: what the provider asks for, and at least the wait doubled each time."""

    def __init__(self, first_s: float) -> None:
        self._growing = wait_exponential_jitter(
            multiplier=first_s, max=LONGEST_WAIT_S, jitter=JITTER * first_s
        )

    def __call__(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, ProviderError) else None
        return max(asked or 0.0, self._growing(state))
