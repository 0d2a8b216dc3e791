"""Answers that save themselves while a person types, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import App, NewTab, Serve
from tests.e2e.test_browser import create

SAVED = re.compile(r"^Saved \d\d:\d\d$")
PAUSED_MS = 1_000  # longer than the pause after which a field is saved


def field(page: Page, question: str) -> Locator:
    return page.locator(f".st-key-question-{question} textarea")


def state(page: Page, question: str) -> Locator:
    return page.locator(f".st-key-question-{question} [role=status] span")


def begin(serve: Serve, page: Page) -> App:
    app = serve(SPECFORGE_OFFLINE_TPS="60")
    create(page, app)
    return app


def test_an_answer_is_saved_while_one_types_and_focus_cursor_and_text_stay(
    serve: Serve, new_tab: NewTab
) -> None:
    page, colleague = new_tab(), new_tab()
    begin(serve, page)
    colleague.goto(page.url)
    users = field(page, "users")
    users.click()
    page.keyboard.type("clerks ")
    expect(state(page, "users")).to_have_text("Saving …")
    expect(state(page, "users")).to_have_text(SAVED)
    page.keyboard.press("Home")
    for word in ("Forty ", "accounts ", "payable "):
        page.keyboard.type(word)
        page.wait_for_timeout(PAUSED_MS)  # what a person does; the field is saved meanwhile
    page.keyboard.type("and other ")
    expect(state(page, "users")).to_have_text(SAVED)
    expect(users).to_be_focused()
    expect(users).to_have_value("Forty accounts payable and other clerks ")
    assert users.evaluate("field => field.selectionStart") == len(
        "Forty accounts payable and other "
    )
    expect(field(colleague, "users")).to_have_value("Forty accounts payable and other clerks")
    page.reload()
    expect(field(page, "users")).to_have_value("Forty accounts payable and other clerks")


def test_what_could_not_be_saved_is_there_after_a_refresh(serve: Serve, new_tab: NewTab) -> None:
    page = new_tab()
    begin(serve, page)
    field(page, "users").fill("z" * 2_001)
    expect(page.get_by_text("shorten it by 1 character").first).to_be_visible()
    expect(state(page, "users")).to_have_text("Not saved")
    field(page, "worries").fill("Typed just before the refresh")
    page.reload()
    expect(field(page, "users")).to_have_value("z" * 2_001)
    expect(page.get_by_text("shorten it by 1 character").first).to_be_visible()
    expect(field(page, "worries")).to_have_value("Typed just before the refresh")
    expect(state(page, "worries")).to_have_text(SAVED)


def test_ctrl_enter_saves_within_an_answer_and_generates_outside(
    serve: Serve, new_tab: NewTab
) -> None:
    page = new_tab()
    begin(serve, page)
    for question in ("users", "success"):
        field(page, question).click()
        page.keyboard.type("Forty auditors")
        page.keyboard.press("Control+Enter")
        expect(state(page, question)).to_have_text(SAVED)
    expect(page.get_by_text("Ready to generate").first).to_be_visible()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".st-key-live").get_by_text("Generating")).to_be_visible()


def test_what_is_typed_when_generate_is_clicked_is_in(serve: Serve, new_tab: NewTab) -> None:
    page = new_tab()
    begin(serve, page)
    expect(state(page, "users")).to_be_attached()  # what saves the field has come, too
    field(page, "users").press_sequentially("Forty auditors")
    expect(state(page, "users")).to_have_text(SAVED)
    field(page, "success").click()
    page.keyboard.type("Two days instead of nine")
    page.get_by_role("button", name=re.compile("^Generate")).click()
    expect(page.get_by_text("▌").first).to_be_visible()  # no required question was open
    page.reload()
    page.get_by_text("Questions", exact=True).click()
    expect(field(page, "success")).to_have_value("Two days instead of nine")


def test_the_next_document_is_one_shortcut_away_and_no_button_hides_its_state(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="100000")
    page = new_tab(390)
    create(page, app)
    page.get_by_role("button", name=re.compile("^Generate")).click()
    page.get_by_role("button", name="Generate anyway").click()
    expect(page.get_by_role("button", name=re.compile("Next: PRD")).first).to_be_visible()
    page.keyboard.press("Alt+n")
    expect(page.get_by_role("button", name=re.compile("Generate PRD")).first).to_be_visible()
    for name, word in (("Brief", "complete"), ("PRD", "not started"), ("Tests", "optional")):
        expect(page.get_by_role("button", name=f"{name} {word}").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_answer_all_is_stopped_by_its_key_and_the_focus_stays_near(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="4")
    page = new_tab()
    create(page, app)
    page.get_by_role("button", name=re.compile("^Answer all")).click()
    stop = page.locator(".st-key-at-work-answers").get_by_role("button", name="Cancel")
    expect(stop).to_be_focused()
    page.keyboard.press("Alt+x")
    expect(page.get_by_role("button", name=re.compile("^Answer all"))).to_be_enabled()
    expect(stop).to_have_count(0)
    expect(page.locator(".st-key-suggesting button:focus")).to_have_count(1)
