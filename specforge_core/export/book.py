"""A hand-off as something to be read: a title, what is in it, and one chapter per document.

HTML, DOCX and PDF draw the same book.
"""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.export.blocks import Block
from specforge_core.export.handoff import Handoff, PackedDocument
from specforge_core.export.reading import read
from specforge_core.export.source import bodies, has_title

WARNING = "Read with care: not every document is whole and up to date."


@dataclass(frozen=True, slots=True)
class Chapter:
    """A written document. `labels` must stand at its top."""

    title: str
    purpose: str
    labels: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """states: (title of a document, its state), the unwritten ones too.

    doubtful: whether a reader must be warned.
    """

    title: str
    description: tuple[Block, ...]
    imprint: str
    generator: str
    states: tuple[tuple[str, str], ...]
    doubtful: bool
    chapters: tuple[Chapter, ...]


def bind(handoff: Handoff) -> Book:
    return Book(
        title=handoff.title,
        description=read(handoff.description, shift=2),
        imprint=imprint(handoff),
        generator=handoff.generator,
        states=tuple((document.title, document.summary) for document in handoff.documents),
        doubtful=handoff.doubtful,
        chapters=tuple(_chapter(document) for document in handoff.written),
    )


def imprint(handoff: Handoff) -> str:
    return f"Exported on {handoff.exported_at:%Y-%m-%d %H:%M} UTC by {handoff.generator}."


def _chapter(document: PackedDocument) -> Chapter:
    texts = bodies(document)
    titled = any(has_title(text) for text in texts)
    blocks = tuple(block for text in texts for block in read(text, shift=int(titled)))
    return Chapter(document.title, document.purpose, document.labels, blocks)
