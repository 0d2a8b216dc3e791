"""The settings page."""

from __future__ import annotations

import pytest

from specforge_core import Forge, Settings
from tests.ui.conftest import Open
from tests.ui.driving import words


def test_it_says_which_providers_work_and_how_to_configure_the_others(open_page: Open) -> None:
    app = open_page("settings.py")
    assert "Offline drafter, no LLM" in words(app).replace("\\", "")
    assert any("OPENAI_API_KEY=" in block.value for block in app.code)


def test_a_key_shows_only_its_last_four_characters(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret-value-9f3c")
    app = open_page("settings.py")
    everything = words(app) + "".join(block.value for block in app.code)
    assert "key ends in …9f3c" in everything
    assert "secret" not in everything


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
