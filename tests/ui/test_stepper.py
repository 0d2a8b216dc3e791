"""The chain of documents on the document page: states, what is locked, what is skipped."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from specforge_core import Forge, Project
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, labels, plain

CHAIN = ("brief", "prd", "specs", "stories", "tests", "artifacts", "handoff")


def states(app: AppTest) -> dict[str, str]:
    """By phase: the words under its title."""
    found = {one: app.button(key=f"to {one}").label for one in CHAIN}
    return {one: re.sub(r".*:small\[(.*)\]", r"\1", label) for one, label in found.items()}


def write(forge: Forge, project: Project, phase: str, model: str = "") -> None:
    finish(forge, forge.generate(project.project_id, phase, "offline", model).run_id)


def skip_before(forge: Forge, project: Project, phase: str) -> None:
    for name in CHAIN[: CHAIN.index(phase)]:
        forge.skip(project.project_id, name)


def test_a_new_project_begins_with_the_brief_and_what_follows_is_locked(
    open_page: Open, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    shown = states(app)
    assert shown.pop("brief") == "not started"
    assert shown.pop("tests") == "optional"
    assert set(shown.values()) == {"locked"}
    assert "Waits for: Brief and PRD" in app.button(key="to specs").help


def test_a_complete_document_opens_the_next_and_a_changed_answer_makes_it_out_of_date(
    open_page: Open, forge: Forge, project: Project
) -> None:
    write(forge, project, "brief")
    shown = states(open_page("phase.py", project=project.project_id, phase="brief"))
    assert (shown["brief"], shown["prd"]) == ("complete", "not started")
    forge.save_answers(project.project_id, "brief", {"users": "Forty auditors"})
    count = forge.step(project.project_id, "brief").stale
    shown = states(open_page("phase.py", project=project.project_id, phase="brief"))
    assert count > 0
    assert shown["brief"] == f"{count} out of date"


def test_a_proposed_change_is_told_until_somebody_has_decided(
    open_page: Open, forge: Forge, project: Project
) -> None:
    write(forge, project, "brief")
    run = forge.propose(project.project_id, "brief", ["goals"], "add SSO", "offline")
    finish(forge, run.run_id)
    shown = states(open_page("phase.py", project=project.project_id, phase="prd"))
    assert shown["brief"] == "proposed change"
    forge.dismiss(run.run_id)
    shown = states(open_page("phase.py", project=project.project_id, phase="prd"))
    assert shown["brief"] == "complete"


def test_a_document_that_stopped_shows_how_in_the_stepper(
    open_page: Open, forge: Forge, project: Project
) -> None:
    write(forge, project, "brief", "drill-429")
    assert states(open_page("phase.py", project=project.project_id))["brief"] == "paused"
    write(forge, project, "brief", "drill-auth")
    assert states(open_page("phase.py", project=project.project_id))["brief"] == "error"


def test_a_locked_phase_says_what_it_waits_for_and_its_questions_can_be_answered(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.button(key="to prd").click().run()
    assert "Waits for Brief" in plain(app)
    assert "generate" not in [button.key for button in app.button]
    app.text_area[0].set_value("Approve one invoice").run()
    assert len(forge.answers(project.project_id, "prd")) == 1
    click(app, "Open Brief")
    assert "Ready to generate" in plain(app)


def test_skipping_what_it_waits_for_asks_once_and_opens_the_phase(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="prd")
    click(app, "Skip Brief")
    assert "written without it" in plain(app)
    assert not forge.step(project.project_id, "brief").skipped
    click(app, "No")
    assert "Waits for Brief" in plain(app)
    click(click(app, "Skip Brief"), "Yes, skip Brief")
    assert forge.step(project.project_id, "brief").skipped
    assert "Ready to generate" in plain(app)
    assert states(app)["brief"] == "skipped"


def test_a_skipped_phase_says_so_and_can_be_taken_up(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    click(click(app, "Skip this phase"), "Yes, skip Brief")
    assert "“Brief” is skipped" in plain(app)
    assert "answered" not in plain(app)  # what nobody needs is not asked
    assert "generate" not in [button.key for button in app.button]
    click(app, "Take it up again")
    assert not forge.step(project.project_id, "brief").skipped
    assert "Ready to generate" in plain(app)


def test_the_last_phase_cannot_be_skipped(open_page: Open, forge: Forge, project: Project) -> None:
    skip_before(forge, project, "handoff")
    app = open_page("phase.py", project=project.project_id, phase="handoff")
    assert "Ready to generate" in plain(app)
    assert "Skip this phase" not in labels(app)


def test_the_way_on_leads_past_skipped_phases(
    open_page: Open, forge: Forge, project: Project
) -> None:
    write(forge, project, "brief")
    forge.skip(project.project_id, "prd")
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert "Next: PRD" not in labels(app)
    click(app, "Next: Technical specs")
    assert app.query_params["phase"] == "specs"


def test_an_optional_phase_is_offered_and_can_be_passed_over(
    open_page: Open, forge: Forge, project: Project
) -> None:
    skip_before(forge, project, "stories")
    write(forge, project, "stories")
    app = open_page("phase.py", project=project.project_id, phase="stories")
    assert "Next: Tests" in labels(app)
    click(app, "Skip to Artifacts")
    assert app.query_params["phase"] == "artifacts"
    assert forge.step(project.project_id, "tests").skipped
    assert "Next: Artifacts" in labels(
        open_page("phase.py", project=project.project_id, phase="stories")
    )


def test_going_to_another_document_leaves_behind_what_was_open_beside_this_one(
    open_page: Open, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief", refine="all")
    app.button(key="to prd").click().run()
    assert dict(app.query_params) == {"project": project.project_id, "phase": "prd"}
