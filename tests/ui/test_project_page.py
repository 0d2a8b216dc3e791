"""The overview of a project: its words, its documents, what is open, what covers what."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import open_points
from pages.components.coverage_table import as_csv, cited
from pages.components.open_points import all_points
from specforge_core import CoverageItem, Forge, OpenPoint, Project, Run
from specforge_core.review.definitions import Place
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, plain, words

Write = Callable[..., Run]

PRD = """\
| ID | Requirement | Priority |
| --- | --- | --- |
| FR-1 | Anyone can send an invoice. | Must |
| FR-2 | =cmd() approves it. | Must |
"""
STORIES = """\
### US-1: Send an invoice

**Requirements:** FR-1, FR-9

### US-2: Dream

**Requirements:** none
"""
TESTS = """\
| ID | Story | Given | When | Then |
| --- | --- | --- | --- | --- |
| AC-1 | US-1 | an invoice | it is sent | it is there |
"""


@pytest.fixture
def write(forge: Forge, project: Project) -> Write:
    """`write("prd", functional="…")`: the whole document by the drafter, then words of a person."""

    def written(phase: str, **sections: str) -> Run:
        run = forge.generate(project.project_id, phase, "offline")
        finish(forge, run.run_id)
        for section in forge.live(run.run_id).sections:
            text = f"## {section.title}\n\n{sections.get(section.section, 'Nothing.')}\n"
            now = forge.fingerprint(run.run_id, section.section)
            forge.edit_section(run.run_id, section.section, text, now)
        return run

    return written


def skip_all_but(forge: Forge, project: Project, *phases: str) -> None:
    for phase in forge.phases():
        if phase.name not in phases:
            forge.skip(project.project_id, phase.name)


def tab(open_page: Open, project: Project, name: str) -> AppTest:
    return open_page("project.py", project=project.project_id, tab=name)


def links(app: AppTest) -> list[tuple[str, str]]:
    """(label, query) of the links to pages."""
    return [(one.proto.label, one.proto.query_string) for one in app.get("page_link")]


# --- title and description ---------------------------------------------------------


def test_the_overview_shows_the_project_and_nothing_as_markup(
    open_page: Open, forge: Forge
) -> None:
    made = forge.create_project(":red[Ü] **b** <i>", "About ![it](https://example.com/a.png)")
    app = open_page("project.py", project=made.project_id)
    assert "\\*\\*b\\*\\*" in app.title[0].value
    assert "![it]" not in words(app)


def test_edit_changes_title_and_description_and_says_what_becomes_stale(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = click(open_page("project.py", project=project.project_id), "Edit")
    assert "becomes out of date" in words(app)
    app.text_input(key=f"title of {project.project_id}").set_value("Invoices")
    app.text_area(key=f"description of {project.project_id}").set_value("Approve in 2 days.")
    click(app, "Save")
    now = forge.project(project.project_id)
    assert (now.title, now.description) == ("Invoices", "Approve in 2 days.")
    assert app.title[0].value == "Invoices"
    assert "sections out of date" in words(app)


def test_an_edit_that_is_refused_keeps_what_was_typed(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(open_page("project.py", project=project.project_id), "Edit")
    app.text_input(key=f"title of {project.project_id}").set_value("x" * 101)
    click(app, "Save")
    assert "shorten it by 1 character" in plain(app)
    assert app.text_input(key=f"title of {project.project_id}").value == "x" * 101
    assert forge.project(project.project_id).title == project.title


def test_who_edits_sees_what_somebody_else_has_changed_meanwhile(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(open_page("project.py", project=project.project_id), "Edit")
    app.text_area(key=f"description of {project.project_id}").set_value("Mine")
    forge.update_project(project.project_id, "Theirs", "Their words")
    app.run()
    assert "Somebody has changed the project meanwhile" in words(app)
    assert "Their words" in words(app)
    assert app.text_area(key=f"description of {project.project_id}").value == "Mine"


def test_discard_leaves_the_project_as_it_is(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = click(open_page("project.py", project=project.project_id), "Edit")
    app.text_input(key=f"title of {project.project_id}").set_value("Other")
    click(app, "Discard changes")
    assert forge.project(project.project_id) == project
    assert app.title[0].value == project.title


def test_a_project_is_saved_as_a_template_with_its_answers(
    open_page: Open, forge: Forge, project: Project
) -> None:
    forge.save_answers(project.project_id, "brief", {"users": "Forty auditors"})
    app = open_page("project.py", project=project.project_id)
    app.text_input(key="template title 0").set_value("Approval flow")
    click(app, "Save template")
    (own,) = forge.own_templates()
    assert own.template.title == "Approval flow"
    assert own.template.answers["brief"]["users"] == "Forty auditors"


def test_a_template_without_a_name_is_refused_beside_its_field(
    open_page: Open, forge: Forge, project: Project
) -> None:
    app = open_page("project.py", project=project.project_id)
    app.text_input(key="template title 0").set_value("  ")
    click(app, "Save template")
    assert "Give the project a title" in plain(app)
    assert forge.own_templates() == []


@pytest.mark.parametrize("query", [{}, {"project": "nope"}, {"project": "' or 1=1 --"}])
def test_an_unknown_project_gets_one_sentence_and_a_way_back(
    open_page: Open, query: dict[str, str]
) -> None:
    app = open_page("project.py", **query)
    assert app.title[0].value == "Nothing here"


# --- documents ---------------------------------------------------------------------


def test_each_document_says_its_state_and_what_it_waits_for(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    shown = plain(open_page("project.py", project=project.project_id))
    assert "1 of 7 complete or skipped" in shown
    assert "waits for PRD and 1 more" in shown
    assert "required question" in shown
    assert "changed just now" in shown


def test_skip_and_take_up_again(open_page: Open, forge: Forge, project: Project) -> None:
    app = open_page("project.py", project=project.project_id)
    app.button(key="skip tests").click().run()
    assert forge.step(project.project_id, "tests").skipped
    row = next(one for one in plain(app).splitlines() if one.startswith("**Tests**"))
    assert "Skipped" in row and "Not started" not in row
    click(app, "Take it up again")
    assert not forge.step(project.project_id, "tests").skipped


def test_a_state_is_called_by_one_word(open_page: Open, forge: Forge, project: Project) -> None:
    forge.skip(project.project_id, "tests")
    shown = plain(open_page("project.py", project=project.project_id))
    assert "not started" not in shown and "Ready" not in shown and "Waits" not in shown
    assert shown.count("Not started") == 1 and shown.count("Skipped") == 1
    assert shown.count("Locked") == len(forge.phases()) - 2


def test_open_leads_to_the_document(open_page: Open, project: Project) -> None:
    app = open_page("project.py", project=project.project_id)
    app.button(key="open specs").click().run()
    assert app.query_params["phase"] in ("specs", ["specs"])
    assert not app.exception


def test_a_document_for_which_a_change_is_proposed_says_so_until_somebody_has_decided(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    assert "proposed change" not in words(open_page("project.py", project=project.project_id))
    run = forge.propose(project.project_id, "brief", ["goals"], "add SSO", "offline")
    finish(forge, run.run_id)
    assert "1 proposed change" in words(open_page("project.py", project=project.project_id))
    forge.dismiss(run.run_id)
    assert "proposed change" not in words(open_page("project.py", project=project.project_id))


# --- open points -------------------------------------------------------------------


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


# --- coverage ----------------------------------------------------------------------


def test_what_is_not_written_yet_is_said_and_not_called_uncovered(
    open_page: Open, project: Project
) -> None:
    shown = plain(tab(open_page, project, "Coverage"))
    assert "**PRD** is not written yet, so there are no requirements to judge" in shown
    assert "**Stories** is not written yet, so it is not judged" in shown
    assert "Requirements without a story" not in shown


def test_a_skipped_document_is_called_skipped_and_what_it_would_tell_is_not_judged(
    open_page: Open, forge: Forge, project: Project, write: Write
) -> None:
    skip_all_but(forge, project, "prd", "stories")
    write("prd", functional=PRD)
    write("stories", **{"user-stories": STORIES})
    shown = plain(tab(open_page, project, "Coverage"))
    assert (
        "**Tests** is skipped, so it is not judged which requirements and stories have a test"
    ) in shown
    assert "not written yet" not in shown
    assert "| Requirement | Stories |\n" in shown, "no column of dashes"


def test_many_tests_of_a_requirement_are_counted_in_plain_words() -> None:
    place = Place("tests", "", 1)
    tests = [CoverageItem(f"UT-{n}", "", place, ()) for n in range(1, 21)]
    unnamed = [CoverageItem("", "Row", place, ()) for _ in range(2)]
    shown = cited([*tests, *unnamed], ("test", "tests"), "none").replace("\u2060", "")
    assert shown.endswith("UT\\-8 and 12 other tests; also 2 tests without an id")
    assert cited(unnamed[:1], ("test", "tests"), "none") == "1 test without an id"
    assert cited(tests[:9], ("test", "tests"), "none").count("UT") == 9
    assert cited([], ("test", "tests"), "none") == "none"


@pytest.fixture
def chain(forge: Forge, project: Project, write: Write) -> None:
    skip_all_but(forge, project, "prd", "stories", "tests")
    write("prd", functional=PRD)
    write("stories", **{"user-stories": STORIES})
    write("tests", **{"acceptance-matrix": TESTS})


@pytest.mark.usefixtures("chain")
def test_the_table_names_story_and_test_and_the_lists_what_stands_alone(
    open_page: Open, project: Project
) -> None:
    app = tab(open_page, project, "Coverage")
    shown = plain(app)
    assert "**1 of 2** requirements have a story" in shown
    assert "| **FR-1** Anyone can send an invoice. | US-1 | AC-1 |" in shown
    assert ":orange[:material/warning: **1 of 2** requirements have a story]" in words(app)
    assert shown.index("- **FR-2**") < shown.index("| **FR-1**"), "bad news comes first"
    headings = {one.label: one for one in app.expander}
    assert headings["Requirements without a story (1)"].proto.expanded
    assert ("Open Stories", f"project={project.project_id}&phase=stories") in links(app)
    assert "Stories without a requirement (1)" in headings
    assert "Stories without a test (1)" in headings
    assert "Ids that are defined nowhere (1)" in headings
    assert "- **FR-9**" in shown


@pytest.mark.usefixtures("chain")
def test_the_coverage_as_csv_runs_nothing_in_a_spreadsheet(forge: Forge, project: Project) -> None:
    rows = list(csv.reader(StringIO(as_csv(forge.coverage(project.project_id)))))
    assert rows == [
        ["id", "requirement", "stories", "tests"],
        ["FR-1", "Anyone can send an invoice.", "US-1", "AC-1"],
        ["FR-2", "'=cmd() approves it.", "", ""],
    ]


def test_a_prd_without_ids_says_what_to_ask_for(
    open_page: Open, forge: Forge, project: Project, write: Write
) -> None:
    forge.skip(project.project_id, "brief")
    write("prd")
    assert "defines no requirement with an id" in plain(tab(open_page, project, "Coverage"))
