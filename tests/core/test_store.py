"""The store: migrations, the declared schema, the named queries, a damaged or foreign file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from aiosql.utils import VAR_REF

from specforge_core.clock import Clock
from specforge_core.errors import StoreError
from specforge_core.store import migrate as migrate_module
from specforge_core.store.database import Database
from specforge_core.store.file import FILE
from specforge_core.store.migrate import FOLDER, back_up, copy_before, migrate, migrations, restore
from specforge_core.store.sql import queries

SCHEMA = (FOLDER.parent / "schema.sql").read_text()
MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NAMES = [name for name in queries().available_queries if not name.endswith("_cursor")]


def columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    tables = connection.execute(
        """select table_name, column_name, ordinal_position, data_type, is_nullable
           from information_schema.columns where table_schema = 'main' order by 1, 3"""
    ).fetchall()
    keys = connection.execute(
        """select table_name, constraint_type, constraint_column_names::varchar, ''::varchar, ''
           from duckdb_constraints() order by 1, 2, 3"""
    ).fetchall()
    return tables + keys


def test_all_migrations_together_give_the_declared_schema(tmp_path: Path) -> None:
    declared = duckdb.connect(":memory:")
    declared.execute(SCHEMA)
    migrated = duckdb.connect(str(tmp_path / "m.duckdb"))
    migrate(migrated, tmp_path / "m.duckdb", MOMENT)
    assert columns(migrated) == columns(declared)
    assert len(columns(declared)) > 80


def test_a_second_start_applies_no_migration_again(tmp_path: Path) -> None:
    for _ in range(2):
        Database(tmp_path, Clock(), "test").close()
    connection = duckdb.connect(str(tmp_path / FILE))
    found = connection.execute("select count(*) from schema_migrations").fetchone()
    assert found == (len(migrations()),)


@pytest.mark.parametrize("name", NAMES)
def test_query_plans_on_duckdb(name: str) -> None:
    connection = duckdb.connect(":memory:")
    connection.execute(SCHEMA)
    sql = getattr(queries(), name).sql
    parameters = set(re.findall(r"\$(\w+)", sql))
    plan = connection.execute(f"explain {sql}", dict.fromkeys(parameters)).fetchall()
    assert plan


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throwaway PostgreSQL on a Unix socket; as it refuses to run as root, root lends a user."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(binaries[-1]) if binaries else None)
    if found is None:
        pytest.skip("no PostgreSQL server here; install the package postgresql")
    # A Unix socket's path may hold 107 bytes: pytest's own folders are too deep.
    folder = Path("/tmp") / f"specforge-pg-{os.getpid()}"
    folder.mkdir()
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    as_root = os.getuid() == 0
    if as_root:
        shutil.chown(folder, "postgres")
        quiet |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    tools = Path(found).parent
    subprocess.run([found, "-D", folder / "data", "-A", "trust", "-N"], **quiet)
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    control = [tools / "pg_ctl", "-D", folder / "data", "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], **quiet)
    try:
        user = "postgres" if as_root else os.environ.get("USER", "postgres")
        yield f"host={folder} dbname=postgres user={user}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder)


def test_every_query_and_the_schema_plan_on_postgresql(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(SCHEMA)
        for name in NAMES:
            numbered, count = positional(getattr(queries(), name).sql.replace("$", ":"))
            connection.execute(f"prepare q as {numbered}")
            nulls = f"({', '.join(['null'] * count)})" if count else ""
            assert connection.execute(f"explain execute q{nulls}").fetchall(), name
            connection.execute("deallocate q")


def positional(sql: str) -> tuple[str, int]:
    """:name -> $1 … as PREPARE wants it."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match["var_name"]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"{match['lead']}${names.index(name) + 1}"

    return VAR_REF.sub(number, sql), len(names)


# --- migrations ----------------------------------------------------------------


def steps(folder: Path, *files: tuple[str, str]) -> Path:
    folder.mkdir()
    for name, sql in files:
        (folder / name).write_text(sql)
    return folder


FIRST = ("0001_first.sql", "-- changes data: no\ncreate table t (a integer);")


def test_a_migration_that_changes_data_keeps_a_copy_and_the_way_back_works(tmp_path: Path) -> None:
    path = tmp_path / FILE
    one = steps(tmp_path / "one", FIRST)
    two = steps(
        tmp_path / "two",
        FIRST,
        ("0002_double.sql", "-- changes data: yes\nupdate t set a = a * 2;"),
    )
    with duckdb.connect(str(path)) as old:
        migrate(old, path, MOMENT, one)
        old.execute("insert into t values (21)")
        assert copy_before(old, one) is None
        assert copy_before(old, two) == 1
    backup = back_up(path, 1, MOMENT)
    with duckdb.connect(str(path)) as new:
        migrate(new, path, MOMENT, two)
        assert new.execute("select a from t").fetchall() == [(42,)]
    assert backup.name == "specforge-schema1-20261121T120000Z.duckdb"
    kept = restore(path, backup, MOMENT)
    with duckdb.connect(str(path)) as back:
        assert back.execute("select a from t").fetchall() == [(21,)]
    assert kept is not None and (kept / FILE).exists()


def test_a_start_copies_the_file_before_data_changes_and_keeps_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database(tmp_path, Clock(), "test").close()
    grown = tmp_path / "grown"
    shutil.copytree(FOLDER, grown)
    number = len(migrations()) + 1
    (grown / f"{number:04}_more.sql").write_text(
        "-- changes data: yes\ncreate table more (a text);"
    )
    monkeypatch.setattr(migrate_module, "FOLDER", grown)
    for function in (migrate_module.copy_before, migrate_module.migrate):
        monkeypatch.setattr(function, "__defaults__", (grown,))
    database = Database(tmp_path, Clock(), "test")
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name.startswith(f"specforge-schema{number - 1}-")
    code = f"import duckdb; duckdb.connect({str(tmp_path / FILE)!r})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 1
    database.close()


def test_a_failing_migration_changes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / FILE
    bad = steps(
        tmp_path / "bad",
        FIRST,
        ("0002_bad.sql", "-- changes data: yes\ninsert into t values (1); select nonsense;"),
    )
    with duckdb.connect(str(path)) as connection:
        migrate(connection, path, MOMENT, steps(tmp_path / "ok", FIRST))
        with pytest.raises(StoreError, match=r"unchanged.*Start the previous version"):
            migrate(connection, path, MOMENT, bad)
        assert connection.execute("select count(*) from t").fetchone() == (0,)


def test_a_file_of_a_newer_specforge_is_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path, Clock(), "test")
    with database.transaction() as cursor:
        cursor.execute("insert into schema_migrations values (99, 'future', now())")
    database.close()
    with pytest.raises(StoreError, match="newer SpecForge"):
        Database(tmp_path, Clock(), "test")


def test_restore_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    Database(tmp_path, Clock(), "test").close()
    (tmp_path / "no.duckdb").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="not a readable database"):
        restore(tmp_path / FILE, tmp_path / "no.duckdb", MOMENT)
    with pytest.raises(StoreError, match="There is no backup"):
        restore(tmp_path / FILE, tmp_path / "absent.duckdb", MOMENT)
    assert (tmp_path / FILE).exists()


# --- a file that cannot be used ---------------------------------------------------


def test_a_damaged_file_is_moved_aside_whole_and_a_new_one_opened(tmp_path: Path) -> None:
    damaged = b"\x00garbage" * 4096
    (tmp_path / FILE).write_bytes(damaged)
    database = Database(tmp_path, Clock(), "test")
    aside = database.moved_aside
    assert aside is not None and (aside / FILE).read_bytes() == damaged
    assert database.check() == "ok"
    database.close()


KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from specforge_core.clock import Clock
from specforge_core.store import migrate as migrate_module
from specforge_core.store.database import Database
from specforge_core.store.sql import queries

def keep(database, name):
    with database.transaction() as cursor:
        queries().set_preference(cursor, name=name, setting="kept", moment=datetime.now(UTC))

folder = Path(sys.argv[1])
first = Database(folder, Clock(), "test")
keep(first, "checkpointed")
first.close()
second = Database(folder, Clock(), "test")
for number in range(20):
    keep(second, f"logged-{number}")
os._exit(9)
"""


def test_a_damaged_log_is_moved_aside_and_the_database_keeps_its_checkpoint(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], timeout=60)
    wal = tmp_path / (FILE + ".wal")
    damaged = wal.read_bytes().replace(b"logged-10", b"logged-xx")
    assert damaged != wal.read_bytes()
    wal.write_bytes(damaged)
    database = Database(tmp_path, Clock(), "test")
    assert queries().preference(database.reader(), name="checkpointed") == "kept"
    assert database.moved_aside is not None
    assert (database.moved_aside / wal.name).read_bytes() == damaged
    assert (database.moved_aside / FILE).exists()
    database.close()


def test_a_second_process_is_told_who_has_the_database(tmp_path: Path) -> None:
    database = Database(tmp_path, Clock(), "the SpecForge app on port 8501")
    done = subprocess.run(
        [sys.executable, "-m", "specforge_core", "runs"],
        env={**os.environ, "SPECFORGE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    database.close()
    assert done.returncode == 1
    assert "in use by the SpecForge app on port 8501" in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("offset", [4116, 8212, 12388])
def test_a_file_with_damaged_blocks_is_moved_aside(tmp_path: Path, offset: int) -> None:
    Database(tmp_path, Clock(), "test").close()
    damaged = bytearray((tmp_path / FILE).read_bytes())
    damaged[offset : offset + 64] = b"\xa5" * 64
    (tmp_path / FILE).write_bytes(damaged)
    database = Database(tmp_path, Clock(), "test")
    assert database.check() == "ok"
    if database.moved_aside:  # a block that nothing points to is no damage
        assert (database.moved_aside / FILE).read_bytes() == damaged
    database.close()


def test_a_database_that_may_not_be_opened_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="Make it readable"):
        Database(tmp_path, Clock(), "test")
    assert (tmp_path / FILE).is_dir()


def test_restore_is_refused_while_somebody_has_the_database(tmp_path: Path) -> None:
    Database(tmp_path, Clock(), "test").close()
    backup = back_up(tmp_path / FILE, 1, MOMENT)
    database = Database(tmp_path, Clock(), "the SpecForge app")
    done = subprocess.run(
        [sys.executable, "-m", "specforge_core", "restore", str(backup)],
        env={**os.environ, "SPECFORGE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "in use by the SpecForge app" in done.stderr
    assert database.lost() == ""
    database.close()


def test_a_data_folder_that_cannot_be_made_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="SPECFORGE_DATA_DIR"):
        Database(tmp_path / "file" / "data", Clock(), "test")


def test_a_write_that_fails_leaves_nothing_behind_and_the_next_one_works(tmp_path: Path) -> None:
    database = Database(tmp_path, Clock(), "test")

    def half() -> None:
        with database.transaction() as cursor:
            queries().set_preference(cursor, name="a", setting="x", moment=MOMENT)
            cursor.execute("insert into no_such_table values (1)")

    with pytest.raises(StoreError, match="cannot be written"):
        half()
    assert queries().preference(database.reader(), name="a") is None
    with database.transaction() as cursor:
        queries().set_preference(cursor, name="a", setting="y", moment=MOMENT)
    assert queries().preference(database.reader(), name="a") == "y"
    database.close()
