"""The overview of a project: its words, its documents, what is open, what covers what."""

from __future__ import annotations

import pytest

from specforge_core import Forge, Project
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, plain, words

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
