"""The commands on the database: the same facade as the pages, and only stored text is shown."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from specforge_core import Forge, LiveRun, Run, WorkStatus, restore_backup
from specforge_core.console import CANCELLED, DONE, FAILED, PROGRAM, complain, read, say
from specforge_core.streaming import Interrupted, events, line, markdown, values


def generate(options: argparse.Namespace) -> int:
    description = options.description
    if options.brief_file is not None:
        description = read(options.brief_file)
    with Forge.open(what="the command line (generate)") as forge, _interruptible() as interrupted:
        forge.check_choice(options.phase, options.provider, options.model)
        project = forge.create_project(options.title, description)
        forge.skip_to(project.project_id, options.phase)  # there is nothing before it
        run = forge.generate(project.project_id, options.phase, options.provider, options.model)
        return _write(forge, run, {}, interrupted, options)


def resume(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (resume)") as forge, _interruptible() as interrupted:
        sections = forge.live(options.run_id).sections
        stored = {s.section: len(forge.section_text(s.run_id, s.section)) for s in sections}
        run = forge.resume(options.run_id, options.provider, options.model)
        return _write(forge, run, stored, interrupted, options)


def _write(
    forge: Forge,
    run: Run,
    told: dict[str, int],
    interrupted: Interrupted,
    options: argparse.Namespace,
) -> int:
    """Prints the text as it is stored, without the first `told` characters of a section."""
    write = events if options.json else markdown
    for text in write(forge, run, told, interrupted):
        say(text)
    return _outcome(forge.live(run.run_id))


@contextmanager
def _interruptible() -> Iterator[Interrupted]:
    """Ctrl-C is noted, not raised, so that the run is cancelled and its text kept."""
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)  # the second one ends the program at once

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _outcome(state: LiveRun) -> int:
    """The exit code; what is not whole ends with one line that says how to go on."""
    run = state.run
    unfinished = [one for one in state.sections if one.status is not WorkStatus.COMPLETE]
    match run.status:
        case WorkStatus.COMPLETE:
            return DONE
        case WorkStatus.CANCELLED:
            took = f" in {run.stop_s:.1f} s" if run.stop_s is not None else ""
            message = f"stopped{took}, {state.progress.tokens} tokens kept in run {run.run_id}."
        case WorkStatus.TRUNCATED:
            cut = ", ".join(one.title for one in unfinished)
            message = f"cut short by the length limit: {cut}."
        case _:
            message = run.error_message or "The run was interrupted. The text so far is kept."
    if unfinished:
        message += f" Go on: {PROGRAM} resume {run.run_id}"
    complain(message)
    return CANCELLED if run.status is WorkStatus.CANCELLED else FAILED


def runs(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (runs)") as forge:
        for run in forge.runs():
            if options.json:
                say(line(**values(run)))
            else:
                title = forge.project(run.project_id).title
                queued = run.queued_at.strftime("%Y-%m-%d %H:%M")
                say(f"{run.run_id}  {queued}  {run.status:<14}  {run.phase:<8}  {title}\n")
    return DONE


def show(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (show)") as forge:
        say(forge.document(options.run_id) + "\n")
    return DONE


def cancel(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (cancel)") as forge:
        forge.cancel(options.run_id)
        for state in forge.follow(options.run_id):
            run = state.run
        say(f"{run.status}, {state.progress.tokens} tokens kept\n")
    return DONE


def restore(options: argparse.Namespace) -> int:
    kept = restore_backup(options.backup)
    aside = f" What was there is kept in {kept}." if kept else ""
    say(f"Restored {options.backup}.{aside}\n")
    return DONE
