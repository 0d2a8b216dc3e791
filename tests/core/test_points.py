"""What the documents leave open is listed, decided, and known to what is written afterwards."""

from __future__ import annotations

import pytest

from specforge_core import Forge, NotFound
from tests.core.chain import edit, project_with
from tests.core.runs import ended
from tests.loopback import LoopbackProvider, chat_stream


def test_assumptions_and_questions_of_all_documents_are_listed(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd")
    points = forge.open_points(project.project_id)
    assert {one.phase for one in points} == {"brief", "prd"}
    assert {one.kind for one in points} == {"assumption", "question"}
    assert len({one.id for one in points}) == len(points)


def test_a_decision_is_kept_with_its_author_and_can_be_taken_back(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    point = forge.open_points(project.project_id)[0]
    forge.decide(project.project_id, point.id, "It is so.", "Ada")
    decision = forge.decisions(project.project_id)[point.id]
    assert (decision.answer, decision.author) == ("It is so.", "Ada")
    assert decision.statement == point.statement
    forge.decide(project.project_id, point.id, "It is not so.", "Bob")
    assert forge.decisions(project.project_id)[point.id].author == "Bob"
    forge.decide(project.project_id, point.id, "")
    assert not forge.decisions(project.project_id)
    assert not forge.stale(project.project_id, "brief")


def test_several_points_are_decided_and_taken_back_together_or_not_at_all(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    first, second, *_ = [one.id for one in forge.open_points(project.project_id)]
    with pytest.raises(NotFound, match="does not stand"):
        forge.decide_all(project.project_id, {first: "Agreed", "feedfeedfeed": "Agreed"})
    assert not forge.decisions(project.project_id)
    forge.decide_all(project.project_id, dict.fromkeys((first, second), "Agreed"), "Ada")
    decided = forge.decisions(project.project_id)
    assert {one: (decided[one].answer, decided[one].author) for one in decided} == {
        first: ("Agreed", "Ada"),
        second: ("Agreed", "Ada"),
    }
    forge.decide_all(project.project_id, {first: "", second: "No"})
    (left,) = forge.decisions(project.project_id).values()
    assert (left.point, left.answer) == (second, "No")


def test_a_decision_reaches_the_next_request_and_its_text_may_be_gone_by_then(
    forge: Forge, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    project, _ = project_with(forge, "brief")
    point = next(one for one in forge.open_points(project.project_id) if one.section == "risks")
    forge.decide(project.project_id, point.id, "The quokka decides.")
    edit(forge, project, "brief", "risks", "## Risks, assumptions and open questions\n\nNone.")
    forge.decide(project.project_id, point.id, "Two quokkas decide.")
    for section in forge.phase("prd").sections:
        server.reply(chat_stream([f"## {section.title}\n\nText."]))
    ended(forge, forge.generate(project.project_id, "prd", "custom"))
    assert all("Two quokkas decide." in str(one.body["messages"]) for one in server.requests)


def test_a_point_is_told_with_the_words_around_it_and_not_when_it_says_all_by_itself(
    forge: Forge,
) -> None:
    project, _ = project_with(forge, "brief")
    long = f"{'Before it. ' * 80}*Assumption:* The quokka decides. {'After it. ' * 80}"
    rows = "| Who | What |\n| --- | --- |\n| CFO | *Assumption:* approves on Mondays |"
    text = f"- *Assumption:* Invoices are in euros.\n\n{rows}\n\n{long}"
    edit(forge, project, "brief", "risks", f"## Risks, assumptions and open questions\n\n{text}")
    points = {
        one.statement: one
        for one in forge.open_points(project.project_id)
        if one.section == "risks"
    }
    around = forge.around(project.project_id, points.values())
    alone, row, within = (
        points[words].id
        for words in ("Invoices are in euros.", "approves on Mondays", "The quokka decides.")
    )
    assert alone not in around
    assert around[row] == "CFO – Assumption: approves on Mondays"
    assert "Before it. Assumption: The quokka decides. After it." in around[within]
    assert around[within][0] == "…" and len(around[within]) <= 500


def test_an_unknown_point_is_told(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    with pytest.raises(NotFound, match="does not stand"):
        forge.decide(project.project_id, "feedfeedfeed", "x")


def test_coverage_follows_the_stored_text(forge: Forge) -> None:
    project, runs = project_with(forge, "brief", "prd", "specs", "stories")
    before = forge.coverage(project.project_id)
    assert before.requirements
    functional = forge.section_text(runs["prd"].run_id, "functional")
    more = functional.replace("\n\n### States", "", 1)
    table_end = more.rstrip()
    edit(
        forge,
        project,
        "prd",
        "functional",
        f"{table_end}\n\n- **FR-99** The product sings.",
    )
    after = forge.coverage(project.project_id)
    assert "FR-99" in str(after)
    assert "FR-99" not in str(before)


def test_a_mark_that_was_answered_as_an_open_point_is_filled_in_from_then_on(
    forge: Forge, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    project = forge.create_project(
        "Invoice approval", "It goes live on [USER INPUT NEEDED: launch date]. Nine days are long."
    )
    edited = "## Scope\n\nLive on \\[USER INPUT NEEDED: launch date\\]."
    for section in forge.phase("brief").sections:
        server.reply(chat_stream([f"## {section.title}\n\nText."]))
    ended(forge, forge.generate(project.project_id, "brief", "custom"))
    edit(forge, project, "brief", "scope", edited)
    (point,) = (
        one for one in forge.open_points(project.project_id) if "launch date" in one.statement
    )
    forge.decide(project.project_id, point.id, "1 September 2027")
    for section in forge.phase("prd").sections:
        server.reply(chat_stream([f"## {section.title}\n\nText."]))
    ended(forge, forge.generate(project.project_id, "prd", "custom"))
    prompt = str(server.requests[-1].body["messages"][-1])
    assert "It goes live on 1 September 2027." in prompt
    assert "USER INPUT NEEDED" not in prompt
