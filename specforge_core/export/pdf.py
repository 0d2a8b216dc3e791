"""PDF, typeset by typst from JSON, so that no text of a document is ever read as code.

Most of the world's letters are drawn on any machine, as fonts come with SpecForge. Those that
no font has are empty boxes, which the document says at its beginning: `flaw`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from pathlib import Path

from specforge_core.export.blocks import (
    BREAK,
    Block,
    Code,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
    leftward,
    narrow,
)
from specforge_core.export.book import WARNING, Book, Chapter, bind
from specforge_core.export.handoff import ExportFailed, Handoff
from specforge_core.export.typesetter import NotTypeset, families, language, missing, typeset

MOST_COLUMNS = 10
MOST_NAMED = 5  # letters
_TEMPLATE = (Path(__file__).parent / "pdf.typ").read_bytes()
_MARKS = (("strong", "b"), ("emphasis", "e"), ("strike", "s"), ("code", "c"))
_LINE, _CODE_LINE = 40, 60  # letters; a longer word may be broken
_CELL_LETTERS = 90  # of a whole row; shared by its cells
_LONGEST_WORD = 120  # in a script whose letters join up, a break would change their shapes

Value = Mapping[str, object]


def render(handoff: Handoff) -> bytes:
    """An A4 document. Raises `ExportFailed` with what typst said."""
    told, lang = flaw(handoff), language("\n".join(one.text for one in handoff.written))
    book = json.dumps(_book(bind(handoff), told, lang), ensure_ascii=False, separators=(",", ":"))
    try:
        return typeset(_TEMPLATE, {"book": book}, int(handoff.exported_at.timestamp()))
    except NotTypeset as exc:
        raise ExportFailed(
            f"The PDF could not be typeset ({exc}). Export as HTML or DOCX instead."
        ) from exc


def flaw(handoff: Handoff) -> str:
    """Which letters are drawn as empty boxes, and what helps; "" if there are none."""
    lost = missing("\n".join(_texts(handoff)))
    if not lost:
        return ""
    more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
    return (
        "Some letters are drawn as empty boxes, because the machine that made this PDF has no"
        f" font for them: {', '.join(map(_named, lost[:MOST_NAMED]))}{more}. Export as HTML or"
        " DOCX instead, or install a font that has them and restart SpecForge."
    )


def _texts(handoff: Handoff) -> Iterator[str]:
    yield handoff.title
    yield unescape(handoff.description)
    for document in handoff.documents:
        yield from (document.title, document.purpose, *document.labels, unescape(document.text))


def _named(letter: str) -> str:
    """`U+12000 CUNEIFORM SIGN A`: its picture would be a box here, too."""
    return " ".join(f"U+{ord(one):04X} {unicodedata.name(one, '')}".strip() for one in letter)


def _book(book: Book, told: str, lang: tuple[str, str]) -> Value:
    return {
        "lang": lang[0],
        "region": lang[1],
        "families": families(lang[0]),
        "title": book.title,
        "heading": _pieces(book.title, 18),
        "running": book.title if len(book.title) <= 60 else f"{book.title[:59]}…",
        "generator": book.generator,
        "imprint": book.imprint,
        "description": _blocks(book.description),
        "warnings": [_pieces(one, _LINE) for one in (WARNING * book.doubtful, told) if one],
        "states": [list(state) for state in book.states],
        "chapters": [_chapter(chapter) for chapter in book.chapters],
    }


def _chapter(chapter: Chapter) -> Value:
    return {
        "heading": _block(Heading(1, (Run(chapter.title),)))[0],
        "labels": [_pieces(label, _LINE) for label in chapter.labels],
        "purpose": chapter.purpose,
        "blocks": _blocks(chapter.blocks),
    }


def _blocks(blocks: Iterable[Block]) -> list[Value]:
    return [value for block in blocks for value in _block(block)]


def _block(block: Block) -> list[Value]:
    match block:
        case Heading(level, runs):
            return [{"kind": "heading", "level": level, **_words(runs, _LINE // 2)}]
        case Paragraph(runs):
            return [{"kind": "paragraph", **_words(runs, _LINE)}]
        case Code():
            return [_code(block)]
        case Quote(blocks):
            return [{"kind": "quote", "blocks": _blocks(blocks)}]
        case Listing(items, start):
            kind = {"kind": "bullets"} if start is None else {"kind": "numbers", "start": start}
            return [{**kind, "items": [_item(item) for item in items]}]
        case Table():
            return [_table(piece) for piece in narrow(block, MOST_COLUMNS)]
        case Rule():
            return [{"kind": "rule"}]


def _item(item: Item) -> list[Value]:
    if item.checked is None:
        return _blocks(item.blocks)
    box = (Run("[x]" if item.checked else "[ ]", code=True), Run(" "))
    match item.blocks:
        case (Paragraph(runs), *others):
            return _blocks((Paragraph((*box, *runs)), *others))
    return _blocks((Paragraph(box), *item.blocks))


def _code(code: Code) -> Value:
    """Its lines come in pieces only if one of them has a word that would not fit."""
    lines = [_pieces(line, _CODE_LINE) for line in code.text.split("\n")]
    long = any(len(line) > 1 for line in lines)
    return {"kind": "code", "text": "" if long else code.text, "lines": lines if long else []}


def _table(table: Table) -> Value:
    columns = len(table.aligns)
    fit = max(6, _CELL_LETTERS // columns)
    header, *rows = ([_words(cell, fit) for cell in row] for row in table.rows)
    return {
        "kind": "table",
        "columns": columns,
        "aligns": table.aligns,
        "size": max(6.5, min(9.5, 11.5 - columns / 2)),
        "header": header,
        "cells": [cell for row in rows for cell in row],
    }


def _words(runs: Runs, fit: int) -> Value:
    return {"runs": [_run(run, fit) for run in runs], "dir": "r" if leftward(runs) else "l"}


def _run(run: Run, fit: int) -> Value:
    marks = "".join(letter for mark, letter in _MARKS if getattr(run, mark))
    return {"t": [] if run.text == BREAK else _pieces(run.text, fit), "m": marks, "h": run.href}


def _pieces(text: str, fit: int) -> list[str]:
    """The text, cut where a line may end inside a word of more than `fit` letters."""
    if len(text) <= fit:
        return [text]
    half = fit // 2
    long = re.compile(rf"[!-~]{{{fit + 1},}}|\S{{{_LONGEST_WORD + 1},}}")
    pieces, begin = [], 0
    for word in long.finditer(text):
        ends = range(word.start() + half, word.end(), half)
        for end in ends:
            pieces.append(text[begin:end])
            begin = end
    return [*pieces, text[begin:]]
