"""Editing in place: what somebody typed is never lost, and never stored over another's text."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.editor import WHOLE
from specforge_core import Forge, Project, Run
from tests.core.chain import edit
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, labels, plain


@pytest.fixture
def run(forge: Forge, project: Project) -> Run:
    return finish(forge, forge.generate(project.project_id, "brief", "offline").run_id).run


def opened(open_page: Open, project: Project, section: str) -> AppTest:
    return open_page("phase.py", project=project.project_id, phase="brief", edit=section)


def field(app: AppTest) -> object:
    return next(one for one in app.text_area if one.key and one.key.startswith("text "))


def typed(app: AppTest, text: str) -> AppTest:
    field(app).set_value(text)  # type: ignore[attr-defined]
    return app


def stored(forge: Forge, run: Run, section: str) -> str:
    return forge.section_text(run.run_id, section).strip("\n")


def test_edit_opens_in_place_and_store_makes_a_version(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    app.button(key="edit goals").click().run()
    assert app.query_params["edit"] in ("goals", ["goals"])
    assert field(app).value == stored(forge, run, "goals")  # type: ignore[attr-defined]
    app.text_input(key=f"why text {project.project_id} brief goals").set_value("numbers were wrong")
    click(typed(app, "## Goals and measures of success\n\nTwo days."), "Store")
    assert stored(forge, run, "goals") == "## Goals and measures of success\n\nTwo days."
    assert "edit" not in app.query_params
    newest = forge.versions(project.project_id, "brief")[0]
    assert (newest.kind, newest.note) == ("edited", "numbers were wrong")


def test_discarding_asks_once_and_stores_nothing(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    before = stored(forge, run, "goals")
    app = typed(opened(open_page, project, "goals"), "Nonsense").run()
    click(click(app, "Discard my changes"), "Yes, discard what I typed")
    assert stored(forge, run, "goals") == before
    assert len(forge.versions(project.project_id, "brief")) == 1


def test_the_second_editor_sees_both_texts_and_decides(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    first, second = opened(open_page, project, "goals"), opened(open_page, project, "goals")
    click(typed(first, "## Goals and measures of success\n\nOf the first."), "Store")
    second.run()  # as its page does by itself when it notices the change
    click(typed(second, "## Goals and measures of success\n\nOf the second."), "Store")
    assert stored(forge, run, "goals") == "## Goals and measures of success\n\nOf the first."
    assert "was changed by somebody else" in plain(second)
    assert field(second).value == "## Goals and measures of success\n\nOf the second."  # type: ignore[attr-defined]
    click(second, "Go on with mine")
    click(second, "Store")
    assert stored(forge, run, "goals") == "## Goals and measures of success\n\nOf the second."


def test_the_second_editor_can_go_on_with_the_stored_text_and_get_the_own_one_back(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    first, second = opened(open_page, project, "goals"), opened(open_page, project, "goals")
    click(typed(first, "## Goals and measures of success\n\nOf the first."), "Store")
    click(typed(second, "## Goals and measures of success\n\nOf the second."), "Store")
    click(second, "Go on with theirs")
    assert field(second).value == "## Goals and measures of success\n\nOf the first."  # type: ignore[attr-defined]
    click(second, "Bring mine back")
    assert field(second).value == "## Goals and measures of success\n\nOf the second."  # type: ignore[attr-defined]
    click(second, "Bring mine back")
    assert field(second).value == "## Goals and measures of success\n\nOf the first."  # type: ignore[attr-defined]
    click(second, "Close")
    assert "Bring mine back" not in labels(second)


def test_what_somebody_types_while_a_colleague_writes_the_document_anew_stays(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    app = typed(opened(open_page, project, "users"), "## Users and their jobs\n\nMine.").run()
    again = finish(forge, forge.generate(project.project_id, "brief", "offline").run_id).run
    app.run()
    assert field(app).value == "## Users and their jobs\n\nMine."  # type: ignore[attr-defined]
    theirs = stored(forge, again, "users")
    edit(forge, project, "brief", "users", f"{theirs}\n\nBy a colleague.")
    click(app, "Store")
    assert "was changed by somebody else" in plain(app)
    assert stored(forge, again, "users").endswith("By a colleague.")
    click(click(app, "Go on with mine"), "Store")
    assert stored(forge, again, "users") == "## Users and their jobs\n\nMine."


def test_a_conflict_stays_with_its_section(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    app = opened(open_page, project, "goals")
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nTheirs.")
    click(typed(app, "## Goals and measures of success\n\nMine."), "Store")
    assert "was changed by somebody else" in plain(app)
    app.button(key="edit problem").click().run()
    assert "was changed by somebody else" not in plain(app)
    assert field(app).value == stored(forge, run, "problem")  # type: ignore[attr-defined]


def test_in_the_whole_document_their_section_is_taken_among_ones_own_changes(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    app = opened(open_page, project, WHOLE)
    text = str(field(app).value)  # type: ignore[attr-defined]
    theirs = f"{stored(forge, run, 'problem')}\n\nTheirs."
    edit(forge, project, "brief", "problem", theirs)
    scope = stored(forge, run, "scope")
    mine = text.replace(scope, f"{scope}\n\nMine.")
    click(typed(app, f"An intro.\n\n{mine}"), "Store")
    click(click(app, "Go on with theirs"), "Store")
    assert stored(forge, run, "problem") == theirs
    assert stored(forge, run, "scope") == f"{scope}\n\nMine."


def test_the_whole_document_is_edited_at_once(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    app = open_page("phase.py", project=project.project_id, phase="brief")
    click(app, "Edit all")
    text = str(field(app).value)  # type: ignore[attr-defined]
    assert text == forge.document_to_edit(run.run_id)
    users = stored(forge, run, "users")
    click(typed(app, text.replace(users, f"{users}\n\nAnd the auditors.")), "Store")
    assert stored(forge, run, "users") == f"{users}\n\nAnd the auditors."


def test_a_text_that_is_too_long_is_told_and_stays_in_the_field(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    long = "## Goals and measures of success\n\n" + "word " * 210_000
    before = stored(forge, run, "goals")
    app = click(typed(opened(open_page, project, "goals"), long), "Store")
    assert "shorten it by" in plain(app)
    assert field(app).value == long  # type: ignore[attr-defined]
    assert stored(forge, run, "goals") == before


def test_a_section_of_a_broken_link_is_no_crash(
    open_page: Open, project: Project, run: Run
) -> None:
    for section in ("nonsense", WHOLE, ""):
        assert "Problem and context" in plain(opened(open_page, project, section)) or section


def test_broken_fences_html_and_images_in_an_edit_are_shown_as_text(
    open_page: Open, forge: Forge, project: Project, run: Run
) -> None:
    text = (
        "## Goals and measures of success\n\n<script>alert(1)</script>\n\n![x](http://127.0.0.1:9/x.png)\n\n"
        "```python\nprint('never closed')\n"
    )
    app = click(typed(opened(open_page, project, "goals"), text), "Store")
    shown = plain(app)
    assert "![x]" not in shown
    assert "Scope" in shown  # the open fence swallows nothing of the next section
    assert stored(forge, run, "goals") == text.strip("\n")
