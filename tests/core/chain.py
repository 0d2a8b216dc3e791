"""Projects with documents, made quickly by the offline drafter."""

from __future__ import annotations

from specforge_core import Forge, Project, Run
from tests.core.runs import BRIEF, ended


def project_with(forge: Forge, *phases: str) -> tuple[Project, dict[str, Run]]:
    """A project whose given phases are written; those before them that are not are skipped."""
    project = forge.create_project("Invoice approval", BRIEF)
    runs = {}
    last = max(forge.phase(name).order for name in phases)
    for phase in forge.phases():
        if phase.name in phases:
            runs[phase.name] = write(forge, project, phase.name)
        elif phase.order < last:
            forge.skip(project.project_id, phase.name)
    return project, runs


def write(forge: Forge, project: Project, phase: str) -> Run:
    run = forge.generate(project.project_id, phase, "offline")
    return ended(forge, run).run


def text_of(forge: Forge, project: Project, phase: str, section: str) -> str:
    run = forge.latest_run(project.project_id, phase)
    assert run is not None
    return forge.section_text(run.run_id, section).strip("\n")


def edit(forge: Forge, project: Project, phase: str, section: str, text: str) -> Run:
    """As somebody who has just opened it."""
    run = forge.latest_run(project.project_id, phase)
    assert run is not None
    based_on = forge.fingerprint(run.run_id, section)
    return forge.edit_section(run.run_id, section, text, based_on, "Ada", "")
