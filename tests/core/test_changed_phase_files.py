"""Documents whose phase file was edited or broken since: they stay readable, and say what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from specforge_core import Conflict, NotFound, phases
from tests.core.chain import edit, project_with
from tests.core.runs import Opener


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped phase files, read at the next opening of a forge."""
    copied = tmp_path / "phases"
    shutil.copytree(phases.FOLDER, copied, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(phases, "FOLDER", copied)
    phases._shipped.cache_clear()
    yield copied
    phases._shipped.cache_clear()


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    phases._shipped.cache_clear()


def test_a_section_that_its_file_does_not_name_any_more_is_edited_but_not_written_anew(
    open_forge: Opener, folder: Path
) -> None:
    forge = open_forge()
    project, runs = project_with(forge, "brief")
    forge.close()
    rewrite(folder / "brief.toml", 'key = "scope"', 'key = "extent"')
    forge = open_forge()
    run_id = runs["brief"].run_id
    with pytest.raises(Conflict, match="Nothing says any more what “Scope” must hold"):
        forge.retry_section(run_id, "scope")
    with pytest.raises(Conflict, match="Nothing says any more"):
        forge.propose(project.project_id, "brief", ["scope"], "shorter", "offline")
    assert not forge.run(run_id).status.live
    edit(forge, project, "brief", "scope", "## Scope\n\nBy hand.")
    assert "By hand." in forge.document(run_id)


def test_a_document_whose_phase_file_is_broken_can_still_be_read(
    open_forge: Opener, folder: Path
) -> None:
    forge = open_forge()
    project, runs = project_with(forge, "brief", "prd")
    text = forge.document(runs["prd"].run_id)
    forge.close()
    rewrite(folder / "prd.toml", 'name = "prd"', "name = ")
    forge = open_forge()
    assert "prd.toml, line 1" in forge.phase_problems()[0]
    assert forge.document(runs["prd"].run_id) == text
    assert forge.live(runs["prd"].run_id).progress.percent == 100.0
    with pytest.raises(NotFound, match="There is no phase “prd”"):
        forge.retry_section(runs["prd"].run_id, "summary")
    assert "prd" not in [step.phase for step in forge.steps(project.project_id)]
