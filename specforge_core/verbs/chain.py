"""Verbs on the chain of phases: what each one's state is, what it waits for, what is stale."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from specforge_core import intake
from specforge_core.errors import Conflict, NotFound
from specforge_core.ids import new_id
from specforge_core.phases import Phase, phase_problems
from specforge_core.records import Run, RunKind, Step, StreamStatus
from specforge_core.review_records import Answer
from specforge_core.sources import Sources
from specforge_core.staleness import staleness
from specforge_core.store.sql import queries
from specforge_core.templates import waiting
from specforge_core.verbs.projects import ProjectVerbs
from specforge_core.verbs.reading import ReadingVerbs


class ChainVerbs(ProjectVerbs, ReadingVerbs):
    @staticmethod
    def phase_problems() -> tuple[str, ...]:
        """What is wrong with phase files that could not be used, each a sentence."""
        return phase_problems()

    def steps(self, project_id: str) -> tuple[Step, ...]:
        """The chain as a reader sees it. Raises `NotFound`."""
        self.project(project_id)
        return self._database.remembered.get(("steps", project_id), lambda: self._steps(project_id))

    def _steps(self, project_id: str) -> tuple[Step, ...]:
        reader, sources = self._database.reader(), self._sources(project_id)
        skipped = {phase for _, phase in queries().skipped(reader, project_ids=[project_id])}
        proposed = self._proposed(project_id)
        steps: list[Step] = []
        waits: list[str] = []  # titles of required phases so far that are neither done nor skipped
        for phase in self.phases():
            run = sources.latest.get(phase.name)
            complete = phase.name in sources.whole
            steps.append(
                Step(
                    phase=phase.name,
                    title=phase.title,
                    purpose=phase.purpose,
                    optional=phase.optional,
                    status=run.stream_status if run else StreamStatus.IDLE,
                    run_id=run.run_id if run else None,
                    complete=complete,
                    skipped=phase.name in skipped,
                    waits_for=tuple(waits),
                    stale=len(self._stale(sources, phase, run)),
                    proposed=phase.name in proposed,
                    unanswered=self._unanswered(sources, phase),
                )
            )
            if not (complete or phase.optional or phase.name in skipped):
                waits.append(phase.title)
        return tuple(steps)

    def step(self, project_id: str, phase: str) -> Step:
        """Raises `NotFound`."""
        self.phase(phase)
        return next(one for one in self.steps(project_id) if one.phase == phase)

    def _proposed(self, project_id: str) -> frozenset[str]:
        """The phases whose newest proposal waits for a person's decision."""
        ids, kind = [project_id], RunKind.PROPOSAL
        newest = queries().project_runs(self._database.reader(), project_ids=ids, kind=kind)
        return frozenset(run.phase for run in newest if run.settled is None and not run.status.live)

    def _unanswered(self, sources: Sources, phase: Phase) -> tuple[str, ...]:
        return tuple(
            question.text
            for question in sources.questions(phase.name).questions
            if question.required
            and _is_open(sources.stored_answers.get((phase.name, question.key)))
        )

    def _refuse_if_blocked(self, project_id: str, phase: str) -> None:
        """Raises `Conflict` when a required phase before this one is not complete or skipped."""
        step = self.step(project_id, phase)
        if step.waits_for:
            names = " and ".join(step.waits_for)
            raise Conflict(
                f"“{step.title}” is written from what comes before it. "
                f"Complete first: {names}; or skip it."
            )

    def skip(self, project_id: str, phase: str, author: str = "") -> None:
        """Later phases do not wait for this one any more; what is written of it is still read.

        Raises `Conflict` while it is being written, `NotFound`.
        """
        self.project(project_id)
        run = self.latest_run(project_id, self.phase(phase).name)
        if run and run.status.live:
            raise Conflict("It is being written just now. Cancel it first, then skip it.")
        moment, where = self._clock.now(), {"project_id": project_id, "phase": phase}
        with self._database.transaction() as cursor:
            queries().add_artifact(cursor, artifact_id=new_id(), moment=moment, **where)
            queries().skip(cursor, moment=moment, author=intake.name(author), **where)
            self._log(cursor, "phase_skipped", project_id)

    def skip_to(self, project_id: str, phase: str, author: str = "") -> None:
        """Skips every phase that this one waits for. Raises like `skip`."""
        waits = set(self.step(project_id, phase).waits_for)
        for one in self.phases():
            if one.title in waits:
                self.skip(project_id, one.name, author)

    def take_up(self, project_id: str, phase: str) -> None:
        """A skipped phase is wanted again. Raises `NotFound`."""
        self.project(project_id)
        self.phase(phase)
        with self._database.transaction() as cursor:
            queries().skip(cursor, moment=None, author=None, project_id=project_id, phase=phase)

    def stale(self, project_id: str, phase: str) -> Mapping[str, tuple[str, ...]]:
        """By section that was made from something which has changed since: the reasons."""
        spec, run = self.phase(phase), self.latest_run(project_id, phase)
        return self._stale(self._sources(project_id), spec, run)

    def _stale(
        self, sources: Sources, phase: Phase, run: Run | None
    ) -> Mapping[str, tuple[str, ...]]:
        if run is None or run.kind is not RunKind.DOCUMENT or run.status.live:
            return MappingProxyType({})
        # Kept with the rows that it was found in: they are older than the moment it is found at.
        if run.run_id not in sources.stale:
            found = staleness(sources, phase, self._views.get(run.run_id))
            sources.stale[run.run_id] = MappingProxyType(dict(found))
        return sources.stale[run.run_id]

    def _sources(self, project_id: str) -> Sources:
        return self._database.remembered.get(
            ("sources", project_id),
            lambda: Sources(project_id, self._phases, self._database, self._views),
        )

    # --- pins ----------------------------------------------------------------------

    def pins(self, project_id: str, phase: str) -> frozenset[str]:
        """The sections that writing anew leaves alone."""

        def find() -> frozenset[str]:
            rows = queries().pins(self._database.reader(), project_id=project_id, phase=phase)
            return frozenset(section for (section,) in rows)

        return self._database.remembered.get(("pins", project_id, phase), find)

    def pin(self, project_id: str, phase: str, section: str, author: str = "") -> None:
        """Regeneration leaves the section alone from now on. Raises `NotFound`."""
        self._refuse_unknown(project_id, phase, section)
        moment, where = self._clock.now(), {"project_id": project_id, "phase": phase}
        with self._database.transaction() as cursor:
            queries().pin(
                cursor,
                artifact_id=queries().artifact_id(cursor, **where),
                section=section,
                author=intake.name(author),
                moment=moment,
            )

    def unpin(self, project_id: str, phase: str, section: str) -> None:
        """Raises `NotFound`."""
        self._refuse_unknown(project_id, phase, section)
        where = {"project_id": project_id, "phase": phase}
        with self._database.transaction() as cursor:
            artifact_id = queries().artifact_id(cursor, **where)
            queries().unpin(cursor, artifact_id=artifact_id, section=section)

    def _refuse_unknown(self, project_id: str, phase: str, section: str) -> None:
        """Raises `NotFound` for a section that is neither in the document nor pinned."""
        self.project(project_id)
        title, run = self.phase(phase).title, self.latest_run(project_id, phase)
        rows = self._views.get(run.run_id).sections if run else ()
        if section not in {one.section for one in rows} | self.pins(project_id, phase):
            raise NotFound(
                f"The {title} has no section “{section[:40]}”. Open it and choose one of its own."
            )


def _is_open(answer: Answer | None) -> bool:
    """Whether a person has still something to say: no answer, or one with a mark to fill in."""
    return answer is None or bool(waiting(answer.answer))
