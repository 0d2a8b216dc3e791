"""A proposed change is written beside the document, shown, and taken only on a person's word."""

from __future__ import annotations

import pytest

from specforge_core import (
    Conflict,
    Forge,
    InvalidInput,
    NotFound,
    Overtaken,
    RunKind,
    Settled,
    WorkStatus,
)
from tests.core.chain import edit, project_with, text_of
from tests.core.runs import Opener, ended, until
from tests.loopback import LoopbackProvider, chat_stream


def test_a_request_changes_nothing_until_it_is_accepted(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    before = forge.document(runs["brief"].run_id)
    run = forge.propose(project.project_id, "brief", ["goals"], "add SSO", "offline", author="Ada")
    assert ended(forge, run).run.status is WorkStatus.COMPLETE
    assert forge.document(runs["brief"].run_id) == before
    assert forge.latest_run(project.project_id, "brief").run_id == runs["brief"].run_id  # type: ignore[union-attr]
    (one,) = forge.proposal(run.run_id).sections
    assert one.changed and "SSO" in one.after and "SSO" not in one.before
    forge.accept(run.run_id, {"goals": one.fingerprint}, "Bob")
    assert text_of(forge, project, "brief", "goals") == one.after
    newest = forge.versions(project.project_id, "brief")[0]
    assert (newest.kind, newest.author, newest.note) == ("refined", "Bob", "add SSO")
    section = next(
        one for one in forge.live(runs["brief"].run_id).sections if one.section == "goals"
    )
    assert (section.model, section.author) == ("rules-1", "Bob")
    assert forge.run(run.run_id).settled is Settled.ACCEPTED


def test_a_dismissed_proposal_leaves_the_document_and_stays_in_the_conversation(
    forge: Forge,
) -> None:
    project, runs = project_with(forge, "brief")
    before = forge.document(runs["brief"].run_id)
    run = forge.propose(project.project_id, "brief", ["goals"], "shorter", "offline")
    ended(forge, run)
    forge.dismiss(run.run_id)
    assert forge.document(runs["brief"].run_id) == before
    assert len(forge.versions(project.project_id, "brief")) == 1
    (said,) = forge.proposals(project.project_id, "brief")
    assert (said.note, said.settled) == ("shorter", Settled.DISMISSED)
    with pytest.raises(Conflict, match="not open"):
        forge.accept(run.run_id, {})


def test_a_request_for_the_whole_document_asks_for_each_section_that_is_not_pinned(
    forge: Forge,
) -> None:
    project, _ = project_with(forge, "brief")
    forge.pin(project.project_id, "brief", "goals")
    run = forge.propose(project.project_id, "brief", [], "rename invoice to bill", "offline")
    ended(forge, run)
    found = {one.section: one for one in forge.proposal(run.run_id).sections}
    assert set(found) == {"problem", "users", "scope", "risks"}
    assert any(one.changed for one in found.values())
    assert all("invoice" not in one.after for one in found.values() if one.changed)


def test_a_section_that_needs_no_change_is_shown_as_unchanged(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    run = forge.propose(
        project.project_id, "brief", ["goals"], "remove the part about zeppelins", "offline"
    )
    ended(forge, run)
    (one,) = forge.proposal(run.run_id).sections
    assert not one.changed
    forge.accept(run.run_id, {"goals": one.fingerprint})
    assert len(forge.versions(project.project_id, "brief")) == 1


@pytest.fixture
def house(server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch) -> LoopbackProvider:
    """The custom endpoint, on a real loopback server."""
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    return server


@pytest.mark.parametrize(
    "answer", ["NO CHANGE", "NO CHANGE.", "**No change**", "NO CHANGE\n\nIt says so already."]
)
def test_however_a_model_says_that_nothing_changes_it_is_understood(
    forge: Forge, house: LoopbackProvider, answer: str
) -> None:
    project, _ = project_with(forge, "brief")
    house.reply(chat_stream([answer]))
    run = forge.propose(project.project_id, "brief", ["goals"], "shorter", "custom")
    ended(forge, run)
    assert not forge.proposal(run.run_id).sections[0].changed


@pytest.mark.parametrize(
    "answer",
    [
        "Only the body.",
        "Sure! Here it is:\n\n## Scope\n\nOnly the body.",
        "## Another heading\n\nOnly the body.",
        "## Scope\n\nA.\n\n## Problem and context\n\nOnly the body.",
    ],
)
def test_what_a_model_proposes_stands_under_the_heading_of_its_section_and_no_other(
    forge: Forge, house: LoopbackProvider, answer: str
) -> None:
    project, runs = project_with(forge, "brief")
    house.reply(chat_stream([answer]))
    run = forge.propose(project.project_id, "brief", ["scope"], "shorter", "custom")
    ended(forge, run)
    (one,) = forge.proposal(run.run_id).sections
    forge.accept(run.run_id, {"scope": one.fingerprint})
    text = text_of(forge, project, "brief", "scope")
    assert text.startswith("## Scope\n\n") and "Only the body." in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Scope"]
    run_id = runs["brief"].run_id
    whole = forge.document_to_edit(run_id)
    names = [one.section for one in forge.live(run_id).sections]
    before = {name: text_of(forge, project, "brief", name) for name in names}
    seen = {name: forge.fingerprint(run_id, name) for name in names}
    forge.edit_document(run_id, whole.replace("Only the body.", "Only this."), seen)
    after = {name: text_of(forge, project, "brief", name) for name in names}
    assert {name for name in names if before[name] != after[name]} == {"scope"}


def test_an_edit_since_the_request_is_told_with_the_proposal(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    run = forge.propose(project.project_id, "brief", ["goals", "users"], "add SSO", "offline")
    ended(forge, run)
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nCrucial.")
    found = {one.section: one.overtaken for one in forge.proposal(run.run_id).sections}
    assert found == {"goals": True, "users": False}


def test_a_proposal_is_settled_once_and_only_a_proposal_is(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run = forge.propose(project.project_id, "brief", ["goals"], "add SSO", "offline")
    ended(forge, run)
    seen = {"goals": forge.proposal(run.run_id).sections[0].fingerprint}
    forge.accept(run.run_id, seen)
    with pytest.raises(Conflict, match="decided on already"):
        forge.dismiss(run.run_id)
    for verb in (forge.dismiss, lambda run_id: forge.accept(run_id, {})):
        with pytest.raises(NotFound):
            verb(runs["brief"].run_id)


def test_only_the_ticked_sections_are_taken(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    run = forge.propose(project.project_id, "brief", [], "add SSO", "offline")
    ended(forge, run)
    found = {one.section: one for one in forge.proposal(run.run_id).sections if one.changed}
    assert len(found) > 1
    taken, *left = found
    before = {name: text_of(forge, project, "brief", name) for name in left}
    forge.accept(run.run_id, {taken: found[taken].fingerprint})
    assert text_of(forge, project, "brief", taken) == found[taken].after
    assert {name: text_of(forge, project, "brief", name) for name in left} == before


def test_who_accepts_after_somebody_else_has_edited_sees_both_texts(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    run = forge.propose(project.project_id, "brief", ["goals"], "add SSO", "offline")
    ended(forge, run)
    seen = forge.proposal(run.run_id).sections[0].fingerprint
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nOf Bob.")
    with pytest.raises(Overtaken) as caught:
        forge.accept(run.run_id, {"goals": seen})
    assert caught.value.now == "## Goals and measures of success\n\nOf Bob."
    assert "SSO" in caught.value.text
    now = forge.proposal(run.run_id).sections[0]
    assert now.before == "## Goals and measures of success\n\nOf Bob."
    forge.accept(run.run_id, {"goals": now.fingerprint})
    assert "SSO" in text_of(forge, project, "brief", "goals")


def test_an_empty_request_is_refused(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    with pytest.raises(InvalidInput, match="Say what should change"):
        forge.propose(project.project_id, "brief", [], "  ", "offline")


def test_without_a_document_there_is_nothing_to_refine(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait.")
    with pytest.raises(Conflict, match="not written yet"):
        forge.propose(project.project_id, "brief", [], "shorter", "offline")


def test_a_stopped_proposal_can_not_be_taken_and_says_so(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=5_000.0)
    project, runs = project_with(forge, "brief")
    forge.close()
    slow = open_forge(offline_tps=20.0)
    run = slow.propose(project.project_id, "brief", [], "add SSO", "offline")
    until(slow, run, lambda state: state.progress.tokens > 5)
    with pytest.raises(Conflict, match="is being written"):
        slow.propose(project.project_id, "brief", [], "shorter", "offline")
    slow.cancel(run.run_id)
    assert ended(slow, run).run.status is WorkStatus.CANCELLED
    first = slow.proposal(run.run_id).sections[0]
    with pytest.raises(Conflict, match="not written to its end"):
        slow.accept(run.run_id, {first.section: first.fingerprint})
    assert slow.run(runs["brief"].run_id).status is WorkStatus.COMPLETE


def test_a_killed_proposal_is_found_after_a_restart_and_the_document_is_untouched(
    open_forge: Opener,
) -> None:
    forge = open_forge()
    project, runs = project_with(forge, "brief")
    before = forge.document(runs["brief"].run_id)
    forge.close()
    slow = open_forge(offline_tps=20.0)
    run = slow.propose(project.project_id, "brief", ["goals"], "add SSO", "offline")
    until(slow, run, lambda state: state.progress.tokens > 5)
    slow.close()
    again = open_forge()
    assert again.run(run.run_id).status is WorkStatus.INTERRUPTED
    assert again.document(runs["brief"].run_id) == before
    ended(again, again.resume(run.run_id))
    (one,) = again.proposal(run.run_id).sections
    assert "SSO" in one.after


def test_earlier_requests_of_the_conversation_are_told_to_the_model(
    forge: Forge, house: LoopbackProvider
) -> None:
    project, _ = project_with(forge, "brief")
    house.reply(chat_stream(["## Goals\n\nShort."]))
    first = forge.propose(project.project_id, "brief", ["goals"], "shorter please", "custom")
    ended(forge, first)
    forge.dismiss(first.run_id)
    house.reply(chat_stream(["## Goals\n\nShort. SSO."]))
    ended(forge, forge.propose(project.project_id, "brief", ["goals"], "add SSO", "custom"))
    prompt = str(house.requests[-1].body["messages"])
    assert "shorter please" in prompt and "dismissed" in prompt
    assert "add SSO" in prompt
    assert "section_now" in prompt
    kinds = {run.kind for run in forge.runs()}
    assert kinds == {RunKind.DOCUMENT, RunKind.PROPOSAL}
