"""A growing document cut into pieces that do not change any more. Pure functions.

A browser parses a markdown element anew whenever its text changes. In pieces,
only the last one does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pages.components.markdown import FENCE, closes

PIECE = 6_000  # characters; smaller pieces cost the server elements, larger ones the browser time

DRAWN_PER_S = 10_000  # characters of one piece; a browser needs about a quarter of the time

_LIST = re.compile(r"^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_QUOTE = re.compile(r"^ {0,3}>")


class Drawn(NamedTuple):
    """What a reader sees of a growing text, and since when (monotonic seconds)."""

    since: float
    pieces: tuple[str, ...]


def steady(before: Drawn | None, now: tuple[str, ...], moment: float) -> Drawn:
    """What to draw next: a last piece that could not be cut, such as a long table, changes less
    often than a short one, or the browser would do nothing else than draw it.
    """
    took_s = len(now[-1]) / DRAWN_PER_S
    slow = len(now[-1]) > 2 * PIECE and before is not None and len(before.pieces[-1]) > 2 * PIECE
    return before if before and slow and moment - before.since < took_s else Drawn(moment, now)


def pieces(text: str, at_least: int = PIECE) -> list[str]:
    """Parts of `text` which, joined, are `text`; all but the last stay the same as it grows.

    Expects text made safe. A cut is made before a whole line that begins a
    block of its own, so that no fence, table, list or quotation is cut.
    """
    done: list[str] = []
    piece: list[str] = []
    size, mark, container, blank = 0, "", "", False
    *whole, rest = text.split("\n")
    for line in whole:
        if mark and container and line.strip() and not line.startswith((" ", "\t", ">")):
            mark = ""  # a fence ends with the list or quotation it is in
        if mark:
            mark = "" if closes(line.lstrip(" >"), mark) else mark
        else:
            if blank and size >= at_least and _begins(line, container):
                done.append("".join(piece))
                piece, size = [], 0
            container = _container(line, container, blank)
            mark = _opened(line)
        piece.append(f"{line}\n")
        size += len(line) + 1
        blank = not mark and not line.strip()
    return [*done, "".join([*piece, rest])]


def _begins(line: str, container: str) -> bool:
    """Whether a line that follows a blank one begins a block that nothing before reaches into."""
    if not line.strip() or line.startswith((" ", "\t")):
        return False
    return not container or _kind(line) != container


def _container(line: str, container: str, blank: bool) -> str:
    """The list or quotation that what follows `line` may still belong to."""
    if kind := _kind(line):
        return kind
    return "" if blank and line.strip() and not line.startswith((" ", "\t")) else container


def _kind(line: str) -> str:
    if _LIST.match(line):
        return "list"
    return "quote" if _QUOTE.match(line) else ""


def _opened(line: str) -> str:
    found = FENCE.match(line)
    return found["mark"] if found and found["mark"][0] not in found["info"] else ""
