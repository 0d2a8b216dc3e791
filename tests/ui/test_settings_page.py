"""The settings page: which providers work, a test of each, display, data."""

from __future__ import annotations

import re
from concurrent.futures import CancelledError

import pytest
from streamlit.testing.v1 import AppTest

from specforge_core import Forge, ProviderPolicy, Settings, StreamMode
from tests.loopback import (
    Gate,
    LoopbackProvider,
    anthropic_error,
    chat_error,
    chat_stream,
    json_reply,
)
from tests.ui.conftest import Open
from tests.ui.driving import plain, type_in, words


def test_it_says_which_providers_work_and_how_to_configure_the_others(open_page: Open) -> None:
    app = open_page("settings.py")
    assert "Offline drafter, no LLM" in plain(app)
    assert any("OPENAI_API_KEY=" in block.value for block in app.code)


def test_providers_that_can_be_used_come_first_and_the_others_are_closed(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "zai-key-123456789")
    app = open_page("settings.py")
    shown = plain(app)
    assert shown.index("**Z.AI**") < shown.index("**Offline drafter")
    closed = [one.label for one in app.expander if "Not configured" in one.label]
    assert [name for name in closed if name.startswith("OpenAI")]
    assert not any(one.proto.expanded for one in app.expander)


def test_a_key_shows_only_its_last_four_characters(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret-value-9f3c")
    app = open_page("settings.py")
    everything = words(app) + "".join(block.value for block in app.code)
    assert "Key ends in …9f3c" in everything
    assert "secret" not in everything


def test_models_are_listed_with_limits_and_prices(
    open_page: Open, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234567890")
    price = forge.prices("openai")["gpt-6.1-terra"]
    assert price is not None
    row = _row(plain(open_page("settings.py")), "Balanced: gpt-6.1-terra")
    assert "1.05 M | 128 K" in row
    assert f"${price.input_usd:.2f}" in row
    assert f"${price.output_usd:.2f}" in row


@pytest.mark.usefixtures("endpoint")
def test_an_unknown_price_is_called_unknown_and_never_nothing(open_page: Open) -> None:
    row = _row(plain(open_page("settings.py")), "house-model")
    assert row.count("unknown") == 5  # both limits, three prices
    assert "0" not in row
    assert "free" not in row


def test_a_model_named_like_markdown_is_shown_as_typed(
    open_page: Open, endpoint: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_MODEL", "![x](http://evil.example/a.png)|b")
    assert "![x]" not in words(open_page("settings.py"))
    assert "![x]" in plain(open_page("settings.py"))


# --- test of a connection ------------------------------------------------------


def click_test(app: AppTest, name: str = "custom") -> AppTest:
    return app.button(key=f"test {name}").click().run()


def outcome(app: AppTest, name: str = "custom") -> str:
    """What the page says when the test that was begun has ended."""
    app.session_state["tests"][name].future.exception(timeout=20)
    return plain(app.run())


def test_a_test_shows_model_first_token_and_speed_until_the_next(
    open_page: Open, endpoint: LoopbackProvider
) -> None:
    pieces = ["one, ", "two, ", "three, ", "four"]
    endpoint.reply(chat_stream(pieces, usage=(20, 40), delay_s=0.1))
    app = open_page("settings.py")
    assert "answers" not in plain(app)
    shown = outcome(click_test(app))
    told = r"\*\*house-model\*\* answers. First token after \d+\.\d\d s\b.*tokens/s · cost unknown"
    assert re.search(told, shown)
    assert "**house-model** answers" in plain(app.run()), "it stays"
    endpoint.reply(chat_error(500, "broken"))
    assert "answers" not in outcome(click_test(app))


def test_a_page_stays_usable_while_a_silent_endpoint_is_tested(
    open_page: Open, forge: Forge, endpoint: LoopbackProvider
) -> None:
    gate = Gate()
    endpoint.reply(chat_stream(["one, two"]).gate_after(0, gate))
    app = click_test(open_page("settings.py"))
    assert gate.reached.wait(5)
    assert "Testing house-model … 0 s" in plain(app)
    app.number_input(key="day_budget_usd").set_value(5.0).run()
    assert forge.policy().day_budget_usd == 5.0
    click_test(app)
    assert len(endpoint.requests) == 1, "one test of a provider at a time"
    gate.open()
    shown = outcome(app)
    assert "**house-model** answers" in shown
    assert "Testing" not in shown


def test_two_providers_are_tested_at_once(
    open_page: Open, endpoint: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", endpoint.root_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1234567890")
    gate = Gate()
    endpoint.reply(
        chat_stream(["one, two"]).gate_after(0, gate),
        anthropic_error(529, "overloaded_error", "Overloaded"),
    )
    app = click_test(open_page("settings.py"))
    assert gate.reached.wait(5)
    shown = outcome(click_test(app, "anthropic"), "anthropic")
    assert "Testing house-model" in shown
    assert "HTTP 529" in shown
    gate.open()
    assert "**house-model** answers" in outcome(app)


def test_a_test_goes_on_when_the_page_is_left(open_page: Open, endpoint: LoopbackProvider) -> None:
    gate = Gate()
    endpoint.reply(chat_stream(["one, two"]).gate_after(0, gate))
    app = click_test(open_page("settings.py"))
    assert gate.reached.wait(5)
    app.switch_page("projects.py").run()
    assert "Testing" not in plain(app)
    app.switch_page("settings.py").run()
    assert "Testing house-model" in plain(app)
    gate.open()
    assert "**house-model** answers" in outcome(app)


def test_a_forge_that_closes_ends_the_test(
    open_page: Open, forge: Forge, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_stream(["one, two"]).stall_after(0))
    app = click_test(open_page("settings.py"))
    endpoint.wait_requests()
    test = app.session_state["tests"]["custom"].future
    forge.close()
    with pytest.raises(CancelledError):
        test.result(timeout=30)


def test_a_test_with_a_bad_key_shows_the_sentence_and_not_the_key(
    open_page: Open, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_error(401, "Incorrect API key: key-of-the-house-77aa", code="invalid"))
    app = open_page("settings.py")
    shown = outcome(click_test(app))
    assert "CUSTOM_API_KEY" in shown
    assert "house-model · auth · after" in shown
    assert "HTTP 401 · request req_loopback_error" in shown
    assert "key-of-the-house" not in shown


def test_a_test_begins_with_the_fast_model(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1234567890")
    app = open_page("settings.py")
    assert app.selectbox(key="test openai model").value == "gpt-6-luna"


def test_a_test_may_be_made_of_a_model_that_is_not_listed(
    open_page: Open, endpoint: LoopbackProvider
) -> None:
    app = open_page("settings.py")
    type_in(app, "test custom model", "other-model")
    click_test(app)
    assert endpoint.wait_requests()[0].body["model"] == "other-model"


def test_a_test_without_a_model_says_that_one_must_be_named(
    open_page: Open, endpoint: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUSTOM_MODEL")
    app = open_page("settings.py")
    assert "Name the model" in outcome(click_test(app))
    assert not endpoint.requests


def test_a_test_of_an_endpoint_that_cannot_stream_is_marked(
    open_page: Open, forge: Forge, endpoint: LoopbackProvider
) -> None:
    asked = ProviderPolicy(stream_mode=StreamMode.SIMULATED)
    forge.set_policy(forge.policy().model_copy(update={"providers": {"custom": asked}}))
    choice = {"index": 0, "message": {"content": "one, two"}, "finish_reason": "stop"}
    endpoint.reply(json_reply({"choices": [choice], "usage": None}))
    app = open_page("settings.py")
    assert "Simulated stream" in outcome(click_test(app))


# --- display and data ----------------------------------------------------------


def test_the_display_preference_is_kept(open_page: Open, forge: Forge) -> None:
    app = open_page("settings.py")
    app.radio(key="streaming").set_value("whole").run()
    assert forge.preference("streaming") == "whole"
    assert open_page("settings.py").radio(key="streaming").value == "whole"


def test_it_says_where_the_data_lies(open_page: Open, forge: Forge) -> None:
    shown = [block.value for block in open_page("settings.py").code]
    assert str(forge.settings.data_dir.resolve()) in shown


class TestTurnedOff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"streaming": "off"})

    def test_an_administrator_can_turn_live_display_off(self, open_page: Open) -> None:
        app = open_page("settings.py")
        assert app.radio(key="streaming").disabled
        assert "SPECFORGE_STREAMING=off" in words(app)


def _row(shown: str, name: str) -> str:
    return next(line for line in shown.splitlines() if line.startswith(f"| {name} "))
