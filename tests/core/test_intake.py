"""What a person may type as a title or description."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from specforge_core import InvalidInput, intake

INVISIBLE = [
    *"\u200b\u200e\u200f\u061c\u00ad\u180e\ufe0f\u034f\u2060\u3000\U000e0020\U000e0001",
    *"\u2800\u3164\u115f\u1160\uffa0",
    "\u200b \u2800\u00a0\U000e0061",
]


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_a_text_in_which_nothing_is_to_be_seen_counts_as_empty(text: str) -> None:
    with pytest.raises(InvalidInput, match="Give the project a title"):
        intake.title(text)
    with pytest.raises(InvalidInput, match="Describe the project"):
        intake.description(text)
    assert intake.answer("who", text) in ("", text)


@pytest.mark.parametrize("stored", [intake.section_text, intake.document_text])
def test_a_text_that_begins_with_indented_code_keeps_its_indent(
    stored: Callable[[str], str],
) -> None:
    assert stored(" \r\n\n    make run\n    make test \n\t\n") == "    make run\n    make test"
    assert stored(" \n\t ") == ""
    assert intake.description("  A tool. ") == "A tool."


@pytest.mark.parametrize(
    "text",
    ["🚀", "👩‍🚀", "🇩🇪", "1️⃣", "❤️", "\U0001fae8", "?", "€", "中", "ك", "한", "a\u200bb"],
    ids=ascii,
)
def test_one_visible_character_is_enough_and_the_text_stays_as_typed(text: str) -> None:
    assert intake.title(text) == intake.description(text) == text
