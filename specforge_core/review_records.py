"""What the facade hands out about reviewing: versions, proposals, answers, decisions, templates.

Times are timezone-aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from specforge_core.events import EndReason
from specforge_core.records import Run, WorkStatus
from specforge_core.templates import Template


@dataclass(frozen=True, slots=True)
class Version:
    """A kept state of an artifact.

    kind: generated, regenerated, section_regen, edited, refined, restored. author: the person
    who asked for it, None where nobody said who they are. note: what was asked for.
    """

    version_id: str
    project_id: str
    phase: str
    run_id: str
    kind: str
    end_reason: EndReason
    characters: int
    created_at: datetime
    author: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class VersionSection:
    """A section as it was in a version. `characters`: how long its text is there, 0 for none."""

    version_id: str
    section: str
    attempt: int
    position: int
    title: str
    status: WorkStatus
    tokens: int
    provider: str
    model: str
    author: str | None
    characters: int


@dataclass(frozen=True, slots=True)
class ProposedSection:
    """A section's text as it is now and as a model proposes it; equal where nothing changes.

    fingerprint: of `before`. overtaken: somebody has changed it since this was asked for.
    """

    section: str
    title: str
    before: str
    after: str
    status: WorkStatus
    fingerprint: str
    overtaken: bool

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Proposal:
    run: Run
    sections: tuple[ProposedSection, ...]

    @property
    def open(self) -> bool:
        """Whether a person can still decide about it."""
        return self.run.settled is None and not self.run.status.live


@dataclass(frozen=True, slots=True)
class Answer:
    """`suggested`: by a model or a template, and not yet touched by a person."""

    phase: str
    question: str
    answer: str
    suggested: bool
    author: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about an open point (an assumption or a question) of a section."""

    point: str
    kind: str
    phase: str
    section: str
    statement: str
    answer: str
    author: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template that was made from a project."""

    template_id: str
    template: Template
    author: str | None
    created_at: datetime
