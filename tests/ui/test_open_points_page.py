"""Open points of a project: what they say, answering, agreeing, taking back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import open_points
from pages.components.open_points import all_points
from specforge_core import Forge, OpenPoint, Project, Run
from tests.ui.conftest import Open, Write
from tests.ui.driving import click, finish, links, plain, tab, words


def test_without_documents_there_is_no_open_point_and_the_page_says_so(
    open_page: Open, project: Project
) -> None:
    assert "No assumption and no open question" in words(tab(open_page, project, "Open points"))


@pytest.fixture
def points(write: Write) -> Run:
    return write(
        "brief",
        problem="*Assumption:* Invoices are in euros.",
        risks="### Open questions\n\n- Q1: Who approves above 20,000 euros?",
    )


def field(project: Project, point: OpenPoint) -> str:
    return f"answer to {project.project_id} {point.id}"


def answer(app: AppTest, project: Project, point: OpenPoint, text: str) -> AppTest:
    app.text_area(key=field(project, point)).set_value(text)
    app.button(key=f"save {point.id}").click().run()
    assert not app.exception
    return app


def answered_before(app: AppTest) -> AppTest:
    """Opens the list of what was answered before the page was opened."""
    app.session_state["answered points"] = True
    return app.run()


def test_an_answered_point_stays_in_its_place_and_says_what_its_answer_has_done(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    finish(forge, forge.generate(project.project_id, "prd", "offline").run_id)
    asked = next(one for one in forge.open_points(project.project_id) if one.kind == "question")
    app = tab(open_page, project, "Open points")
    place = [one.key for one in app.text_area].index(field(project, asked))
    answer(app, project, asked, "The CFO")
    assert forge.decisions(project.project_id)[asked.id].answer == "The CFO"
    marked = sum(step.stale for step in forge.steps(project.project_id))
    assert marked > 1
    said = app.success[0].value.replace("\\", "")
    assert said == (
        f"Answered: “The CFO”. {marked} sections relied on it and are now marked as out of date."
    )
    assert [one.key for one in app.text_area].index(field(project, asked)) == place
    assert "1 answered, below the open ones" in words(app)


def test_an_answer_is_undone_where_it_was_given_and_its_text_stays_in_the_field(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    app = answer(tab(open_page, project, "Open points"), project, point, "Agreed")
    click(app, "Undo")
    assert not forge.decisions(project.project_id)
    assert "Taken back" in app.info[0].value
    assert app.text_area(key=field(project, point)).value == "Agreed"
    app.button(key=f"save {point.id}").click().run()
    assert forge.decisions(project.project_id)[point.id].answer == "Agreed"


def test_an_assumption_is_agreed_to_with_one_click_and_the_click_undone(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    assumed, asked = forge.open_points(project.project_id)
    app = tab(open_page, project, "Open points")
    assert f"agree {asked.id}" not in [button.key for button in app.button]
    app.button(key=f"agree {assumed.id}").click().run()
    assert forge.decisions(project.project_id)[assumed.id].answer == "Agreed"
    assert "Answered: “Agreed”" in app.success[0].value.replace("\\", "")
    assert app.text_area(key=field(project, assumed)).value == "Agreed"
    assert f"agree {assumed.id}" not in [button.key for button in app.button]
    click(app, "Undo")
    assert not forge.decisions(project.project_id)
    assert app.text_area(key=field(project, assumed)).value == ""
    assert app.info[0].value.replace("\\", "") == "Taken back. It is open again."


@pytest.fixture
def three_assumptions(write: Write) -> Run:
    return write(
        "brief",
        problem="*Assumption:* Invoices are in euros.",
        goals="*Assumption:* All are paid.\n\n*Assumption:* None is lost.",
        risks="### Open questions\n\n- Q1: Who approves above 20,000 euros?",
    )


@pytest.mark.usefixtures("three_assumptions")
def test_all_assumptions_of_a_page_are_agreed_to_after_a_question_and_together_undone(
    open_page: Open, forge: Forge, project: Project
) -> None:
    assumed = {one.id for one in forge.open_points(project.project_id) if one.kind == "assumption"}
    app = tab(open_page, project, "Open points")
    assert "Agree to 3 assumptions?" in words(app)
    assert not forge.decisions(project.project_id)
    app.button(key="agree to all").click().run()
    decided = forge.decisions(project.project_id)
    assert {one.point: one.answer for one in decided.values()} == dict.fromkeys(assumed, "Agreed")
    assert app.success[0].value.startswith("Agreed to 3 assumptions")
    assert "Agree to 3 assumptions?" not in words(app)
    click(app, "Undo")
    assert not forge.decisions(project.project_id)
    assert "3 assumptions are open again" in app.info[0].value
    assert "Agree to 3 assumptions?" in words(app)


@pytest.mark.usefixtures("three_assumptions")
def test_who_agrees_to_all_overrules_neither_what_is_typed_nor_what_is_answered_meanwhile(
    open_page: Open, forge: Forge, project: Project
) -> None:
    typed, *others = [
        one for one in forge.open_points(project.project_id) if one.kind == "assumption"
    ]
    app = tab(open_page, project, "Open points")
    app.text_area(key=field(project, typed)).set_value("Dollars, too").run()
    assert "Agree to 2 assumptions?" in words(app)
    app.button(key="agree to all").click().run()
    assert set(forge.decisions(project.project_id)) == {one.id for one in others}
    forge.decide(project.project_id, others[0].id, "Not all", "Ann")
    click(app, "Undo")
    (left,) = forge.decisions(project.project_id).values()
    assert left.answer == "Not all"
    assert "1 assumption is open again" in app.info[0].value


def test_questions_stand_before_assumptions(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    assumed, asked = forge.open_points(project.project_id)
    app = tab(open_page, project, "Open points")
    shown = [one.key for one in app.text_area]
    assert shown == [field(project, asked), field(project, assumed)]


def test_what_stands_in_a_cell_of_a_table_is_shown_in_its_row(
    open_page: Open, project: Project, write: Write
) -> None:
    row = "| Approval | 2 days | *Assumption:* counted by the product |"
    write("brief", goals=f"| Goal | Target | Measured |\n| --- | --- | --- |\n{row}")
    shown = plain(tab(open_page, project, "Open points"))
    assert "Approval – 2 days – Assumption: **counted by the product**" in shown
    assert "From:" not in shown


def test_undo_brings_back_the_answer_that_was_there_before(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    forge.decide(project.project_id, point.id, "In euros", "Ann")
    app = answered_before(tab(open_page, project, "Open points"))
    answer(app, project, point, "In dollars")
    assert forge.decisions(project.project_id)[point.id].answer == "In dollars"
    click(app, "Undo")
    assert forge.decisions(project.project_id)[point.id].answer == "In euros"


def test_what_was_answered_before_is_found_below_and_can_be_changed(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    (assumed, asked) = forge.open_points(project.project_id)
    forge.decide(project.project_id, asked.id, "The CFO", "Ann")
    app = tab(open_page, project, "Open points")
    assert "Who approves" not in plain(app)
    assert any(one.label == "Answered before (1)" for one in app.expander)
    answered_before(app)
    assert "Answered by Ann, just now" in plain(app)
    assert app.text_area(key=field(project, asked)).value == "The CFO"
    assert app.text_area(key=field(project, assumed)).value == ""


def test_save_without_a_text_says_what_is_missing(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    app = answer(tab(open_page, project, "Open points"), project, point, "  ")
    assert "Type an answer first" in app.error[0].value
    assert not app.success


def test_each_point_shows_what_stands_around_it_and_links_to_its_section(
    open_page: Open, project: Project, write: Write
) -> None:
    write("brief", risks="Invoices come as PDF. *Assumption:* they are in euros. So says SAP.")
    shown = plain(tab(open_page, project, "Open points"))
    assert "From: “Invoices come as PDF. Assumption: they are in euros. So says SAP.”" in shown
    query = f"project={project.project_id}&phase=brief"
    assert f"(phase?{query}#risks-assumptions-and-open-questions)" in shown


def test_an_answer_can_be_taken_back(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    forge.decide(project.project_id, point.id, "Agreed", "Ann")
    app = click(answered_before(tab(open_page, project, "Open points")), "Take back")
    assert not forge.decisions(project.project_id)
    assert app.text_area(key=field(project, point)).value == "Agreed"
    assert "2 open, 0 answered" in words(app)


def test_two_people_who_answer_the_same_point_both_keep_their_words(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    app = tab(open_page, project, "Open points")
    app.text_area(key=field(project, point)).set_value("Mine")
    forge.decide(project.project_id, point.id, "Theirs", "Ann")
    app.button(key=f"save {point.id}").click().run()
    assert "Ann has answered this meanwhile: “Theirs”" in plain(app)
    assert forge.decisions(project.project_id)[point.id].answer == "Theirs"
    assert app.text_area(key=field(project, point)).value == "Mine"
    app.button(key=f"save {point.id}").click().run()
    assert forge.decisions(project.project_id)[point.id].answer == "Mine"


def test_an_answer_that_is_too_long_is_refused_and_kept(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    app = tab(open_page, project, "Open points")
    app.text_area(key=field(project, point)).set_value("z" * 2_001)
    app.button(key=f"save {point.id}").click().run()
    assert "shorten it by 1 character" in plain(app)
    assert app.text_area(key=field(project, point)).value == "z" * 2_001
    assert not forge.decisions(project.project_id)


def test_points_are_filtered_by_kind_and_by_document(
    open_page: Open, project: Project, points: Run
) -> None:
    app = tab(open_page, project, "Open points")
    app.selectbox(key="point kind").select("assumption").run()
    assert "Invoices are in euros" in plain(app) and "Who approves" not in plain(app)
    app.selectbox(key="point kind").select("question").run()
    assert "Who approves" in plain(app) and "Invoices are in euros" not in plain(app)


def test_a_decided_point_that_was_rewritten_away_is_still_shown(
    forge: Forge, project: Project, points: Run
) -> None:
    point = forge.open_points(project.project_id)[0]
    forge.decide(project.project_id, point.id, "Yes", "Ann")
    now = forge.fingerprint(points.run_id, "problem")
    forge.edit_section(points.run_id, "problem", "## Problem\n\nAll is known.", now)
    shown = all_points(forge.open_points(project.project_id), forge.decisions(project.project_id))
    kept = next(one for one in shown if one.id == point.id)
    assert kept.section == "" and kept.statement == point.statement


def test_two_hundred_points_are_shown_in_pages(
    open_page: Open, forge: Forge, project: Project, write: Write
) -> None:
    write("brief", risks="\n".join(f"- *Assumption:* Number {n} holds." for n in range(200)))
    assert len(forge.open_points(project.project_id)) == 200
    app = tab(open_page, project, "Open points")
    assert "200 open" in words(app)
    assert len(app.text_area) == open_points.PAGE
    assert app.get("pagination")


def test_what_a_decision_has_made_out_of_date_is_counted_with_the_way_there(
    open_page: Open, forge: Forge, project: Project, points: Run
) -> None:
    finish(forge, forge.generate(project.project_id, "prd", "offline").run_id)
    point = forge.open_points(project.project_id)[0]
    forge.decide(project.project_id, point.id, "In euros and dollars")
    stale = {one.phase: one.stale for one in forge.steps(project.project_id)}
    assert stale["prd"]
    app = tab(open_page, project, "Open points")
    assert f"{sum(stale.values())} sections are out of date" in words(app)
    assert any(label == f"PRD ({stale['prd']})" for label, _ in links(app))
