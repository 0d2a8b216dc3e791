"""What a person types, made fit to be stored; refused with a sentence when it cannot be."""

from __future__ import annotations

import re
import unicodedata

from specforge_core.errors import InvalidInput

TITLE_MAX = 100
DESCRIPTION_MAX = 5_000
ANSWER_MAX = 2_000
SECTION_MAX = 100_000
DOCUMENT_MAX = 400_000
NOTE_MAX = 1_000
NAME_MAX = 80

# Control characters other than tab and newline, the bidirectional overrides and
# isolates that can make a line read as something else, and lone surrogates.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")  # before the first other one

# Letters and symbols by their category, but drawn as nothing: fillers and blank patterns.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159")
_PICTURES = range(0x1F000, 0x1FB00)  # holds emoji that are newer than Python's tables


def clean(text: str) -> str:
    """The text without invisible characters that change what others read; newlines are \\n."""
    return _fit(text).strip()


def _fit(text: str) -> str:
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _markdown(text: str) -> str:
    """The same for a text whose first line may be indented, as code is."""
    return _BLANK_LINES.sub("", _fit(text).rstrip())


def title(text: str) -> str:
    """One line of 1-100 characters, one of them visible. Raises InvalidInput('title')."""
    return _checked("title", " ".join(clean(text).split()), TITLE_MAX, "Give the project a title.")


def description(text: str) -> str:
    """1-5,000 characters, one of them visible. Raises InvalidInput('description')."""
    return _checked(
        "description",
        clean(text),
        DESCRIPTION_MAX,
        "Describe the project: what it is for, who uses it, what it must do.",
    )


def answer(question: str, text: str) -> str:
    """0-2,000 characters; an empty answer takes the answer back. Raises InvalidInput(question)."""
    return _checked(question, clean(text), ANSWER_MAX, "")


def section_text(text: str) -> str:
    """0-100,000 characters of markdown. Raises InvalidInput('text')."""
    return _checked("text", _markdown(text), SECTION_MAX, "")


def document_text(text: str) -> str:
    """0-400,000 characters of markdown. Raises InvalidInput('text')."""
    return _checked("text", _markdown(text), DOCUMENT_MAX, "")


def note(text: str) -> str | None:
    """What a person asks for or says about a change, None for nothing. Raises InvalidInput."""
    return _checked("note", clean(text), NOTE_MAX, "") or None


def name(text: str) -> str | None:
    """One line with the name of a person, cut where it is too long; None for none."""
    return " ".join(clean(text).split())[:NAME_MAX] or None


def _visible(character: str) -> bool:
    """A letter, number, symbol or mark of punctuation that is drawn; no space, no format sign."""
    known = unicodedata.category(character)[0] in "LNSP" and character not in _BLANK
    return known or ord(character) in _PICTURES


def _checked(field: str, text: str, most: int, when_empty: str) -> str:
    if when_empty and not any(map(_visible, text)):
        raise InvalidInput(field, when_empty)
    if len(text) > most:
        over = len(text) - most
        noun = "character" if over == 1 else "characters"
        raise InvalidInput(
            field, f"{len(text):,} of {most:,} characters: shorten it by {over:,} {noun}."
        )
    return text
