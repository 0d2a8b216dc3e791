"""A run as lines for a terminal or a program, told while it is written; only stored text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from specforge_core.forge import Forge
from specforge_core.records import LiveRun, Run, WorkStatus

Interrupted = Callable[[], bool]  # whether Ctrl-C was pressed


def markdown(
    forge: Forge, run: Run, told: Mapping[str, int], interrupted: Interrupted
) -> Iterator[str]:
    """The document; `told`: how many characters of a section the reader has already."""
    last, ended = "", "\n"
    for _, section, text in _pieces(forge, run, told, interrupted):
        if not section:
            continue
        if last and section != last:
            yield "\n" if ended.endswith("\n") else "\n\n"
        last, ended = section, text
        yield text
    yield "" if ended.endswith("\n") else "\n"


def events(
    forge: Forge, run: Run, told: Mapping[str, int], interrupted: Interrupted
) -> Iterator[str]:
    """NDJSON: run, section (status changes in this attempt), text, run_end."""
    yield line(event="run", **values(run))
    seen: dict[str, WorkStatus] = {}
    state: LiveRun | None = None
    for state, key, text in _pieces(forge, run, told, interrupted):
        if key:
            yield line(event="text", section=key, text=text)
        yield from _changes(state, seen, skip_ends=not key)
    if state is not None:
        yield from _changes(state, seen, skip_ends=False)
        yield line(event="run_end", tokens=state.progress.tokens, **values(state.run))


def values(record: Run) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
    }


def line(**fields: Any) -> str:
    """One line of NDJSON."""
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _states(forge: Forge, run: Run, interrupted: Interrupted) -> Iterator[LiveRun]:
    """Every stored state of the run; a Ctrl-C cancels it and the end is still awaited."""
    cancelled = False
    for state in forge.follow(run.run_id):
        if interrupted() and not cancelled and state.run.status.live:
            cancelled = True
            forge.cancel(run.run_id)
        yield state


def _pieces(
    forge: Forge, run: Run, told: Mapping[str, int], interrupted: Interrupted
) -> Iterator[tuple[LiveRun, str, str]]:
    """(state, section, its new text) in document order, as it is stored; text "" for a state."""
    shown = dict(told)
    for state in _states(forge, run, interrupted):
        yield state, "", ""
        for section in state.sections:
            if section.status is WorkStatus.QUEUED:
                continue
            text = forge.section_text(run.run_id, section.section)
            before = shown.get(section.section, 0)
            if len(text) > before:
                shown[section.section] = len(text)
                yield state, section.section, text[before:]


def _changes(state: LiveRun, seen: dict[str, WorkStatus], *, skip_ends: bool) -> Iterator[str]:
    """Status changes of sections. An end is told after the section's text, so it may wait."""
    for section in state.sections:
        ended = section.status not in (WorkStatus.QUEUED, WorkStatus.RUNNING)
        untouched = section.attempt < state.run.attempt
        if untouched or seen.get(section.section) == section.status or (ended and skip_ends):
            continue
        seen[section.section] = section.status
        yield line(
            event="section",
            section=section.section,
            title=section.title,
            status=section.status,
            tokens=section.tokens,
            error_category=section.error_category,
            error_message=section.error_message,
        )
