"""Exactly the sections that were made from what has changed are out of date, with the reason."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from specforge_core import Forge, Project
from tests.core.chain import edit, project_with, text_of, write
from tests.core.runs import ended
from tests.loopback import LoopbackProvider, chat_stream


def test_nothing_is_out_of_date_just_after_it_was_written(forge: Forge) -> None:
    project, runs = project_with(forge, "brief", "prd", "specs")
    assert all(not forge.stale(project.project_id, phase) for phase in runs)


def test_an_answer_marks_its_phase_and_the_later_ones_and_says_which(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd")
    forge.save_answers(project.project_id, "prd", {"load": "900 invoices a month"})
    assert not forge.stale(project.project_id, "brief")
    stale = forge.stale(project.project_id, "prd")
    assert set(stale) == {section.key for section in forge.phase("prd").sections}
    question = next(q.text for q in forge.phase("prd").questions if q.key == "load")
    assert stale["functional"] == (f"The answer to “{question}” is new.",)
    forge.save_answers(project.project_id, "prd", {"load": ""})
    assert not forge.stale(project.project_id, "prd")


def test_the_title_marks_everything_and_the_old_title_takes_it_back(forge: Forge) -> None:
    project, runs = project_with(forge, "brief", "prd")
    forge.update_project(project.project_id, "Bill approval", project.description)
    for phase in runs:
        stale = forge.stale(project.project_id, phase)
        assert len(stale) == len(forge.phase(phase).sections)
        assert set(stale.values()) == {("The title has changed.",)}
    forge.update_project(project.project_id, project.title, project.description)
    assert all(not forge.stale(project.project_id, phase) for phase in runs)


def test_an_edited_section_marks_exactly_those_below_it_and_its_readers(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd", "specs", "stories")
    edit(forge, project, "brief", "scope", "## Scope\n\nOnly invoices.")
    assert set(forge.stale(project.project_id, "brief")) == {"risks"}
    for phase in ("prd", "specs", "stories"):
        spec = forge.phase(phase)
        readers = {
            section.key
            for section in spec.sections
            if (section.reads is None and "brief" in spec.inputs)
            or (section.reads is not None and ({"brief", "brief.scope"} & set(section.reads)))
        }
        assert set(forge.stale(project.project_id, phase)) == readers, phase
    reasons = forge.stale(project.project_id, "prd")["functional"]
    assert reasons == ("Brief, “Scope”, has changed.",)


def test_what_a_person_has_just_written_is_up_to_date_with_everything(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    forge.update_project(project.project_id, "Bill approval", project.description)
    edit(forge, project, "brief", "problem", "## Problem and context\n\nBills wait.")
    stale = forge.stale(project.project_id, "brief")
    assert "problem" not in stale
    assert "“Problem and context” above it has changed." in stale["users"]


def test_a_reviewer_can_say_that_a_section_is_still_right(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    forge.update_project(project.project_id, "Bill approval", project.description)
    before = text_of(forge, project, "brief", "goals")
    forge.confirm(runs["brief"].run_id, ["goals"], "Ada")
    assert "goals" not in forge.stale(project.project_id, "brief")
    assert text_of(forge, project, "brief", "goals") == before
    assert len(forge.versions(project.project_id, "brief")) == 1
    assert {"problem", "users", "scope", "risks"} == set(forge.stale(project.project_id, "brief"))


def test_regenerating_what_is_out_of_date_ends_it(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd")
    edit(forge, project, "brief", "scope", "## Scope\n\nOnly invoices above 100 euros.")
    stale = forge.stale(project.project_id, "prd")
    run = forge.refresh(project.project_id, "prd", list(stale), "offline")
    ended(forge, run)
    found = forge.proposal(run.run_id)
    assert {one.section for one in found.sections} == set(stale)
    forge.accept(run.run_id, {one.section: one.fingerprint for one in found.sections}, "Ada")
    left = forge.stale(project.project_id, "prd")
    assert all("Scope" not in reason for reasons in left.values() for reason in reasons)


def test_a_restored_version_is_as_out_of_date_as_what_it_was_made_from(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    first = forge.versions(project.project_id, "brief")[0]
    forge.update_project(project.project_id, "Bill approval", project.description)
    write(forge, project, "brief")
    assert not forge.stale(project.project_id, "brief")
    forge.restore(first.version_id)
    assert forge.stale(project.project_id, "brief")["problem"] == ("The title has changed.",)


@pytest.mark.parametrize("phase", ["brief", "prd"])
def test_the_steps_count_what_is_out_of_date(forge: Forge, phase: str) -> None:
    project, _ = project_with(forge, "brief", "prd")
    forge.update_project(project.project_id, "Bill approval", project.description)
    assert forge.step(project.project_id, phase).stale == len(forge.phase(phase).sections)


def test_a_decision_marks_its_section_and_those_made_from_it(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd")
    point = next(one for one in forge.open_points(project.project_id) if one.section == "risks")
    forge.decide(project.project_id, point.id, "It is so.", "Ada")
    assert set(forge.stale(project.project_id, "brief")) == {"risks"}
    readers = {
        section.key
        for section in forge.phase("prd").sections
        if section.reads is None or {"brief", "brief.risks"} & set(section.reads)
    }
    assert set(forge.stale(project.project_id, "prd")) == readers
    write(forge, project, "brief")
    assert not forge.stale(project.project_id, "brief")


@pytest.fixture
def asked_twice(forge: Forge, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A brief is written, two of whose questions have the same words."""
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    made = [{"key": key, "text": "Same words?"} for key in ("one", "two")]
    server.reply(chat_stream([json.dumps({"questions": made})]))
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    forge.save_answers(project.project_id, "brief", {"one": "First", "two": "Second"})
    write(forge, project, "brief")
    return project


@pytest.mark.parametrize("key", ["one", "two"])
def test_of_two_questions_with_the_same_words_each_counts(
    forge: Forge, asked_twice: Project, key: str
) -> None:
    def stale() -> set[str]:
        return set(forge.stale(asked_twice.project_id, "brief"))

    before = forge.answers(asked_twice.project_id, "brief")[key].answer
    assert not stale()
    for answer in ("Other", ""):
        forge.save_answers(asked_twice.project_id, "brief", {key: answer})
        assert stale() == {section.key for section in forge.phase("brief").sections}
    forge.save_answers(asked_twice.project_id, "brief", {key: before})
    assert not stale()


def test_a_receipt_without_the_keys_of_questions_is_compared_by_their_words(
    forge: Forge, asked_twice: Project
) -> None:
    run = forge.latest_run(asked_twice.project_id, "brief")
    assert run is not None
    with forge._database.transaction(run.run_id) as cursor:
        for section, receipt in forge.receipts(run.run_id).items():
            old = json.loads(receipt)
            for one in old["inputs"]:
                if one["kind"] == "answer":
                    del one["phase"], one["key"]
            cursor.execute(
                "update sections set receipt = ? where run_id = ? and section = ?",
                [json.dumps(old), run.run_id, section],
            )
    assert not forge.stale(asked_twice.project_id, "brief")
    forge.save_answers(asked_twice.project_id, "brief", {"two": "Other"})
    reasons = set(forge.stale(asked_twice.project_id, "brief").values())
    assert reasons == {("The answer to “Same words?” has changed.",)}


def test_what_an_earlier_version_of_specforge_has_written_is_not_out_of_date(forge: Forge) -> None:
    """Its receipts counted the line end of a section's text."""
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    with forge._database.transaction(run_id) as cursor:
        for section, receipt in forge.receipts(run_id).items():
            old = json.loads(receipt)
            for one in old["inputs"]:
                if one["kind"] == "section":
                    name = forge.live(run_id).sections[one["position"]].section
                    raw = forge.section_text(run_id, name)
                    assert raw.endswith("\n")
                    one["sha256"] = sha256(raw.encode()).hexdigest()
            cursor.execute(
                "update sections set receipt = ? where run_id = ? and section = ?",
                [json.dumps(old), run_id, section],
            )
    assert not forge.stale(project.project_id, "brief")
    edit(forge, project, "brief", "problem", "## Problem and context\n\nOther.")
    assert set(forge.stale(project.project_id, "brief")) == {"users", "goals", "scope", "risks"}
