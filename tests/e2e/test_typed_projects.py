"""Title and description of a project outlive a reload until they are stored."""

from __future__ import annotations

import re
import signal

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import DRAWN_AGAIN, NewTab, Serve


def title(page: Page) -> Locator:
    return page.get_by_label("Title", exact=True)


def description(page: Page) -> Locator:
    return page.get_by_label("Description", exact=True)


def kept(page: Page) -> str:
    """What this browser keeps of drafts."""
    return str(page.evaluate("JSON.stringify(localStorage)"))


def until_kept(page: Page, text: str) -> None:
    """Waits until the typed text is in the browser's store, or in no draft for ""."""
    for _ in range(200):
        if (text in kept(page)) if text else "specforge draft" not in kept(page):
            return
        page.wait_for_timeout(50)
    raise AssertionError(kept(page))


def test_what_was_typed_for_a_new_project_is_there_after_a_reload_and_gone_after_create(
    serve: Serve, new_tab: NewTab
) -> None:
    app, page = serve(SPECFORGE_OFFLINE_TPS="60"), new_tab()
    page.goto(f"{app.url}/new")
    expect(title(page)).to_be_visible()
    page.get_by_text("8 templates").click()
    page.locator(".st-key-use-cli-tool button").first.click()
    expect(description(page)).to_have_value(re.compile("USER INPUT NEEDED"))
    title(page).fill("Log sifter")
    description(page).fill("")
    description(page).press_sequentially("Sifts logs, and this field was never left")
    until_kept(page, "never left")
    page.reload()
    expect(title(page)).to_have_value("Log sifter")
    expect(description(page)).to_have_value("Sifts logs, and this field was never left")
    expect(page.get_by_text("Start from: CLI tool").first).to_be_visible()

    title(page).fill("")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Give the project a title").first).to_be_visible()
    page.reload()
    expect(description(page)).to_have_value("Sifts logs, and this field was never left")
    title(page).fill("Log sifter")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Ready to generate").first).to_be_visible()
    until_kept(page, "")
    page.goto(f"{app.url}/new")
    expect(page.get_by_text("Start from: Blank project").first).to_be_visible()
    expect(title(page)).to_have_value("")


def test_older_words_that_a_reload_had_brought_back_do_not_replace_newer_ones_after_a_restart(
    serve: Serve, new_tab: NewTab
) -> None:
    app, page = serve(), new_tab()
    connection = page.locator("[data-testid=stApp]")
    page.goto(f"{app.url}/new")
    description(page).fill("Older words")
    until_kept(page, "Older words")
    page.reload()
    expect(description(page)).to_have_value("Older words")
    title(page).fill("Log sifter")
    description(page).fill("Newer words")
    title(page).click()
    app.end(signal.SIGTERM)
    expect(connection).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    app.start()
    expect(connection).to_have_attribute("data-test-connection-state", "CONNECTED")
    page.evaluate(DRAWN_AGAIN)
    expect(description(page)).to_have_value("Newer words")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Ready to generate").first).to_be_visible()
    page.get_by_role("link", name="Overview").first.click()
    page.get_by_text("Description", exact=True).click()
    expect(page.get_by_text("Newer words").first).to_be_visible()


def test_an_empty_form_is_one_click_away(serve: Serve, new_tab: NewTab) -> None:
    app, page = serve(), new_tab(390)
    page.goto(f"{app.url}/new")
    expect(title(page)).to_be_visible()
    title(page).fill("Log sifter")
    until_kept(page, "Log sifter")
    page.reload()
    expect(title(page)).to_have_value("Log sifter")
    page.get_by_role("button", name="Start with an empty form").click()
    # While the page is drawn anew, the field of the form before it stands beside the new one.
    expect(page.locator(".st-key-new-title-1 input")).to_have_value("")
    expect(title(page)).to_have_count(1)
    until_kept(page, "")


def test_a_description_that_is_being_changed_outlives_a_reload_beside_what_others_change(
    serve: Serve, new_tab: NewTab
) -> None:
    app, page, colleague = serve(SPECFORGE_OFFLINE_TPS="60"), new_tab(), new_tab()
    page.goto(f"{app.url}/new")
    title(page).fill("Log sifter")
    description(page).fill("Sifts logs.")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Ready to generate").first).to_be_visible()
    page.get_by_role("link", name="Overview").first.click()
    page.get_by_role("button", name="Edit").first.click()
    description(page).fill("Sifts logs and mails.")
    until_kept(page, "and mails")
    colleague.goto(page.url)
    colleague.get_by_role("button", name="Edit").first.click()
    description(colleague).fill("Sifts flour.")
    colleague.get_by_role("button", name="Save", exact=True).click()
    expect(colleague.get_by_role("button", name="Edit").first).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Edit").first.click()
    expect(description(page)).to_have_value("Sifts logs and mails.")
    expect(page.get_by_text("Somebody has changed the project meanwhile").first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Edit").first).to_be_visible()
    until_kept(page, "")
