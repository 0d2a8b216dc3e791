"""What holds for every format: nothing secret leaves, nothing is packed silently, all is stable."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

import pytest
from docx import Document
from pypdf import PdfReader

from specforge_core.errors import InvalidInput
from specforge_core.export import FORMATS, ZIP, Exported, export
from specforge_core.export.handoff import STATE_WORDS
from tests.core.export_samples import document, handoff, only, section, unwritten

EVERY = pytest.mark.parametrize("name", FORMATS)
OF_ONE = pytest.mark.parametrize("name", [n for n, one in FORMATS.items() if one.scope == "both"])
KEY = "sk-proj-abcdefghijklmnop1234567890"
SECRETS = (
    KEY,
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "ghp_1234567890abcdefghijABCDEFGHIJ123456",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij",
    "file:///etc/passwd",
    "/home/alice/projects/x",
    "/Users/bob/Desktop",
    r"C:\Users\carol\x",
    "given-by-the-caller-1",
)


def words(exported: Exported) -> str:
    """Everything a reader of the file can see, with white space made even."""
    match exported.mime.rpartition("/")[2]:
        case "zip":
            with ZipFile(io.BytesIO(exported.data)) as archive:
                text = "\n".join(archive.read(name).decode() for name in archive.namelist())
        case "pdf":
            pages = PdfReader(io.BytesIO(exported.data)).pages
            text = "\n".join(page.extract_text() for page in pages)
        case "html" | "markdown" | "plain":
            text = exported.data.decode()
        case _:
            read = Document(io.BytesIO(exported.data))
            cells = [c.text for table in read.tables for row in table.rows for c in row.cells]
            text = "\n".join([*(paragraph.text for paragraph in read.paragraphs), *cells])
    return " ".join(text.split())


def raw(exported: Exported) -> bytes:
    """The bytes of every part, unpacked where the format is a ZIP (as DOCX is)."""
    if not exported.data.startswith(b"PK"):
        return exported.data
    with ZipFile(io.BytesIO(exported.data)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


@EVERY
def test_the_same_value_gives_the_same_bytes(name: str) -> None:
    assert export(name, handoff()).data == export(name, handoff()).data


@EVERY
def test_the_title_of_the_project_is_in_it(name: str) -> None:
    assert "Invoice approval" in words(export(name, handoff()))


@EVERY
def test_nothing_that_is_a_secret_or_a_path_of_a_machine_leaves(name: str) -> None:
    text = "## Problem\n\n" + "\n\n".join(f"before {secret} after" for secret in SECRETS)
    hostile = section("problem", text, "complete", f"{KEY} changed")
    value = handoff(
        document("brief", hostile, document("brief").sections[1]),
        title=f"Invoice {KEY}",
        description=f"Uses {KEY} from /home/alice/x.",
        generator=f"SpecForge {KEY}",
        secrets=("given-by-the-caller-1",),
    )
    exported = export(name, value)
    found = raw(exported) + words(exported).encode()
    for secret in (*SECRETS, "alice", "carol"):
        assert secret.encode() not in found
    assert "[removed]" in words(exported)


@EVERY
def test_what_is_not_whole_is_said_in_every_format(name: str) -> None:
    stopped = section("architecture", "## Architecture\n\nHalf of", "cancelled")
    old = section("data", "## Data\n\nOld.", "complete", "the answer to “Stack” changed")
    said = words(
        export(
            name,
            handoff(
                document("specs", stopped, old, state="cancelled"),
                unwritten("tests", "skipped"),
                unwritten("artifacts", "missing"),
            ),
        )
    )
    assert "Incomplete: stopped by a person (“Architecture”)" in said
    assert "Out of date: the answer to “Stack” changed (“Data”)" in said
    assert "Read with care" in said
    assert "Skipped" in said and "Not written yet" in said


@pytest.mark.parametrize("state", [*STATE_WORDS, "something-new"])
def test_every_state_has_words(state: str) -> None:
    value = handoff(document("prd", section("summary", "## S\n\nx", state), state=state))
    assert STATE_WORDS.get(state, "something-new") in words(export("markdown", value))


@EVERY
def test_a_project_without_any_document_can_be_exported(name: str) -> None:
    absent = [unwritten(one.phase, "missing") for one in handoff().documents]
    assert "Not written yet" in words(export(name, handoff(*absent)))
    assert export(name, handoff(documents=())).data


@EVERY
def test_a_phase_skipped_on_purpose_is_told_but_is_no_warning(name: str) -> None:
    said = words(export(name, handoff(unwritten("tests", "skipped"))))
    assert "Skipped" in said and "Read with care" not in said


@OF_ONE
def test_one_document_can_be_exported_alone(name: str) -> None:
    exported = export(name, handoff(documents=(document("prd"),)))
    assert exported.file_name == f"invoice-approval-prd.{FORMATS[name].extension}"
    assert "An employee can send an invoice" in words(exported)
    assert "Invoices wait nine days" not in words(exported)


@EVERY
@pytest.mark.parametrize(
    "title", ["", "../../etc", "con", "漢字", "a/b\\c:d", "x" * 300, ".", "\x00"]
)
def test_every_title_gives_a_file_name_that_every_system_takes(name: str, title: str) -> None:
    exported = export(name, handoff(title=title))
    assert re.fullmatch(r"[^\W_][\w.-]{0,80}|\.cursorrules", exported.file_name)
    assert exported.file_name.partition(".")[0].lower() not in ("con", "nul")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("报告 تقرير 🧾 <b>x</b> /home/ada/p", "报告-تقرير-x"),
        ("हिन्दी рапорт", "हिन्दी-рапорт"),
        ("Cafe\u0301 №\u00a0７", "café-no-7"),
        ("a < b and c > d", "a-b-and-c-d"),
        ("❤\ufe0f", "project"),
        ("COM¹", "com1-project"),
        ("漢" * 99, "漢" * 40),
    ],
)
def test_letters_of_every_script_stay_in_the_name_of_a_file(title: str, name: str) -> None:
    assert export("markdown", handoff(title=title)).file_name == f"{name}.md"
    assert export("zip", handoff(title=title)).file_name == f"{name}.zip"


@EVERY
def test_no_time_of_this_machine_is_in_it(name: str) -> None:
    later = handoff(exported_at=handoff().exported_at + timedelta(days=365))
    assert b"2027" in raw(export(name, later)) or b"2027" in words(export(name, later)).encode()
    assert b"2027" not in raw(export(name, handoff()))


def test_the_text_for_preview_is_what_the_file_holds() -> None:
    for name, chosen in FORMATS.items():
        exported = export(name, handoff())
        if chosen.mime.startswith("text/"):
            assert exported.text == exported.data.decode()
        else:
            assert (exported.text is not None) == (chosen.mime == ZIP)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"docx.*pdf"):
        export("rtf", handoff())


def test_every_format_says_what_it_is_for() -> None:
    for name, chosen in FORMATS.items():
        assert chosen.name == name and chosen.label and chosen.about.endswith(".")


HOSTILE = {
    "nothing": "",
    "control characters": "a\x00b\x07c\x1bd\ud800e\ufffff",
    "a megabyte in one line": "word " * 200_000,
    "a long word": "x" * 20_000,
    "an open fence": "## A\n\n```py\nx = 1\n",
    "deep quotes": "> " * 300 + "deep",
    "deep lists": "\n".join("  " * level + "- a" for level in range(120)),
    "a table of 200 columns": "\n".join(["|a" * 200 + "|", "|-" * 200 + "|", "|x" * 200 + "|"]),
    "10,000 lines of code": "```\n" + "line\n" * 10_000 + "```\n",
    "brackets": "[" * 50_000,
    "images": "![" * 50_000,
    "emphasis": "*a_ " * 50_000,
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><!-- x --><![CDATA[x]]>" * 50,
    "emoji and letters": "👩‍👩‍👧‍👦 漢字 ひらがな 한글 العربية עברית ไทย \u202e evil",
    "typst": '#read("/etc/passwd") #import "@preview/a:1.0.0" $x$ @label <label> // /* `` \\u{1}',
    "xml": "]]> </w:t></w:r> &amp; &#0; &lt; <?xml ?>",
    "addresses": "[a](javascript:alert(1)) [b](http://[::1) <http://x y> [c](http://a"
    + "b" * 9000
    + ")",
    "rules": "---\n***\n___\n# \n## \n- \n1. \n> \n",
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("cursor", "copilot")])
def test_no_text_breaks_an_export(name: str, kind: str) -> None:
    exported = export(name, only(HOSTILE[kind], title=HOSTILE[kind][:200]))
    if name == "pdf":  # to read all pages of a megabyte takes half a minute
        assert "Exported on" in PdfReader(io.BytesIO(exported.data)).pages[0].extract_text()
    else:
        assert words(exported)


def test_an_edited_document_is_exported_as_it_reads_not_as_its_sections_were() -> None:
    edited = handoff(documents=(replace(document("brief"), text="# New\n\nAll new.\n"),))
    assert "All new." in words(export("markdown", edited))
    assert "Invoices wait nine days" not in words(export("markdown", edited))
