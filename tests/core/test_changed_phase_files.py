"""Documents whose phase file was edited or broken since: they stay readable, and say what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from specforge_core import Conflict, NotFound, WorkStatus, phases
from specforge_core.phases import PhaseFileError
from tests.core.chain import edit, project_with, write
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


def test_restoring_a_version_with_a_section_that_is_no_more_keeps_its_text_and_its_place(
    open_forge: Opener, folder: Path
) -> None:
    forge = open_forge()
    project, runs = project_with(forge, "brief")
    text = forge.document(runs["brief"].run_id)
    (version,) = forge.versions(project.project_id, "brief")
    forge.close()
    for name in ("problem", "scope"):  # the first one, which has none before it, and another
        rewrite(folder / "brief.toml", f'key = "{name}"', f'key = "{name}-anew"')
    forge = open_forge()
    run = write(forge, project, "brief")
    forge.restore(version.version_id)
    sections = {one.section: one for one in forge.live(run.run_id).sections}
    assert list(sections) == ["problem-anew", "users", "goals", "scope-anew", "risks"]
    assert forge.document(run.run_id) == text
    assert "## Scope" in forge.section_text(run.run_id, "goals")
    empty = [name for name, one in sections.items() if one.status is not WorkStatus.COMPLETE]
    assert empty == ["scope-anew"]


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


@pytest.mark.parametrize("broken", [True, False], ids=["every one broken", "every one removed"])
def test_without_any_phase_it_is_said_what_to_do_and_done_that_all_is_there_again(
    open_forge: Opener, folder: Path, tmp_path: Path, *, broken: bool
) -> None:
    project, runs = project_with(forge := open_forge(), "brief")
    text = forge.document(runs["brief"].run_id)
    forge.close()
    aside = shutil.copytree(folder, tmp_path / "aside")
    for path in folder.glob("*.toml"):
        path.write_text("name =", encoding="utf-8") if broken else path.unlink()
    phases._shipped.cache_clear()
    with pytest.raises(PhaseFileError) as caught:
        open_forge()
    first, *files, to_do = str(caught.value).splitlines()
    assert first == "There is no phase that can be used."
    assert ("handoff.toml, line 1: this is not valid TOML" in str(files)) == broken
    assert "put one back into specforge_core/phases" in to_do
    assert "restart SpecForge when all of them are back" in to_do

    shutil.copy(aside / "brief.toml", folder)  # an app that is open goes on with the first one
    (forge := open_forge()).close()
    assert [one.name for one in forge.phases()] == ["brief"]
    shutil.copytree(aside, folder, dirs_exist_ok=True)
    (forge := open_forge()).close()
    assert [one.name for one in forge.phases()] == ["brief"]

    phases._shipped.cache_clear()  # as a restart does
    forge = open_forge()
    assert len(forge.phases()) == 7 and not forge.phase_problems()
    assert forge.document(runs["brief"].run_id) == text
    assert forge.step(project.project_id, "prd").waits_for == ()
