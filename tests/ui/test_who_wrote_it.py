"""Streams that are none, waits, failover and models of one's own, on the page of a document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from specforge_core import Forge, Policy, Project, ProviderPolicy, Settings, StreamMode, WorkStatus
from tests.loopback import Gate, LoopbackProvider, chat_error, chat_stream
from tests.ui.conftest import Open
from tests.ui.driving import finish, plain, type_in

TEXT = ["## Part\n\n", "One two ", "three."]


def asked(mode: StreamMode) -> Policy:
    return Policy(providers={"custom": ProviderPolicy(stream_mode=mode)})


# --- streams that are none -----------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "badge"),
    [(StreamMode.SIMULATED, "Simulated stream"), (StreamMode.CONTINUED, "Short turns")],
)
def test_a_document_of_an_endpoint_that_cannot_stream_is_marked(
    open_page: Open,
    forge: Forge,
    project: Project,
    endpoint: LoopbackProvider,
    mode: StreamMode,
    badge: str,
) -> None:
    forge.set_policy(asked(mode))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert badge in plain(app)
    assert [one for one in app.markdown if badge in one.value and "speed says" in one.help]


def test_only_the_sections_that_did_not_stream_are_marked(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    run = forge.generate(project.project_id, "brief", "custom")
    finish(forge, run.run_id)
    forge.set_policy(asked(StreamMode.SIMULATED))
    forge.retry_section(run.run_id, forge.live(run.run_id).sections[1].section)
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    marks = [one for one in app.caption if "-badge[" in one.value and "Simulated" in one.value]
    assert len(marks) == 1
    assert "speed says nothing" in marks[0].help


def test_a_stream_has_no_such_mark(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    shown = plain(open_page("phase.py", project=project.project_id, phase="brief"))
    assert "Complete" in shown
    assert "Simulated stream" not in shown
    assert "Short turns" not in shown


def test_the_mark_stands_beside_the_speed_of_a_live_run(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(asked(StreamMode.CONTINUED))
    gate = Gate()
    endpoint.reply(chat_stream(TEXT), chat_stream(TEXT).gate_after(0, gate))
    run = forge.generate(project.project_id, "brief", "custom")
    assert gate.reached.wait(5)
    shown = plain(open_page("phase.py", project=project.project_id, phase="brief"))
    assert "Generating" in shown
    assert "Short turns" in shown
    assert "writes its answer as a whole" in shown
    gate.open()
    assert finish(forge, run.run_id).run.status is WorkStatus.COMPLETE


# --- waits ---------------------------------------------------------------------


class TestRetries:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"retries": 3})

    def test_a_retry_is_told_with_the_seconds_that_are_left(
        self, open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
    ) -> None:
        endpoint.reply(chat_error(429, "slow down", headers={"retry-after": "40"}))
        run = forge.generate(project.project_id, "brief", "custom")
        for state in forge.follow(run.run_id):
            if state.run.waiting_until:
                break
        until = state.run.waiting_until
        assert until is not None
        app = open_page("phase.py", project=project.project_id, phase="brief")
        shown = plain(app)
        told = "Custom OpenAI-compatible endpoint: rate limit (429). Next try (2 of 4) in "
        assert told in shown
        seconds = int(shown.partition(told)[2].split()[0])
        left = (until - datetime.now(UTC)) / timedelta(seconds=1)
        assert left <= seconds <= 40
        forge.cancel(run.run_id)
        finish(forge, run.run_id)
        assert "Next try" not in plain(app.run())


def test_an_own_limit_is_told_as_the_reason(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(Policy(providers={"custom": ProviderPolicy(max_calls=1)}))
    gate = Gate()
    endpoint.reply(chat_stream(TEXT).gate_after(0, gate))
    first = forge.generate(project.project_id, "brief", "custom")
    assert gate.reached.wait(5)
    other = forge.create_project("Another", "It has to wait for the first one.")
    second = forge.generate(other.project_id, "brief", "custom")
    for state in forge.follow(second.run_id):
        if state.run.waiting_for:
            break
    shown = plain(open_page("phase.py", project=other.project_id, phase="brief"))
    assert "requests are limited to 1 at once" in shown
    gate.open()
    for run in (first, second):
        assert finish(forge, run.run_id).run.status is WorkStatus.COMPLETE


def test_thinking_is_told(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    gate = Gate()
    endpoint.reply(chat_stream(TEXT, reasoning=["hm"]).gate_after(2, gate))
    run = forge.generate(project.project_id, "brief", "custom")
    for state in forge.follow(run.run_id):
        if state.run.waiting_for:
            break
    assert "house-model is thinking." in plain(
        open_page("phase.py", project=project.project_id, phase="brief")
    )
    gate.open()
    finish(forge, run.run_id)


# --- failover ------------------------------------------------------------------


def test_a_section_says_who_wrote_it_after_the_first_one_failed(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(Policy(failover=("offline",)))
    endpoint.reply(chat_stream(TEXT), chat_error(500, "broken"))
    run = forge.generate(project.project_id, "brief", "custom")
    assert finish(forge, run.run_id).run.status is WorkStatus.COMPLETE
    app = open_page("phase.py", project=project.project_id, phase="brief")
    shown = plain(app)
    told = (
        "Written by Offline drafter, no LLM, Rules, after Custom OpenAI-compatible endpoint failed."
    )
    assert shown.count(told) == 4, "the first section was the custom endpoint's"
    assert "by Custom OpenAI-compatible endpoint, house-model and Offline drafter" in shown


def test_only_the_section_that_came_in_short_turns_is_marked(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    forge.set_policy(asked(StreamMode.CONTINUED))
    forge.retry_section(run.run_id, "scope", "custom")
    finish(forge, run.run_id)
    shown = [one.value for one in open_page("phase.py", project=project.project_id).caption]
    assert len([one for one in shown if "Short turns" in one]) == 1


def test_a_section_kept_from_another_choice_does_not_blame_anybody(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    forge.retry_section(run.run_id, "scope", "custom")
    finish(forge, run.run_id)
    shown = plain(open_page("phase.py", project=project.project_id, phase="brief"))
    assert shown.count("Written by Offline drafter, no LLM, Rules.") == 4
    assert ", after" not in shown


def edit(forge: Forge, run_id: str, section: str, author: str) -> None:
    text = forge.section_text(run_id, section)
    forge.edit_section(
        run_id, section, f"{text}\n\nSo.", forge.fingerprint(run_id, section), author
    )


def test_a_section_that_a_person_edited_names_the_person_and_no_model(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    edit(forge, run.run_id, "goals", "Ada")
    edit(forge, run.run_id, "scope", "")
    app = open_page("phase.py", project=project.project_id, phase="brief")
    shown = plain(app)
    assert "Edited by Ada." in shown
    assert "Edited by hand." in shown
    assert "written by Offline drafter, no LLM, Rules." in shown
    assert ", after" not in shown
    assert " , " not in shown


@pytest.mark.parametrize(
    ("authors", "told"),
    [(["Ada", "Ben"], "written by Ada and Ben."), ([""], "written by hand.")],
)
def test_a_document_that_people_have_written_all_over_is_theirs(
    open_page: Open, forge: Forge, project: Project, authors: list[str], told: str
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    for number, section in enumerate(finish(forge, run.run_id).sections):
        edit(forge, run.run_id, section.section, authors[number % len(authors)])
    assert told in plain(open_page("phase.py", project=project.project_id, phase="brief"))


@pytest.mark.parametrize("author", ["Ada", ""])
def test_an_accepted_change_of_another_model_blames_nobody(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider, author: str
) -> None:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    asked = forge.propose(project.project_id, "brief", ["goals"], "Shorter.", "custom")
    finish(forge, asked.run_id)
    forge.accept(asked.run_id, {"goals": forge.fingerprint(run.run_id, "goals")}, author)
    shown = plain(open_page("phase.py", project=project.project_id, phase="brief"))
    assert "Written by Custom OpenAI-compatible endpoint, house-model." in shown
    assert ", after" not in shown


def test_the_details_of_a_failure_name_the_last_who_was_asked(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(Policy(failover=("custom/second-model",)))
    endpoint.reply(chat_error(500, "broken"), chat_error(503, "busy"))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    shown = plain(open_page("phase.py", project=project.project_id, phase="brief"))
    assert "Custom OpenAI-compatible endpoint, second-model ·" in shown
    assert "HTTP 503" in shown


# --- models of one's own -------------------------------------------------------


def test_tiers_come_first_and_another_model_may_be_typed(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    key = f"generate {project.project_id} brief"
    app.selectbox(key=f"{key} provider").select("openai").run()
    shown = app.selectbox(key=f"{key} model openai").options
    assert [name.partition(":")[0] for name in shown[:3]] == ["Balanced", "Fast", "Best"]
    app.selectbox(key=f"{key} provider").select("custom").run()
    required = [one.key for one in forge.phase("brief").questions if one.required]
    forge.save_answers(project.project_id, "brief", dict.fromkeys(required, "Known."))
    type_in(app, f"{key} model custom", "new-model")
    app.button(key="generate").click().run()
    run = forge.latest_run(project.project_id, "brief")
    assert run is not None
    assert run.model == "new-model"
    finish(forge, run.run_id)


def test_a_run_goes_on_with_a_model_that_is_in_no_list(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_error(500, "broken"))
    run = forge.generate(project.project_id, "brief", "custom", "old-model")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert app.selectbox(key=f"go on {run.run_id} model custom").value == "old-model"
    app.button(key="go on").click().run()
    assert finish(forge, run.run_id).run.model == "old-model"


def test_the_offline_drafter_has_no_models_but_its_own(open_page: Open, project: Project) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    box = app.selectbox(key=f"generate {project.project_id} brief model offline")
    assert not box.proto.accept_new_options


@pytest.mark.usefixtures("endpoint")
def test_a_model_named_like_markdown_is_shown_as_typed(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "custom", "**a** ![b](http://evil.example)")
    finish(forge, run.run_id)
    app = open_page("phase.py", project=project.project_id, phase="brief")
    assert not any("![b]" in one.value for one in app.markdown)
    assert "**a** ![b]" in plain(app)
