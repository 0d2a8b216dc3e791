"""Versions from before their sections were noted: each section comes back as it was."""

from __future__ import annotations

import pytest

from specforge_core import Conflict, Forge, Project, Run, WorkStatus
from tests.core.chain import edit, text_of, write
from tests.core.runs import ended
from tests.loopback import LoopbackProvider, chat_stream

# One section never ends its code, and a later one has code of its own: read as one text, the
# headings between the two stand inside code.
OPEN = "Invoices are late.\n\n```\nnever ended"
TREE = "The tree:\n\n```\ntree\n```\n\nTwo days instead of nine."


@pytest.fixture
def house(server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch) -> LoopbackProvider:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    return server


@pytest.fixture
def written(forge: Forge, house: LoopbackProvider) -> tuple[Project, Run]:
    """A brief as a model has written it, whose version knows no sections."""
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    bodies = {"problem": OPEN, "goals": TREE}
    for section in forge.phase("brief").sections:
        body = bodies.get(section.key, f"About {section.key}.")
        house.reply(chat_stream([f"## {section.title}\n\n{body}"]))
    run = ended(forge, forge.generate(project.project_id, "brief", "custom")).run
    return project, forget_sections(forge, run)


def forget_sections(forge: Forge, run: Run) -> Run:
    with forge._database.transaction(run.run_id) as cursor:
        cursor.execute("delete from version_sections")
    return run


def texts_of(forge: Forge, run: Run) -> dict[str, str]:
    return {
        one.section: forge.section_text(run.run_id, one.section).strip("\n")
        for one in forge.live(run.run_id).sections
    }


def test_code_that_is_never_ended_takes_no_section_into_another(
    forge: Forge, written: tuple[Project, Run]
) -> None:
    project, run = written
    before = texts_of(forge, run)
    assert "never ended" in before["problem"] and len(before) == 5
    (version,) = forge.versions(project.project_id, "brief")
    edit(forge, project, "brief", "users", "## Users\n\nOthers.")
    forget_sections(forge, run)
    parts = {part.section: part.text for part in forge.version_parts(version.version_id)}
    assert parts == before
    forge.restore(version.version_id)
    assert texts_of(forge, run) == before
    assert forge.run(run.run_id).status is WorkStatus.COMPLETE
    with pytest.raises(Conflict, match="exactly this text"):
        forge.restore(version.version_id)


def test_it_comes_back_into_a_document_that_was_written_anew(
    forge: Forge, written: tuple[Project, Run]
) -> None:
    project, run = written
    before = texts_of(forge, run)
    (version,) = forge.versions(project.project_id, "brief")
    again = write(forge, project, "brief")
    forget_sections(forge, again)
    forge.restore(version.version_id)
    assert texts_of(forge, again) == before


def test_what_reads_one_of_its_sections_is_told_the_text_of_that_section(
    forge: Forge, house: LoopbackProvider, written: tuple[Project, Run]
) -> None:
    project, _ = written
    reads = [set(one.reads or ()) for one in forge.phase("prd").sections]
    place = next(n for n, one in enumerate(reads) if one == {"brief.users", "brief.goals"})
    for section in forge.phase("prd").sections:
        house.reply(chat_stream([f"## {section.title}\n\nText."]))
    before = len(house.requests)
    ended(forge, forge.generate(project.project_id, "prd", "custom"))
    asked = str(house.requests[before + place].body["messages"])
    assert "Two days instead of nine." in asked and "About users." in asked
    assert "never ended" not in asked


def test_a_text_that_no_attempt_has_left_is_cut_at_its_headings_and_kept_whole(
    forge: Forge, written: tuple[Project, Run]
) -> None:
    project, run = written
    (version,) = forge.versions(project.project_id, "brief")
    text = forge.version_text(version.version_id).replace("nine", "eleven")
    with forge._database.transaction(run.run_id) as cursor:
        cursor.execute("update artifact_versions set content = ?", [text])
    forge.restore(version.version_id)
    assert forge.document(run.run_id) == text
    assert text_of(forge, project, "brief", "problem").startswith("## Problem")
