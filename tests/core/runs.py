"""Runs of the facade on the offline drafter: started, waited for, ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from specforge_core import Forge, LiveRun, Run

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
BRIEF = "A tool with which the finance team approves invoices. It must cut approval to 2 days."


class Opener(Protocol):
    def __call__(self, **settings: object) -> Forge: ...


def until(forge: Forge, run: Run, seen: Callable[[LiveRun], bool]) -> LiveRun:
    """The first stored state of which `seen` is true; fails when the run ends before it."""
    for state in forge.follow(run.run_id):
        if seen(state):
            return state
    raise AssertionError(f"the run ended as {state.run.status} before")


def ended(forge: Forge, run: Run) -> LiveRun:
    return list(forge.follow(run.run_id))[-1]


def has_tokens(least: int) -> Callable[[LiveRun], bool]:
    return lambda state: state.progress.tokens >= least


def start(forge: Forge, phase: str = "brief", model: str = "rules-1") -> Run:
    project = forge.create_project("Invoice approval", BRIEF)
    forge.skip_to(project.project_id, phase)
    return forge.generate(project.project_id, phase, "offline", model)
