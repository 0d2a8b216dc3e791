"""HTML, DOCX and PDF show the same book; each is opened by a reader of its own."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from specforge_core.export import export
from specforge_core.export.handoff import Handoff
from specforge_core.export.redact import clean
from tests.core.export_samples import RICH, document, handoff, only, section

VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Every element with its attributes; fails where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(value: Handoff) -> Page:
    found = Page(export("html", value).data.decode())
    assert found.open == []
    return found


def word(value: Handoff) -> Any:
    return Document(io.BytesIO(export("docx", value).data))


def pdf(value: Handoff) -> PdfReader:
    return PdfReader(io.BytesIO(export("pdf", value).data))


def test_html_fetches_and_runs_nothing() -> None:
    found = page(only(RICH + "<script>alert(1)</script><img src='//e.org/x'>"))
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base", "svg"}
    assert not any(
        name in attributes
        for _, attributes in found.elements
        for name in ("src", "style", "onclick", "onerror")
    )
    assert "<script>alert(1)</script>" in found.text


def test_html_allows_by_its_policy_only_its_own_style() -> None:
    text = export("html", handoff()).data.decode()
    policy = next(
        one["content"]
        for one in Page(text).all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style and policy
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "url(" not in style[1] and "@import" not in style[1]
    assert "prefers-color-scheme: dark" in style[1] and "@media print" in style[1]


def test_html_contents_lead_to_headings() -> None:
    found = page(handoff())
    ids = {one["id"] for _, one in found.elements if "id" in one}
    targets = [str(one["href"])[1:] for one in found.all("a") if str(one["href"])[0] == "#"]
    assert len(targets) > 7 and set(targets) <= ids


def test_html_shows_what_markdown_says() -> None:
    found = page(only(RICH))
    links = [one["href"] for one in found.all("a") if str(one.get("href")).startswith("http")]
    assert links == ["https://e.org/a?b=1&c=2", "https://e.org/p.png"]
    assert {"em", "strong", "s", "code", "blockquote", "pre", "th", "h3"} <= {
        tag for tag, _ in found.elements
    }
    assert [one.get("start") for one in found.all("ol") if one.get("start")] == ["7"]
    assert [one.get("aria-label") for one in found.all("span")] == ["to do", "done"]
    assert 'def f():\n\treturn "<b>"' in "".join(found.words)


def test_html_begins_each_document_with_a_heading_of_level_one() -> None:
    found = page(only("# Brief\n\n# Other\n\n## Sub\n"))
    assert [tag for tag, _ in found.elements if tag in ("h1", "h2", "h3")] == ["h1", "h2", "h3"]


def test_docx_shows_what_markdown_says() -> None:
    read = word(only(RICH))
    by_text = {one.text: one for one in read.paragraphs}
    assert by_text["Brief"].style.name == "Heading 1"
    assert by_text["Rich"].style.name == "Heading 2"
    assert by_text["Deeper"].style.name == "Heading 3"
    assert by_text["quoted"].style.name == "Quote"
    assert by_text['\treturn "<b>"'].style.name == "Code"
    text = next(one for one in read.paragraphs if one.text.startswith("A slanted"))
    looks = {run.text: run for run in text.runs}
    assert looks["slanted"].italic and looks["bold"].bold and looks["gone"].font.strike
    assert looks["coded"].style.name == "Code Letters"
    assert [link.address for link in text.hyperlinks] == ["https://e.org/a?b=1&c=2"]
    assert "☐ open" in by_text and "☑ done" in by_text


def test_docx_numbers_each_list_from_its_own_start() -> None:
    read = word(only(RICH))
    numbers = {
        one.text: one._p.pPr.numPr.numId.val
        for one in read.paragraphs
        if one._p.pPr is not None and one._p.pPr.numPr is not None
    }
    assert numbers["first"] == numbers["second"] != numbers["seven"] == numbers["eight"]
    numbering = read.part.numbering_part.element
    (seven,) = [one for one in numbering.num_lst if one.numId == numbers["seven"]]
    assert seven.find(f"{qn('w:lvlOverride')}/{qn('w:startOverride')}").get(qn("w:val")) == "7"


def test_docx_repeats_the_header_row_and_keeps_cells() -> None:
    table = word(only(RICH)).tables[1]
    assert [cell.text for cell in table.rows[1].cells] == ["FR-1", "one\ntwo"]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_no_table_is_wider_than_word_takes() -> None:
    wide = "\n".join(["|a" * 200 + "|", "|-" * 200 + "|", "|x" * 200 + "|"])
    tables = word(only(wide)).tables[1:]
    assert max(len(table.columns) for table in tables) <= 63
    assert sum(len(table.columns) - 1 for table in tables) == 199


def test_docx_and_pdf_name_the_generator_and_no_user() -> None:
    properties = word(handoff()).core_properties
    assert properties.author == properties.last_modified_by == "SpecForge 0.1.0"
    assert properties.title == "Invoice approval" and properties.comments == ""
    about = pdf(handoff()).metadata
    assert about and about.author == "SpecForge 0.1.0" and about.title == "Invoice approval"
    assert about.creation_date_raw == "D:20260304050608Z"


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=120), st.text(max_size=30))
def test_any_text_makes_a_page_a_docx_and_a_pdf(text: str, title: str) -> None:
    value = handoff(document("brief", section("problem", text)), title=title, description=text)
    assert page(value).text
    assert word(value).paragraphs
    assert len(pdf(value).pages) > 1


@settings(max_examples=20)
@given(st.from_regex(r"[A-Za-z]{2,12}( [A-Za-z0-9#$@*_~]{1,9}){0,8}", fullmatch=True))
def test_a_title_is_found_as_it_was_typed(title: str) -> None:
    title = " ".join(clean(title).split())
    assert title in page(only("x", title=title)).text
    assert word(only("x", title=title)).paragraphs[0].text == title
