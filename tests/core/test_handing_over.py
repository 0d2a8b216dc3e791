"""A project is handed over as it is: complete, incomplete and out of date are all told."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

import specforge_core
from specforge_core import Forge, InvalidInput, WorkStatus
from tests.core.chain import edit, project_with
from tests.core.runs import Opener, ended, until

CHAIN = ["brief", "prd", "specs", "stories", "tests", "artifacts", "handoff"]


def manifest(data: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        name = next(one for one in packed.namelist() if one.endswith("manifest.json"))
        return dict(json.loads(packed.read(name)))


def test_every_format_of_a_whole_project_can_be_made(forge: Forge) -> None:
    project, _ = project_with(forge, *CHAIN)
    for name in forge.formats():
        exported = forge.export(project.project_id, name)
        assert len(exported.data) > 500, name
        assert exported.file_name, name


def test_an_edited_brief_marks_what_was_made_from_it_in_the_archive(forge: Forge) -> None:
    project, _ = project_with(forge, "brief", "prd")
    edit(forge, project, "brief", "scope", "## Scope\n\nOnly invoices.")
    text = json.dumps(manifest(forge.export(project.project_id, "zip").data))
    assert "has changed" in text
    markdown = forge.export(project.project_id, "markdown").text or ""
    assert "Out of date" in markdown


def test_what_is_not_written_or_skipped_is_told(forge: Forge) -> None:
    project, _ = project_with(forge, "prd")
    states = {one.phase: one.state for one in forge.handoff(project.project_id).documents}
    assert states["brief"] == "skipped"
    assert states["prd"] == "complete"
    assert states["specs"] == "missing"


def test_while_a_document_is_written_anew_the_last_whole_text_is_packed_and_told(
    open_forge: Opener,
) -> None:
    forge = open_forge()
    project, runs = project_with(forge, "brief")
    before = forge.document(runs["brief"].run_id)
    forge.close()
    slow = open_forge(offline_tps=20.0)
    slow.pin(project.project_id, "brief", "goals")
    run = slow.generate(project.project_id, "brief", "offline")
    until(slow, run, lambda state: state.progress.tokens > 3)
    (brief, *_) = slow.handoff(project.project_id).documents
    assert brief.text == before
    newer = {one.key: "newer text was being written" in str(one.stale) for one in brief.sections}
    assert newer["problem"] and not newer["goals"]  # which is pinned
    assert before[:200] in (slow.export(project.project_id, "markdown", "brief").text or "")
    slow.cancel(run.run_id)
    assert ended(slow, run).run.status is WorkStatus.CANCELLED


def test_a_first_text_in_the_making_is_packed_as_such(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=20.0)
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    run = forge.generate(project.project_id, "brief", "offline")
    until(forge, run, lambda state: state.progress.tokens > 3)
    assert forge.handoff(project.project_id).documents[0].state == "streaming"
    assert "still being written" in (forge.export(project.project_id, "markdown").text or "")
    forge.cancel(run.run_id)
    ended(forge, run)


def test_no_key_and_no_place_of_this_machine_leaves_in_any_format(
    open_forge: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-quite-plain-secret-4711")
    forge = open_forge()
    place = str(forge.settings.data_dir.resolve())
    program = str(Path(specforge_core.__file__).resolve().parents[1])
    project = forge.create_project(
        "Invoice approval", f"The key a-quite-plain-secret-4711 lies in {place}/keys.txt."
    )
    ended(forge, forge.generate(project.project_id, "brief", "offline"))
    run = forge.latest_run(project.project_id, "brief")
    assert run is not None
    leak = "## Problem and context\n\nKey a-quite-plain-secret-4711 at " + place
    leak += f" of {program}/app.py and {Path.home()}/.ssh/id_rsa"
    edit(forge, project, "brief", "problem", leak)
    for name in forge.formats():
        exported = forge.export(project.project_id, name)
        texts = [exported.data]
        if exported.data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(exported.data)) as packed:
                texts = [packed.read(one) for one in packed.namelist()]
        for text in texts:
            assert b"a-quite-plain-secret-4711" not in text, name
            assert place.encode() not in text, name
            assert program.encode() not in text, name
            assert b".ssh" not in text, name


def test_an_export_is_an_event_and_an_unknown_format_is_refused(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    with pytest.raises(InvalidInput, match="no format"):
        forge.export(project.project_id, "papyrus")
    forge.export(project.project_id, "markdown")
    rows = forge._database.reader().execute(
        "select count(*) from events where kind = 'export_created'"
    )
    assert rows.fetchone() == (1,)


def test_what_is_still_to_be_filled_in_is_told_in_the_file(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    edit(forge, project, "brief", "scope", "## Scope\n\nBy [USER INPUT NEEDED: launch date].")
    (brief, *_) = forge.handoff(project.project_id).documents
    assert "To be filled in by a person: launch date" in brief.labels
    text = forge.export(project.project_id, "markdown").text or ""
    assert "To be filled in by a person: launch date" in text
