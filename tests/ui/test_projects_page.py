"""The list of projects and the form that makes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import session
from pages.components.project_card import chain, in_words, where_the_work_is
from specforge_core import Forge, StoreError
from specforge_core.phases import load_tasks
from tests.ui.conftest import Open
from tests.ui.driving import click, finish, labels, plain, words


def test_an_empty_list_invites_with_the_form(open_page: Open) -> None:
    app = open_page()
    assert "It writes the brief" in words(app)
    assert {"Create project", "Load example"} <= set(labels(app))


def test_a_broken_file_is_told_in_the_list_and_in_the_overview(
    open_page: Open, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = forge.create_project("Invoices", "Invoices wait 9 days.")

    def pages() -> tuple[AppTest, AppTest]:
        return open_page(), open_page("project.py", project=project.project_id)

    assert not any(app.warning for app in pages())
    load_tasks.cache_clear()
    monkeypatch.setattr("specforge_core.phases.FOLDER", tmp_path)
    (tmp_path / "_tasks.toml").write_text("adviser = 3\n", encoding="utf-8")
    for app in pages():
        assert len(app.warning) == 1
        assert "_tasks.toml, line 1: adviser" in plain(app)


def test_load_example_fills_in_a_real_project(open_page: Open) -> None:
    app = click(open_page(), "Load example")
    assert app.text_input(key="new title 0").value == "Vendor invoice approval"
    assert "31,000 euros" in (app.text_area(key="new description 0").value or "")


def test_creating_goes_straight_to_the_phase_page_without_a_banner(
    open_page: Open, forge: Forge
) -> None:
    app = click(click(open_page(), "Load example"), "Create project")
    (created,) = forge.projects()
    assert app.title[0].value == "Vendor invoice approval"
    assert "Ready to generate" in words(app)
    assert app.query_params["project"] in (created.project.project_id, [created.project.project_id])
    assert not app.success


@pytest.mark.parametrize(
    ("title", "description", "message"),
    [
        ("", "Something", "Give the project a title"),
        ("x" * 101, "Something", "shorten it by 1 character"),
        ("Title", "  \n ", "Describe the project"),
        ("Title", "y" * 5_200, "shorten it by 200 characters"),
    ],
)
def test_bad_input_is_explained_and_nothing_typed_is_lost(
    open_page: Open, forge: Forge, title: str, description: str, message: str
) -> None:
    app = open_page("new.py")
    app.text_input(key="new title 0").set_value(title)
    app.text_area(key="new description 0").set_value(description)
    click(app, "Create project")
    assert message in words(app).replace("\\", "")
    assert app.text_input(key="new title 0").value == title
    assert app.text_area(key="new description 0").value == description
    assert forge.projects() == []


def test_emoji_and_markup_in_a_title_are_shown_as_typed(open_page: Open, forge: Forge) -> None:
    typed = ":red[Ü] **b** 🚀 <i>"
    made = forge.create_project(typed, "About it")
    app = open_page("phase.py", project=made.project_id, phase="brief")
    shown = app.title[0].value
    assert "\\*\\*b\\*\\*" in shown
    assert "\\:red" in shown


def test_new_project_opens_the_form_while_a_search_stands_in_the_address(
    open_page: Open, forge: Forge
) -> None:
    forge.create_project("Stock", "Counts what is there.")
    app = open_page()
    app.text_input(key="search").set_value("stock").run()
    app.query_params["search"] = "stock"
    click(app, "New project")
    assert not app.exception
    assert app.title[0].value == "New project"


def test_search_finds_in_titles_and_says_when_nothing_matches(
    open_page: Open, forge: Forge
) -> None:
    forge.create_project("Invoices", "Approve them")
    forge.create_project("Warehouse", "Count the stock")
    app = open_page()
    app.text_input(key="search").set_value("stock").run()
    assert "Count the stock" in words(app)
    assert "Approve them" not in words(app)
    app.text_input(key="search").set_value("nowhere").run()
    assert "No project matches" in words(app)


def test_a_card_shows_how_far_the_chain_is(open_page: Open, forge: Forge) -> None:
    project = forge.create_project("Invoices", "Approve them")
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    shown = words(open_page())
    assert "PRD: not started" in shown
    assert "1 of 7 complete" in shown
    (summary,) = forge.projects()
    assert where_the_work_is(summary) == "prd"
    assert "- Brief: complete" in in_words(summary.phases)


def test_a_document_that_is_on_its_way_says_how_far_it_is(open_page: Open, forge: Forge) -> None:
    project = forge.create_project("Invoices", "Approve them")
    run = forge.generate(project.project_id, "brief", "offline", "drill-cut")
    finish(forge, run.run_id)
    (summary,) = forge.projects()
    assert f"Brief: paused {summary.phases[0].percent:.0f} %" in words(open_page())


def test_a_skipped_phase_counts_as_done_and_the_work_goes_on_behind_it(
    open_page: Open, forge: Forge
) -> None:
    project = forge.create_project("Invoices", "Approve them")
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    forge.skip(project.project_id, "prd")
    (summary,) = forge.projects()
    assert where_the_work_is(summary) == "specs"
    assert "2 of 7 complete" in words(open_page())
    assert "- PRD: skipped" in in_words(summary.phases)


def test_a_chain_of_seven_documents_stays_short(forge: Forge) -> None:
    """One badge with words at most where nothing is on its way: it has to fit on a phone."""
    forge.create_project("Invoices", "Approve them")
    (summary,) = forge.projects()
    assert chain(summary.phases).count("badge[") == 1
    assert len(summary.phases) == 7


def test_a_card_leads_to_the_document_and_to_the_overview(open_page: Open, forge: Forge) -> None:
    project = forge.create_project("Invoices", "Approve them")
    queries = [one.proto.query_string for one in open_page().get("page_link")]
    assert f"project={project.project_id}" in queries
    assert f"project={project.project_id}&phase=brief" in queries


def test_a_long_list_is_shown_in_parts(open_page: Open, forge: Forge) -> None:
    for number in range(22):
        forge.create_project(f"Project {number}", "About it")
    app = open_page()
    assert "Show more (2)" in labels(app)
    assert "Show more (2)" not in labels(click(app, "Show more (2)"))


@pytest.mark.parametrize(
    "name", ["", "new.py", "project.py", "phase.py", "telemetry.py", "settings.py"]
)
def test_without_a_forge_every_page_says_why(open_page: Open, name: str) -> None:
    session.serve(StoreError("Another SpecForge (pid 7) uses this folder. Stop it first."))
    app = open_page(name)
    assert "Stop it first" in app.error[0].value
