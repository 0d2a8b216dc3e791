"""Open points answered in a real browser: where the focus goes, and what outlives a reload."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from specforge_core import Forge, OpenPoint, Project, Settings
from tests.core.chain import edit, project_with
from tests.e2e.conftest import App, NewTab
from tests.e2e.test_typed_projects import until_kept

Points = tuple[str, list[OpenPoint]]  # the address of the list, and what stands in it


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Points]]:
    """One server on projects with a question and 24 assumptions each: two pages of points."""
    data = tmp_path_factory.mktemp("points") / "data"
    with Forge.open(Settings(data_dir=data, offline_tps=100_000, retries=0)) as forge:
        made = [with_points(forge) for _ in range(6)]
        listed = [forge.open_points(one.project_id) for one in made]
    running = App(data, {}).start()
    yield (
        (f"{running.url}/project?project={project.project_id}&tab=Open+points", list(points))
        for project, points in zip(made, listed, strict=True)
    )
    running.end(9)


def with_points(forge: Forge) -> Project:
    project, runs = project_with(forge, "brief")
    for section in forge.live(runs["brief"].run_id).sections:
        edit(forge, project, "brief", section.section, f"## {section.title}\n\nNothing.")
    assumed = "\n".join(f"- *Assumption:* Number {n} holds." for n in range(24))
    title = "## Risks, assumptions and open questions"
    asked = "### Open questions\n\n- Q1: Who approves above 20,000 euros?"
    edit(forge, project, "brief", "risks", f"{title}\n\n{assumed}\n\n{asked}")
    return project


@pytest.fixture
def points(projects: Iterator[Points]) -> Points:
    return next(projects)


def card(page: Page, point: OpenPoint) -> Locator:
    return page.locator(f".st-key-point-{point.id}")


@pytest.mark.parametrize("width", [390, 1280])
def test_who_agrees_by_keyboard_goes_on_from_the_same_card(
    points: Points, new_tab: NewTab, width: int
) -> None:
    address, (first, *_) = points
    page = new_tab(width)
    page.goto(address)
    agreed = card(page, first).get_by_role("button", name="Agreed")
    agreed.focus()
    page.keyboard.press("Enter")
    expect(card(page, first).get_by_text("Answered: “Agreed”")).to_be_visible()
    expect(card(page, first).get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Tab")
    expect(card(page, first).get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(agreed).to_be_visible()
    expect(card(page, first).get_by_role("textbox")).to_be_focused()


def field(page: Page, point: OpenPoint) -> Locator:
    return card(page, point).get_by_role("textbox")


def press(page: Page, point: OpenPoint, name: str) -> None:
    card(page, point).get_by_role("button", name=name, exact=True).click()


def expect_restored(page: Page, point: OpenPoint, text: str) -> None:
    expect(field(page, point)).to_have_value(text)
    expect(card(page, point).get_by_text("This browser had kept what you typed")).to_be_visible()


def expect_nothing_to_come_back(page: Page, point: OpenPoint) -> None:
    until_kept(page, "")
    page.reload()
    expect(card(page, point).get_by_role("button", name="Agreed")).to_be_visible()
    expect(field(page, point)).to_have_value("")
    expect(page.get_by_text("This browser had kept")).to_have_count(0)


def test_a_typed_answer_outlives_a_reload_until_it_is_saved(
    points: Points, new_tab: NewTab
) -> None:
    address, (first, second, *_) = points
    page = new_tab()
    page.goto(address)
    field(page, first).press_sequentially("Typed, and this field was never left")
    until_kept(page, "never left")
    page.reload()
    expect_restored(page, first, "Typed, and this field was never left")
    field(page, second).fill("Of the second")
    page.reload()
    expect_restored(page, first, "Typed, and this field was never left")
    expect_restored(page, second, "Of the second")
    for point in (first, second):
        press(page, point, "Save")
        expect(card(page, point).get_by_text("Answered: “")).to_be_visible()
    until_kept(page, "")
    page.reload()
    page.get_by_text("Answered before (2)").click()
    expect(field(page, second)).to_have_value("Of the second")
    expect(page.get_by_text("This browser had kept")).to_have_count(0)


def test_answers_typed_on_two_pages_of_the_list_both_outlive_a_reload(
    points: Points, new_tab: NewTab
) -> None:
    address, listed = points
    page = new_tab()
    page.goto(address)
    question = listed[-1]
    assert question.kind == "question"  # the first in the list, so 19 assumptions follow
    here, there = listed[0], listed[20]
    field(page, here).fill("On page 1")
    page.get_by_role("button", name="Page 2").click()
    field(page, there).fill("On page 2")
    until_kept(page, "On page 2")
    page.reload()
    expect_restored(page, here, "On page 1")
    expect(page.get_by_text("This browser had kept what you typed on page 2").first).to_be_visible()
    page.get_by_role("button", name="Page 2").click()
    expect_restored(page, there, "On page 2")
    expect(page.get_by_text("This browser had kept what you typed on page 1").first).to_be_visible()


def test_a_typed_answer_gives_way_to_agreed_and_undo_brings_it_back(
    points: Points, new_tab: NewTab
) -> None:
    address, (first, *_) = points
    page = new_tab()
    page.goto(address)
    press(page, first, "Agreed")
    expect(field(page, first)).to_have_value("Agreed")
    press(page, first, "Undo")
    expect(field(page, first)).to_have_value("")
    expect_nothing_to_come_back(page, first)

    field(page, first).fill("Only on Mondays")
    press(page, first, "Agreed")
    expect(field(page, first)).to_have_value("Agreed")
    until_kept(page, "")
    press(page, first, "Undo")
    expect(field(page, first)).to_have_value("Only on Mondays")
    until_kept(page, "Only on Mondays")
    page.reload()
    expect_restored(page, first, "Only on Mondays")
    press(page, first, "Discard")
    expect(field(page, first)).to_have_value("")
    expect(field(page, first)).to_be_focused()
    expect_nothing_to_come_back(page, first)


def test_what_somebody_else_has_answered_meanwhile_is_shown_and_not_replaced_unasked(
    points: Points, new_tab: NewTab
) -> None:
    address, (first, *_) = points
    page, colleague = new_tab(390), new_tab()
    page.goto(address)
    field(page, first).fill("Mine")
    until_kept(page, "Mine")
    colleague.goto(address)
    field(colleague, first).fill("Theirs")
    press(colleague, first, "Save")
    expect(card(colleague, first).get_by_text("Answered: “Theirs”")).to_be_visible()
    page.reload()
    expect_restored(page, first, "Mine")
    expect(card(page, first)).to_contain_text(re.compile("Answered meanwhile.*“Theirs”"))
    press(page, first, "Save")
    expect(card(page, first).get_by_text("has answered this meanwhile")).to_be_visible()
    expect(field(page, first)).to_have_value("Mine")
    colleague.reload()
    colleague.get_by_text("Answered before (1)").click()
    expect(field(colleague, first)).to_have_value("Theirs")
    press(page, first, "Save")
    expect(card(page, first).get_by_text("Answered: “Mine”")).to_be_visible()
    until_kept(page, "")
