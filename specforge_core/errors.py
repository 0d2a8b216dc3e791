"""Every error a person may meet. Each message says what to do next."""

from __future__ import annotations

from enum import StrEnum


class ErrorCategory(StrEnum):
    """What went wrong at a provider. The value is what telemetry groups by."""

    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    STALL = "stall"
    NETWORK = "network"
    CONTEXT_LENGTH = "context_length"
    BAD_REQUEST = "bad_request"
    CONTENT_FILTER = "content_filter"
    TRUNCATED_STREAM = "truncated_stream"
    MALFORMED_STREAM = "malformed_stream"
    SERVER = "server"
    UNKNOWN = "unknown"


# A retry can help where the cause lies in the moment, not in the request or the account.
RETRYABLE = frozenset(
    {
        ErrorCategory.RATE_LIMIT,
        ErrorCategory.OVERLOADED,
        ErrorCategory.TIMEOUT,
        ErrorCategory.STALL,
        ErrorCategory.NETWORK,
        ErrorCategory.TRUNCATED_STREAM,
        ErrorCategory.MALFORMED_STREAM,
        ErrorCategory.SERVER,
    }
)


class SpecForgeError(Exception):
    """Base of all errors made to be shown; `str(error)` is one or two plain sentences."""


class InvalidInput(SpecForgeError):
    """What a person typed cannot be used. `field` names the input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidSetting(SpecForgeError):
    """A `SPECFORGE_…` variable holds what it cannot. The message names it."""


class NotFound(SpecForgeError):
    """A project, phase, run or section that is not there."""


class Conflict(SpecForgeError):
    """The thing is in a state in which this verb makes no sense (cancel of an ended run)."""


class Overtaken(Conflict):
    """Somebody else changed a section since a person began with its text. Nothing is lost:
    `now` is what it holds, `fingerprint` its one, `text` what the person wanted to store.
    """

    def __init__(self, section: str, title: str, now: str, fingerprint: str, text: str) -> None:
        super().__init__(
            f"“{title}” was changed by somebody else while you worked on it. "
            "Both texts are kept: compare them, then store yours or take theirs."
        )
        self.section = section
        self.now = now
        self.fingerprint = fingerprint
        self.text = text


class BudgetSpent(SpecForgeError):
    """No further request may be made: a budget of money is used up."""


class StoreError(SpecForgeError):
    """The database cannot be opened, read or written."""


class Unstorable(StoreError):
    """A value that no row can hold. Trying again would not help."""


class ProviderError(SpecForgeError):
    """A provider failed. Raised by wires, guard and offline drafter alike.

    counted: the answer came to its end all the same, so the provider's counts are final.
    """

    def __init__(
        self,
        category: ErrorCategory,
        message: str,
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
        request_id: str | None = None,
        counted: bool = False,
    ) -> None:
        super().__init__(message)
        self.counted = counted
        self.category = category
        self.retry_after_s = retry_after_s
        self.status = status
        self.request_id = request_id

    @property
    def retryable(self) -> bool:
        return self.category in RETRYABLE
