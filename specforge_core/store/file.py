"""The DuckDB file itself: opening it, who has it, a damaged one, a backup in its place."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from specforge_core.clock import Clock
from specforge_core.errors import StoreError
from specforge_core.store.migrate import restore

log = logging.getLogger(__name__)

FILE = "specforge.duckdb"
OWNER = "specforge.owner"  # who has the file open, for the message to a second process
_LOCKED = "Could not set lock on file"
_DAMAGED = (  # in DuckDB's messages about a file that holds no readable database any more
    "not a valid duckdb database file",
    "checksum",
    "replaying wal",
    "corrupt",
    "could not read",
    "deserializ",
)


def prepare_folder(folder: Path) -> None:
    """Raises `StoreError` when the folder cannot be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as exc:
        raise StoreError(
            f"The data folder {folder} cannot be written ({exc.strerror}). "
            "Make it writable or free space there, or set SPECFORGE_DATA_DIR to another folder."
        ) from exc


def open_file(path: Path, moment: datetime) -> tuple[duckdb.DuckDBPyConnection, Path | None]:
    """The connection, and where a damaged file was put, if it was one. Raises `StoreError`."""
    try:
        if path.exists():
            path.open("r+b").close()
        return connect(path), None
    except OSError as exc:
        raise StoreError(
            f"The database {path} cannot be opened ({exc.strerror}). Make it readable and "
            "writable for this user, or set SPECFORGE_DATA_DIR to another folder."
        ) from exc
    except duckdb.Error as exc:
        message = str(exc)
        if _LOCKED in message:
            raise StoreError(in_use(path, message)) from exc
        if not any(sign in message.lower() for sign in _DAMAGED):
            raise StoreError(
                f"The database {path} cannot be opened ({first_line(exc)}). Nothing was "
                "changed. Run SpecForge with its pinned requirements (make run), and check "
                "the disk."
            ) from exc
        log.error("cannot open %s: %s", path, message)
        try:
            return _move_aside_and_open(path, moment, exc)
        except OSError as refused:
            raise StoreError(
                f"The database {path} is damaged and cannot be moved aside "
                f"({refused.strerror}). It is still in its place: free disk space, "
                "or make the folder writable."
            ) from refused


def _move_aside_and_open(
    path: Path, moment: datetime, cause: duckdb.Error
) -> tuple[duckdb.DuckDBPyConnection, Path]:
    """A file that cannot be read is kept beside the new one, never overwritten.

    First only the write-ahead log is moved: most often the damage is there
    and the file itself holds everything up to the last checkpoint.
    """
    stamp = moment.strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.parent / f"damaged-{stamp}"
    aside.mkdir()
    wal = path.with_name(path.name + ".wal")
    if wal.exists():
        if path.exists():
            shutil.copy2(path, aside / path.name)
        shutil.move(wal, aside / wal.name)
        try:
            return connect(path), aside
        except duckdb.Error:
            log.exception("%s is damaged, not only its write-ahead log", path)
    if path.exists():
        shutil.move(path, aside / path.name)
    try:
        return connect(path), aside
    except duckdb.Error as exc:
        raise StoreError(
            f"The database {path} cannot be opened ({first_line(exc)}), and a new one "
            f"cannot be made either. The old file is kept in {aside}. Check the disk."
        ) from cause


def sign(path: Path, what: str) -> None:
    """Leaves word of who has the file open. It only makes a message better, so it never fails."""
    with suppress(OSError):
        (path.parent / OWNER).write_text(json.dumps({"pid": os.getpid(), "what": what}))


def unsign(path: Path) -> None:
    with suppress(OSError):
        (path.parent / OWNER).unlink()


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    connection.execute("set global TimeZone = 'UTC'")
    return connection


def identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def in_use(path: Path, message: str) -> str:
    """The sentence for a second process; `message` is DuckDB's, which tells the process id."""
    pid = re.search(r"PID (\d+)", message)
    what = "another process"
    with suppress(OSError, ValueError, KeyError):
        what = str(json.loads((path.parent / OWNER).read_text())["what"])
    number = f" (process {pid[1]})" if pid else ""
    return (
        f"The database {path} is in use by {what}{number}. "
        "Use its pages, or stop it and try again; "
        "or set SPECFORGE_DATA_DIR to work in another folder."
    )


def restore_file(folder: Path, backup: Path, clock: Clock) -> Path | None:
    """Puts a backup in the database's place; returns where what was there is kept.

    Raises `StoreError` when a process has the database open, or the backup is unreadable.
    """
    path = folder / FILE
    if path.exists():
        try:
            duckdb.connect(str(path)).close()
        except duckdb.Error as exc:
            if _LOCKED in str(exc):
                raise StoreError(in_use(path, str(exc))) from exc
            log.warning("replacing a database that cannot be opened: %s", exc)
    return restore(path, backup, clock.now())


def first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0][:200]
