"""Verbs on projects: create, find, answer the questions of a phase."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from specforge_core import intake
from specforge_core.errors import InvalidInput, NotFound
from specforge_core.ids import is_id, new_id
from specforge_core.records import PhaseState, Project, ProjectSummary, Run, StreamStatus
from specforge_core.store.sql import queries
from specforge_core.verbs.shared import Verbs


class ProjectVerbs(Verbs):
    def create_project(self, title: str, description: str) -> Project:
        """Raises `InvalidInput` with the field ("title" or "description") and what to change."""
        project = Project(
            new_id(), intake.title(title), intake.description(description), self._clock.now()
        )
        with self._database.transaction() as cursor:
            queries().insert_project(
                cursor,
                project_id=project.project_id,
                title=project.title,
                description=project.description,
                created_at=project.created_at,
            )
            self._log(cursor, "project_created", project.project_id)
        return project

    def project(self, project_id: str) -> Project:
        """Raises `NotFound`."""
        found: Project | None = None
        if is_id(project_id):
            found = queries().project(self._database.reader(), project_id=project_id)
        if found is None:
            raise NotFound("There is no such project. Open the list of projects and choose one.")
        return found

    def projects(self, search: str = "") -> list[ProjectSummary]:
        """Newest first; `search` matches title and description, in any case."""
        reader = self._database.reader()
        found: list[Project] = list(queries().find_projects(reader, search=intake.clean(search)))
        ids = [project.project_id for project in found]
        runs: list[Run] = list(queries().project_runs(reader, project_ids=ids)) if ids else []
        counts = queries().section_counts(reader, run_ids=[run.run_id for run in runs])
        percent = {run_id: 100 * done / planned for run_id, done, planned in counts}
        latest = {(run.project_id, run.phase): run for run in runs}
        return [self._summary(project, latest, percent) for project in found]

    def _summary(
        self,
        project: Project,
        latest: Mapping[tuple[str, str], Run],
        percent: Mapping[str, float],
    ) -> ProjectSummary:
        states, updated = [], project.created_at
        for phase in self.phases():
            run = latest.get((project.project_id, phase.name))
            status = run.stream_status if run else StreamStatus.IDLE
            done = percent.get(run.run_id, 0.0) if run else 0.0
            states.append(PhaseState(phase.name, phase.title, status, done))
            if run:
                updated = max(updated, run.ended_at or run.started_at or run.queued_at)
        return ProjectSummary(project, tuple(states), updated)

    def answers(self, project_id: str, phase: str) -> Mapping[str, str]:
        """Question key -> answer, those of the given phase."""
        rows = queries().answers(self._database.reader(), project_id=project_id)
        return MappingProxyType({key: text for of, key, text in rows if of == phase})

    def save_answers(self, project_id: str, phase: str, answers: Mapping[str, str]) -> None:
        """An empty answer takes an earlier one back. Raises `InvalidInput`, `NotFound`."""
        self.project(project_id)
        known = {question.key for question in self.phase(phase).questions}
        if unknown := set(answers) - known:
            raise InvalidInput(min(unknown), f"The phase {phase} has no question {min(unknown)}.")
        cleaned = {key: intake.answer(key, text) for key, text in answers.items()}
        with self._database.transaction() as cursor:
            for key, text in cleaned.items():
                queries().save_answer(
                    cursor,
                    project_id=project_id,
                    phase=phase,
                    question=key,
                    answer=text,
                    moment=self._clock.now(),
                )
