"""What a reviewer's hands and ears notice: the keyboard, the focus, a notice from another tab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import App, NewTab, Serve
from tests.e2e.test_browser import create

# A tab that is away as `hidden` says, and the notifications that it asks for.
AWAY = """
window.away = false;
window.notified = [];
Object.defineProperty(document, "hidden", { get: () => window.away });
window.Notification = class {
  static permission = "granted";
  static async requestPermission() { return "granted"; }
  constructor(title, { body }) { window.notified.push(`${title}: ${body}`); }
};
"""


def written(page: Page, app: App) -> None:
    create(page, app)
    generate(page)
    expect(page.locator(".st-key-status").get_by_text("Complete")).to_be_visible()


def generate(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Generate")).click()
    page.get_by_role("button", name="Generate anyway").click()


def test_a_section_is_edited_stored_and_left_by_keyboard_alone(
    serve: Serve, new_tab: NewTab
) -> None:
    page = new_tab()
    written(page, serve(SPECFORGE_OFFLINE_TPS="100000"))
    edit = page.locator(".st-key-edit-goals button").first
    edit.focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Text of")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")  # nothing was typed: there is nothing to ask
    expect(field).to_have_count(0)
    expect(edit).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n\nTyped by hand.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Yes, discard what I typed").first).to_be_visible()
    page.get_by_role("button", name="No", exact=True).click()
    field.click()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Typed by hand.").first).to_be_visible()
    expect(field).to_have_count(0)
    expect(edit).to_be_focused()


@pytest.fixture
def away(browser: Browser, serve: Serve) -> tuple[App, Page]:
    page = browser.new_context().new_page()
    page.add_init_script(AWAY)
    return serve(SPECFORGE_OFFLINE_TPS="400"), page


def test_who_is_in_another_tab_is_told_when_the_run_ends(away: tuple[App, Page]) -> None:
    app, page = away
    page.goto(f"{app.url}/settings")
    page.get_by_label("Browser notification").check()
    create(page, app)
    generate(page)
    expect(page.locator(".st-key-live").get_by_text("Generating")).to_be_visible()
    title = page.title()
    page.evaluate("window.away = true")
    expect(page).to_have_title("● Brief: complete")
    assert page.evaluate("window.notified") == ["SpecForge: Brief: complete"]
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title(title)


def test_who_watches_is_not_told_what_is_seen(away: tuple[App, Page]) -> None:
    app, page = away
    create(page, app)
    title = page.title()
    generate(page)
    expect(page.locator(".st-key-status").get_by_text("Complete")).to_be_visible()
    expect(page).to_have_title(title)
    assert page.evaluate("window.notified") == []
