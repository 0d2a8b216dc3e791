"""The command line: the same facade as the pages, and like them it shows only stored text."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any

from specforge_core import Forge, LiveRun, Run, SpecForgeError, WorkStatus, restore_backup

FAILED, CANCELLED = 1, 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0, 1 with one line on stderr, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except SpecForgeError as error:
        print(f"specforge: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`| head`): nothing more to say
        return FAILED
    except OSError as error:
        print(f"specforge: the output cannot be written ({error.strerror}).", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m specforge_core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    generate = commands.add_parser("generate", help="write a document and print it as it is stored")
    generate.add_argument("--title", required=True)
    text = generate.add_mutually_exclusive_group(required=True)
    text.add_argument("--description")
    text.add_argument(
        "--brief-file", type=Path, help="a text file with the description; - is stdin"
    )
    generate.add_argument("--phase", default="brief")
    generate.add_argument("--provider", default="offline")
    generate.add_argument("--model", default="")
    generate.add_argument("--json", action="store_true", help="NDJSON events instead of markdown")
    generate.set_defaults(run=_generate)

    runs = commands.add_parser("runs", help="list the newest runs")
    runs.add_argument("--json", action="store_true")
    runs.set_defaults(run=_runs)

    show = commands.add_parser("show", help="print what a run has stored")
    show.add_argument("run_id", metavar="RUN")
    show.set_defaults(run=_show)

    cancel = commands.add_parser("cancel", help="stop a run and keep its text")
    cancel.add_argument("run_id", metavar="RUN")
    cancel.set_defaults(run=_cancel)

    providers = commands.add_parser(
        "providers", help="which providers can be used, and what to set"
    )
    providers.add_argument("--json", action="store_true")
    providers.set_defaults(run=_providers)

    back = commands.add_parser("restore", help="put a backup in the database's place")
    back.add_argument("backup", type=Path)
    back.set_defaults(run=_restore)
    return parser


def _generate(options: argparse.Namespace) -> int:
    description = options.description
    if options.brief_file is not None:
        description = _read(options.brief_file)
    with Forge.open(what="the command line (generate)") as forge, _interruptible() as interrupted:
        project = forge.create_project(options.title, description)
        run = forge.generate(project.project_id, options.phase, options.provider, options.model)
        write = _events if options.json else _markdown
        for line in write(forge, run, interrupted):
            sys.stdout.write(line)
            sys.stdout.flush()
        return _outcome(forge.live(run.run_id))


def _read(path: Path) -> str:
    try:
        if str(path) == "-" and sys.stdin is None:
            raise OSError("standard input is closed")
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise SpecForgeError(
            f"{path} cannot be read as UTF-8 text ({exc}). Name another file."
        ) from exc


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
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


def _states(forge: Forge, run: Run, interrupted: Callable[[], bool]) -> Iterator[LiveRun]:
    """Every stored state of the run; a Ctrl-C cancels it and the end is still awaited."""
    cancelled = False
    for state in forge.follow(run.run_id):
        if interrupted() and not cancelled and state.run.status.live:
            cancelled = True
            forge.cancel(run.run_id)
        yield state


def _pieces(
    forge: Forge, run: Run, interrupted: Callable[[], bool]
) -> Iterator[tuple[LiveRun, str, str]]:
    """(state, section, its new text) in document order, as it is stored; text "" for a state."""
    shown: dict[str, int] = {}
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


def _markdown(forge: Forge, run: Run, interrupted: Callable[[], bool]) -> Iterator[str]:
    last, ended = "", "\n"
    for _, section, text in _pieces(forge, run, interrupted):
        if not section:
            continue
        if last and section != last:
            yield "\n" if ended.endswith("\n") else "\n\n"
        last, ended = section, text
        yield text
    yield "" if ended.endswith("\n") else "\n"


def _events(forge: Forge, run: Run, interrupted: Callable[[], bool]) -> Iterator[str]:
    """NDJSON: run, section (status changes), text, run_end."""
    yield _line(event="run", **_values(run))
    seen: dict[str, WorkStatus] = {}
    state: LiveRun | None = None
    for state, key, text in _pieces(forge, run, interrupted):
        if key:
            yield _line(event="text", section=key, text=text)
        yield from _changes(state, seen, skip_ends=not key)
    if state is not None:
        yield from _changes(state, seen, skip_ends=False)
        yield _line(event="run_end", tokens=state.progress.tokens, **_values(state.run))


def _changes(state: LiveRun, seen: dict[str, WorkStatus], *, skip_ends: bool) -> Iterator[str]:
    """Status changes of sections. An end is told after the section's text, so it may wait."""
    for section in state.sections:
        ended = section.status not in (WorkStatus.QUEUED, WorkStatus.RUNNING)
        if seen.get(section.section) == section.status or (ended and skip_ends):
            continue
        seen[section.section] = section.status
        yield _line(
            event="section",
            section=section.section,
            title=section.title,
            status=section.status,
            tokens=section.tokens,
            error_category=section.error_category,
            error_message=section.error_message,
        )


def _outcome(state: LiveRun) -> int:
    run = state.run
    match run.status:
        case WorkStatus.COMPLETE:
            return 0
        case WorkStatus.CANCELLED:
            took = f" in {run.stop_s:.1f} s" if run.stop_s is not None else ""
            kept = f"{state.progress.tokens} tokens kept in run {run.run_id}"
            print(f"specforge: stopped{took}, {kept}", file=sys.stderr)
            return CANCELLED
        case WorkStatus.TRUNCATED:
            cut = ", ".join(s.title for s in state.sections if s.status is WorkStatus.TRUNCATED)
            message = f"cut short by the length limit: {cut}. Continue it in the app"
        case _:
            message = run.error_message or "the run was interrupted. Resume it in the app"
    print(f"specforge: {message} (run {run.run_id})", file=sys.stderr)
    return FAILED


def _runs(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (runs)") as forge:
        for run in forge.runs():
            if options.json:
                print(json.dumps(_values(run), ensure_ascii=False))
            else:
                title = forge.project(run.project_id).title
                queued = run.queued_at.strftime("%Y-%m-%d %H:%M")
                print(f"{run.run_id}  {queued}  {run.status:<14}  {run.phase:<8}  {title}")
    return 0


def _show(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (show)") as forge:
        print(forge.document(options.run_id))
    return 0


def _cancel(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (cancel)") as forge:
        forge.cancel(options.run_id)
        for state in forge.follow(options.run_id):
            run = state.run
        print(f"{run.status}, {state.progress.tokens} tokens kept")
    return 0


def _providers(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (providers)") as forge:
        for one in forge.providers():
            if options.json:
                print(json.dumps(asdict(one), ensure_ascii=False))
            else:
                state = "ready" if one.configured else f"not configured. {one.hint}"
                print(f"{one.name:<10}  {one.label:<34}  {state}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    kept = restore_backup(options.backup)
    print(f"Restored {options.backup}." + (f" What was there is kept in {kept}." if kept else ""))
    return 0


def _values(record: Run) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(record).items()
    }


def _line(**values: Any) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
