"""The facade after a close, a crash or a refusal of the disk: nothing is lost or left at work."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from specforge_core import (
    StreamStatus,
    WorkStatus,
)
from specforge_core.store.file import FILE
from specforge_core.store.sql import queries
from tests.core.runs import ALWAYS, Opener, ended, has_tokens, start, until


def test_closing_ends_live_runs_as_interrupted_and_a_new_start_resumes_them(
    open_forge: Opener,
) -> None:
    forge = open_forge(offline_tps=300.0)
    run = start(forge)
    until(forge, run, has_tokens(60))
    forge.close()
    again = open_forge()
    state = again.live(run.run_id)
    assert state.run.status is WorkStatus.INTERRUPTED
    assert state.run.stream_status is StreamStatus.PAUSED
    kept = again.document(run.run_id)
    assert state.progress.tokens >= 60
    assert ended(again, again.resume(run.run_id)).run.status is WorkStatus.COMPLETE
    assert again.document(run.run_id).startswith(kept)


def test_a_run_of_a_process_that_died_is_found_at_the_next_start(open_forge: Opener) -> None:
    forge = open_forge()
    run = start(forge)
    ended(forge, run)
    with forge._database.transaction() as cursor:  # as a crash would leave it
        cursor.execute("update runs set status = 'running', ended_at = null, lease_owner = 'dead'")
        cursor.execute("update sections set status = 'running' where position = 4")
        cursor.execute("update calls set end_reason = null where section = 'risks'")
    forge.close()
    again = open_forge()
    state = again.live(run.run_id)
    assert state.run.status is WorkStatus.INTERRUPTED
    assert state.sections[-1].status is WorkStatus.INTERRUPTED and state.sections[-1].tokens > 0
    calls = again.telemetry(*ALWAYS).calls
    assert set(calls["end_reason"]) == {"complete", "interrupted"}


def test_a_run_whose_lease_ran_out_is_ended_on_the_timer(open_forge: Opener) -> None:
    forge = open_forge(heartbeat_s=0.05)
    run = start(forge)
    ended(forge, run)
    with forge._database.transaction(run.run_id) as cursor:
        cursor.execute(
            "update runs set status = 'running', ended_at = null, heartbeat_at = ?",
            [datetime.now(UTC) - timedelta(hours=1)],
        )
    assert ended(forge, run).run.status is WorkStatus.INTERRUPTED


def test_closing_at_any_moment_leaves_no_run_at_work(open_forge: Opener) -> None:
    for round_ in range(4):
        forge = open_forge(offline_tps=2_000.0)
        runs = [start(forge) for _ in range(5)]
        until(forge, runs[round_ % 5], has_tokens(5 + 30 * round_))
        forge.close()
        with_rows = open_forge()
        assert all(not with_rows.run(run.run_id).status.live for run in runs)
        stored = with_rows._database.reader().execute(
            "select count(*) from events where kind in ('generation_error', 'generation_complete')"
        )
        assert stored.fetchone() == (5 * (round_ + 1),), "an end was not stored at the close"
        with_rows.close()


def test_an_interrupted_brief_reaches_the_prd_after_a_crash(open_forge: Opener) -> None:
    forge = open_forge()
    run = start(forge)
    ended(forge, run)
    with forge._database.transaction(run.run_id) as cursor:  # as a crash would leave it
        cursor.execute("delete from artifact_versions")
        cursor.execute("update runs set status = 'running', ended_at = null, lease_owner = 'dead'")
    forge.close()
    again = open_forge()
    again.skip_to(run.project_id, "prd")
    prd = again.generate(run.project_id, "prd", "offline")
    ended(again, prd)
    receipt = json.loads(again.receipts(prd.run_id)["functional"])
    assert {one["whole"] for one in receipt["inputs"] if one["kind"] == "document"} == {False}


def test_a_removed_data_folder_is_said(open_forge: Opener, tmp_path: Path) -> None:
    forge = open_forge(data_dir=tmp_path / "gone")
    assert forge.health().ok
    (tmp_path / "gone" / FILE).rename(tmp_path / "elsewhere.duckdb")
    assert "removed or replaced" in forge.notice
    assert not forge.health().ok


def test_a_disk_that_refuses_is_said_and_loses_nothing(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=600.0)
    run = start(forge)
    until(forge, run, has_tokens(60))
    with forge._database.transaction() as cursor:  # every further commit fails
        cursor.execute("alter table chunks rename to chunks_away")
    while not forge.notice:
        forge._database.wait_for_commit(run.run_id, forge._database.version(run.run_id), 0.05)
    health = forge.health()
    assert not health.ok and "cannot be written" in health.database
    with forge._database.transaction() as cursor:
        cursor.execute("alter table chunks_away rename to chunks")
    state = ended(forge, run)
    assert state.run.status is WorkStatus.COMPLETE
    assert forge.notice == "" and forge.health().ok
    forge.close()
    forge = open_forge()  # at full speed
    reference = forge.document(ended(forge, start(forge)).run.run_id)
    assert forge.document(run.run_id) == reference
    assert list(queries().broken_runs(forge._database.reader())) == []
