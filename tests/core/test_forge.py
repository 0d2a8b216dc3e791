"""The facade over a real database and the offline drafter: what a person relies on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from specforge_core import (
    Conflict,
    Forge,
    InvalidInput,
    LiveRun,
    NotFound,
    Run,
    Settings,
    StreamStatus,
    WorkStatus,
)
from specforge_core.store.file import FILE
from specforge_core.store.sql import queries

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
BRIEF = "A tool with which the finance team approves invoices. It must cut approval to 2 days."


class Opener(Protocol):
    def __call__(self, **settings: object) -> Forge: ...


@pytest.fixture
def open_forge(tmp_path: Path) -> Iterator[Opener]:
    opened: list[Forge] = []

    def opener(**settings: object) -> Forge:
        values = {"data_dir": tmp_path, "offline_tps": 5_000.0, "retries": 0, **settings}
        opened.append(Forge.open(Settings.model_validate(values)))
        return opened[-1]

    yield opener
    for forge in opened:
        forge.close()


@pytest.fixture
def forge(open_forge: Opener) -> Forge:
    return open_forge()


def until(forge: Forge, run: Run, seen: Callable[[LiveRun], bool]) -> LiveRun:
    """The first stored state of which `seen` is true; fails when the run ends before it."""
    for state in forge.follow(run.run_id):
        if seen(state):
            return state
    raise AssertionError(f"the run ended as {state.run.status} before")


def ended(forge: Forge, run: Run) -> LiveRun:
    return list(forge.follow(run.run_id))[-1]


def has_tokens(least: int) -> Callable[[LiveRun], bool]:
    return lambda state: state.progress.tokens >= least


def start(forge: Forge, phase: str = "brief", model: str = "rules-1") -> Run:
    project = forge.create_project("Invoice approval", BRIEF)
    return forge.generate(project.project_id, phase, "offline", model)


# --- the main job ---------------------------------------------------------------------


def test_a_brief_is_written_whole_and_measured(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=800.0)
    state = ended(forge, start(forge))
    assert state.run.stream_status is StreamStatus.COMPLETE
    assert {one.status for one in state.sections} == {WorkStatus.COMPLETE}
    assert state.progress.percent == 100 and state.progress.eta_s in (None, 0)
    document = forge.document(state.run.run_id)
    assert document.count("## ") >= len(state.sections)
    assert [document.index(one.title) for one in state.sections] == sorted(
        document.index(one.title) for one in state.sections
    )
    found = forge.telemetry(*ALWAYS)
    assert found.matching_calls == len(state.sections)
    assert found.calls["ttft_s"].notna().all() and (found.calls["decode_tps"] > 0).all()
    assert set(forge.receipts(state.run.run_id)) == {one.section for one in state.sections}


def test_the_same_input_gives_the_same_draft(forge: Forge) -> None:
    documents = {forge.document(ended(forge, start(forge)).run.run_id) for _ in range(2)}
    assert len(documents) == 1


def test_a_word_of_an_answer_and_a_word_of_the_brief_reach_the_prd(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", BRIEF)
    question = forge.phase("brief").questions[0]
    answer = "The quokka committee decides."
    forge.save_answers(project.project_id, "brief", {question.key: answer})
    ended(forge, forge.generate(project.project_id, "brief", "offline"))
    brief = forge.document(forge.latest_run(project.project_id, "brief").run_id)  # type: ignore[union-attr]
    run = forge.generate(project.project_id, "prd", "offline")
    ended(forge, run)
    receipt = json.loads(next(iter(forge.receipts(run.run_id).values())))
    inputs = {
        (one["kind"], one.get("phase") or one.get("question")): one for one in receipt["inputs"]
    }
    assert inputs["answer", question.text]["chars"] == len(answer)
    assert inputs["document", "brief"]["chars"] == len(brief)
    assert inputs["document", "brief"]["whole"] is True


def test_a_cancelled_rewrite_does_not_take_the_whole_brief_from_the_prd(open_forge: Opener) -> None:
    forge = open_forge()
    first = start(forge)
    ended(forge, first)
    whole = forge.document(first.run_id)
    slow = forge.generate(first.project_id, "brief", "offline", "drill-slow-start")
    forge.cancel(slow.run_id)
    assert ended(forge, slow).run.status is WorkStatus.CANCELLED
    prd = forge.generate(first.project_id, "prd", "offline")
    ended(forge, prd)
    receipt = json.loads(next(iter(forge.receipts(prd.run_id).values())))
    document = next(one for one in receipt["inputs"] if one["kind"] == "document")
    assert document["run_id"] == first.run_id and document["chars"] == len(whole)


# --- stopping and going on ---------------------------------------------------------------


def test_cancel_keeps_the_text_and_resume_goes_on_without_a_gap(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=600.0)
    run = start(forge)
    until(forge, run, has_tokens(150))
    forge.cancel(run.run_id)
    stopped = ended(forge, run)
    assert stopped.run.status is WorkStatus.CANCELLED
    assert stopped.run.stop_s is not None and stopped.run.stop_s < 2
    kept = forge.document(run.run_id)
    assert stopped.progress.tokens >= 150 and kept
    again = ended(forge, forge.resume(run.run_id))
    assert again.run.status is WorkStatus.COMPLETE and again.run.attempt == 2
    whole = forge.document(run.run_id)
    assert whole.startswith(kept)
    assert whole == forge.document(ended(forge, start(forge)).run.run_id)


def test_a_run_that_waits_shows_its_place_and_can_be_cancelled(open_forge: Opener) -> None:
    forge = open_forge(max_runs=1)
    first = start(forge, model="drill-slow-start")
    until(forge, first, lambda state: state.run.status is WorkStatus.RUNNING)
    second, third = start(forge), start(forge)
    assert forge.live(second.run_id).queue_place == 1
    assert forge.live(third.run_id).queue_place == 2
    forge.cancel(second.run_id)
    assert ended(forge, second).run.status is WorkStatus.CANCELLED
    assert forge.live(third.run_id).queue_place == 1
    forge.cancel(first.run_id)
    assert ended(forge, third).run.status is WorkStatus.COMPLETE


def test_a_document_is_not_written_twice_at_once(forge: Forge) -> None:
    run = start(forge, model="drill-slow-start")
    with pytest.raises(Conflict, match="being written already"):
        forge.generate(run.project_id, "brief", "offline")
    with pytest.raises(Conflict):
        forge.resume(run.run_id)
    forge.cancel(run.run_id)


def test_two_people_who_click_at_once_start_one_run(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", BRIEF)
    outcomes: list[object] = []
    gate = threading.Barrier(4)

    def click() -> None:
        gate.wait()
        try:
            outcomes.append(forge.generate(project.project_id, "brief", "offline"))
        except Conflict as error:
            outcomes.append(error)

    people = [threading.Thread(target=click) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sum(isinstance(one, Run) for one in outcomes) == 1


def test_cancel_of_an_ended_run_says_so(forge: Forge) -> None:
    run = start(forge)
    ended(forge, run)
    with pytest.raises(Conflict, match="has ended already"):
        forge.cancel(run.run_id)
    with pytest.raises(Conflict, match="Every section is written"):
        forge.resume(run.run_id)


DRILLS = [
    ("drill-429", WorkStatus.PROVIDER_ERROR, StreamStatus.PAUSED, "rate_limit"),
    ("drill-500", WorkStatus.PROVIDER_ERROR, StreamStatus.PAUSED, "server"),
    ("drill-cut", WorkStatus.PROVIDER_ERROR, StreamStatus.PAUSED, "truncated_stream"),
    ("drill-stall", WorkStatus.PROVIDER_ERROR, StreamStatus.PAUSED, "stall"),
    ("drill-length", WorkStatus.TRUNCATED, StreamStatus.PAUSED, None),
]


@pytest.mark.parametrize(("drill", "status", "badge", "category"), DRILLS)
def test_every_failure_is_told_apart_keeps_its_text_and_can_be_resumed(
    open_forge: Opener, drill: str, status: WorkStatus, badge: StreamStatus, category: str | None
) -> None:
    forge = open_forge(between_content_s=0.4)
    run = start(forge, model=drill)
    state = ended(forge, run)
    assert (state.run.status, state.run.stream_status) == (status, badge)
    assert state.run.error_category == category
    kept = forge.document(run.run_id)
    assert kept
    again = ended(forge, forge.resume(run.run_id))
    assert again.run.status is WorkStatus.COMPLETE and again.run.error_message is None
    reference = forge.document(ended(forge, start(forge)).run.run_id)
    assert forge.document(run.run_id) == reference
    errors = forge.telemetry(*ALWAYS).errors
    assert list(errors["category"]) == ([category] if category else [])


@pytest.mark.parametrize(("drill", "badge"), [("drill-auth", "error"), ("drill-empty", "paused")])
def test_a_provider_that_gives_nothing_is_an_error_with_a_sentence(
    forge: Forge, drill: str, badge: str
) -> None:
    state = ended(forge, start(forge, model=drill))
    assert state.run.stream_status == badge
    assert state.run.error_message is not None and len(state.run.error_message) > 20
    assert forge.document(state.run.run_id) == ""


def test_a_retried_section_is_written_anew_and_the_earlier_text_can_be_kept(
    open_forge: Opener,
) -> None:
    forge = open_forge(offline_tps=600.0)
    run = start(forge)
    done = ended(forge, run)
    before = forge.document(run.run_id)
    key = done.sections[1].section
    forge.retry_section(run.run_id, key)
    until(forge, run, lambda s: bool(s.open_section and forge.section_text(run.run_id, key)))
    forge.cancel(run.run_id)
    assert ended(forge, run).run.status is WorkStatus.CANCELLED
    assert forge.document(run.run_id) != before
    forge.keep_earlier(run.run_id, key)
    assert forge.document(run.run_id) == before
    assert forge.live(run.run_id).run.status is WorkStatus.COMPLETE


def test_a_text_that_was_kept_and_then_continued_holds_nothing_of_the_rejected_one(
    open_forge: Opener,
) -> None:
    forge = open_forge(offline_tps=600.0)
    run = start(forge)
    key = forge.phase("brief").sections[0].key

    def stop_within_the_section() -> None:
        until(forge, run, lambda _: len(forge.section_text(run.run_id, key)) > 40)
        forge.cancel(run.run_id)
        ended(forge, run)

    stop_within_the_section()
    forge.retry_section(run.run_id, key)
    stop_within_the_section()
    forge.keep_earlier(run.run_id, key)
    assert ended(forge, forge.resume(run.run_id)).run.status is WorkStatus.COMPLETE
    reference = forge.document(ended(forge, start(forge)).run.run_id)
    assert forge.document(run.run_id) == reference


def test_an_older_run_is_not_resumed_beside_a_newer_one(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=300.0)
    old = start(forge)
    until(forge, old, has_tokens(10))
    forge.cancel(old.run_id)
    ended(forge, old)
    new = forge.generate(old.project_id, "brief", "offline")
    with pytest.raises(Conflict):
        forge.resume(old.run_id)
    forge.cancel(new.run_id)


def test_a_cancel_right_after_generate_is_never_lost(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=200.0)
    for _ in range(15):
        run = start(forge)
        forge.cancel(run.run_id)
        assert ended(forge, run).run.status is WorkStatus.CANCELLED


def test_closing_at_any_moment_leaves_no_run_at_work(open_forge: Opener) -> None:
    for round_ in range(6):
        forge = open_forge(offline_tps=2_000.0)
        runs = [start(forge) for _ in range(5)]
        until(forge, runs[round_ % 5], has_tokens(5 + 20 * round_))
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
    prd = again.generate(run.project_id, "prd", "offline")
    ended(again, prd)
    receipt = json.loads(next(iter(again.receipts(prd.run_id).values())))
    assert [one["whole"] for one in receipt["inputs"] if one["kind"] == "document"] == [False]


def test_a_removed_data_folder_is_said(open_forge: Opener, tmp_path: Path) -> None:
    forge = open_forge(data_dir=tmp_path / "gone")
    assert forge.health().ok
    (tmp_path / "gone" / FILE).rename(tmp_path / "elsewhere.duckdb")
    assert "removed or replaced" in forge.notice
    assert not forge.health().ok


# --- restarts --------------------------------------------------------------------------


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


# --- what a person types ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "description", "field", "message"),
    [
        ("", BRIEF, "title", "Give the project a title"),
        ("   \x00 ", BRIEF, "title", "Give the project a title"),
        ("x" * 101, BRIEF, "title", "shorten it by 1 character"),
        ("Ok", "", "description", "Describe the project"),
        ("Ok", "y" * 5_002, "description", "5,002 of 5,000 characters: shorten it by 2 characters"),
    ],
)
def test_unfit_input_is_refused_with_a_sentence(
    forge: Forge, title: str, description: str, field: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        forge.create_project(title, description)
    assert caught.value.field == field
    assert forge.projects() == []


def test_emoji_and_foreign_scripts_are_kept_and_tricks_are_not(forge: Forge) -> None:
    project = forge.create_project("👩‍👩‍👧 facturé عربى\u202egnp", "日本語の説明 🎉\r\nline\x07")
    assert forge.project(project.project_id).title == "👩‍👩‍👧 facturé عربىgnp"
    assert forge.project(project.project_id).description == "日本語の説明 🎉\nline"
    run = forge.generate(project.project_id, "brief", "offline")
    assert ended(forge, run).run.status is WorkStatus.COMPLETE


def test_unknown_things_are_said_to_be_unknown(forge: Forge) -> None:
    project = forge.create_project("T", BRIEF)
    for ask in (
        lambda: forge.project("nope"),
        lambda: forge.run("nope"),
        lambda: forge.live("nope"),
        lambda: forge.document("nope"),
        lambda: forge.phase("nope"),
        lambda: forge.generate(project.project_id, "nope", "offline"),
        lambda: forge.generate("nope", "brief", "offline"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_provider_without_a_key_says_what_to_set(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CUSTOM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    project = forge.create_project("T", BRIEF)
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY="):
        forge.generate(project.project_id, "brief", "openai")
    with pytest.raises(InvalidInput, match="CUSTOM_BASE_URL="):
        forge.generate(project.project_id, "brief", "custom")
    with pytest.raises(InvalidInput, match="Choose one of"):
        forge.generate(project.project_id, "brief", "offline", "gpt")
    assert forge.latest_run(project.project_id, "brief") is None


def test_search_finds_titles_and_descriptions_in_any_case(forge: Forge) -> None:
    forge.create_project("Payroll", "Pays people.")
    forge.create_project("Invoices", "Approves bills 100%_.")
    assert [one.project.title for one in forge.projects("PAY")] == ["Payroll"]
    assert [one.project.title for one in forge.projects("100%_")] == ["Invoices"]
    assert len(forge.projects()) == 2 and forge.projects("zzz") == []


def test_preferences_outlive_the_process(open_forge: Opener) -> None:
    forge = open_forge()
    forge.set_preference("display", "whole")
    forge.close()
    assert open_forge().preference("display") == "whole"


# --- a disk that refuses --------------------------------------------------------------------


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
    reference = forge.document(ended(forge, start(forge)).run.run_id)
    assert forge.document(run.run_id) == reference
    assert list(queries().broken_runs(forge._database.reader())) == []
