"""The facade over a real database and the offline drafter: what a person relies on."""

from __future__ import annotations

import json
import threading

import pytest

from specforge_core import (
    Conflict,
    Forge,
    Run,
    StreamStatus,
    WorkStatus,
)
from tests.core.runs import ALWAYS, BRIEF, Opener, ended, has_tokens, start, until

# --- the main job ---------------------------------------------------------------------


def test_a_brief_is_written_whole_and_measured(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=800.0)  # or there is no speed to measure
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
    brief = forge.latest_run(project.project_id, "brief").run_id  # type: ignore[union-attr]
    run = forge.generate(project.project_id, "prd", "offline")
    ended(forge, run)
    receipt = json.loads(forge.receipts(run.run_id)["functional"])
    answers = {one["question"]: one for one in receipt["inputs"] if one["kind"] == "answer"}
    assert answers[question.text]["chars"] == len(answer)
    read = {one["section"]: one for one in receipt["inputs"] if one["kind"] == "document"}
    assert "scope" in read
    for section, one in read.items():
        assert one["whole"] is True
        assert one["chars"] == len(forge.section_text(brief, section).strip("\n"))


def test_a_cancelled_rewrite_does_not_take_the_whole_brief_from_the_prd(open_forge: Opener) -> None:
    forge = open_forge()
    first = start(forge)
    ended(forge, first)
    slow = forge.generate(first.project_id, "brief", "offline", "drill-slow-start")
    forge.cancel(slow.run_id)
    assert ended(forge, slow).run.status is WorkStatus.CANCELLED
    prd = forge.generate(first.project_id, "prd", "offline")
    ended(forge, prd)
    receipt = json.loads(forge.receipts(prd.run_id)["functional"])
    read = [one for one in receipt["inputs"] if one["kind"] == "document"]
    assert read and all(one["run_id"] == first.run_id and one["whole"] for one in read)


# --- stopping and going on ---------------------------------------------------------------


def test_cancel_keeps_the_text_and_resume_goes_on_without_a_gap(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=300.0)
    run = start(forge)
    until(forge, run, has_tokens(150))
    forge.cancel(run.run_id)
    stopped = ended(forge, run)
    assert stopped.run.status is WorkStatus.CANCELLED
    assert stopped.run.stop_s is not None and stopped.run.stop_s >= 0
    kept = forge.document(run.run_id)
    assert stopped.progress.tokens >= 150 and kept
    forge.close()
    forge = open_forge()  # at full speed
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
    forge = open_forge()
    run = start(forge)
    done = ended(forge, run)
    before = forge.document(run.run_id)
    key = done.sections[1].section
    forge.close()
    forge = open_forge(offline_tps=200.0)  # slow enough to be stopped within the section
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
    forge = open_forge(offline_tps=200.0)
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
    forge.close()
    forge = open_forge()  # at full speed
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
