"""Providers in the browser: tested, failing, handed over, marked."""

from __future__ import annotations

import re
import signal

from playwright.sync_api import Page, expect

from specforge_core import Forge, Policy, Settings
from tests.e2e.conftest import DRAWN_AGAIN, NewTab, Serve
from tests.e2e.test_browser import begin, choose, create
from tests.loopback import LoopbackProvider, chat_error, chat_stream


def answers(page: Page) -> None:
    page.get_by_role("button", name="Test connection").first.click()
    expect(page.get_by_text(re.compile(r"First token after \d+\.\d\d s")).first).to_be_visible()


def test_a_tested_provider_that_fails_hands_over_to_the_next_and_the_document_says_so(
    serve: Serve, new_tab: NewTab
) -> None:
    with LoopbackProvider(tokens_per_s=400) as provider:
        app = serve(
            CUSTOM_BASE_URL=provider.base_url,
            CUSTOM_MODEL="house-model",
            ANTHROPIC_BASE_URL=provider.root_url,
            ANTHROPIC_API_KEY="sk-ant-1234567890",
            SPECFORGE_RETRIES="1",
        )
        page = new_tab()
        page.goto(f"{app.url}/settings")
        answers(page)
        failover = page.get_by_role("combobox", name=re.compile("If a provider fails"))
        failover.scroll_into_view_if_needed()  # a list that is open closes when the page scrolls
        failover.press("ArrowDown")
        page.get_by_role("option", name="Anthropic", exact=True).click()
        page.keyboard.press("Escape")
        page.evaluate(DRAWN_AGAIN)
        page.reload()
        expect(page.get_by_test_id("stMultiSelect").get_by_text("Anthropic")).to_be_visible()

        create(page, app)
        choose(page, "Provider", "Custom OpenAI-compatible endpoint")
        first = "## Problem and context\n\nWritten by the house model."
        busy = chat_error(503, "Busy", headers={"retry-after": "3"})  # time to be seen waiting
        provider.reply(chat_stream([first]), busy, busy)
        begin(page)
        expect(page.get_by_text(re.compile("overloaded .503..*Next try")).first).to_be_visible()
        expect(page.get_by_text("Complete").first).to_be_visible()
        expect(page.get_by_text("Written by the house model.").first).to_be_visible()
        expect(page.get_by_text(re.compile("Written by Anthropic")).first).to_be_visible()
        asked = [request.body["model"] for request in provider.requests]
        assert asked.count("house-model") == 3  # the first section, and two tries at the second
        assert {"claude-haiku-5-5", "house-model", "claude-sonnet-5-5"} >= set(asked)


def test_a_settings_page_left_open_over_a_restart_is_up_to_date_and_its_first_change_counts(
    serve: Serve, new_tab: NewTab
) -> None:
    with LoopbackProvider() as provider:
        app = serve(CUSTOM_BASE_URL=provider.base_url, CUSTOM_MODEL="house-model")
        page = new_tab()
        page.goto(f"{app.url}/settings")
        page.get_by_text("How it is asked: streams").first.click()
        expect(page.get_by_text("All data lies in this folder").first).to_be_visible()
        # The browser fetches the code of each kind of input; after the kill it could not.
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        app.end(signal.SIGKILL)
        with Forge.open(Settings(data_dir=app.data_dir)) as forge:
            forge.set_policy(Policy(day_budget_usd=8.0))
        app.start()
        expect(page.get_by_label("For everything, in a day (UTC)")).to_have_value("8.00")
        page.get_by_text("It cannot stream: short turns").first.click()
        expect(page.get_by_text("How it is asked: short turns").first).to_be_visible()
        answers(page)
        page.reload()
        expect(page.get_by_text("How it is asked: short turns").first).to_be_visible()
        expect(page.get_by_label("For everything, in a day (UTC)")).to_have_value("8.00")
