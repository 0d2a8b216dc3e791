"""What surrounds the body of a DOCX: page, styles, numbering, header and footer, properties."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.shared import Mm, Pt, RGBColor

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
MONOSPACED = "Courier New"  # every office has it, or one with the same widths
BULLETS = 100  # the number of the one list that all bullets share
INDENT = 360  # twentieths of a point that each level of a list moves to the right
_ABSTRACT_BULLETS, _ABSTRACT_NUMBERS = 90, 91

# name, based on, size in points, shade of the ground, letters
_STYLES = (
    ("Code", "Normal", 8.5, "F3F5F8", MONOSPACED),
    ("Label", "Normal", 10, "FFF4E0", ""),
    ("Cell", "Normal", 9, "", ""),
    ("Small Cell", "Normal", 7, "", ""),
)


def new_document(title: str, generator: str, when: datetime) -> Any:
    """An empty A4 document with the styles that the body uses, and no user's name in it."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin = section.bottom_margin = Mm(22)
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].text = title
    for footer in (section.footer, section.first_page_footer):
        footer.paragraphs[0]._p.append(_page_number())
    _add_styles(document)
    properties = document.core_properties
    properties.title, properties.author = title[:255], generator[:255]
    properties.last_modified_by, properties.comments = generator[:255], ""
    properties.created = properties.modified = when
    return document


def add_numbering(document: Any, starts: Iterable[tuple[int, int]]) -> None:
    """One list of bullets; and for each (level, first number) a list, counted from BULLETS + 1."""
    root = document.part.numbering_part.element
    root.insert(0, _abstract(_ABSTRACT_NUMBERS, [("decimal", f"%{n}.") for n in range(1, 10)]))
    root.insert(0, _abstract(_ABSTRACT_BULLETS, [("bullet", mark) for mark in "•◦▪" * 3]))
    root.append(_numbering(BULLETS, _ABSTRACT_BULLETS, ""))
    for number, (level, start) in enumerate(starts, BULLETS + 1):
        begin = f'<w:startOverride w:val="{start}"/>'
        override = f'<w:lvlOverride w:ilvl="{level}">{begin}</w:lvlOverride>'
        root.append(_numbering(number, _ABSTRACT_NUMBERS, override))


def _add_styles(document: Any) -> None:
    styles = document.styles
    for name, base, points, ground, letters in _STYLES:
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[base]
        style.font.size = Pt(points)
        style.paragraph_format.space_after = Pt(0 if letters else 3)
        if letters:
            style.font.name = letters
        if ground:
            shade = f'<w:shd {NAMES} w:val="clear" w:color="auto" w:fill="{ground}"/>'
            # python-docx puts it where the schema wants it only if it is told before what.
            style.element.get_or_add_pPr().insert_element_before(
                parse_xml(shade), "w:spacing", "w:ind", "w:jc"
            )
    code = styles.add_style("Code Letters", WD_STYLE_TYPE.CHARACTER)
    code.font.name = MONOSPACED
    link = styles.add_style("Link", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb, link.font.underline = RGBColor(0x0B, 0x57, 0xA8), True


def _page_number() -> Any:
    return parse_xml(f'<w:fldSimple {NAMES} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>')


def _abstract(number: int, levels: Iterable[tuple[str, str]]) -> Any:
    rows = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{mark}"/><w:lvlJc w:val="left"/><w:pPr>'
        f'<w:ind w:left="{INDENT * (level + 1)}" w:hanging="{INDENT}"/></w:pPr></w:lvl>'
        for level, (kind, mark) in enumerate(levels)
    )
    return parse_xml(
        f'<w:abstractNum {NAMES} w:abstractNumId="{number}">'
        f'<w:multiLevelType w:val="hybridMultilevel"/>{rows}</w:abstractNum>'
    )


def _numbering(number: int, abstract: int, override: str) -> Any:
    return parse_xml(
        f'<w:num {NAMES} w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{override}</w:num>'
    )
