"""One project from a template to the ZIP, through all phases, in the browser."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewTab, Serve

CHAIN = ["Brief", "PRD", "Technical specs", "Stories", "Tests", "Artifacts", "Hand-off"]


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def write(page: Page, title: str) -> None:
    """From an open phase to its complete document."""
    button(page, f"^Generate {title}")
    anyway = page.get_by_role("button", name=re.compile("^Generate anyway"))
    written = page.locator(".st-key-status").get_by_text(re.compile(r"tokens written in"))
    expect(anyway.or_(written).first).to_be_visible(timeout=60_000)
    if anyway.is_visible():
        anyway.click()
    expect(written.first).to_be_visible(timeout=60_000)


def test_a_project_goes_from_a_template_to_a_zip_through_all_phases(
    serve: Serve, new_tab: NewTab, tmp_path: Path
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="20000")
    page = new_tab()
    page.goto(f"{app.url}/new")
    page.get_by_text("8 templates").click()
    page.locator(".st-key-use-cli-tool button").first.click()
    expect(page.get_by_label("Description")).to_have_value(re.compile("USER INPUT NEEDED"))
    page.get_by_label("Title").fill("Log sifter")
    button(page, "^Create")
    anyway = page.get_by_role("button", name=re.compile("^Create anyway"))
    ready = page.get_by_text("Ready to generate")
    expect(anyway.or_(ready).first).to_be_visible()
    if anyway.is_visible():
        anyway.click()
    expect(ready).to_be_visible()

    for number, title in enumerate(CHAIN):
        write(page, title)
        if number + 1 < len(CHAIN):
            button(page, f"^Next: {CHAIN[number + 1]}")
            expect(page.get_by_text("Ready to generate").first).to_be_visible()
    page.get_by_role("link", name="Overview").first.click()
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as started:
        button(page, "^Download")
    target = tmp_path / "handoff.zip"
    started.value.save_as(target)

    with zipfile.ZipFile(target) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        manifest = json.loads(packed.read(next(n for n in names if n.endswith("manifest.json"))))
        prompt = packed.read(next(n for n in names if n.endswith("MASTER_PROMPT.md"))).decode()
    assert manifest["project"]["title"] == "Log sifter"
    assert [one["state"] for one in manifest["documents"]] == ["complete"] * len(CHAIN)
    assert "US-1" in prompt
