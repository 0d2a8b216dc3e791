"""The settings page: which providers work, a test of each, display, data."""

from __future__ import annotations

import pytest

from specforge_core import Forge, ProviderPolicy, Settings, StreamMode
from tests.loopback import LoopbackProvider, chat_error, chat_stream, json_reply
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


def test_a_test_shows_model_first_token_and_speed_until_the_next(
    open_page: Open, endpoint: LoopbackProvider
) -> None:
    pieces = ["one, ", "two, ", "three, ", "four"]
    endpoint.reply(chat_stream(pieces, usage=(20, 40), delay_s=0.1))
    app = open_page("settings.py")
    assert "answers" not in plain(app)
    shown = plain(app.button(key="test custom").click().run())
    assert "**house-model** answers. First token after 0." in shown
    assert "tokens/s · cost unknown" in shown
    assert "**house-model** answers" in plain(app.run()), "it stays"
    endpoint.reply(chat_error(500, "broken"))
    assert "answers" not in plain(app.button(key="test custom").click().run())


def test_a_test_with_a_bad_key_shows_the_sentence_and_not_the_key(
    open_page: Open, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_error(401, "Incorrect API key: key-of-the-house-77aa", code="invalid"))
    app = open_page("settings.py")
    shown = plain(app.button(key="test custom").click().run())
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
    assert "**other-model** answers" in plain(app.button(key="test custom").click().run())
    assert endpoint.requests[-1].body["model"] == "other-model"


def test_a_test_without_a_model_says_that_one_must_be_named(
    open_page: Open, endpoint: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUSTOM_MODEL")
    app = open_page("settings.py")
    assert "Name the model" in plain(app.button(key="test custom").click().run())
    assert not endpoint.requests


def test_a_test_of_an_endpoint_that_cannot_stream_is_marked(
    open_page: Open, forge: Forge, endpoint: LoopbackProvider
) -> None:
    asked = ProviderPolicy(stream_mode=StreamMode.SIMULATED)
    forge.set_policy(forge.policy().model_copy(update={"providers": {"custom": asked}}))
    choice = {"index": 0, "message": {"content": "one, two"}, "finish_reason": "stop"}
    endpoint.reply(json_reply({"choices": [choice], "usage": None}))
    app = open_page("settings.py")
    assert "Simulated stream" in plain(app.button(key="test custom").click().run())


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
