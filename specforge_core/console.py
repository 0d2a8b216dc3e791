"""What all commands share: how they read and write, and the codes they exit with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from specforge_core.errors import SpecForgeError

PROGRAM = "python -m specforge_core"
DONE, FAILED, CANCELLED = 0, 1, 130


def say(text: str) -> None:
    """Flushed at once: whoever reads a pipe waits for it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(message: str) -> None:
    sys.stderr.write(f"specforge: {message}\n")


def drop_output() -> None:
    """What could not be written is given up, or the flush at the exit would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read(path: Path) -> str:
    """The text of a file, `-` is standard input. Raises `SpecForgeError`."""
    try:
        if str(path) == "-" and sys.stdin is None:
            raise OSError("standard input is closed")
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise SpecForgeError(
            f"{path} cannot be read as UTF-8 text ({exc}). Name another file."
        ) from exc
