"""The phase page in every state a document can be in."""

from __future__ import annotations

import re

import pytest

from pages.components import live, session
from specforge_core import (
    Forge,
    Project,
    RunKind,
    Settings,
    Settled,
    StreamStatus,
    WorkStatus,
)
from tests.core.chain import edit
from tests.core.stored import store_runs
from tests.loopback import Gate, LoopbackProvider, chat_stream
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, labels, plain, until_text, words


@pytest.mark.parametrize("phase", ["brief", "prd", "handoff"])
def test_a_phase_whose_turn_it_is_is_ready_to_generate(
    open_page: Open, forge: Forge, project: Project, phase: str
) -> None:
    forge.skip_to(project.project_id, phase)
    app = open_page("phase.py", project=project.project_id, phase=phase)
    assert "Ready to generate" in words(app)
    assert not app.button(key="generate").disabled
    assert app.selectbox(key=f"generate {project.project_id} {phase} provider").value == "offline"


def test_a_later_phase_says_which_document_it_reads(
    open_page: Open, forge: Forge, project: Project
) -> None:
    forge.skip_to(project.project_id, "prd")
    app = open_page("phase.py", project=project.project_id, phase="prd")
    assert "Better with the Brief written first" in words(app)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "No project is open"),
        ({"project": "nope", "phase": "brief"}, "There is no such project"),
        ({"project": "' or 1=1 --"}, "There is no such project"),
    ],
)
def test_an_unknown_project_gets_one_sentence_and_a_way_back(
    open_page: Open, query: dict[str, str], sentence: str
) -> None:
    app = open_page("phase.py", **query)
    assert sentence in words(app)
    assert app.title[0].value == "Nothing here"


def test_an_unknown_phase_names_the_known_ones(open_page: Open, project: Project) -> None:
    app = open_page("phase.py", project=project.project_id, phase="poem")
    assert "brief, prd, specs" in words(app).replace("\\", "")


def test_the_session_keeps_the_project_when_a_link_clears_the_address(
    open_page: Open, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="prd")
    app.switch_page("settings.py").run()
    app.query_params.clear()
    app.switch_page("phase.py").run()
    assert app.title[0].value == project.title
    assert app.query_params["phase"] in ("prd", ["prd"])


def test_the_switcher_changes_the_phase(open_page: Open, project: Project) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.button(key="to prd").click().run()
    assert "Open Brief" in labels(app)
    assert app.query_params["phase"] in ("prd", ["prd"])


def test_an_unconfigured_provider_shows_how_and_cannot_generate(
    open_page: Open, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.selectbox(key=f"generate {project.project_id} brief provider").select("openai").run()
    assert "OPENAI" in app.info[0].value
    assert app.button(key="generate").disabled


def test_generate_writes_the_document_to_the_page(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.button(key="generate").click().run()
    click(app, "Generate anyway")
    run = forge.latest_run(project.project_id, "brief")
    assert run is not None
    last = finish(forge, run.run_id)
    app.run()
    shown = words(app)
    assert "Complete" in shown
    assert f"{last.progress.tokens:,} tokens written" in shown
    for section in last.sections:
        assert f"## {section.title}" in shown
    assert app.get("download_button")
    assert "Write it anew" in labels(app)


def test_a_run_that_has_stopped_sending_says_for_how_long(
    open_page: Open,
    forge: Forge,
    project: Project,
    endpoint: LoopbackProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    endpoint.reply(chat_stream(["## Problem and context", "\n\nIt"]).gate_after(3, gate))
    run = forge.generate(project.project_id, "brief", "custom")
    until_text(forge, run.run_id)
    address = {"project": project.project_id, "phase": "brief"}
    assert "No text for" not in words(open_page("phase.py", **address))
    monkeypatch.setattr(live, "QUIET_S", 0.0)
    shown = words(open_page("phase.py", **address))
    assert re.search(r"No text for \d+ s\. SpecForge goes on waiting", shown)
    gate.open()


# --- while it is written -------------------------------------------------------


class TestLive:
    """A run at 40 tokens a second: there is time to look at it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"offline_tps": 40.0})

    def test_a_live_run_shows_section_progress_and_cursor(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        shown = words(open_page("phase.py", project=project.project_id, phase="brief"))
        assert "Generating" in shown
        assert "Section 1 of 5: Problem and context" in shown
        assert "▌" in shown
        assert " % · " in shown

    def test_cancel_asks_once_and_can_be_taken_back(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        app = open_page("phase.py", project=project.project_id, phase="brief")
        click(app, "Cancel")
        assert {"Stop and keep the text", "Keep going"} <= set(labels(app))
        click(app, "Keep going")
        assert "Cancel" in labels(app)
        assert forge.run(run.run_id).status is WorkStatus.RUNNING

    def test_stop_keeps_the_text_and_says_what_it_did(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        app = open_page("phase.py", project=project.project_id, phase="brief")
        click(click(app, "Cancel"), "Stop and keep the text")
        last = finish(forge, run.run_id)
        shown = words(app.run())
        assert "Cancelled" in shown
        assert "Stopped in" in shown
        assert f"{last.progress.tokens} tokens kept" in shown
        assert "## Problem and context" in shown
        assert "Continue" in labels(app)

    def test_a_second_viewer_can_cancel_too(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        first = open_page("phase.py", project=project.project_id, phase="brief")
        second = open_page("phase.py", project=project.project_id, phase="brief")
        click(click(second, "Cancel"), "Stop and keep the text")
        finish(forge, run.run_id)
        assert "Stopped in" in words(first.run())

    def test_whole_document_display_hides_the_text_until_the_end(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        forge.set_preference("streaming", "whole")
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        app = open_page("phase.py", project=project.project_id, phase="brief")
        assert "appears here when it is whole" in words(app)
        assert "## Problem" not in words(app)
        assert "Section 1 of 5" in words(app)
        forge.cancel(run.run_id)
        finish(forge, run.run_id)
        assert "## Problem" in words(app.run())

    def test_a_restart_leaves_an_interrupted_run_that_can_be_resumed(
        self, open_page: Open, forge: Forge, project: Project, settings: Settings
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        forge.close()
        with Forge.open(settings) as reopened:
            session.serve(reopened)
            app = open_page("phase.py", project=project.project_id, phase="brief")
            assert "SpecForge was stopped or restarted" in words(app)
            assert "Paused" in words(app)
            click(app, "Resume")
            assert reopened.run(run.run_id).attempt == 2


# --- after it ended ------------------------------------------------------------


@pytest.mark.parametrize(
    ("drill", "status", "sentence", "button"),
    [
        ("drill-429", StreamStatus.PAUSED, "429", "Resume"),
        ("drill-500", StreamStatus.PAUSED, "500", "Resume"),
        ("drill-cut", StreamStatus.PAUSED, "truncated stream", "Resume"),
        ("drill-auth", StreamStatus.ERROR, "401", "Resume"),
        ("drill-length", StreamStatus.PAUSED, "length limit was reached", "Continue"),
    ],
)
def test_every_failure_is_told_and_offers_the_way_on(
    open_page: Open,
    forge: Forge,
    project: Project,
    drill: str,
    status: StreamStatus,
    sentence: str,
    button: str,
) -> None:
    run = forge.generate(project.project_id, "brief", "offline", drill)
    assert finish(forge, run.run_id).run.stream_status is status
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert sentence in words(app)
    assert "kept" in words(app) or "Nothing is written yet" in words(app)
    assert button in labels(app)


def test_resume_with_another_model_completes_the_document(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "offline", "drill-auth")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.selectbox(key=f"go on {run.run_id} model offline").select("rules-1").run()
    click(app, "Resume")
    assert finish(forge, run.run_id).run.status is WorkStatus.COMPLETE
    assert "tokens, written by" in words(app.run())


def test_what_was_chosen_for_one_document_is_not_chosen_for_another(
    open_page: Open, forge: Forge, project: Project
) -> None:
    brief = forge.generate(project.project_id, "brief", "offline", "drill-auth")
    finish(forge, brief.run_id)
    forge.skip_to(project.project_id, "prd")
    prd = forge.generate(project.project_id, "prd", "offline", "drill-429")
    finish(forge, prd.run_id)
    app = open_page("phase.py", project=project.project_id, phase="prd")
    app.selectbox(key=f"go on {prd.run_id} provider").select("openai").run()
    app.button(key="to brief").click().run()
    assert app.selectbox(key=f"go on {brief.run_id} provider").value == "offline"
    assert app.selectbox(key=f"go on {brief.run_id} model offline").value == "drill-auth"


def test_one_section_can_be_written_anew(open_page: Open, forge: Forge, project: Project) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.button(key="anew scope").click().run()
    app.button(key="again scope").click().run()
    after = finish(forge, run.run_id)
    assert [one.attempt for one in after.sections if one.section == "scope"] == [2]
    assert "Complete" in words(app.run())


def test_a_section_that_somebody_edited_is_shown_as_a_change_before_it_is_written_anew(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = finish(forge, forge.generate(project.project_id, "brief", "offline").run_id).run
    edit(forge, project, "brief", "scope", "## Scope\n\nOnly invoices, by hand.")
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert "1 section edited by hand." in plain(app)
    app.button(key="anew scope").click().run()
    assert "Edited by Ada.] Written anew, that text goes to the history." in plain(app)
    app.text_area(key=f"note {run.run_id} scope").set_value("add SSO")
    click(app, "Show the change first")
    proposed = forge.latest_run(project.project_id, "brief", RunKind.PROPOSAL)
    assert proposed is not None
    assert proposed.note == "add SSO"
    finish(forge, proposed.run_id)
    assert "Take the change" in labels(app.run())
    assert "Only invoices, by hand." in forge.section_text(run.run_id, "scope")


def test_after_a_retry_that_failed_the_earlier_text_can_be_kept(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    before = forge.section_text(run.run_id, "problem")
    forge.retry_section(run.run_id, "problem", "offline", "drill-auth")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    click(app, "Keep the earlier text")
    assert forge.section_text(run.run_id, "problem") == before
    assert "Complete" in words(app)


def test_a_complete_document_leads_on_to_the_next(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert "Generate PRD" in labels(click(app, "Next: PRD"))


def test_a_click_on_a_page_that_is_out_of_date_shows_what_is_true_now(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "offline", "drill-429")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    finish(forge, forge.resume(run.run_id).run_id)
    app.button(key="go on").click().run()
    assert "Complete" in words(app)
    assert forge.run(run.run_id).attempt == 2


# --- questions -----------------------------------------------------------------


def test_an_answer_is_saved_when_its_field_is_left(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.text_area[0].set_value("Forty auditors").run()
    answers = forge.answers(project.project_id, "brief").values()
    assert "Forty auditors" in [one.answer for one in answers]
    assert "1 of 5 answered" in words(app)


def test_an_answer_typed_just_before_generate_is_in_the_document(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.text_area[0].set_value("Forty auditors")
    click(click(app, "Generate Brief"), "Generate anyway")
    run = forge.latest_run(project.project_id, "brief")
    assert run is not None
    finish(forge, run.run_id)
    assert '"kind": "answer"' in forge.receipts(run.run_id)["problem"]


def test_an_answer_that_is_too_long_is_refused_beside_its_field_and_kept(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.text_area[0].set_value("z" * 2_001).run()
    assert "shorten it by 1 character" in words(app).replace("\\", "")
    assert app.text_area[0].value == "z" * 2_001
    assert not forge.answers(project.project_id, "brief")


def test_a_long_conversation_shows_its_newest_requests_and_the_earlier_ones_on_demand(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    for number in range(30):
        store_runs(
            forge,
            project.project_id,
            "brief",
            RunKind.PROPOSAL,
            ["Text."],
            note=f"Request number {number}.",
            settled=Settled.DISMISSED,
        )
    refreshed = ["Text."] * 30
    store_runs(
        forge,
        project.project_id,
        "brief",
        RunKind.PROPOSAL,
        refreshed,
        settled=Settled.DISMISSED,
    )
    app = open_page("phase.py", project=project.project_id, phase="brief", refine="all")
    assert "Request number 29." in plain(app) and "Request number 10." in plain(app)
    assert "Request number 9." not in plain(app)
    assert "Earlier requests (10)" in [one.label for one in app.expander]
    app.session_state[f"earlier requests {project.project_id} brief"] = True
    app.run()
    assert "Request number 0." in plain(app) and "Request number 29." in plain(app)
