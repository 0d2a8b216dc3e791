"""The ZIP package: what lies where, what the manifest says, which files are unpacked."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specforge_core.export import export
from specforge_core.export.files import problem, unpack
from specforge_core.export.handoff import Handoff, PackedDocument
from tests.core.export_samples import CONFIGURATION, document, handoff, section, unwritten


def packed(value: Handoff) -> dict[str, str]:
    with ZipFile(io.BytesIO(export("zip", value).data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def manifest(value: Handoff) -> Any:
    return json.loads(packed(value)["manifest.json"])


def artifacts(text: str, state: str = "complete") -> PackedDocument:
    return document("artifacts", section("configuration", text, state), state=state)


def file(path: str, text: str = "x\n") -> str:
    return f"### {path}\n\n```text\n{text}```\n\n"


def test_documents_lie_in_folders_in_the_order_of_the_chain() -> None:
    documents = [name for name in packed(handoff()) if name[:1] == "0" and "/files/" not in name]
    assert documents == [
        "01-brief/brief.md",
        "02-prd/prd.md",
        "03-specs/specs.md",
        "04-stories/stories.md",
        "05-tests/tests.md",
        "06-artifacts/artifacts.md",
        "07-handoff/handoff.md",
    ]


def test_a_skipped_document_keeps_its_number_free() -> None:
    files = packed(handoff(unwritten("tests", "skipped")))
    assert not any(name.startswith("05-") for name in files)
    assert "06-artifacts/artifacts.md" in files
    assert "| 5 | Tests |" in files["README.md"] and "| Skipped |" in files["README.md"]


def test_the_manifest_names_every_other_file_with_its_hash() -> None:
    files = packed(handoff())
    listed = {one["path"]: one for one in json.loads(files.pop("manifest.json"))["files"]}
    assert listed.keys() == files.keys()
    for path, text in files.items():
        assert listed[path]["sha256"] == sha256(text.encode()).hexdigest()
        assert listed[path]["bytes"] == len(text.encode())


def test_the_manifest_tells_version_state_and_who_wrote_each_section() -> None:
    stopped = section("summary", "## Summary\n\nHalf", "truncated", "the brief changed")
    found = manifest(handoff(document("prd", stopped, state="truncated")))
    assert found["schema_version"] == 1 and found["exported_at"] == "2026-03-04T05:06:08+00:00"
    prd = next(one for one in found["documents"] if one["phase"] == "prd")
    assert prd["state"] == "truncated" and prd["complete"] is False
    assert prd["labels"] == [
        "Incomplete: stopped at the length limit (“Summary”)",
        "Out of date: the brief changed (“Summary”)",
    ]
    assert prd["version"] == {
        "id": "v-prd",
        "kind": "generated",
        "written_at": "2026-03-01T00:00:00+00:00",
    }
    (only,) = prd["sections"]
    assert (only["state"], only["provider"], only["model"], only["tokens"]) == (
        ("truncated", "openai", "gpt-x", 42)
    )
    assert only["sha256"] == sha256(stopped.text.encode()).hexdigest()


def test_a_missing_document_is_in_the_manifest_without_a_path() -> None:
    found = manifest(handoff(unwritten("specs", "missing")))
    specs = next(one for one in found["documents"] if one["phase"] == "specs")
    assert specs["path"] is None and specs["sha256"] is None and specs["state"] == "missing"


def test_an_incomplete_document_says_so_in_its_first_lines() -> None:
    stopped = section("summary", "## Summary\n\nHalf", "cancelled")
    text = packed(handoff(document("prd", stopped, state="cancelled")))["02-prd/prd.md"]
    assert text.split("\n")[:3] == [
        "# PRD",
        "",
        "> **Incomplete: stopped by a person (“Summary”)**",
    ]


def test_files_of_the_artifacts_are_unpacked_as_they_stand() -> None:
    files = packed(handoff())
    assert files["06-artifacts/files/.env.example"] == "DATABASE_URL=\n"
    assert files["06-artifacts/files/src/app/main.py"] == 'print("hello")\n'


@pytest.mark.parametrize(
    "path",
    [
        "../up.txt",
        "a/../../up.txt",
        "/etc/passwd",
        "~/x.sh",
        "C:/x.txt",
        r"C:\x.txt",
        r"a\b.txt",
        "a//b.txt",
        "./a/./b.txt",
        "aux.txt",
        "src/CON.py",
        "a/lpt1",
        "com¹.txt",
        "a/b.txt.",
        "a/ b.txt",
        "a/b?.txt",
        "a/b\u2066.txt",
        ".git/hooks/pre-commit",
        "x/.GIT/config",
        "git~1/hooks/pre-commit",
        "x/GIT~12/config",
        "a/" * 100 + "b.txt",
        "a/" + "b" * 150 + ".txt",
    ],
)
def test_an_unsafe_path_is_refused_and_listed(path: str) -> None:
    files = packed(handoff(artifacts(CONFIGURATION + file(f"`{path}`"))))
    assert sum("/files/" in name for name in files) == 2
    assert "## Not unpacked" in files["README.md"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.txt", "A.TXT"),
        ("b/a.txt", "./b/a.txt"),
        ("Dockerfile", "dockerfile"),
        ("makefile", "Makefile/x.txt"),
        ("Makefile/x.txt", "makefile"),
        ("\u00e4.txt", "a\u0308.txt"),
    ],
)
def test_of_two_files_that_stand_in_each_others_way_the_first_is_kept(
    first: str, second: str
) -> None:
    found = unpack(artifacts(file(f"`{first}`", "1\n") + file(f"`{second}`", "2\n")))
    assert [one.text for one in found.files] == ["1\n"]
    assert len(found.refused) == 1


def test_a_file_that_is_cut_off_is_refused() -> None:
    found = unpack(artifacts("### src/a.py\n\n```python\nx = 1\n", "truncated"))
    assert not found.files
    assert found.refused[0].path == "src/a.py" and "no end" in found.refused[0].reason


def test_files_of_an_incomplete_document_are_labelled() -> None:
    readme = packed(handoff(artifacts(file("src/a.py"), "cancelled")))["README.md"]
    unpacked = readme.partition("## Files for the code")[2]
    assert "Incomplete: stopped by a person" in unpacked and "src/a.py" in unpacked


def test_a_readme_that_holds_fences_is_unpacked_whole() -> None:
    text = "# App\n\n```sh\nmake run\n```\n\nThe end.\n"
    found = unpack(artifacts(f"### README.md\n\n```markdown\n{text}```\n\n" + file("b.txt")))
    assert [(one.path, one.text) for one in found.files] == [("README.md", text), ("b.txt", "x\n")]


@pytest.mark.parametrize("heading", ["Steps", "GET /api/users", "Version 2.0", "1.2", "a b/c.py"])
def test_a_heading_that_is_no_path_is_no_file(heading: str) -> None:
    found = unpack(artifacts(file(heading)))
    assert not found.files and not found.refused


@given(st.text(min_size=1, max_size=40))
def test_no_path_that_is_accepted_leads_out_of_its_folder(path: str) -> None:
    if not problem(path):
        parts = PurePosixPath("root", path).parts
        assert parts[0] == "root" and ".." not in parts and len(parts) > 1
        assert not any(character in path for character in '\\:<>"|?*\n\0')


def test_the_master_prompt_is_that_of_the_hand_off_without_its_fence() -> None:
    prompt = packed(handoff())["MASTER_PROMPT.md"]
    assert prompt.startswith("ROLE\nYou build it.\n") and "```" not in prompt
    assert "Use it to start" not in prompt


def test_without_a_hand_off_the_master_prompt_is_made_from_the_documents() -> None:
    prompt = packed(handoff(unwritten("handoff", "missing")))["MASTER_PROMPT.md"]
    for part in (
        "Hand-off: Not written yet",
        "GOAL\nApproval in two days.",
        "01-brief/brief.md: Says which problem is worth solving.",
        "- FR-1: An employee can send an invoice of at most 20 MB.",
        "- US-2: Invoices can be approved (FR-2, NFR-1)",
        "- T-2: Add the approval (after T-1)",
        "Not part of it: Mobile app: never.",
        "Begin with T-1.",
    ):
        assert part in prompt


def test_images_and_html_are_defused_in_markdown_but_not_in_code() -> None:
    text = (
        "## P\n\n![x](http://e/x.png) <img src=y> `<b>` a < b <https://e/>\n\n```\n![z](u)\n```\n"
    )
    found = packed(handoff(document("brief", section("problem", text))))["01-brief/brief.md"]
    assert "\\![x](http://e/x.png) \\<img src=y> `<b>` a < b <https://e/>" in found
    assert "\n![z](u)\n" in found


def test_an_open_fence_ends_with_its_section() -> None:
    first = section("problem", "## Problem\n\n```sh\nmake\n")
    second = section("scope", "## Scope\n\nSmall.\n")
    text = packed(handoff(document("brief", first, second)))["01-brief/brief.md"]
    assert "```sh\nmake\n```\n" in text and "## Scope" in text


@pytest.mark.parametrize("year", [1970, 2026, 2200])
def test_any_time_of_export_is_a_time_that_zip_knows(year: int) -> None:
    value = replace(handoff(), exported_at=datetime(year, 1, 2, 3, 4, 6, tzinfo=UTC))
    with ZipFile(io.BytesIO(export("zip", value).data)) as archive:
        dates = {one.date_time for one in archive.infolist()}
    assert len(dates) == 1
    assert dates == {(2026, 1, 2, 3, 4, 6)} or year != 2026
