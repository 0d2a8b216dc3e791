"""What the documents take for granted and what they leave open, gathered in one list."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from specforge_core.review.blocks import Block, blocks
from specforge_core.review.lines import clipped, plain
from specforge_core.review.tags import assumed, is_mark, needed

Kind = Literal["assumption", "question"]
Part = tuple[str, str, str]  # section key, section title, text

LONGEST = 500  # characters of a statement, and of a note
MOST = 1_000  # points of one section; more can nobody answer

_LABEL = re.compile(r"^[(\[]?([AQ])-?0*(\d{1,3})[)\]]?(?:\s*[.:)–—-]+\s*|\s+)(?=\S)", re.IGNORECASE)
_MARK = re.compile(r"^Assumption:\s*", re.IGNORECASE)
_LABEL_CELL = re.compile(r"^(?:[A-Za-z0-9]{1,4}-?)?\d{1,4}\.?$")
_SENTENCE = re.compile(r"(?<=[.!?…])(?<![A-Z]\.)\s+(?=[^\W\d_a-z])|(?<=[。！？؟])\s*(?=\S)")
_QUESTION = re.compile(r"(?<=[?？؟])(?!\w)\s*")
_WORD = re.compile(r"\w+")
_LETTERS: Mapping[str, Kind] = {"A": "assumption", "Q": "question"}
_NOTHING = {"none", "nothing", "no open questions", "no assumptions", "n a", "not applicable"}
# What a heading may say besides, with a list of nothing else below it.
_LIST_WORDS = {"assumption", "assumptions", "question", "questions", "unanswered", "and"}
_TITLE_WORDS = _LIST_WORDS | {"open", "technical", "key", "other", "remaining", "our", "the"}


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """An assumption or an open question, where it stands first.

    `id`: 12 hex digits, the same as long as its own words and phase are. `label`: what the
    document calls it, such as "A1" or "FR-6", or "". `statement` is plain text, `note` what
    its item says besides. `line` counts from 1 in the section. `also`: (phase, section key)
    of the other places.
    """

    id: str
    kind: Kind
    phase: str
    section: str
    title: str
    label: str
    statement: str
    note: str
    line: int
    also: tuple[tuple[str, str], ...] = ()


def gather(documents: Sequence[tuple[str, Sequence[Part]]]) -> tuple[OpenPoint, ...]:
    """The points of (phase, sections) in their order, each statement once."""
    found: dict[tuple[str, str], OpenPoint] = {}
    for phase, parts in documents:
        for section, title, text in parts:
            for point in islice(_points(phase, section, title, text), MOST):
                key = point.kind, _normal(point.statement)
                first = found.setdefault(key, point)
                place = (phase, section)
                if place not in ((first.phase, first.section), *first.also):
                    found[key] = replace(first, also=(*first.also, place))
    return tuple(found.values())


def _points(phase: str, section: str, title: str, text: str) -> Iterator[OpenPoint]:
    for block in blocks(title, text):
        for kind, label, words, beside in _found(block):
            statement, rest = _split(words, kind)
            note = clipped(" – ".join(filter(None, (rest, beside))), LONGEST)
            normal = _normal(statement)
            if normal and normal not in _NOTHING:
                digest = hashlib.sha256(f"{phase}\n{kind}\n{normal}".encode()).hexdigest()
                yield OpenPoint(
                    digest[:12], kind, phase, section, title, label, statement, note, block.line
                )


_Found = tuple[Kind, str, str, str]  # kind, label, plain text, plain text beside it


def _found(block: Block) -> Iterator[_Found]:
    listed = _listed(block)
    if listed:
        yield listed
    if not listed or listed[0] == "question":
        yield from _assumed(block)
    if not listed:
        for cell in block.cells or (block.text,):
            for words in needed(cell):
                context = block.cells[:1] or block.headings[-1:]
                yield "question", "", plain(words) or plain(" ".join(context)), ""


def _assumed(block: Block) -> Iterator[_Found]:
    if not block.cells:
        for before, markdown in assumed(block.text):
            words = plain(markdown)
            about = plain(before) if _is_value(words) else ""
            yield "assumption", "", f"{about} {words}".strip(), ""
        return
    label, cells = _row(block)
    marked = [(cell, plain(words)) for cell in block.cells for _, words in assumed(cell)]
    for cell, words in marked:
        about = plain(cells[0]) if cell != cells[0] and _is_value(words) else ""
        yield "assumption", label, f"{about}: {words}" if about else words, ""
    if not marked and any(is_mark(cell) for cell in block.cells):
        yield "assumption", label, plain(cells[0]), ""


def _is_value(text: str) -> bool:
    """Whether it says nothing without what its row is about: "5", "30 days"."""
    return len(text.split()) < (4 if text[:1].isdigit() else 2)


def _row(block: Block) -> tuple[str, tuple[str, ...]]:
    """The id that a row begins with, or "", and its other cells."""
    first = plain(block.cells[0])
    if len(block.cells) > 1 and _LABEL_CELL.match(first):
        return first, block.cells[1:]
    return "", block.cells


def _listed(block: Block) -> _Found | None:
    """The item of a list of assumptions or questions, known by its label or its heading."""
    heading = next((title for title in block.headings[::-1] if _kinds(title)), "")
    kinds = _kinds(heading)
    if not kinds:
        return None
    label, text, beside = _labelled(block)
    asks = "?" in text or "？" in text
    by_label = _LETTERS.get(label[:1])
    if by_label in kinds:
        return by_label, label, text, beside
    kind: Kind = "question" if "question" in kinds and (asks or len(kinds) == 1) else "assumption"
    near, whole = heading == block.headings[-1], _TITLE_WORDS.issuperset(_words(heading))
    sure = near + whole + (kind == "question" and asks) >= 2
    return (kind, label, text, beside) if sure and (block.item or block.cells) else None


def _kinds(title: str) -> set[Kind]:
    """What a heading announces."""
    words = _words(title)
    kinds: set[Kind] = set()
    if words & {"open", "unanswered"} and words & {"question", "questions"}:
        kinds.add("question")
    if words & {"assumption", "assumptions"}:
        kinds.add("assumption")
    return kinds


def _labelled(block: Block) -> tuple[str, str, str]:
    """Label, plain text, and what the other cells of a row say."""
    if block.cells:
        label, cells = _row(block)
        return (
            label.upper(),
            _MARK.sub("", plain(cells[0])),
            plain(" – ".join(filter(None, cells[1:])), LONGEST),
        )
    text = plain(block.text)
    match = _LABEL.match(text)
    label = f"{match[1].upper()}{match[2]}" if match else ""
    return label, _MARK.sub("", text[match.end() :] if match else text), ""


def _split(text: str, kind: Kind) -> tuple[str, str]:
    """The first sentence (of a question: up to its question mark), and the rest."""
    end = _QUESTION.search(text) if kind == "question" else None
    end = end or _SENTENCE.search(text)
    begin, rest = (text[: end.start()], text[end.end() :]) if end else (text, "")
    return clipped(begin, LONGEST), clipped(rest, LONGEST)


def _normal(statement: str) -> str:
    return " ".join(_WORD.findall(statement.casefold()))


def _words(title: str) -> frozenset[str]:
    return frozenset(_WORD.findall(title.casefold()))
