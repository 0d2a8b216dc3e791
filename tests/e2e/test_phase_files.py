"""Phase files that are gone when SpecForge starts, and come back."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT, App, NewTab

PHASES = "specforge_core/phases"


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[App]:
    """The product in a folder of its own, without one TOML file of a phase; not started."""
    root = tmp_path / "product"
    for name in ("pages", "specforge_core", ".streamlit"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", root)
    for path in (root / PHASES).glob("*.toml"):
        path.unlink()
    app = App(tmp_path / "data", {}, root)
    yield app
    if app.process is not None:
        app.end(signal.SIGKILL)


def put_back(app: App, names: str) -> None:
    for path in (ROOT / PHASES).glob(names):
        shutil.copy(path, app.root / PHASES)


def test_without_phase_files_the_page_says_what_to_do_and_after_a_restart_all_are_there(
    copied: App, new_tab: NewTab
) -> None:
    copied.start()
    refused = httpx.get(f"{copied.url}/healthz")
    assert refused.status_code == 503
    assert "There is no phase that can be used" in refused.json()["reason"]
    page = new_tab(390)
    page.goto(copied.url)
    expect(page.get_by_text("There is no phase that can be used").first).to_be_visible()
    expect(page.get_by_text(re.compile("back into specforge_core/phases")).first).to_be_visible()
    expect(page.get_by_text(re.compile("restart SpecForge")).first).to_be_visible()

    put_back(copied, "brief.toml")
    expect(page.get_by_role("button", name="Create project").first).to_be_visible()
    put_back(copied, "*.toml")
    page.reload()
    expect(page.get_by_text("When they are mended, restart SpecForge").first).to_be_visible()
    page.get_by_label("Title", exact=True).fill("Log sifter")
    page.get_by_label("Description", exact=True).fill("Sifts logs.")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Ready to generate").first).to_be_visible()
    expect(page.get_by_role("button", name="PRD")).to_have_count(0)

    copied.end(signal.SIGTERM)
    copied.start()
    page.reload()
    expect(page.get_by_role("button", name="PRD").first).to_be_visible()
    page.goto(copied.url)
    expect(page.get_by_text("Log sifter").first).to_be_visible()
    expect(page.get_by_text("restart SpecForge")).to_have_count(0)
