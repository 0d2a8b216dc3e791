"""DOCX. The body is written as XML, which is what Word reads, and parsed once.

python-docx keeps the package around it. Adding each paragraph and cell through it takes
many times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZipFile

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

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
    plain,
)
from specforge_core.export.book import WARNING, Book, Chapter, bind
from specforge_core.export.handoff import Handoff
from specforge_core.export.word_parts import BULLETS, INDENT, NAMES, add_numbering, new_document
from specforge_core.export.zipped import zipped

MOST_COLUMNS = 10  # Word itself refuses a file with a table of more than 63
_SMALL_FROM = 7  # columns
_MARKS = (("strong", "<w:b/>"), ("emphasis", "<w:i/>"), ("strike", "<w:strike/>"))
_ALIGNS = ("left", "center", "right")


def render(handoff: Handoff) -> bytes:
    """The same bytes for the same hand-off; no user's name and no time but that of the export."""
    book = bind(handoff)
    document = new_document(book.title, book.generator, handoff.exported_at)
    writer = _Writer(document)
    body = parse_xml(f"<w:body {NAMES}>{''.join(writer.book(book))}</w:body>")
    document.element.body[:0] = list(body)
    add_numbering(document, writer.starts)
    buffer = BytesIO()
    document.save(buffer)
    with ZipFile(buffer) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return zipped(files, handoff.exported_at)


class _Writer:
    """Writes blocks as XML; keeps the lists and addresses that they refer to by number."""

    def __init__(self, document: Any) -> None:
        self.starts: list[tuple[int, int]] = []  # level and first number of each numbered list
        self._part = document.part
        self._links: dict[str, str] = {}

    def book(self, book: Book) -> Iterator[str]:
        yield _paragraph(_text(book.title), style="Title")
        yield from self._blocks(book.description, 0)
        yield _paragraph(_text(book.imprint))
        if book.doubtful:
            yield _paragraph(_text(WARNING), style="Label")
        states = (("Document", "State"), *book.states)
        rows = tuple(tuple((Run(cell),) for cell in row) for row in states)
        yield from self._table(Table(("", ""), rows), 0)
        yield from _contents(book.chapters)
        for number, chapter in enumerate(book.chapters, 1):
            yield from self._chapter(number, chapter)

    def _chapter(self, number: int, chapter: Chapter) -> Iterator[str]:
        title = _marked(_text(chapter.title), f"d{number}", number * 1_000_000)
        yield _paragraph(title, style="Heading1", more="<w:pageBreakBefore/>")
        for label in chapter.labels:
            yield _paragraph(_text(label), style="Label")
        if chapter.purpose:
            yield _paragraph(_text(chapter.purpose, "<w:i/>"))
        for place, block in enumerate(chapter.blocks, 1):
            if isinstance(block, Heading) and block.level <= 2:
                runs = _marked(
                    self._runs(block.runs), f"d{number}_{place}", number * 1_000_000 + place
                )
                yield _paragraph(runs, style=f"Heading{block.level}", rtl=leftward(block.runs))
            else:
                yield from self._block(block, 0)

    def _blocks(self, blocks: Iterable[Block], depth: int) -> Iterator[str]:
        for block in blocks:
            yield from self._block(block, depth)

    def _block(self, block: Block, depth: int) -> Iterator[str]:
        match block:
            case Heading(level, runs):
                yield _paragraph(self._runs(runs), style=f"Heading{level}", rtl=leftward(runs))
            case Paragraph(runs):
                yield _paragraph(self._runs(runs), depth=depth, rtl=leftward(runs))
            case Code(text):
                for line in text.split("\n"):
                    yield _paragraph(_text(line), style="Code", depth=depth)
                yield _paragraph("")
            case Quote(blocks):
                yield from self._quote(blocks, depth + 1)
            case Listing():
                yield from self._list(block, depth)
            case Table():
                for piece in narrow(block, MOST_COLUMNS):
                    yield from self._table(piece, depth)
            case Rule():
                line = '<w:bottom w:val="single" w:sz="6" w:space="1" w:color="BBBBBB"/>'
                yield _paragraph("", more=f"<w:pBdr>{line}</w:pBdr>")

    def _quote(self, blocks: Iterable[Block], depth: int) -> Iterator[str]:
        for block in blocks:
            if isinstance(block, Paragraph):
                runs = self._runs(block.runs)
                yield _paragraph(runs, style="Quote", depth=depth, rtl=leftward(block.runs))
            else:
                yield from self._block(block, depth)

    def _list(self, listing: Listing, depth: int) -> Iterator[str]:
        level = min(depth, 8)
        number = BULLETS
        if listing.start is not None:
            self.starts.append((level, listing.start))
            number = BULLETS + len(self.starts)
        for item in listing.items:
            yield from self._item(item, number, level, depth + 1)

    def _item(self, item: Item, number: int, level: int, depth: int) -> Iterator[str]:
        box = "" if item.checked is None else _text("☑ " if item.checked else "☐ ")
        first: Runs = ()
        others = item.blocks
        if others and isinstance(others[0], Paragraph):
            first, others = others[0].runs, others[1:]
        numbered = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        yield _paragraph(
            box + self._runs(first), style="ListParagraph", more=numbered, rtl=leftward(first)
        )
        yield from self._blocks(others, depth)

    def _table(self, table: Table, depth: int) -> Iterator[str]:
        style = "SmallCell" if len(table.aligns) >= _SMALL_FROM else "Cell"
        yield (
            '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/>'
            f'<w:tblInd w:w="{INDENT * depth}" w:type="dxa"/></w:tblPr><w:tblGrid>'
            + "<w:gridCol/>" * len(table.aligns)
            + "</w:tblGrid>"
        )
        for place, row in enumerate(table.rows):
            yield "<w:tr><w:trPr><w:cantSplit/>" + "<w:tblHeader/>" * (place == 0) + "</w:trPr>"
            for cell, align in zip(row, table.aligns, strict=True):
                runs = self._runs(cell, "<w:b/>" * (place == 0))
                inside = _paragraph(runs, style=style, align=align, rtl=leftward(cell))
                yield f"<w:tc>{inside}</w:tc>"
            yield "</w:tr>"
        yield "</w:tbl>" + _paragraph("")  # without it two tables grow together

    def _runs(self, runs: Runs, look: str = "") -> str:
        return "".join(self._run(run, look) for run in runs)

    def _run(self, run: Run, look: str) -> str:
        if run.text == BREAK:
            return "<w:r><w:br/></w:r>"
        style = "Link" if run.href else "CodeLetters" if run.code else ""
        named = f'<w:rStyle w:val="{style}"/>' if style else ""
        marks = [xml for mark, xml in _MARKS if getattr(run, mark) and xml not in look]
        text = _text(run.text, named + look + "".join(marks))
        return (
            f'<w:hyperlink r:id="{self._link(run.href)}">{text}</w:hyperlink>'
            if style == ("Link")
            else text
        )

    def _link(self, address: str) -> str:
        if address not in self._links:
            self._links[address] = self._part.relate_to(
                address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
            )
        return self._links[address]


def _contents(chapters: Iterable[Chapter]) -> Iterator[str]:
    """A field that Word fills with page numbers on request; until then its entries are links."""
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">'
        ' TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    yield _paragraph(_text("Contents", "<w:b/>"))
    for number, chapter in enumerate(chapters, 1):
        yield _paragraph(begin + _entry(chapter.title, f"d{number}"))
        begin = ""
        for place, block in enumerate(chapter.blocks, 1):
            if isinstance(block, Heading) and block.level <= 2 and plain(block.runs):
                yield _paragraph(_entry(plain(block.runs), f"d{number}_{place}"), depth=1)
    if not begin:
        yield _paragraph('<w:r><w:fldChar w:fldCharType="end"/></w:r>')


def _entry(words: str, mark: str) -> str:
    return f'<w:hyperlink w:anchor="{mark}">{_text(words)}</w:hyperlink>'


def _marked(runs: str, name: str, number: int) -> str:
    return (
        f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{runs}<w:bookmarkEnd w:id="{number}"/>'
    )


def _paragraph(
    runs: str,
    *,
    style: str = "",
    more: str = "",
    depth: int = 0,
    align: str = "",
    rtl: bool = False,
) -> str:
    """The properties in the order that the schema demands; `more` stands after the style."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    indent = f'<w:ind w:left="{INDENT * depth}"/>' if depth else ""
    justified = f'<w:jc w:val="{align}"/>' if align in _ALIGNS else ""
    look = named + more + "<w:bidi/>" * rtl + indent + justified
    return f"<w:p>{f'<w:pPr>{look}</w:pPr>' if look else ''}{runs}</w:p>"


def _text(text: str, look: str = "") -> str:
    words = escape(text).replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{words}</w:t></w:r>'
