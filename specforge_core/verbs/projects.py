"""Verbs on projects: create, find, change."""

from __future__ import annotations

from collections.abc import Mapping

from specforge_core import intake
from specforge_core.errors import NotFound
from specforge_core.ids import is_id, new_id
from specforge_core.records import PhaseState, Project, ProjectSummary, Run, RunKind, StreamStatus
from specforge_core.store.sql import queries
from specforge_core.templates import Template
from specforge_core.verbs.starting import TemplateVerbs


class ProjectVerbs(TemplateVerbs):
    def create_project(
        self, title: str, description: str, template: str = "", author: str = ""
    ) -> Project:
        """template: whose answers come with it, as suggestions.

        Raises `InvalidInput` with the field ("title" or "description") and what to change,
        `NotFound` for an unknown template.
        """
        project = Project(
            new_id(), intake.title(title), intake.description(description), self._clock.now()
        )
        start = self.template(template) if template else None
        with self._database.transaction() as cursor:
            queries().insert_project(
                cursor,
                project_id=project.project_id,
                title=project.title,
                description=project.description,
                created_at=project.created_at,
            )
            self._log(cursor, "project_created", project.project_id)
            if start:
                self._log(cursor, "template_used", project.project_id)
                self._prefill(cursor, project.project_id, start, author)
        return project

    def _prefill(self, cursor: object, project_id: str, start: Template, author: str) -> None:
        for phase, answers in start.answers.items():
            spec = self._phases.get(phase)
            known = [one.key for one in spec.questions if one.key in answers] if spec else []
            for key in known:
                text = intake.answer(key, answers[key])
                self._save_answer(
                    cursor, project_id, phase, key, text, suggested=True, author=author
                )

    def _save_answer(
        self,
        cursor: object,
        project_id: str,
        phase: str,
        question: str,
        text: str,
        *,
        suggested: bool = False,
        author: str = "",
    ) -> None:
        queries().save_answer(
            cursor,
            project_id=project_id,
            phase=phase,
            question=question,
            answer=text,
            moment=self._clock.now(),
            suggested=suggested,
            author=intake.name(author),
        )

    def update_project(self, project_id: str, title: str, description: str) -> Project:
        """What was written from the old words becomes stale. Raises `InvalidInput`, `NotFound`."""
        self.project(project_id)
        with self._database.transaction() as cursor:
            queries().update_project(
                cursor,
                project_id=project_id,
                title=intake.title(title),
                description=intake.description(description),
            )
        return self.project(project_id)

    def project(self, project_id: str) -> Project:
        """Raises `NotFound`."""

        found: Project | None = None
        if is_id(project_id):
            found = self._database.remembered.get(
                ("project", project_id),
                lambda: queries().project(self._database.reader(), project_id=project_id),
            )
        if found is None:
            raise NotFound("There is no such project. Open the list of projects and choose one.")
        return found

    def projects(self, search: str = "") -> list[ProjectSummary]:
        """Newest first; `search` matches title and description, in any case."""
        reader = self._database.reader()
        found: list[Project] = list(queries().find_projects(reader, search=intake.clean(search)))
        ids = [project.project_id for project in found]
        runs: list[Run] = (
            list(queries().project_runs(reader, project_ids=ids, kind=RunKind.DOCUMENT))
            if ids
            else []
        )
        counts = queries().section_counts(reader, run_ids=[run.run_id for run in runs])
        percent = {run_id: 100 * done / planned for run_id, done, planned in counts}
        latest = {(run.project_id, run.phase): run for run in runs}
        skipped = (
            {tuple(row) for row in queries().skipped(reader, project_ids=ids)} if ids else set()
        )
        return [self._summary(project, latest, percent, skipped) for project in found]

    def _summary(
        self,
        project: Project,
        latest: Mapping[tuple[str, str], Run],
        percent: Mapping[str, float],
        skipped: set[tuple[str, str]],
    ) -> ProjectSummary:
        states, updated = [], project.created_at
        for phase in self.phases():
            run = latest.get((project.project_id, phase.name))
            status = run.stream_status if run else StreamStatus.IDLE
            done = percent.get(run.run_id, 0.0) if run else 0.0
            passed = (project.project_id, phase.name) in skipped
            states.append(PhaseState(phase.name, phase.title, status, done, passed))
            if run:
                updated = max(updated, run.ended_at or run.started_at or run.queued_at)
        return ProjectSummary(project, tuple(states), updated)
