"""What the facade hands out: frozen values, one per thing a person can see.

Times are timezone-aware UTC, durations seconds, speeds tokens per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from specforge_core.errors import ErrorCategory
from specforge_core.events import EndReason, StreamMode


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


class RunKind(StrEnum):
    """What a run writes."""

    DOCUMENT = "document"
    PROPOSAL = "proposal"  # changes to sections, which a person accepts or dismisses
    ANSWERS = "answers"  # suggestions, a section for each question
    QUESTIONS = "questions"  # those of a phase, fitted to the project; one section of JSON


class Settled(StrEnum):
    """What a person did with a proposal."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


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
    goes on, if that is known. note: what was asked for with the latest change, author: by whom.
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
    kind: RunKind
    note: str | None
    author: str | None
    settled: Settled | None

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
    have answered than the run's; "" where a person wrote it. author: who wrote or accepted
    it, where that was a person.
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
    author: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """Stored tokens of one attempt at one section, and when the first and last were received."""

    tokens: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `percent` 0-100; `eta_s` None until a speed is measured.

    quiet_s: since the last text of the section at work, None before its first.
    """

    percent: float
    current: int  # 1-based number of the section at work, or of the last one
    total: int
    tokens: int
    tokens_per_s: float | None
    eta_s: float | None
    quiet_s: float | None


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
class Step:
    """One phase of a project's chain.

    complete: there is a whole text of it, whatever its latest run does. waits_for: the titles
    of required phases before it that are not complete; it opens when there are none. stale: how
    many of its sections were made from something that has changed. proposed: a change of it is
    written and waits for a decision. unanswered: its required questions that have no answer.
    """

    phase: str
    title: str
    purpose: str
    optional: bool
    status: StreamStatus
    run_id: str | None
    complete: bool
    skipped: bool
    waits_for: tuple[str, ...]
    stale: int
    proposed: bool
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseState:
    """One phase of a project in the projects list."""

    phase: str
    title: str
    status: StreamStatus
    percent: float
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    project: Project
    phases: tuple[PhaseState, ...]
    updated_at: datetime

    @property
    def complete(self) -> int:
        return sum(1 for phase in self.phases if phase.status is StreamStatus.COMPLETE)


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    version: str
    uptime_s: float
    database: str  # "ok", or the reason why not
    worker: str
    live_runs: int
    queued_runs: int
