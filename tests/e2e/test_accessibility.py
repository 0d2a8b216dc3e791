"""axe-core on every page in the real browser, light and wide, dark and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from specforge_core import Forge, Project, Settings
from tests.core.chain import edit, project_with
from tests.core.runs import ended
from tests.e2e.conftest import App

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


# Until nothing fades any more. Playwright's own way to wait needs `eval`, which the page forbids.
FADED = """async () => {
  const moves = (one) => one.playState === "running"
    && one.effect.getComputedTiming().iterations !== Infinity;
  while (document.getAnimations().some(moves)) await new Promise((go) => setTimeout(go, 30));
}"""

# Until wide tables can be reached, or for so long that axe may say that they cannot.
REACHED = """async () => {
  const tables = () => [...document.querySelectorAll('[data-testid="stMain"] :is(table, pre)')];
  const out = (one) => one.scrollWidth > one.clientWidth && one.tabIndex !== 0;
  for (let left = 50; left && tables().some(out); left--)
    await new Promise((go) => setTimeout(go, 100));
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Project]]:
    """One server on a project with an edited brief, a proposal, and what is out of date."""
    data = tmp_path_factory.mktemp("accessible") / "data"
    with Forge.open(Settings(data_dir=data, offline_tps=100_000, retries=0)) as forge:
        project, _ = project_with(forge, "brief", "prd", "specs", "stories")
        edit(forge, project, "brief", "goals", "## Goals\n\nTwo days instead of nine.")
        ended(forge, forge.propose(project.project_id, "prd", ["summary"], "add SSO", "offline"))
    running = App(data, {}).start()
    yield running, project
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


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_page_has_a_serious_violation(
    app: tuple[App, Project], browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    served, project = app
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    page, found = context.new_page(), []
    for name, address in PAGES.items():
        page.goto(served.url + address.format(project=project.project_id))
        expect(page.locator("[data-testid=stMain] h1").first).to_be_visible()
        settled(page)
        # What is wider than the window scrolls in itself: the page never does.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                node = violation["nodes"][0]
                found.append((name, violation["id"], node["html"][:200], node["failureSummary"]))
    context.close()
    assert found == []
