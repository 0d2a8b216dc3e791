"""The command line: the same facade as the pages, and like them it shows only stored text."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from types import FrameType

from specforge_core import Forge, LiveRun, Run, SpecForgeError, WorkStatus, restore_backup
from specforge_core.streaming import Interrupted, events, line, markdown, values

PROGRAM = "python -m specforge_core"
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
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
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
    generate.set_defaults(run=_generate)

    resume = commands.add_parser("resume", help="go on with a run that has not ended whole")
    resume.add_argument("run_id", metavar="RUN")
    resume.add_argument("--provider", default="", help="another one than before")
    resume.set_defaults(run=_resume)

    for writing in (generate, resume):
        writing.add_argument("--model", default="")
        writing.add_argument("--json", action="store_true", help="NDJSON events, not markdown")

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
        forge.check_choice(options.phase, options.provider, options.model)
        project = forge.create_project(options.title, description)
        run = forge.generate(project.project_id, options.phase, options.provider, options.model)
        return _write(forge, run, {}, interrupted, options)


def _resume(options: argparse.Namespace) -> int:
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
        sys.stdout.write(text)
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
            return 0
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
    print(f"specforge: {message}", file=sys.stderr)
    return CANCELLED if run.status is WorkStatus.CANCELLED else FAILED


def _runs(options: argparse.Namespace) -> int:
    with Forge.open(what="the command line (runs)") as forge:
        for run in forge.runs():
            if options.json:
                sys.stdout.write(line(**values(run)))
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
    for one in Forge.providers():
        if options.json:
            sys.stdout.write(line(**asdict(one)))
        else:
            state = "ready" if one.configured else f"not configured. {one.hint}"
            print(f"{one.name:<10}  {one.label:<34}  {state}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    kept = restore_backup(options.backup)
    print(f"Restored {options.backup}." + (f" What was there is kept in {kept}." if kept else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
