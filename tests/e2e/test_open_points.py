"""Open points answered in a real browser: where the focus goes, and what outlives a reload."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from specforge_core import Forge, OpenPoint, Project, Settings
from tests.core.chain import edit, project_with
from tests.e2e.conftest import App, NewTab

Points = tuple[str, list[OpenPoint]]  # the address of the list, and what stands in it


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Points]]:
    """One server on projects with a question and 24 assumptions each: two pages of points."""
    data = tmp_path_factory.mktemp("points") / "data"
    with Forge.open(Settings(data_dir=data, offline_tps=100_000, retries=0)) as forge:
        made = [with_points(forge) for _ in range(3)]
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
