"""What a person may ask of the facade, and what it answers to the rest."""

from __future__ import annotations

import pytest

from specforge_core import (
    Forge,
    InvalidInput,
    NotFound,
    WorkStatus,
)
from tests.core.runs import BRIEF, Opener, ended


@pytest.mark.parametrize(
    ("title", "description", "field", "message"),
    [
        ("", BRIEF, "title", "Give the project a title"),
        ("   \x00 ", BRIEF, "title", "Give the project a title"),
        ("x" * 101, BRIEF, "title", "shorten it by 1 character"),
        ("Ok", "", "description", "Describe the project"),
        ("Ok", "y" * 5_002, "description", "5,002 of 5,000 characters: shorten it by 2 characters"),
    ],
)
def test_unfit_input_is_refused_with_a_sentence(
    forge: Forge, title: str, description: str, field: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        forge.create_project(title, description)
    assert caught.value.field == field
    assert forge.projects() == []


def test_emoji_and_foreign_scripts_are_kept_and_tricks_are_not(forge: Forge) -> None:
    project = forge.create_project("👩‍👩‍👧 facturé عربى\u202egnp", "日本語の説明 🎉\r\nline\x07")
    assert forge.project(project.project_id).title == "👩‍👩‍👧 facturé عربىgnp"
    assert forge.project(project.project_id).description == "日本語の説明 🎉\nline"
    run = forge.generate(project.project_id, "brief", "offline")
    assert ended(forge, run).run.status is WorkStatus.COMPLETE


def test_unknown_things_are_said_to_be_unknown(forge: Forge) -> None:
    project = forge.create_project("T", BRIEF)
    for ask in (
        lambda: forge.project("nope"),
        lambda: forge.run("nope"),
        lambda: forge.live("nope"),
        lambda: forge.document("nope"),
        lambda: forge.phase("nope"),
        lambda: forge.generate(project.project_id, "nope", "offline"),
        lambda: forge.generate("nope", "brief", "offline"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_provider_without_a_key_says_what_to_set(
    forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CUSTOM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    project = forge.create_project("T", BRIEF)
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY="):
        forge.generate(project.project_id, "brief", "openai")
    with pytest.raises(InvalidInput, match="CUSTOM_BASE_URL="):
        forge.generate(project.project_id, "brief", "custom")
    with pytest.raises(InvalidInput, match="Choose one of"):
        forge.generate(project.project_id, "brief", "offline", "gpt")
    assert forge.latest_run(project.project_id, "brief") is None


def test_search_finds_titles_and_descriptions_in_any_case(forge: Forge) -> None:
    forge.create_project("Payroll", "Pays people.")
    forge.create_project("Invoices", "Approves bills 100%_.")
    assert [one.project.title for one in forge.projects("PAY")] == ["Payroll"]
    assert [one.project.title for one in forge.projects("100%_")] == ["Invoices"]
    assert len(forge.projects()) == 2 and forge.projects("zzz") == []


def test_preferences_outlive_the_process(open_forge: Opener) -> None:
    forge = open_forge()
    forge.set_preference("display", "whole")
    forge.close()
    assert open_forge().preference("display") == "whole"
