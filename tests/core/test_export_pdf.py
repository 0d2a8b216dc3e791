"""The PDF, read back by another library: pages, links, wrapped lines; no text is ever code."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from specforge_core.export import export
from specforge_core.export.handoff import Handoff
from tests.core.export_samples import RICH, handoff, only


def pdf(value: Handoff) -> PdfReader:
    return PdfReader(io.BytesIO(export("pdf", value).data))


def printed(value: Handoff) -> str:
    return " ".join(" ".join(one.extract_text() for one in pdf(value).pages).split())


def test_each_document_begins_on_a_page_of_its_own_in_pdf() -> None:
    pages = [one.extract_text() for one in pdf(handoff()).pages]
    assert len(pages) == 8
    assert "Contents" in pages[0] and "1 / 8" in pages[0]
    for number, title in enumerate(("Brief", "PRD", "Specs", "Stories"), 1):
        assert title in pages[number] and "Invoice approval" in pages[number]
        assert re.search(rf"{title}[ .]*{number + 1}\b", pages[0])


def test_pdf_shows_what_markdown_says() -> None:
    text = printed(only(RICH))
    for words in ("A slanted bold gone coded link", "[ ] open", "[x] done", "7. seven", "FR-1"):
        assert words in text
    assert 'return "<b>"' in text and "[image: plan]" in text and "$x_1$" in text
    links = [
        note.get_object()["/A"]["/URI"]
        for one in pdf(only(RICH)).pages
        for note in one.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]
    assert set(links) == {"https://e.org/a?b=1&c=2", "https://e.org/p.png"}


def test_a_long_line_is_wrapped_in_pdf_and_nothing_of_it_lost() -> None:
    long = "".join(f"{number:04}" for number in range(300))
    text = only(f"```\n{long}\n```\n\n{long}\n\n| a | b |\n|-|-|\n| {long} | x |\n")
    width = float(pdf(text).pages[1].mediabox.width)
    found: list[float] = []
    for one in pdf(text).pages:
        one.extract_text(visitor_text=lambda _t, _c, matrix, _f, _s: found.append(matrix[4]))
    assert max(found) < width
    joined = re.sub(r"\s", "", "".join(one.extract_text() for one in pdf(text).pages))
    assert joined.count(long) == 3


def test_the_header_row_of_a_long_table_is_on_every_page_of_the_pdf() -> None:
    rows = "".join(f"| FR-{number} | words |\n" for number in range(150))
    pages = pdf(only(f"| Identity | Text |\n|-|-|\n{rows}")).pages[1:]
    assert len(pages) > 2
    assert all("Identity" in one.extract_text() for one in pages)


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        "#panic(1)",
        '#import "@preview/x:1.0.0": *',
        "`#eval(1)`",
        '```typ\n#panic("x")\n```',
        "| #panic(1) | $ x $ |\n|-|-|\n| [a](https://e.org/#panic(1)) | <a> @b |",
        "## #panic(1) @ref <label>",
        "= heading // comment /* open",
    ],
)
def test_no_text_is_ever_typst_code(text: str) -> None:
    words = printed(only(text, title=text, description=text))
    letters = re.search(r"[a-z]{3,}", text.replace("typ", ""))
    assert letters and letters[0] in words
    assert "root:" not in words


PLAIN = st.text(st.sampled_from("abc XYZ09#[]*_$@<>\\`/~-=+:;.,'\"(){}!&%^|?\n"), max_size=80)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(PLAIN)
def test_any_code_can_be_typeset_and_its_words_are_found(text: str) -> None:
    fence = "`" * 90
    found = re.sub(r"\s", "", printed(only(f"{fence}\n{text}\n{fence}\n")))
    for line in text.split("\n"):
        assert re.sub(r"\s", "", line) in found
