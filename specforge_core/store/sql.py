"""The named queries of `queries/*.sql`, loaded once for DuckDB by aiosql."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import aiosql
import duckdb
from aiosql.adapters.duckdb import DuckDBAdapter

from specforge_core.errors import StoreError
from specforge_core.provider_records import Cost
from specforge_core.records import Project, Run, Section
from specforge_core.review_records import Answer, Decision, Version, VersionSection
from specforge_core.store.file import first_line

FOLDER = Path(__file__).parent / "queries"


@contextmanager
def _reading() -> Iterator[None]:
    """A page gets a sentence when the file was damaged while it is open."""
    try:
        yield
    except duckdb.Error as exc:
        raise StoreError(
            f"The database cannot be read ({first_line(exc)}). Restart SpecForge: it sets a "
            "damaged file aside and goes on with what can be read. Then restore a backup if "
            "something is missing."
        ) from exc


class _InTransaction(DuckDBAdapter):
    """Runs a query on the cursor it is given, and leaves that cursor open.

    aiosql's own adapter makes a cursor per query, and a DuckDB cursor is a
    connection of its own: it would not see the transaction around it.
    """

    def select(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Generator[Any]:
        with _reading():
            result = conn.execute(sql, parameters)
            rows = result.fetchall()
        names = [column[0] for column in result.description]
        for row in rows:
            yield record_class(**dict(zip(names, row, strict=True))) if record_class else row

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        return next(self.select(conn, query_name, sql, parameters, record_class), None)

    def select_value(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        with _reading():
            row = conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def select_cursor(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Iterator[Any]:
        with _reading():
            yield conn.execute(sql, parameters)

    def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> int:
        """The number of rows written."""
        row = conn.execute(sql, parameters).fetchone()
        return int(row[0]) if row else 0


def _maker(record: type[Any]) -> Callable[..., Any]:
    """A constructor that turns stored text back into the record's enums."""
    hints = get_type_hints(record)
    enums: dict[str, type[Enum]] = {}
    for field in fields(record):
        for kind in (hints[field.name], *get_args(hints[field.name])):
            if isinstance(kind, type) and issubclass(kind, Enum):
                enums[field.name] = kind

    def make(**row: Any) -> Any:
        for name, kind in enums.items():
            if row[name] is not None:
                row[name] = kind(row[name])
        return record(**row)

    return make


_STORED = (Answer, Cost, Decision, Project, Run, Section, Version, VersionSection)
RECORDS: Mapping[str, Callable[..., Any]] = {record.__name__: _maker(record) for record in _STORED}


@cache
def queries() -> Any:
    """An object with one method per named query; aiosql makes them when it reads the files."""
    return aiosql.from_path(
        FOLDER, _InTransaction, record_classes=dict(RECORDS), mandatory_parameters=False
    )
