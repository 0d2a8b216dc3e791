"""axe-core on every page in the real browser, light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from specforge_core import Forge, Settings
from tests.core.chain import edit, project_with
from tests.core.runs import ended
from tests.e2e.conftest import App, NewTab

PAGES = {
    "projects": "/",
    "new project": "/new",
    "overview": "/project?project={project}",
    "open points": "/project?project={project}&tab=Open+points",
    "coverage": "/project?project={project}&tab=Coverage",
    "export": "/project?project={project}&tab=Export",
    "a locked phase": "/phase?project={project}&phase=artifacts",
    "a document": "/phase?project={project}&phase=brief",
    "an editor": "/phase?project={project}&phase=brief&edit=goals",
    "a conversation": "/phase?project={project}&phase=prd&refine=summary",
    "history": "/history?project={project}&phase=brief",
    "telemetry": "/telemetry",
    "settings": "/settings",
}


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=re.compile(name)).first.click()


def preview(page: Page) -> None:
    page.get_by_text("8 templates").click()
    page.get_by_role("button", name="Preview").first.click()


# Address and what opens a popover or a dialog there.
BRIEF, OVERVIEW = "/phase?project={project}&phase=brief", "/project?project={project}"
OVERLAYS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "the keys": (BRIEF, press("Keys$")),
    "regenerate": (BRIEF, press("Regenerate$")),
    "a template": ("/new", preview),
    "save as template": (OVERVIEW, press("Save as template$")),
    "costs": (BRIEF, press("Costs$")),
    "agree to all": (f"{OVERVIEW}&tab=Open+points", press("Agree to all assumptions")),
    "restore": ("/history?project={project}&phase=brief&version={version}", press("Restore$")),
    "definitions": ("/telemetry", press("Definitions$")),
}


# Until nothing fades any more. Playwright's own way to wait needs `eval`, which the page forbids.
FADED = """async () => {
  const moves = (one) => one.playState === "running"
    && one.effect.getComputedTiming().iterations !== Infinity;
  while (document.getAnimations().some(moves)) await new Promise((go) => setTimeout(go, 30));
}"""

# Until what scrolls can be reached, or for so long that axe may say that it cannot.
REACHED = """async () => {
  const among = '[data-testid="stMain"] :is(table, pre), [data-testid="stPopoverBody"]';
  const larger = (one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
  const out = (one) => larger(one) && one.tabIndex !== 0;
  for (let left = 50; left && [...document.querySelectorAll(among)].some(out); left--)
    await new Promise((go) => setTimeout(go, 100));
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, dict[str, str]]]:
    """One server on a project with an edited brief, a proposal, and what is out of date; and the
    ids that the addresses name.
    """
    data = tmp_path_factory.mktemp("accessible") / "data"
    with Forge.open(Settings(data_dir=data, offline_tps=100_000, retries=0)) as forge:
        project, _ = project_with(forge, "brief", "prd", "specs", "stories")
        before = forge.versions(project.project_id, "brief")[0].version_id
        edit(forge, project, "brief", "goals", "## Goals\n\nTwo days instead of nine.")
        ended(forge, forge.propose(project.project_id, "prd", ["summary"], "add SSO", "offline"))
    running = App(data, {}).start()
    yield running, {"project": project.project_id, "version": before}
    assert running.process is not None
    running.end(9)


def settled(page: Page) -> None:
    """The page is drawn: nothing runs, nothing is faded any more."""
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(
        "data-test-script-state", "notRunning"
    )
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
    page.evaluate(FADED)
    page.evaluate(REACHED)


LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 1280),
    ("dark", 390),
    ("light", 390),
)
GROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


def look(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    """The open page as a browser of this width and with this preference draws it."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 24, 28)"}[scheme]
    expect(page.locator("[data-testid=stApp]")).to_have_css("background-color", ground)
    settled(page)


def violations(page: Page, where: str) -> Iterator[tuple[str, ...]]:
    """The serious ones that axe-core finds, and whether the page is wider than its window."""
    window, drawn = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    if drawn > window:  # what is wider than the window scrolls in itself: the page never does
        yield where, f"{drawn} pixels wide"
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            node = violation["nodes"][0]
            yield where, violation["id"], node["html"][:200], node["failureSummary"]


@pytest.mark.parametrize("part", [0, 1])
def test_no_page_has_a_serious_violation_in_any_look(
    app: tuple[App, dict[str, str]], new_tab: NewTab, part: int
) -> None:
    served, ids = app
    page, found = new_tab(), []
    for name, address in [*PAGES.items()][part::2]:
        page.goto(served.url + address.format(**ids))
        expect(page.locator("[data-testid=stMain] h1").first).to_be_visible()
        for scheme, width in LOOKS:
            look(page, scheme, width)
            found += violations(page, f"{name}, {scheme}, {width}")
    assert not found, "\n".join(map(str, found))


def test_what_opens_over_a_page_has_no_serious_violation_in_any_look(
    app: tuple[App, dict[str, str]], new_tab: NewTab
) -> None:
    served, ids = app
    page, found = new_tab(), []
    for name, (address, opener) in OVERLAYS.items():
        page.goto(served.url + address.format(**ids))
        expect(page.locator("[data-testid=stMain] h1").first).to_be_visible()
        settled(page)
        opener(page)
        expect(page.get_by_test_id("stPopoverBody").or_(page.get_by_role("dialog"))).to_be_visible()
        for scheme, width in LOOKS:
            look(page, scheme, width)
            found += violations(page, f"{name}, {scheme}, {width}")
    assert not found, "\n".join(map(str, found))
