"""What was said and asked for long ago counts like what was said today."""

from __future__ import annotations

import json

import pytest

from specforge_core import Forge, RunKind, Settled
from tests.core.chain import project_with, write
from tests.core.runs import ended
from tests.core.stored import store_runs
from tests.loopback import LoopbackProvider, chat_stream

MANY = 60


def asking(*texts: str) -> str:
    """A model's answer: questions with the keys own-1, own-2, …"""
    found = [{"key": f"own-{number}", "text": text} for number, text in enumerate(texts, 1)]
    return json.dumps({"questions": found})


def test_an_answered_question_outlives_sixty_later_lists_and_so_does_what_was_made_from_it(
    forge: Forge,
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    project_id = project.project_id
    store_runs(forge, project_id, "brief", RunKind.QUESTIONS, [asking("Who stands in?")])
    forge.save_answers(project_id, "brief", {"own-1": "The deputy."}, "Ada")
    write(forge, project, "brief")
    lists = [asking(f"Which audit is number {number}?") for number in range(MANY)]
    store_runs(forge, project_id, "brief", RunKind.QUESTIONS, lists)
    store_runs(forge, project_id, "prd", RunKind.QUESTIONS, lists)

    asked = {one.key: one.text for one in forge.questions(project_id, "brief").questions}
    assert asked["own-1"] == "Who stands in?"
    assert f"Which audit is number {MANY - 1}?" in asked.values()
    assert forge.answers(project_id, "brief")["own-1"].answer == "The deputy."
    assert not forge.stale(project_id, "brief")
    forge.save_answers(project_id, "brief", {"own-1": "The CFO."}, "Ada")
    reasons = forge.stale(project_id, "brief").values()
    assert {"The answer to “Who stands in?” has changed."} == {
        why for one in reasons for why in one
    }


def test_a_list_of_questions_is_used_however_many_others_were_made_for_other_documents(
    forge: Forge,
) -> None:
    project_id = forge.create_project("Invoice approval", "Invoices wait 9 days.").project_id
    store_runs(forge, project_id, "brief", RunKind.QUESTIONS, [asking("Who stands in?")])
    store_runs(forge, project_id, "prd", RunKind.QUESTIONS, [asking("Which audit?")] * MANY)
    asked = forge.questions(project_id, "brief")
    assert asked.fitted
    assert "Who stands in?" in {one.text for one in asked.questions}


def test_the_standard_questions_take_back_every_list_that_was_ever_made(forge: Forge) -> None:
    project_id = forge.create_project("Invoice approval", "Invoices wait 9 days.").project_id
    lists = [asking(f"Which audit is number {number}?") for number in range(2 * MANY)]
    store_runs(forge, project_id, "brief", RunKind.QUESTIONS, lists)
    forge.use_standard_questions(project_id, "brief")
    assert forge.questions(project_id, "brief").questions == forge.phase("brief").questions


def test_a_change_that_waits_is_told_after_sixty_requests_for_another_document(
    forge: Forge,
) -> None:
    project, _ = project_with(forge, "brief", "prd")
    kind, texts, gone = RunKind.PROPOSAL, ["## Goals\n\nText."] * MANY, Settled.DISMISSED
    store_runs(forge, project.project_id, "prd", kind, texts[:1], note="add SSO")
    store_runs(forge, project.project_id, "brief", kind, texts, note="shorter", settled=gone)
    proposed = {one.phase: one.proposed for one in forge.steps(project.project_id)}
    assert proposed["prd"] and not proposed["brief"]


def test_a_model_is_told_what_was_asked_for_before_sixty_refreshes(
    forge: Forge, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    project, _ = project_with(forge, "brief")
    project_id, kind, gone = project.project_id, RunKind.PROPOSAL, Settled.DISMISSED
    store_runs(forge, project_id, "brief", kind, ["Text."], note="name the quokka", settled=gone)
    store_runs(forge, project_id, "brief", kind, ["Text."] * MANY, settled=gone)
    server.reply(chat_stream(["## Goals\n\nText."]))
    ended(forge, forge.propose(project_id, "brief", ["goals"], "shorter", "custom"))
    assert "The reviewer asked: name the quokka" in str(server.requests[-1].body["messages"])
    assert [run.note for run in forge.proposals(project_id, "brief") if run.note] == [
        "name the quokka",
        "shorter",
    ]
