"""The command line: what the pages do, and single requests to a provider, without a browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import cast

from specforge_core.console import CANCELLED, FAILED, PROGRAM, complain, drop_output
from specforge_core.errors import SpecForgeError

Command = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0, 1 with one line on stderr, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character
    try:
        return _command(options.run)(options)
    except SpecForgeError as error:
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:  # the reader went away (`| head`): nothing more to say
        drop_output()
        return FAILED
    except OSError as error:
        complain(f"the output cannot be written ({error.strerror}).")
        drop_output()
        return FAILED


def _command(where: str) -> Command:
    """Imported when it is called: a request to a provider needs no database, and an SDK or two."""
    module, _, name = where.partition(":")
    return cast("Command", getattr(import_module(f"specforge_core.{module}"), name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: str, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about)
        command.set_defaults(run=run)
        return command

    generate = add("generate", "commands:generate", "write a document and print it as it is stored")
    generate.add_argument("--title", required=True)
    text = generate.add_mutually_exclusive_group(required=True)
    text.add_argument("--description")
    text.add_argument(
        "--brief-file", type=Path, help="a text file with the description; - is stdin"
    )
    generate.add_argument("--phase", default="brief")
    generate.add_argument("--provider", default="offline")
    resume = add("resume", "commands:resume", "go on with a run that has not ended whole")
    resume.add_argument("run_id", metavar="RUN")
    resume.add_argument("--provider", default="", help="another one than before")
    for writing in (generate, resume):
        writing.add_argument("--model", default="")
        writing.add_argument("--json", action="store_true", help="NDJSON events, not markdown")

    runs = add("runs", "commands:runs", "list the newest runs")
    runs.add_argument("--json", action="store_true")
    show = add("show", "commands:show", "print what a run has stored")
    show.add_argument("run_id", metavar="RUN")
    cancel = add("cancel", "commands:cancel", "stop a run and keep its text")
    cancel.add_argument("run_id", metavar="RUN")
    back = add("restore", "commands:restore", "put a backup in the database's place")
    back.add_argument("backup", type=Path)

    _add_complete(add("complete", "direct:complete", "ask a provider one thing, store nothing"))
    doctor = add("doctor", "doctor:doctor", "ask every configured provider for a sign of life")
    doctor.add_argument("--provider", default="", help="only this one")
    doctor.add_argument("--model", default="fast", help="a name, or fast, balanced, best")
    providers = add("providers", "doctor:providers", "which can be used, and what to set")
    for listing in (doctor, providers):
        listing.add_argument("--json", action="store_true")
    return parser


def _add_complete(complete: argparse.ArgumentParser) -> None:
    complete.add_argument("--provider", required=True)
    complete.add_argument("--model", default="", help="a name, or fast, balanced, best")
    complete.add_argument("--prompt", required=True, help="- reads it from stdin")
    complete.add_argument("--system", default="")
    complete.add_argument("--max-tokens", type=int, metavar="N", help="of the answer")
    complete.add_argument("--temperature", type=float)
    complete.add_argument("--thinking", choices=("on", "off"), help="else as the model does")
    complete.add_argument("--json", action="store_true", help="NDJSON events, not text")


if __name__ == "__main__":
    sys.exit(main())
