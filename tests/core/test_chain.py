"""The chain of phases: what opens when, skipping, and a word that reaches every document."""

from __future__ import annotations

import pytest

from specforge_core import Conflict, Forge, NotFound
from specforge_core.ids import new_id
from tests.core.chain import project_with, write
from tests.core.runs import ended
from tests.loopback import LoopbackProvider, chat_stream

CHAIN = ["brief", "prd", "specs", "stories", "tests", "artifacts", "handoff"]


def waits(forge: Forge, project_id: str) -> dict[str, tuple[str, ...]]:
    return {step.phase: step.waits_for for step in forge.steps(project_id)}


def test_a_phase_opens_when_the_required_ones_before_it_are_complete(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    assert waits(forge, project.project_id)["prd"] == ("Brief",)
    with pytest.raises(Conflict, match="Complete first: Brief; or skip it"):
        forge.generate(project.project_id, "prd", "offline")
    write(forge, project, "brief")
    assert waits(forge, project.project_id)["prd"] == ()
    write(forge, project, "prd")
    assert waits(forge, project.project_id)["stories"] == ("Technical specs",)


def test_the_optional_phase_holds_nobody_up(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd", "specs", "stories")
    steps = {step.phase: step for step in forge.steps(project.project_id)}
    assert [name for name, step in steps.items() if step.optional] == ["tests"]
    assert steps["tests"].waits_for == ()
    assert steps["artifacts"].waits_for == ()
    assert steps["handoff"].waits_for == (steps["artifacts"].title,)


def test_a_phase_can_be_skipped_and_taken_up_again(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    forge.skip(project.project_id, "brief", "Ada")
    assert forge.step(project.project_id, "brief").skipped
    assert waits(forge, project.project_id)["prd"] == ()
    forge.take_up(project.project_id, "brief")
    assert not forge.step(project.project_id, "brief").skipped
    assert waits(forge, project.project_id)["prd"] == ("Brief",)


def test_a_project_a_phase_or_a_section_that_is_not_there_is_told(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    unknown = new_id()
    for place in ((unknown, "brief"), ("nonsense", "brief"), (project.project_id, "poem")):
        with pytest.raises(NotFound):
            forge.take_up(*place)
    for place in ((unknown, "brief", "goals"), (project.project_id, "poem", "goals")):
        for verb in (forge.pin, forge.unpin):
            with pytest.raises(NotFound):
                verb(*place)
    for place in ((project.project_id, "brief", "poem"), (project.project_id, "prd", "summary")):
        for verb in (forge.pin, forge.unpin):
            with pytest.raises(NotFound, match=f"has no section “{place[2]}”"):
                verb(*place)
    forge.pin(project.project_id, "brief", "goals")
    assert forge.pins(project.project_id, "brief") == {"goals"}
    forge.unpin(project.project_id, "brief", "goals")
    assert forge.pins(project.project_id, "brief") == frozenset()


def test_a_complete_phase_that_is_written_anew_holds_nobody_up_meanwhile(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    run = forge.generate(project.project_id, "brief", "offline", "drill-length")
    ended(forge, run)
    step = forge.step(project.project_id, "brief")
    assert step.complete and step.status == "paused"
    write(forge, project, "prd")


def test_required_questions_without_an_answer_are_told(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    required = {q.key: q.text for q in forge.phase("brief").questions if q.required}
    assert set(forge.step(project.project_id, "brief").unanswered) == set(required.values())
    forge.save_answers(project.project_id, "brief", dict.fromkeys(required, "Known."))
    assert forge.step(project.project_id, "brief").unanswered == ()
    key, text = next(iter(required.items()))
    forge.save_answers(project.project_id, "brief", {key: "[USER INPUT NEEDED: how many]"})
    assert forge.step(project.project_id, "brief").unanswered == (text,)


def test_the_whole_chain_can_be_written(forge: Forge) -> None:
    project, runs = project_with(forge, *CHAIN)
    assert list(runs) == CHAIN
    assert all(step.complete and not step.stale for step in forge.steps(project.project_id))
    covered = forge.coverage(project.project_id)
    assert covered.requirements
    assert "US-1" in forge.document(runs["handoff"].run_id)


def test_a_word_said_only_in_an_answer_of_the_brief_reaches_every_later_request(
    forge: Forge, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    forge.save_answers(project.project_id, "brief", {"worries": "The zygomorphic ledger."})
    for phase in CHAIN:
        spec = forge.phase(phase)
        for section in spec.sections:
            server.reply(chat_stream([f"## {section.title}\n\nWritten."]))
        before = len(server.requests)
        run = ended(forge, forge.generate(project.project_id, phase, "custom"))
        assert run.run.status == "complete", phase
        requests = server.requests[before:]
        assert len(requests) == len(spec.sections)
        for request in requests:
            assert "zygomorphic" in str(request.body["messages"]), phase
