"""What the facade hands out: frozen values, one per thing a person can see.

Times are timezone-aware UTC, durations seconds, speeds tokens per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from specforge_core.errors import ErrorCategory
from specforge_core.events import EndReason, StreamMode, TokenSource


class WorkStatus(StrEnum):
    """The state of a run or of a section: waiting, at work, or why it ended."""

    QUEUED = "queued"  # a run that waits for its turn; a section not yet begun
    RUNNING = "running"
    COMPLETE = EndReason.COMPLETE.value
    TRUNCATED = EndReason.TRUNCATED.value
    CANCELLED = EndReason.CANCELLED.value
    PROVIDER_ERROR = EndReason.PROVIDER_ERROR.value
    INTERRUPTED = EndReason.INTERRUPTED.value

    @property
    def live(self) -> bool:
        return self in (WorkStatus.QUEUED, WorkStatus.RUNNING)


class StreamStatus(StrEnum):
    """An artifact's status as its badge shows it; always derived from the latest run."""

    IDLE = "idle"  # Ready
    STREAMING = "streaming"  # Generating
    PAUSED = "paused"  # stopped by a passing error, a restart or the length cap; resumable
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    ERROR = "error"  # a person must change something (key, balance, request) first


@dataclass(frozen=True, slots=True)
class Project:
    project_id: str
    title: str
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One execution that writes an artifact. `attempt` counts its tries, from 1.

    waiting_for: why nothing is being written just now, in words; waiting_until: when it
    goes on, if that is known.
    """

    run_id: str
    project_id: str
    phase: str
    provider: str
    model: str
    attempt: int
    status: WorkStatus
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_requested_at: datetime | None
    error_category: ErrorCategory | None
    error_message: str | None
    error_retryable: bool | None
    error_status: int | None
    error_request_id: str | None
    waiting_for: str | None
    waiting_until: datetime | None

    @property
    def stream_status(self) -> StreamStatus:
        match self.status:
            case WorkStatus.QUEUED | WorkStatus.RUNNING:
                return StreamStatus.STREAMING
            case WorkStatus.COMPLETE:
                return StreamStatus.COMPLETE
            case WorkStatus.CANCELLED:
                return StreamStatus.CANCELLED
            case WorkStatus.PROVIDER_ERROR if not self.error_retryable:
                return StreamStatus.ERROR
            case _:
                return StreamStatus.PAUSED

    @property
    def stop_s(self) -> float | None:
        """How long a cancelled run took to stop after the click."""
        if self.cancel_requested_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.cancel_requested_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Section:
    """One attempt at one section of a run.

    Its text is the chunks of the attempts `from_attempt` … `attempt`, in order.
    provider, model, stream_mode: those of its latest call, which another provider may
    have answered than the run's.
    """

    run_id: str
    section: str
    attempt: int
    position: int
    title: str
    status: WorkStatus
    from_attempt: int
    tokens: int
    provider: str
    model: str
    started_at: datetime | None
    ended_at: datetime | None
    error_category: ErrorCategory | None
    error_message: str | None
    stream_mode: StreamMode | None


@dataclass(frozen=True, slots=True)
class Written:
    """Stored tokens of one attempt at one section, and when the first and last were received."""

    tokens: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `percent` 0-100; `eta_s` None until a speed is measured."""

    percent: float
    current: int  # 1-based number of the section at work, or of the last one
    total: int
    tokens: int
    tokens_per_s: float | None
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run with its sections in document order. `queue_place` is 1-based, None when not queued."""

    run: Run
    sections: tuple[Section, ...]
    progress: Progress
    queue_place: int | None

    @property
    def open_section(self) -> Section | None:
        return next((s for s in self.sections if s.status is WorkStatus.RUNNING), None)


@dataclass(frozen=True, slots=True)
class Version:
    """A kept state of an artifact. `kind`: generated, regenerated, section_regen, restored."""

    version_id: str
    kind: str
    end_reason: EndReason
    characters: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PhaseState:
    """One phase of a project in the projects list and in the phase switcher."""

    phase: str
    title: str
    status: StreamStatus
    percent: float


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    project: Project
    phases: tuple[PhaseState, ...]
    updated_at: datetime

    @property
    def complete(self) -> int:
        return sum(1 for phase in self.phases if phase.status is StreamStatus.COMPLETE)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """Whether a provider can be used now, and what to set when it cannot.

    open_models: whether a model that is not in `models` may be asked for.
    """

    name: str
    label: str
    configured: bool
    hint: str  # exactly how to configure it; "" when configured
    key_var: str
    url_var: str
    base_url: str
    setup: str  # the lines for `.env`
    key_tail: str  # the last four characters of the key, or ""
    models: tuple[ModelOption, ...]
    open_models: bool


@dataclass(frozen=True, slots=True)
class ModelOption:
    """A model to choose, its limits in tokens; 0 is unknown.

    tier: `fast`, `balanced`, `best`, or "" for none of them.
    """

    name: str
    label: str
    context_tokens: int = 0
    max_output_tokens: int = 0
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """One short request to a provider. Times in seconds, speed in tokens per second.

    message: "" when it answered, else the sentence that says what to do. category: of the
    error. decode_tps None: the answer was too short to measure a speed.
    """

    provider: str
    label: str
    model: str
    ok: bool
    ttft_s: float | None
    duration_s: float
    decode_tps: float | None
    stream_mode: StreamMode
    output_tokens: int | None
    token_source: TokenSource
    cost_usd: float | None
    message: str
    category: ErrorCategory | None
    status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What the calls for one section of a run to one model have cost, in US dollars.

    unknown: how many calls have no known price and so are not in `usd`. estimated: how
    many of the paid calls were not counted by the provider.
    """

    phase: str
    run_id: str
    section: str
    provider: str
    model: str
    calls: int
    usd: float
    unknown: int
    estimated: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What all ended calls of a time have cost together. `unknown`, `estimated`: as in `Cost`."""

    calls: int
    usd: float
    unknown: int
    estimated: int


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    version: str
    uptime_s: float
    database: str  # "ok", or the reason why not
    worker: str
    live_runs: int
    queued_runs: int
