"""The list items, table rows and paragraphs of a section, each with the headings above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from specforge_core.review.lines import ITEM, Line, plain, read

_STRONG = re.compile(r"^(\*\*|__)(?=\S)[^*_]+(?<=\S)\1\W?$")
_LONGEST_HEADING = 100


@dataclass(frozen=True, slots=True)
class Block:
    """`line`: number of its first line in the section. `text`: markdown in one line.

    `headings`: plain titles, the innermost last; a bold line before a list is one too.
    `item`: of a list, not below another item. `cells`: of a table's row, else ().
    """

    line: int
    text: str
    headings: tuple[str, ...]
    item: bool = False
    cells: tuple[str, ...] = ()


def blocks(title: str, text: str) -> Iterator[Block]:
    """What a reader of the section sees outside of code and heads of tables, in order."""
    above: list[tuple[int, str]] = [(0, title)]
    bold = ""
    for paragraph in _paragraphs(read(text)):
        first = paragraph[0]
        joined = " ".join(line.text.strip() for line in paragraph)
        if first.level:
            above = [one for one in above if one[0] < first.level]
            above.append((first.level, first.title))
            joined, bold = joined.lstrip("# "), ""
        elif len(joined) <= _LONGEST_HEADING and (
            _STRONG.match(joined) or (joined.endswith(":") and not ITEM.match(first.text))
        ):
            bold = plain(joined)
        headings = tuple(one for _, one in above) + ((bold,) if bold else ())
        item = ITEM.match(first.text)
        joined = ITEM.sub("", joined) if item else joined
        top = item is not None and len(item[1]) <= 1
        yield Block(first.number, joined, headings, item=top, cells=first.cells)


def _paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines that make one block: a list item or a paragraph may go on in the next line."""
    pending: list[Line] = []
    heads = {rule.number - 1 for rule in lines if rule.table and not rule.cells}
    for line in lines:
        alone = bool(line.level or line.table)
        begins = alone or ITEM.match(line.text) is not None
        if pending and (begins or line.code or not line.text.strip()):
            yield pending
            pending = []
        if alone and (line.level or (line.cells and line.number not in heads)):
            yield [line]
        elif not alone and not line.code and line.text.strip():
            pending.append(line)
    if pending:
        yield pending
