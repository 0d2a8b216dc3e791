"""HTML, DOCX and PDF show the same book; each is opened by a reader of its own."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from specforge_core.export import export
from specforge_core.export.handoff import Handoff
from specforge_core.export.redact import clean
from tests.core.export_samples import document, handoff, only, section

RICH = """\
## Rich

A *slanted* **bold** ~~gone~~ `coded` [link](https://e.org/a?b=1&c=2) [bad](javascript:alert(1)).

- [ ] open
- [x] done
  1. first
  2. second

7. seven
8. eight

| ID | Text |
|----|:----:|
| FR-1 | one<br>two |

> quoted

```py
def f():
\treturn "<b>"
```

### Deeper

![plan](https://e.org/p.png) and $x_1$
"""
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


def printed(value: Handoff) -> str:
    return " ".join(" ".join(one.extract_text() for one in pdf(value).pages).split())


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


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(PLAIN)
def test_any_code_can_be_typeset_and_its_words_are_found(text: str) -> None:
    fence = "`" * 90
    found = re.sub(r"\s", "", printed(only(f"{fence}\n{text}\n{fence}\n")))
    for line in text.split("\n"):
        assert re.sub(r"\s", "", line) in found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=120), st.text(max_size=30))
def test_any_text_makes_a_page_a_docx_and_a_pdf(text: str, title: str) -> None:
    value = handoff(document("brief", section("problem", text)), title=title, description=text)
    assert page(value).text
    assert word(value).paragraphs
    assert len(pdf(value).pages) > 1


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[A-Za-z]{2,12}( [A-Za-z0-9#$@*_~]{1,9}){0,8}", fullmatch=True))
def test_a_title_is_found_as_it_was_typed(title: str) -> None:
    title = " ".join(clean(title).split())
    assert title in page(only("x", title=title)).text
    assert word(only("x", title=title)).paragraphs[0].text == title
