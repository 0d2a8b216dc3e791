"""The one vocabulary of what happens while a document is written.

Wires yield `WireEvent`s; generation wraps them in a run's `Event`s. All are
frozen values: storage, pages and the command line read the same ones. A
failure is never an event of the wire, it is a `ProviderError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from specforge_core.errors import ErrorCategory


class FinishReason(StrEnum):
    """Why the provider stopped sending."""

    STOP = "stop"  # the model was done
    LENGTH = "length"  # the output limit was reached
    CONTENT_FILTER = "content_filter"  # the provider's safety system cut it
    REFUSAL = "refusal"  # the model declined
    ERROR = "error"  # the provider says that it failed


class EndReason(StrEnum):
    """Why a section or a run ended."""

    COMPLETE = "complete"  # whole
    TRUNCATED = "truncated"  # the length limit, and the continuation cap, were reached
    CANCELLED = "cancelled"  # a person stopped it
    PROVIDER_ERROR = "provider_error"  # the provider failed; the text so far is kept
    INTERRUPTED = "interrupted"  # the process stopped or crashed


class StreamMode(StrEnum):
    NATIVE = "native"  # the provider streamed
    SIMULATED = "simulated"  # a whole answer replayed in pieces
    CONTINUED = "continued"  # short turns joined


TokenSource = Literal["provider", "tokenizer", "estimate"]


# --- what a wire yields ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's thinking; never part of the document."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider reports them, cumulative for one call.

    `output_tokens` includes `reasoning_tokens`; `input_tokens` includes
    `cached_tokens`. A count the provider did not send is None, never 0.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The provider's own end of one answer, seen with its terminator."""

    finish_reason: FinishReason
    request_id: str | None = None
    model: str | None = None  # the model that answered, when the provider names it
    whole: bool = False  # the answer came in one piece, not as a stream


WireEvent = TextDelta | ReasoningDelta | Usage | StreamEnd


# --- what generation adds ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    """A `ProviderError` as a value, fit to be stored and shown to a person."""

    category: ErrorCategory
    message: str
    retryable: bool
    retry_after_s: float | None = None
    status: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: str
    attempt: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class SectionStarted:
    """A section is being written. `from_attempt` < `attempt` when it goes on from stored text."""

    run_id: str
    section: str
    attempt: int
    from_attempt: int
    receipt: str  # JSON: which inputs, model and settings went into the prompt
    moment: datetime


@dataclass(frozen=True, slots=True)
class SectionText:
    """Text of the open section in the order received; `received` is the wall clock at the wire."""

    run_id: str
    section: str
    attempt: int
    text: str
    tokens: int  # estimate, for the live counter
    received: datetime


@dataclass(frozen=True, slots=True)
class CallStarted:
    run_id: str
    section: str
    attempt: int
    call_id: str
    provider: str
    model: str
    stream_mode: StreamMode
    queue_wait_s: float
    moment: datetime


@dataclass(frozen=True, slots=True)
class RunWaiting:
    """What a run waits for, in words for a person; "" once it waits no more.

    until: when it will try again, None where nobody can tell.
    """

    run_id: str
    attempt: int
    reason: str
    until: datetime | None
    moment: datetime


@dataclass(frozen=True, slots=True)
class CallFinished:
    """One provider request, measured. Durations in seconds on the monotonic clock.

    ttft_s: request sent -> first non-empty reasoning or text.
    ttfa_s: request sent -> first answer text.
    decode_tps: (output tokens - 1) / (last text - first token), None when the
    count and the interval do not cover the same tokens. cost_usd: None when the
    price is unknown.
    """

    run_id: str
    section: str
    attempt: int
    call_id: str
    stream_mode: StreamMode
    ttft_s: float | None
    ttfa_s: float | None
    duration_s: float
    decode_tps: float | None
    usage: Usage
    token_source: TokenSource
    cost_usd: float | None
    finish_reason: FinishReason | None
    end_reason: EndReason
    failure: Failure | None
    request_id: str | None
    moment: datetime


@dataclass(frozen=True, slots=True)
class SectionFinished:
    run_id: str
    section: str
    attempt: int
    end_reason: EndReason
    tokens: int  # estimate of what this attempt added
    failure: Failure | None
    moment: datetime


@dataclass(frozen=True, slots=True)
class RunFinished:
    run_id: str
    attempt: int
    end_reason: EndReason
    failure: Failure | None
    moment: datetime


Event = (
    RunStarted
    | SectionStarted
    | SectionText
    | CallStarted
    | RunWaiting
    | CallFinished
    | SectionFinished
    | RunFinished
)
