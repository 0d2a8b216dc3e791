"""From events to rows: what one commit brings, what a refused one keeps, what a second one adds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, get_args

import pytest

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, StoreError
from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Event,
    Failure,
    FinishReason,
    RunFinished,
    RunStarted,
    SectionFinished,
    SectionStarted,
    SectionText,
    StreamMode,
    Usage,
)
from specforge_core.store import database as database_module
from specforge_core.store.database import Database
from specforge_core.store.file import FILE
from specforge_core.store.recorder import Recorder
from specforge_core.store.sql import queries
from specforge_core.store.writes import WRITES, apply

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONG_S = 60.0  # a commit that comes only with the stop
TOO_LARGE = 2**40  # for the column `attempt`
FAILURE = Failure(ErrorCategory.SERVER, "It broke.", True, status=500, request_id="r-1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path, Clock(), "test")
    yield opened
    opened.close()


def plan(database: Database, *run_ids: str) -> None:
    """Queued runs of one section each, as `generate` leaves them."""
    with database.transaction(*run_ids) as cursor:
        for run_id in run_ids:
            where = {"run_id": run_id, "provider": "offline", "model": "rules-1"}
            queries().insert_run(
                cursor,
                artifact_id=f"of {run_id}",
                moment=MOMENT,
                owner="test",
                kind="document",
                note=None,
                author=None,
                **where,
            )
            queries().insert_sections(
                cursor,
                sections=["problem"],
                attempt=1,
                positions=[0],
                titles=["Problem"],
                from_attempts=[1],
                tokens=[0],
                **where,
            )


def started(run_id: str) -> list[Event]:
    return [
        RunStarted(run_id, 1, MOMENT),
        SectionStarted(run_id, "problem", 1, 1, "{}", MOMENT),
        CallStarted(
            run_id, "problem", 1, f"call {run_id}", "p", "m", StreamMode.NATIVE, 0.5, MOMENT
        ),
    ]


def text(run_id: str, piece: str, tokens: int = 2) -> SectionText:
    return SectionText(run_id, "problem", 1, piece, tokens, MOMENT)


def ends(run_id: str, reason: EndReason, failure: Failure | None = None) -> list[Event]:
    finish = None if failure else FinishReason.STOP
    usage = Usage(input_tokens=9, output_tokens=4)
    return [
        CallFinished(
            run_id,
            "problem",
            1,
            f"call {run_id}",
            StreamMode.NATIVE,
            *(0.1, 0.2, 0.3, None, usage, "provider", 0.01, finish, reason, failure),
            failure.request_id if failure else "r-0",
            MOMENT,
        ),
        SectionFinished(run_id, "problem", 1, reason, 4, failure, MOMENT),
        RunFinished(run_id, 1, reason, failure, MOMENT),
    ]


def recorded(database: Database, events: list[Event], last_seq: int = 0) -> None:
    """All of them in one commit."""

    async def record() -> None:
        recorder = Recorder(database, Clock(), LONG_S)
        for run_id in {event.run_id for event in events}:
            recorder.begin(run_id, last_seq)
        for event in events:
            recorder.record(event)
        recorder.stop()
        await recorder.run()
        recorder.close()

    asyncio.run(record())


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.reader().execute(sql).fetchall()


def until_fault(recorder: Recorder) -> None:
    while recorder.fault is None:
        time.sleep(0.01)


def test_every_kind_of_event_has_its_statement() -> None:
    assert set(WRITES) == set(get_args(Event)) - {SectionText}


def test_runs_that_begin_and_end_within_one_commit_are_stored_whole(database: Database) -> None:
    plan(database, "good", "bad", "empty")
    good = [
        *started("good"),
        text("good", "One "),
        text("good", "two."),
        *ends("good", EndReason.COMPLETE),
    ]
    bad = [*started("bad"), text("bad", "Half"), *ends("bad", EndReason.PROVIDER_ERROR, FAILURE)]
    empty = [*started("empty"), *ends("empty", EndReason.CANCELLED)]
    mixed = [event for pair in zip_longest(good, bad) for event in pair if event is not None]
    recorded(database, [*mixed, *empty])
    sections = "select run_id, status, tokens, error_category from sections order by run_id"
    assert rows(database, sections) == [
        ("bad", "provider_error", 4, "server"),
        ("empty", "cancelled", 4, None),
        ("good", "complete", 4, None),
    ]
    calls = (
        "select run_id, end_reason, output_tokens, http_status, request_id from calls order by 1"
    )
    assert rows(database, calls) == [
        ("bad", "provider_error", 4, 500, "r-1"),
        ("empty", "cancelled", 4, None, "r-0"),
        ("good", "complete", 4, None, "r-0"),
    ]
    runs = (
        "select run_id, status, error_message, error_retryable, error_status from runs order by 1"
    )
    assert rows(database, runs) == [
        ("bad", "provider_error", "It broke.", True, 500),
        ("empty", "cancelled", None, None, None),
        ("good", "complete", None, None, None),
    ]
    versions = "select run_id, kind, end_reason, content from artifact_versions order by 1"
    assert rows(database, versions) == [
        ("bad", "generated", "provider_error", "Half"),
        ("good", "generated", "complete", "One two."),
    ]
    kinds = "select kind, count(*) from events group by 1 order by 1"
    assert rows(database, kinds) == [
        ("generation_cancelled", 1),
        ("generation_complete", 1),
        ("generation_error", 1),
        ("generation_start", 3),
    ]
    assert rows(database, "select run_id, seq, content, tokens from chunks order by 1") == [
        ("bad", 1, "Half", 2),
        ("good", 1, "One two.", 4),
    ]


def test_an_event_that_no_row_can_hold_keeps_no_other_from_the_disk(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    plan(database, "a", "b")
    events = [*started("a"), text("a", "kept"), RunStarted("b", TOO_LARGE, MOMENT)]
    recorded(database, [*events, *ends("a", EndReason.COMPLETE)])
    assert rows(database, "select run_id, status from runs order by 1") == [
        ("a", "complete"),
        ("b", "queued"),
    ]
    assert rows(database, "select run_id, content from artifact_versions") == [("a", "kept")]
    assert [one.message for one in caplog.records] == ["an event could not be stored: RunStarted"]


def test_a_commit_that_is_tried_again_adds_nothing_twice(database: Database) -> None:
    plan(database, "a")
    for _ in range(2):
        with database.transaction("a") as cursor:
            apply(cursor, [*started("a"), *ends("a", EndReason.INTERRUPTED)])
    assert rows(database, "select tokens from sections") == [(4,)]
    assert rows(database, "select count(*) from calls") == [(1,)]


def test_text_of_a_failed_commit_that_reached_the_disk_is_not_stored_twice(
    database: Database,
) -> None:
    plan(database, "a")
    recorded(database, [*started("a"), text("a", "once ")])
    with database.transaction() as cursor:
        cursor.execute("alter table chunks rename to chunks_away")

    async def record() -> None:
        recorder = Recorder(database, Clock(), 0.0)
        recorder.begin("a", 0)  # numbers its text like the one that is stored
        committing = asyncio.create_task(recorder.run())
        recorder.record(text("a", "once "))
        await asyncio.to_thread(until_fault, recorder)
        with database.transaction() as cursor:
            cursor.execute("alter table chunks_away rename to chunks")
        recorder.record(ends("a", EndReason.COMPLETE)[-1])
        recorder.stop()
        await committing
        recorder.close()

    asyncio.run(record())
    assert rows(database, "select content from chunks") == [("once ",)]
    assert rows(database, "select status from runs") == [("complete",)]


def test_a_run_that_ends_while_the_disk_refuses_is_unsettled_until_it_is_stored(
    database: Database,
) -> None:
    plan(database, "a")
    with database.transaction() as cursor:
        cursor.execute("alter table chunks rename to chunks_away")

    async def record() -> None:
        recorder = Recorder(database, Clock(), 0.0)
        recorder.begin("a", 0)
        committing = asyncio.create_task(recorder.run())
        for event in [*started("a"), text("a", "late"), *ends("a", EndReason.COMPLETE)]:
            recorder.record(event)
        await asyncio.to_thread(until_fault, recorder)
        assert recorder.fault is not None and "cannot be written" in recorder.fault
        assert recorder.unsettled() == ["a"]
        with database.transaction() as cursor:
            cursor.execute("alter table chunks_away rename to chunks")
        recorder.stop()
        await committing
        recorder.close()
        assert recorder.unsettled() == [] and recorder.fault is None

    asyncio.run(record())
    assert rows(database, "select status from runs") == [("complete",)]
    assert rows(database, "select content from artifact_versions") == [("late",)]


def test_an_interrupted_call_is_counted_from_where_it_began(database: Database) -> None:
    plan(database, "a")
    later = MOMENT + timedelta(seconds=9)
    again = CallStarted("a", "problem", 1, "call 2", "p", "m", StreamMode.NATIVE, 0.0, later)
    first, *_ = ends("a", EndReason.TRUNCATED)
    recorded(database, [*started("a"), text("a", "One ", 30), first, again])

    recorded(database, [SectionText("a", "problem", 1, "two", 7, later)], last_seq=1)
    with database.transaction("a") as cursor:
        queries().interrupt_calls(cursor, run_ids=["a"])
    found = rows(database, "select end_reason, output_tokens from calls order by started_at")
    assert found == [("truncated", 4), ("interrupted", 7)]


def test_versions_of_runs_that_rest_are_forgotten_and_never_repeat(database: Database) -> None:
    def commit(*run_ids: str) -> None:
        with database.transaction(*run_ids):
            pass

    unread = database.version("old")
    commit("old")
    seen = {unread, database.version("old")}
    commit(*(f"run {number}" for number in range(database_module.KEPT)))
    assert len(database._versions) == database_module.KEPT
    assert database.version("old") != unread, "who read it before that commit looks again"
    seen.add(database.version("old"))
    commit("old")
    assert database.version("old") not in seen


def test_a_reader_that_waits_sees_a_commit_of_another_thread(database: Database) -> None:
    version = database.version("a")

    def commit() -> None:
        with database.transaction(texts=["a"]):
            pass

    threading.Thread(target=commit).start()
    database.wait_for_commit("a", version, timeout_s=60)
    rows_before, _ = version
    assert database.version("a") == (rows_before, 1)


def test_a_database_that_is_damaged_while_it_is_open_is_said_in_a_sentence(tmp_path: Path) -> None:
    first = Database(tmp_path, Clock(), "test")
    with first.transaction() as cursor:
        cursor.execute(
            "insert into preferences select 'p' || i, repeat(md5(i::text), 90), now() "
            "from range(20000) t(i)"
        )
    first.close()
    database = Database(tmp_path, Clock(), "test")
    path = tmp_path / FILE
    size, block = path.stat().st_size, 262_144
    with path.open("r+b") as file:
        for start in range(12_288 + block // 2, size, block):
            file.seek(start)
            file.write(b"\xa5" * 64)
    names = [f"p{number}" for number in range(0, 20_000, 100)]
    with pytest.raises(StoreError, match=r"cannot be read .*Restart SpecForge"):
        _ = [queries().preference(database.reader(), name=name) for name in names]
    database._connection.close()
