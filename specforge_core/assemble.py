"""From stored rows to the plan of one attempt: which sections, and what they are written from."""

from __future__ import annotations

from collections.abc import Mapping

from specforge_core.events import EndReason
from specforge_core.generation.plan import Document, Plan, SectionPlan, Target
from specforge_core.phases import Phase
from specforge_core.records import Project, Run, WorkStatus
from specforge_core.settings import Settings
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.store.views import RunViews


def make_plan(
    run_id: str,
    phases: Mapping[str, Phase],
    database: Database,
    views: RunViews,
    settings: Settings,
    targets: tuple[Target, ...],
) -> Plan:
    """Reads the project, its answers, its earlier documents and what the run has stored so far."""
    view = views.get(run_id)
    run, rows = view.run, view.sections
    phase = phases[run.phase]
    project: Project = queries().project(database.reader(), project_id=run.project_id)
    prompts = {spec.key: spec for spec in phase.sections}
    to_write = [row for row in rows if row.attempt == run.attempt]
    written = [row for row in rows if row.attempt != run.attempt]
    return Plan(
        run_id=run.run_id,
        attempt=run.attempt,
        phase=phase.name,
        phase_title=phase.title,
        system=phase.system,
        targets=targets,
        title=project.title,
        description=project.description,
        answers=_answers(run, phases, database),
        documents=tuple(_documents(run, phases, database, views)),
        sections=tuple(
            SectionPlan(
                key=row.section,
                title=row.title,
                prompt=prompts[row.section].prompt,
                words=prompts[row.section].words,
                index=row.position,
                from_attempt=row.from_attempt,
                text_so_far=view.text(row),
            )
            for row in to_write
            if row.status is WorkStatus.QUEUED
        ),
        written=tuple((row.position, text) for row in written if (text := view.text(row))),
        rest=_rest([row.status for row in written]),
        max_tokens=settings.section_tokens,
        continuations=settings.continuations,
        retries=settings.retries,
        retry_wait_s=settings.retry_wait_s,
        retry_cap_s=settings.retry_cap_s,
        temperature=settings.temperature,
    )


def _rest(statuses: list[WorkStatus]) -> EndReason:
    """How the sections that this attempt does not touch leave the document."""
    if WorkStatus.TRUNCATED in statuses:
        return EndReason.TRUNCATED
    whole = all(status is WorkStatus.COMPLETE for status in statuses)
    return EndReason.COMPLETE if whole else EndReason.INTERRUPTED


def _answers(
    run: Run, phases: Mapping[str, Phase], database: Database
) -> tuple[tuple[str, str], ...]:
    """The answers given for this phase and all before it, as (question's words, answer)."""
    stored = queries().answers(database.reader(), project_id=run.project_id)
    given = {(phase, question): answer for phase, question, answer in stored}
    return tuple(
        (question.text, given[phase.name, question.key])
        for phase in sorted(phases.values(), key=lambda phase: phase.order)
        if phase.order <= phases[run.phase].order
        for question in phase.questions
        if (phase.name, question.key) in given
    )


def _documents(
    run: Run, phases: Mapping[str, Phase], database: Database, views: RunViews
) -> list[Document]:
    """The newest whole text of each earlier document, else what its latest run has stored."""
    documents = []
    for name in phases[run.phase].inputs:
        where = {"project_id": run.project_id, "phase": name}
        whole = queries().whole_document(database.reader(), **where)
        if whole is not None:
            text, run_id = whole
            documents.append(Document(name, phases[name].title, text, run_id, True))
            continue
        latest: Run | None = queries().latest_run(database.reader(), **where)
        if latest and (text := views.get(latest.run_id).document):
            documents.append(Document(name, phases[name].title, text, latest.run_id, False))
    return documents
