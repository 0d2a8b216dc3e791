"""The mark `[USER INPUT NEEDED: what]`, for what only the user can know."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What is asked for may hold brackets of its own, such as a link, but no other mark. Drafted
# documents hold the marks with the brackets escaped.
_INNER = r"\[(?!USER INPUT NEEDED)[^\[\]]{0,200}\]"
MARK = re.compile(
    rf"\\?\[USER INPUT NEEDED(?::((?:[^\[\]]|{_INNER}){{0,600}}?))?\\?\]", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([\[\]])")


def asked(mark: re.Match[str]) -> str:
    """What a found mark asks for in one line, "" if it does not say."""
    return " ".join(_ESCAPED.sub(r"\1", mark[1] or "").split())


def waiting(text: str) -> tuple[str, ...]:
    """What the marks of a text ask for, in order, each once.

    A mark that does not say what is told as "your input".
    """
    return tuple(dict.fromkeys(asked(mark) or "your input" for mark in MARK.finditer(text)))


def fill(text: str, known: Mapping[str, str]) -> str:
    """The text with the marks filled in that ask for something known, whatever its case."""
    words = {" ".join(what.split()).casefold(): answer for what, answer in known.items()}
    return MARK.sub(lambda mark: words.get(asked(mark).casefold(), mark[0]), text)
