"""Numbered SQL migrations, applied once, each in its own transaction.

A migration is `migrations/NNNN_name.sql`; its first line says whether it
changes data (`-- … changes data: yes`). Before one that does, the file is
copied to `backups/`. The way back is `restore`.
"""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from specforge_core.errors import StoreError

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "migrations"

_VERSIONS = """
create table if not exists schema_migrations (
    version integer primary key,
    name text not null,
    applied_at timestamptz not null
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def changes_data(self) -> bool:
        return "changes data: yes" in self.sql.partition("\n")[0]


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order. Raises ValueError when the numbers are not 1, 2, 3 …"""
    found = [
        Migration(int(match[1]), match[2], path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
        if (match := re.fullmatch(r"(\d{4})_(\w+)", path.stem))
    ]
    if [one.version for one in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations in {folder} are not numbered 1, 2, 3 …")
    return found


def copy_before(connection: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> int | None:
    """The schema version of a file that must be copied before `migrate`, else None."""
    connection.execute(_VERSIONS)
    have = _version(connection)
    changes = any(migration.changes_data for migration in migrations(folder)[have:])
    return have if have and changes else None


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select coalesce(max(version), 0) from schema_migrations").fetchone()
    return int(row[0]) if row else 0


def migrate(
    writer: duckdb.DuckDBPyConnection, path: Path, moment: datetime, folder: Path = FOLDER
) -> None:
    """Applies what is missing. See `copy_before` first.

    Raises `StoreError` when the file is newer than the program, or when a
    migration fails (the file is then as it was before that migration).
    """
    writer.execute(_VERSIONS)
    known, have = migrations(folder), _version(writer)
    if have > len(known):
        raise StoreError(
            f"{path} was written by a newer SpecForge (schema {have}, not {len(known)}). "
            "Start the newer version, or restore a backup from the backups folder."
        )
    for migration in known[have:]:
        _apply(writer, migration, moment)
    if have < len(known):
        # A log that holds DDL is the one that DuckDB has had trouble replaying.
        writer.execute("checkpoint")


def _apply(writer: duckdb.DuckDBPyConnection, migration: Migration, moment: datetime) -> None:
    try:
        writer.execute("begin")
        writer.execute(migration.sql)
        writer.execute(
            "insert into schema_migrations values (?, ?, ?)",
            [migration.version, migration.name, moment],
        )
        writer.execute("commit")
    except duckdb.Error as exc:
        writer.execute("rollback")
        raise StoreError(
            f"Migration {migration.version} ({migration.name}) failed: {exc}. "
            "The database is unchanged, and a copy from before is in the backups folder if its "
            "data was to change. Start the previous version, and report this."
        ) from exc


def back_up(path: Path, version: int, moment: datetime) -> Path:
    """A copy of a file that nobody has open, named by schema version and UTC time.

    Not of an open one: POSIX locks end when a process closes any descriptor of the
    file, so that reading it would end the lock by which DuckDB owns it.
    """
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = folder / f"{path.stem}-schema{version}-{stamp}{path.suffix}"
    shutil.copy2(path, copy)
    log.info("copied the database to %s", copy)
    return copy


def restore(path: Path, backup: Path, moment: datetime) -> Path | None:
    """Puts a backup in the file's place; what was there is moved to `replaced-…` and returned.

    Raises `StoreError` when the backup is missing or is no readable database.
    """
    if not backup.is_file():
        raise StoreError(
            f"There is no backup {backup}. List the backups folder, and name one of it."
        )
    try:
        duckdb.connect(str(backup), read_only=True).close()
    except duckdb.Error as exc:
        raise StoreError(f"{backup} is not a readable database: {exc}. Choose another.") from exc
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    kept = path.parent / f"replaced-{stamp}"
    replaced = None
    for old in (path, path.with_name(path.name + ".wal")):
        if old.exists():
            kept.mkdir(exist_ok=True)
            shutil.move(old, kept / old.name)
            replaced = kept
    shutil.copy2(backup, path)
    return replaced
