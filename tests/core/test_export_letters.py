"""Letters of the PDF: on a machine without any font, no script of the world becomes boxes.

What is drawn is looked at twice: which glyph of which font stands in the file, and its pixels.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from pypdf import PageObject, PdfReader

from specforge_core.export import Exported, export
from specforge_core.export.handoff import ExportFailed, Handoff
from specforge_core.export.typesetter import language
from tests.core.export_samples import handoff, only

SCRIPTS = {
    "Chinese": ("中文需求文档", "NotoSansCJK"),
    "Japanese": ("日本語の要件", "NotoSansCJK"),
    "Korean": ("한국어 문서", "NotoSansCJK"),
    "Arabic": ("العربية پچژگ", "IBMPlexSansArabic"),
    "Hebrew": ("עברית", "LibertinusSerif"),
    "Thai": ("ผู้ใช้ภาษาไทย", "Sarabun"),
    "Hindi": ("हिन्दी में लिखता", "NotoSansDevanagari"),
    "Bengali": ("বাংলা", "NotoSansBengali"),
    "Tamil": ("தமிழ்", "NotoSansTamil"),
    "Georgian": ("ქართული", "NotoSansGeorgian"),
    "Amharic": ("አማርኛ", "NotoSansEthiopic"),
    "emoji": ("🚀 ✅ ❌ 👩‍💻 🇩🇪", "NotoEmoji"),
    "keycaps": ("1️⃣ 2️⃣", "NotoEmoji"),
}
MIXED = " ".join(text for text, _ in SCRIPTS.values())
UNKNOWN, UNKNOWN_TOO = "\U00050000", "\U00050001"  # no letters yet, so that no font has them
BOX = "\0\0"  # the code of a glyph that a font does not have


def pdf(value: Handoff) -> PdfReader:
    return PdfReader(io.BytesIO(export("pdf", value).data))


def drawn(page: PageObject) -> Iterator[tuple[str, str]]:
    """Each glyph of a page: the font's name and the code, of two characters."""
    fonts, font = page["/Resources"]["/Font"], ""  # type: ignore[index]
    for operands, operator in page.get_contents().operations:  # type: ignore[union-attr]
        if operator == b"Tf":
            font = fonts[operands[0]]["/BaseFont"].partition("+")[2]
        elif operator in (b"Tj", b"TJ"):
            parts = operands[0] if operator == b"TJ" else operands
            for part in (one for one in parts if hasattr(one, "original_bytes")):
                code = part.original_bytes.decode("latin-1")
                yield from ((font, code[at : at + 2]) for at in range(0, len(code), 2))


def boxes(value: Handoff) -> int:
    return sum(code == BOX for page in pdf(value).pages for _, code in drawn(page))


def pictures(value: Handoff, count: int) -> list[Image.Image]:
    """The last lines of the second page without its footer, each cut out at its ink."""
    page = pypdfium2.PdfDocument(export("pdf", value).data)[1]
    ink = page.render(scale=3, grayscale=True).to_numpy().squeeze() < 128
    rows = np.flatnonzero(ink.any(axis=1))
    lines = np.split(rows, np.flatnonzero(np.diff(rows) > 12) + 1)[-count - 1 : -1]
    cut = []
    for line in lines:
        strip = ink[line[0] : line[-1] + 1]
        columns = np.flatnonzero(strip.any(axis=0))
        letter = strip[:, columns[0] : columns[-1] + 1]
        cut.append(Image.fromarray(letter.astype(np.uint8) * 255).resize((24, 24)))
    return cut


def difference(one: Image.Image, other: Image.Image) -> float:
    """0 for the same picture, 1 for its negative."""
    apart = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    return float(np.abs(apart).mean() / 255)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_drawn_with_a_font_that_comes_along(script: str) -> None:
    text, font = SCRIPTS[script]
    value = only(f"## {text}\n\nPlain {text}, **bold {text}**, *slanted {text}*, `code {text}`.\n")
    glyphs = [glyph for page in pdf(value).pages for glyph in drawn(page)]
    assert any(name.startswith(font) for name, _ in glyphs)
    assert all(code != BOX for _, code in glyphs)
    assert not export("pdf", value).flaw


def test_scripts_beside_each_other_in_any_place_of_a_document_leave_no_box() -> None:
    table = "| ID | " + " | ".join(SCRIPTS) + " |\n" + "|-" * (len(SCRIPTS) + 1) + "|\n| FR-1 | "
    table += " | ".join(text for text, _ in SCRIPTS.values()) + " |\n"
    text = f"## {MIXED}\n\n{MIXED}\n\n> - {MIXED}\n\n```\n{MIXED}\n```\n\n{table}"
    assert boxes(only(text, title=MIXED[:90], description=MIXED)) == 0


def test_every_letter_has_a_picture_of_its_own() -> None:
    letters = "中文日本語국한어עשجמไทअह🚀✅"
    found = pictures(only("## L\n\n" + "\n\n".join(letters) + "\n"), len(letters))
    for one, other in combinations(range(len(letters)), 2):
        alike = f"{letters[one]} and {letters[other]} look alike"
        assert difference(found[one], found[other]) > 0.1, alike


def test_two_letters_that_no_font_has_would_look_alike() -> None:
    one, other = pictures(only(f"## L\n\n{UNKNOWN}\n\n{UNKNOWN_TOO}\n"), 2)
    assert difference(one, other) < 0.05


def test_arabic_and_thai_are_found_by_a_search_as_each_letter_is_there_once() -> None:
    for script in ("Arabic", "Thai", "Hindi", "Hebrew", "Chinese"):
        text, _ = SCRIPTS[script]
        page = pdf(only(f"## L\n\n{text}\n")).pages[1].extract_text()
        counted = Counter(page)
        for letter, count in Counter(text.replace(" ", "")).items():
            assert counted[letter] == count, (script, letter)


def test_letters_that_typst_has_itself_need_no_other_font() -> None:
    codes = (*range(0x21, 0x7F), *range(0xA1, 0x250), *range(0x2010, 0x2028))
    fenced = "\n".join(f"    {chr(code)}" for code in codes)
    plain = "\n\n".join(chr(code) for code in codes if code > 0x7F)
    value = only(f"## L\n\n{fenced}\n\n{plain}\n")
    assert boxes(value) == 0
    names = {name for page in pdf(value).pages for name, _ in drawn(page)}
    assert all(name.startswith(("Libertinus", "DejaVuSansMono")) for name in names)


class TestLost:
    """A letter that no font has."""

    @pytest.fixture
    def exported(self) -> Exported:
        return export("pdf", only(f"## Scope\n\nA sign {UNKNOWN}🚀 and one{UNKNOWN_TOO}.\n"))

    def test_who_exports_it_is_told_which_and_what_to_do(self, exported: Exported) -> None:
        assert exported.flaw.startswith("Some letters are drawn as empty boxes")
        assert "U+50000, U+50001." in exported.flaw and "U+1F680" not in exported.flaw
        assert "Export as HTML or DOCX instead" in exported.flaw

    def test_the_file_says_so_at_its_beginning(self, exported: Exported) -> None:
        first, *others = PdfReader(io.BytesIO(exported.data)).pages
        assert exported.flaw in " ".join(first.extract_text().split())
        assert sum(code == BOX for page in others for _, code in drawn(page)) == 2

    def test_the_other_formats_draw_nothing_and_have_nothing_to_tell(self) -> None:
        value = only(f"## Scope\n\n{UNKNOWN}\n")
        assert not export("html", value).flaw and not export("docx", value).flaw

    def test_many_are_counted_and_a_few_named(self) -> None:
        many = "".join(chr(0x50000 + number) for number in range(30))
        assert "U+50004 and 25 more. Export" in export("pdf", only(f"## S\n\n{many}\n")).flaw

    def test_it_is_told_wherever_it_stands(self) -> None:
        for value in (
            handoff(title=f"The {UNKNOWN}"),
            handoff(description=f"The {UNKNOWN}"),
            only(f"## {UNKNOWN}\n"),
            only("## Scope\n\nAs an entity: &#x50000;\n"),
        ):
            assert "U+50000" in export("pdf", value).flaw

    def test_a_mark_needs_a_font_that_has_its_letter_too(self) -> None:
        assert not export("pdf", only("## Scope\n\ne\u0301 a\u0308 ж\u0301 1️⃣ ⚠️ #️⃣\n")).flaw


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Plain English.", ("en", "")),
        ("Das Straßenfest: größer, schöner.", ("en", "")),
        ("A document in English that names 東京 once, in passing.", ("en", "")),
        ("用户可以提交发票，并查看 PDF 的状态。", ("zh", "")),
        ("使用者可以提交發票，並檢視 PDF 的狀態。", ("zh", "TW")),
        ("利用者は請求書を送信できる。API の状態も確認する。", ("ja", "")),
        ("사용자는 송장을 보낼 수 있다. API", ("ko", "")),
        ("", ("en", "")),
    ],
)
def test_the_language_decides_the_form_of_shared_letters(text: str, found: tuple[str, str]) -> None:
    assert language(text) == found


def test_a_japanese_document_is_marked_as_one_and_has_its_own_forms() -> None:
    japanese = only("## 要件\n\nこの画面で値を直す。\n\n直\n")
    chinese = only("## 需求\n\n在这个页面上修改数值。\n\n直\n")
    assert pdf(japanese).root_object["/Lang"] == "ja"
    assert pdf(chinese).root_object["/Lang"] == "zh"
    assert difference(*pictures(japanese, 1), *pictures(chinese, 1)) > 0.1


def test_a_crash_of_typst_ends_as_an_error_that_names_another_format() -> None:
    # Marks of a script that hardly any machine has a font for, between letters of none.
    crashing = "\u07b2 \u07b3 \u07b4 " + "\U0001e8d0 " * 30 + " \u07b5"
    with pytest.raises(ExportFailed, match="Export as HTML or DOCX instead"):
        export("pdf", only(f"## Scope\n\n{crashing}\n"))
