"""What a document consists of once its markdown is read: plain values that every format draws.

There is no HTML and no image among them; an address is one that may be followed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

BREAK = "\n"  # the text of a run that is a hard line break


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text drawn in one way. `href`: where it leads (http, https, mailto), or ""."""

    text: str
    strong: bool = False
    emphasis: bool = False
    strike: bool = False
    code: bool = False
    href: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """level 1 is the document's title, so that its sections are 2."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to be kept as they are; `language` as the fence named it, or ""."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list; `checked` is None where it has no box."""

    blocks: tuple[Block, ...]
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` is its first number, None where it has bullets."""

    items: tuple[Item, ...]
    start: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the header; every row has one cell per entry of `aligns`.

    aligns: "left", "center", "right", or "" for each column.
    """

    aligns: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block = Heading | Paragraph | Code | Quote | Listing | Table | Rule


def plain(runs: Iterable[Run]) -> str:
    """The words of some runs in one line."""
    return " ".join("".join(run.text for run in runs).split())


def leftward(runs: Iterable[Run]) -> bool:
    """Whether a text runs from right to left: its first letter with a direction decides."""
    for run in runs:
        for character in run.text:
            side = unicodedata.bidirectional(character)
            if side in ("L", "R", "AL"):
                return side != "L"
    return False


def narrow(table: Table, most: int) -> tuple[Table, ...]:
    """A table in pieces of at most `most` columns, each beginning with the first column again.

    A page is as wide as it is, and Word refuses a table of more than 63 columns.
    """
    count = len(table.aligns)
    if count <= most:
        return (table,)
    pieces = [
        (0, *range(begin, min(begin + most - 1, count))) for begin in range(1, count, most - 1)
    ]
    return tuple(
        Table(
            tuple(table.aligns[column] for column in columns),
            tuple(tuple(row[column] for column in columns) for row in table.rows),
        )
        for columns in pieces
    )
