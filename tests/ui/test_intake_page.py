"""The questions of a phase: answered by people who type at once, and suggested by a model."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from specforge_core import Forge, Project, RunKind, WorkStatus
from tests.loopback import Gate, LoopbackProvider, chat_error, chat_stream
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, labels, plain


def opened(open_page: Open, project: Project, phase: str = "brief") -> AppTest:
    return open_page("phase.py", project=project.project_id, phase=phase)


def field(project: Project, question: str, phase: str = "brief") -> str:
    return f"answer {project.project_id} {phase} {question}"


def answer_fields(app: AppTest) -> list[str]:
    return [one.key for one in app.text_area if str(one.key).startswith("answer ")]


def suggested(forge: Forge, project: Project) -> str:
    """Waits for the suggestions; returns how they ended."""
    run = forge.latest_run(project.project_id, "brief", RunKind.ANSWERS)
    assert run is not None
    return finish(forge, run.run_id).run.status


def with_house(app: AppTest, project: Project) -> AppTest:
    """Suggestions come from the endpoint of the test."""
    app.selectbox(key=f"suggest {project.project_id} provider").select("custom").run()
    return app


# --- answering -----------------------------------------------------------------


def test_required_questions_are_marked_and_counted(open_page: Open, project: Project) -> None:
    app = opened(open_page, project)
    assert "0 of 5 answered, 2 required open." in plain(app)
    assert (
        "Who will use it first, and what do they do today instead?** :orange-badge[required]"
        in (plain(app))
    )
    app.text_area(key=field(project, "users")).set_value("Forty auditors").run()
    assert "1 of 5 answered, 1 required open." in plain(app)


def test_an_answer_is_saved_with_the_name_of_who_typed_it(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = opened(open_page, project)
    app.text_area(key=field(project, "users")).set_value("Forty auditors").run()
    answer = forge.answers(project.project_id, "brief")["users"]
    assert (answer.answer, answer.author, answer.suggested) == (
        "Forty auditors",
        "test@example.com",  # who is signed in
        False,
    )
    app.text_area(key=field(project, "users")).set_value("").run()
    assert not forge.answers(project.project_id, "brief")


def test_blanks_at_the_end_stay_in_the_field_of_who_is_typing(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = opened(open_page, project)
    app.text_area(key=field(project, "users")).set_value("Forty auditors ").run()
    app.run()
    assert app.text_area(key=field(project, "users")).value == "Forty auditors "
    assert forge.answers(project.project_id, "brief")["users"].answer == "Forty auditors"


def test_who_has_not_touched_a_field_sees_what_somebody_else_has_answered(
    open_page: Open, forge: Forge, project: Project
) -> None:
    first, second = opened(open_page, project), opened(open_page, project)
    first.text_area(key=field(project, "users")).set_value("Forty auditors").run()
    second.run()
    assert second.text_area(key=field(project, "users")).value == "Forty auditors"
    second.text_area(key=field(project, "worries")).set_value("Nobody uses it").run()
    answers = forge.answers(project.project_id, "brief")
    assert {key: one.answer for key, one in answers.items()} == {
        "users": "Forty auditors",
        "worries": "Nobody uses it",
    }


def test_of_two_answers_at_once_the_later_is_stored_and_the_other_is_shown(
    open_page: Open, forge: Forge, project: Project
) -> None:
    key = field(project, "users")
    first, second = opened(open_page, project), opened(open_page, project)
    first.text_area(key=key).set_value("Forty auditors").run()
    second.text_area(key=key).set_value("Four clerks").run()
    assert forge.answers(project.project_id, "brief")["users"].answer == "Four clerks"
    assert "Somebody else had answered" in plain(second)
    assert "Forty auditors" in [one.value for one in second.text]
    click(second, "Use that text")
    assert second.text_area(key=key).value == "Forty auditors"
    assert forge.answers(project.project_id, "brief")["users"].answer == "Forty auditors"
    assert "Somebody else" not in plain(second)


def test_who_answered_first_is_told_when_another_one_changes_it(
    open_page: Open, forge: Forge, project: Project
) -> None:
    key = field(project, "users")
    app = opened(open_page, project)
    app.text_area(key=key).set_value("Forty auditors").run()
    forge.save_answers(project.project_id, "brief", {"users": "Four clerks"}, "Ada")
    app.run()
    assert app.text_area(key=key).value == "Four clerks"
    assert "Ada has changed your answer" in plain(app)
    assert "Forty auditors" in [one.value for one in app.text]
    click(app, "Use my text")
    assert app.text_area(key=key).value == "Forty auditors"
    assert forge.answers(project.project_id, "brief")["users"].answer == "Forty auditors"
    assert "has changed your answer" not in plain(app)


def test_a_text_that_is_too_long_is_told_and_kept_even_when_somebody_else_answers(
    open_page: Open, forge: Forge, project: Project
) -> None:
    key, text = field(project, "users"), "z" * 2_001
    app = opened(open_page, project)
    app.text_area(key=key).set_value(text).run()
    assert "shorten it by 1 character" in plain(app)
    assert not forge.answers(project.project_id, "brief")
    forge.save_answers(project.project_id, "brief", {"users": "Four clerks"})
    assert app.run().text_area(key=key).value == text
    app.text_area(key=key).set_value(text[:-1]).run()
    assert "shorten it" not in plain(app)
    assert "Four clerks" in [one.value for one in app.text]
    assert forge.answers(project.project_id, "brief")["users"].answer == text[:-1]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> ![a](http://x/y.png)",
        "```\nnever closed",
        "\x00\u202e\x1b[31m",
        ":red[x] $x$",
    ],
)
def test_what_a_person_types_is_kept_as_typed(
    open_page: Open, forge: Forge, project: Project, text: str
) -> None:
    app = opened(open_page, project)
    app.text_area(key=field(project, "users")).set_value(text).run()
    app.run()
    assert not app.exception
    assert app.text_area(key=field(project, "users")).value == text


def test_the_box_is_closed_when_all_is_answered_but_not_under_who_answers_the_last(
    open_page: Open, forge: Forge, project: Project
) -> None:
    questions = forge.phase("brief").questions
    app = opened(open_page, project)
    for question in questions:
        app.text_area(key=field(project, question.key)).set_value("Known.").run()
    assert len(answer_fields(app)) == len(questions)
    later = opened(open_page, project)
    assert "5 of 5 answered." in plain(later)
    assert not answer_fields(later)


def test_what_a_template_leaves_to_fill_in_is_said_beside_the_answer(
    open_page: Open, forge: Forge, project: Project
) -> None:
    text = "We sell [USER INPUT NEEDED: what is sold] to [USER INPUT NEEDED]"
    forge.save_answers(project.project_id, "brief", {"users": text})
    assert "Still to fill in:] what is sold; your input" in plain(opened(open_page, project))


def test_the_box_is_closed_where_there_is_a_document_and_after_generate(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(click(opened(open_page, project), "Generate Brief"), "Generate anyway")
    assert not answer_fields(app)
    assert not answer_fields(opened(open_page, project))


# --- before Generate -----------------------------------------------------------


def test_generate_names_the_required_questions_that_are_open(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(opened(open_page, project), "Generate Brief")
    assert forge.latest_run(project.project_id, "brief") is None
    assert "2 required questions are open" in plain(app)
    assert "- How will you know that it worked?" in plain(app)
    click(app, "Generate anyway")
    assert forge.latest_run(project.project_id, "brief") is not None


def test_suggest_answers_answers_just_what_is_required(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(click(opened(open_page, project), "Generate Brief"), "Suggest answers")
    assert suggested(forge, project) == WorkStatus.COMPLETE
    assert set(forge.answers(project.project_id, "brief")) == {"users", "success"}
    click(app.run(), "Generate Brief")
    assert forge.latest_run(project.project_id, "brief") is not None


def test_an_answer_typed_just_before_generate_counts_and_is_in_the_document(
    open_page: Open, forge: Forge, project: Project
) -> None:
    forge.save_answers(project.project_id, "brief", {"success": "Two days instead of nine"})
    app = opened(open_page, project)
    app.text_area(key=field(project, "users")).set_value("Forty auditors")
    click(app, "Generate Brief")
    run = forge.latest_run(project.project_id, "brief")
    assert run is not None
    finish(forge, run.run_id)
    assert forge.answers(project.project_id, "brief")["users"].answer == "Forty auditors"
    assert "Forty auditors" not in forge.receipts(run.run_id)["problem"]  # hashes, no text
    assert '"kind": "answer"' in forge.receipts(run.run_id)["problem"]


# --- suggestions ---------------------------------------------------------------


def test_suggested_answers_are_marked_until_they_are_kept_or_edited(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(opened(open_page, project), "Answer all (5)")
    assert suggested(forge, project) == WorkStatus.COMPLETE
    app.run()
    assert plain(app).count("Suggested, edit or keep") == 5
    before = forge.answers(project.project_id, "brief")["users"].answer
    app.button(key="keep answer users").click().run()
    kept = forge.answers(project.project_id, "brief")["users"]
    assert (kept.answer, kept.suggested) == (before, False)
    app.text_area(key=field(project, "success")).set_value("Two days instead of nine").run()
    assert not forge.answers(project.project_id, "brief")["success"].suggested
    assert plain(app).count("Suggested, edit or keep") == 3
    assert "suggest users" not in [button.key for button in app.button]


def test_suggested_answers_wait_in_an_open_box_and_can_be_kept_all_at_once(
    open_page: Open, forge: Forge, project: Project
) -> None:
    forge.suggest_answers(project.project_id, "brief", "offline")
    assert suggested(forge, project) == WorkStatus.COMPLETE
    app = opened(open_page, project)  # it asserts that the box is open
    assert "5 of 5 answered, 5 of them suggested." in plain(app)
    click(app, "Keep all suggested (5)")
    assert "5 of 5 answered." in plain(app)
    answers = forge.answers(project.project_id, "brief").values()
    assert len(answers) == 5
    assert not any(one.suggested for one in answers)


def test_one_question_can_be_answered_by_the_model(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = opened(open_page, project)
    app.button(key="suggest worries").click().run()
    assert suggested(forge, project) == WorkStatus.COMPLETE
    assert list(forge.answers(project.project_id, "brief")) == ["worries"]
    app.run()
    assert "Suggest another" in labels(app)
    assert app.text_area(key=field(project, "worries")).value


def test_answering_all_shows_how_far_it_is_survives_a_refresh_and_can_be_cancelled(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    gate = Gate()
    endpoint.reply(
        chat_stream(["Forty auditors."]),
        chat_stream(["Two days", " not nine."]).gate_after(1, gate),
    )
    click(with_house(opened(open_page, project), project), "Answer all (5)")
    assert gate.reached.wait(10)
    run = forge.latest_run(project.project_id, "brief", RunKind.ANSWERS)
    assert run is not None
    next(state for state in forge.follow(run.run_id) if state.open_section)
    again = opened(open_page, project)
    assert "Answering 2 of 5" in plain(again)
    assert "How will you know that it worked?" in plain(again)
    assert again.text_area(key=field(project, "users")).value == "Forty auditors."
    assert all(one.disabled for one in again.button if one.label.startswith("Answer all"))
    again.button(key=f"stop {run.run_id}").click().run()
    gate.open()
    assert suggested(forge, project) == WorkStatus.CANCELLED
    again.run()
    assert "Answering" not in plain(again)
    assert "Answer all (4)" in labels(again)


def test_what_a_person_types_meanwhile_is_not_written_over(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    gate = Gate()
    endpoint.reply(chat_stream(["Forty", " auditors."]).gate_after(1, gate))
    app = with_house(opened(open_page, project), project)
    app.button(key="suggest users").click().run()
    assert gate.reached.wait(10)
    app.text_area(key=field(project, "users")).set_value("Four clerks").run()
    gate.open()
    suggested(forge, project)
    assert app.run().text_area(key=field(project, "users")).value == "Four clerks"


def test_a_failed_run_says_why_and_offers_again(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_stream(["Forty auditors."]), chat_error(401, message="Incorrect API key"))
    app = click(with_house(opened(open_page, project), project), "Answer all (5)")
    assert suggested(forge, project) == WorkStatus.PROVIDER_ERROR
    app.run()
    assert "4 not suggested" in plain(app)
    assert "401" in plain(app)
    app.button(key="answers again").click().run()
    assert suggested(forge, project) == WorkStatus.COMPLETE
    app.run()
    assert "not suggested" not in plain(app)
    assert len(forge.answers(project.project_id, "brief")) == 5


# --- questions that fit the project --------------------------------------------


def fitting(forge: Forge, project: Project) -> None:
    run = forge.latest_run(project.project_id, "brief", RunKind.QUESTIONS)
    assert run is not None
    finish(forge, run.run_id)


def test_questions_are_fitted_to_the_project_and_the_standard_ones_come_back(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    own = {"key": "absent", "text": "Who approves while the CFO is away?", "help": "Delays."}
    endpoint.reply(chat_stream([json.dumps({"questions": [own]})]))
    app = with_house(opened(open_page, project), project)
    app.text_area(key=field(project, "worries")).set_value("Nobody uses it").run()
    click(app, "Fit the questions to this project")
    fitting(forge, project)
    app.run()
    assert "Who approves while the CFO is away?" in plain(app)
    assert "What should the first release leave out?" not in plain(app)
    assert app.text_area(key=field(project, "worries")).value == "Nobody uses it"
    app.text_area(key=field(project, "absent")).set_value("The controller").run()
    assert forge.answers(project.project_id, "brief")["absent"].answer == "The controller"
    click(app, "Back to the standard questions")
    assert "What should the first release leave out?" in plain(app)
    assert "Who approves while the CFO is away?" in plain(app)  # it is answered


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (chat_stream(["I would ask about users."]), "was no list of questions"),
        (chat_stream(['{"questions": []}']), "held no usable question"),
        (chat_error(401, message="Incorrect API key"), "401"),
    ],
)
def test_questions_that_could_not_be_fitted_leave_the_list_and_say_why(
    open_page: Open,
    forge: Forge,
    project: Project,
    endpoint: LoopbackProvider,
    reply: object,
    sentence: str,
) -> None:
    endpoint.reply(reply)  # type: ignore[arg-type]
    app = click(
        with_house(opened(open_page, project), project), "Fit the questions to this project"
    )
    fitting(forge, project)
    app.run()
    assert sentence in plain(app)
    assert len(app.text_area) == 5
    click(app, "Never mind")
    assert sentence not in plain(app)


def test_hostile_questions_of_a_model_are_shown_as_typed(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    text = "![x](http://127.0.0.1:9/leak.png) <img src=x> **Who**? :material/home:"
    own = {"key": "own", "text": text, "help": "[a](javascript:alert(1)) $x$"}
    endpoint.reply(chat_stream([json.dumps({"questions": [own]})]))
    app = click(
        with_house(opened(open_page, project), project), "Fit the questions to this project"
    )
    fitting(forge, project)
    app.run()
    area = app.text_area(key=field(project, "own"))
    assert "![" not in area.label
    assert not any("![x](" in str(one.value) for one in [*app.markdown, *app.caption])
