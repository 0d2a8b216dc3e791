"""The DuckDB file: opening it, one writer at a time, a reader per thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from specforge_core.clock import Clock
from specforge_core.errors import Conflict, StoreError, Unstorable
from specforge_core.store.file import (
    FILE,
    connect,
    first_line,
    identity,
    open_file,
    prepare_folder,
    sign,
    unsign,
)
from specforge_core.store.migrate import back_up, copy_before, migrate
from specforge_core.store.remembered import Remembered

log = logging.getLogger(__name__)

_DATA_ERRORS = (duckdb.DataError, duckdb.InvalidInputException, UnicodeError)

KEPT = 1_000  # runs whose version is known one by one; those whose last commit is older share one

Version = tuple[int, int]  # numbers of the last commits to a run's rows, and to it at all


class Database:
    """One connection to one file. Raises `StoreError` with a sentence for a person."""

    def __init__(self, folder: Path, clock: Clock, owner: str) -> None:
        self.folder = folder
        self.path = folder / FILE
        # moved_aside: where a damaged file was put at this opening
        self.remembered = Remembered()
        self._commits = 0
        self._versions: OrderedDict[str, Version] = OrderedDict()  # by run, last commit last
        self._dropped = 0  # the last commit to any run that is in `_versions` no more
        self._committed = threading.Condition()
        self._clock = clock
        self._writing = threading.Lock()
        self._local = threading.local()
        prepare_folder(folder)
        self._closed = False
        self._connection, self.moved_aside = open_file(self.path, clock.now())
        sign(self.path, owner)
        self._writer = self._connection.cursor()
        try:
            if (version := copy_before(self._writer)) is not None:
                self._connection.close()
                back_up(self.path, version, clock.now())
                self._connection = connect(self.path)
                self._writer = self._connection.cursor()
            migrate(self._writer, self.path, self._clock.now())
        except duckdb.Error as exc:
            self._connection.close()
            raise StoreError(
                f"The database {self.path} is none of SpecForge's, or is damaged "
                f"({first_line(exc)}). Nothing was changed: restore a backup, or set "
                "SPECFORGE_DATA_DIR to another folder."
            ) from exc
        self._file = identity(self.path)

    # --- use -------------------------------------------------------------------

    def reader(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor; autocommit, so each query sees the newest commit."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor

    @contextmanager
    def transaction(
        self, *runs: str, texts: Collection[str] = ()
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one writer, in a transaction: all of it is on disk afterwards, or none.

        `runs`: ids of the runs whose rows it changes, `texts`: of those that only get
        more text; their readers look again. With `texts` alone, no other row changes.
        One writer at a time means that no two commits ever conflict.
        Raises `StoreError` when the disk refuses.
        """
        with self._writing:
            if self._closed:
                raise StoreError(f"The database {self.path} is closed. Start SpecForge again.")
            try:
                self._writer.execute("begin")
                yield self._writer
                self._writer.execute("commit")
                self._announce(runs, texts)
            except BaseException as exc:
                self._roll_back()
                self.remembered.forget()  # a commit that failed may have reached the disk
                if isinstance(exc, duckdb.ConstraintException):
                    raise Conflict(
                        "Somebody else changed this at the same moment. Look at it, then try again."
                    ) from exc
                if isinstance(exc, _DATA_ERRORS):
                    raise Unstorable(f"A value cannot be stored ({first_line(exc)}).") from exc
                if isinstance(exc, duckdb.Error):
                    raise StoreError(
                        f"The database {self.path} cannot be written ({first_line(exc)}). "
                        "Free disk space or make the folder writable; "
                        "SpecForge goes on by itself when it can write again."
                    ) from exc
                raise

    def _announce(self, runs: Collection[str], texts: Collection[str]) -> None:
        with self._committed:
            self._commits += 1
            for run_id in runs:
                self._versions[run_id] = (self._commits, self._commits)
                self._versions.move_to_end(run_id)
            for run_id in texts:
                self._versions[run_id] = (self.version(run_id)[0], self._commits)
                self._versions.move_to_end(run_id)
            while len(self._versions) > KEPT:
                self._dropped = next(iter(self._versions.values()))[1]
                self._versions.popitem(last=False)
            self._committed.notify_all()
        if runs or not texts:  # after the versions: who looks in between sees the new rows
            self.remembered.forget()

    def version(self, run_id: str) -> Version:
        """The same version means the same rows; another one says to look again.

        Commits are numbered over all runs, so that a run which was dropped and
        comes back can never show a number that it had before.
        """
        return self._versions.get(run_id, (self._dropped, self._dropped))

    def wait_for_commit(self, run_id: str, version: Version, timeout_s: float) -> None:
        """Returns as soon as the run's version is not `version` any more, or after the timeout."""
        with self._committed:
            self._committed.wait_for(lambda: self.version(run_id) != version, timeout_s)

    def _roll_back(self) -> None:
        try:
            self._writer.execute("rollback")
        except duckdb.Error as exc:
            if "no transaction is active" not in str(exc):
                log.warning("rollback failed, reopening %s: %s", self.path, exc)
                self._reopen()

    def _reopen(self) -> None:
        """After a fatal error DuckDB refuses all work on the connection until it is opened anew."""
        with suppress(duckdb.Error):
            self._connection.close()
        try:
            self._connection = connect(self.path)
            self._writer = self._connection.cursor()
            self._local = threading.local()
        except duckdb.Error as exc:
            log.error("cannot reopen %s yet: %s", self.path, exc)

    def check(self) -> str:
        """ "ok", or the reason why the database cannot be read."""
        try:
            self.reader().execute("select max(version) from schema_migrations").fetchone()
        except duckdb.Error as exc:
            return first_line(exc)
        return self.lost() or "ok"

    def lost(self) -> str:
        """A sentence when the file was removed or replaced while it is open, else ""."""
        if identity(self.path) == self._file:
            return ""
        return (
            f"The database {self.path} was removed or replaced while SpecForge runs: what is "
            "written now will be gone. Copy what you need from the pages, then restart."
        )

    def close(self) -> None:
        with self._writing:
            self._closed = True
            self._connection.close()
            unsign(self.path)
