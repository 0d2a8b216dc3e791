"""Verbs that start, stop and repeat the writing of a document."""

from __future__ import annotations

from specforge_core.assemble import make_plan
from specforge_core.errors import Conflict
from specforge_core.generation.plan import Plan
from specforge_core.generation.services import Services
from specforge_core.generation.worker import Job, Worker
from specforge_core.ids import new_id
from specforge_core.records import Run, Section, WorkStatus
from specforge_core.store.sql import queries
from specforge_core.store.writes import Chunk, append_chunks, keep_versions
from specforge_core.verbs.policy import PolicyVerbs
from specforge_core.verbs.projects import ProjectVerbs
from specforge_core.verbs.reading import ReadingVerbs


class WritingVerbs(ProjectVerbs, ReadingVerbs, PolicyVerbs):
    _worker: Worker
    _owner: str

    def generate(self, project_id: str, phase: str, provider: str, model: str = "") -> Run:
        """Queues a new run and returns at once.

        Raises `Conflict` when one is live already, `NotFound`, and
        `InvalidInput` when the provider is not configured.
        """
        self.project(project_id)
        spec = self.phase(phase)
        chosen, model = self._connections.choose(provider, model)
        self._worker.require_alive()
        run_id, moment = new_id(), self._clock.now()
        where = {"project_id": project_id, "phase": phase}
        with self._database.transaction() as cursor:
            queries().add_artifact(cursor, artifact_id=new_id(), moment=moment, **where)
            latest: Run | None = queries().latest_run(cursor, **where)
            if latest and latest.status.live:
                raise Conflict(
                    f"The {spec.title} is being written already. Watch it, or cancel it."
                )
            if latest and latest.status is WorkStatus.INTERRUPTED:
                keep_versions(cursor, {latest.run_id: moment})  # its end had no time for it
            artifact_id = queries().artifact_id(cursor, **where)
            queries().insert_run(
                cursor,
                run_id=run_id,
                artifact_id=artifact_id,
                provider=chosen.name,
                model=model,
                moment=moment,
                owner=self._owner,
            )
            queries().insert_sections(
                cursor,
                run_id=run_id,
                sections=[section.key for section in spec.sections],
                attempt=1,
                positions=list(range(len(spec.sections))),
                titles=[section.title for section in spec.sections],
                from_attempts=[1] * len(spec.sections),
                tokens=[0] * len(spec.sections),
                provider=chosen.name,
                model=model,
            )
        return self._submit(run_id)

    def resume(self, run_id: str, provider: str = "", model: str = "") -> Run:
        """The next attempt: every section that is not whole goes on from its stored text.

        Raises `Conflict` when the run is live or already whole, `NotFound`.
        """
        view = self._views.get(run_id)
        run = view.run
        unfinished = [s for s in view.sections if s.status is not WorkStatus.COMPLETE]
        if not run.status.live and not unfinished:
            raise Conflict("Every section is written. Regenerate it, or retry one section.")
        return self._next_attempt(run, unfinished, provider, model, fresh=False)

    def retry_section(self, run_id: str, section: str, provider: str = "", model: str = "") -> Run:
        """Writes one section anew; its earlier text stays stored (`keep_earlier`)."""
        view = self._views.get(run_id)
        again = [self._section(view, section)]
        return self._next_attempt(view.run, again, provider, model, fresh=True)

    def _next_attempt(
        self, run: Run, sections: list[Section], provider: str, model: str, *, fresh: bool
    ) -> Run:
        chosen, model = self._connections.choose(
            provider or run.provider, model or (run.model if not provider else "")
        )
        self._worker.require_alive()
        attempt = run.attempt + 1
        with self._database.transaction(run.run_id) as cursor:
            self._refuse_if_moved_on(cursor, run)
            queries().queue_again(
                cursor,
                run_id=run.run_id,
                attempt=attempt,
                provider=chosen.name,
                model=model,
                moment=self._clock.now(),
                owner=self._owner,
            )
            starts = [
                (one.from_attempt, one.tokens) if one.tokens and not fresh else (attempt, 0)
                for one in sections
            ]
            queries().insert_sections(
                cursor,
                run_id=run.run_id,
                sections=[section.section for section in sections],
                attempt=attempt,
                positions=[section.position for section in sections],
                titles=[section.title for section in sections],
                from_attempts=[from_attempt for from_attempt, _ in starts],
                tokens=[tokens for _, tokens in starts],
                provider=chosen.name,
                model=model,
            )
        return self._submit(run.run_id)

    def _submit(self, run_id: str) -> Run:
        run = self.run(run_id)
        last_seq = queries().last_seq(self._database.reader(), run_id=run_id)

        def prepare() -> tuple[Plan, Services]:
            targets = self.targets(run.provider, run.model)
            services = self.services(run)
            services.connect(targets[0])  # imports its SDK now, in this thread
            plan = make_plan(
                run_id, self._phases, self._database, self._views, self.settings, targets
            )
            return plan, services

        self._worker.submit(Job(run_id, run.attempt, last_seq, self._clock.monotonic(), prepare))
        return run

    def cancel(self, run_id: str) -> None:
        """Asks the runner to stop and returns at once. Raises `Conflict` when the run has ended."""
        run = self.run(run_id)
        if not run.status.live:
            raise Conflict(f"This run has ended already ({run.status.value.replace('_', ' ')}).")
        try:
            with self._database.transaction(run_id) as cursor:
                queries().request_cancel(cursor, run_id=run_id, moment=self._clock.now())
        finally:
            # Even when the wish cannot be stored: a provider that goes on costs money.
            self._worker.cancel(run_id, run.attempt)

    def keep_earlier(self, run_id: str, section: str) -> None:
        """Takes a retried section back to the newest earlier text. Raises `Conflict`.

        The earlier text is copied into a chunk of a new attempt: stored chunks never change.
        """
        view = self._views.get(run_id)
        earlier = self.earlier_text(run_id, section)
        if view.run.status.live or earlier is None:
            raise Conflict("There is no earlier text of this section to go back to.")
        with self._database.transaction(run_id) as cursor:
            self._refuse_if_moved_on(cursor, view.run)
            attempt, moment = view.run.attempt + 1, self._clock.now()
            queries().restore_section(
                cursor, run_id=run_id, section=section, attempt=attempt, earlier=earlier.attempt
            )
            seq = queries().last_seq(cursor, run_id=run_id) + 1
            copy = Chunk(
                run_id, seq, section, attempt, moment, [view.text(earlier)], earlier.tokens
            )
            append_chunks(cursor, [copy], moment)
            queries().settle_run(cursor, run_id=run_id, attempt=attempt)
            keep_versions(cursor, {run_id: moment}, kind="restored")
            self._log(cursor, "version_restored", view.run.project_id, run_id)

    def _refuse_if_moved_on(self, cursor: object, run: Run) -> None:
        """Raises `Conflict` when somebody else has done something with the run, or its artifact."""
        now: Run = queries().run(cursor, run_id=run.run_id)
        latest: Run = queries().latest_run(cursor, project_id=run.project_id, phase=run.phase)
        if now.status.live or latest.status.live or now.attempt != run.attempt:
            raise Conflict("This document is being written already. Watch it, or cancel it.")
