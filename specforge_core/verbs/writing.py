"""Verbs that start, stop and repeat the writing of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from specforge_core import intake
from specforge_core.assemble import make_plan
from specforge_core.errors import Conflict
from specforge_core.generation.plan import Plan
from specforge_core.generation.services import Services
from specforge_core.generation.worker import Job, Worker
from specforge_core.ids import new_id
from specforge_core.phases import load_tasks
from specforge_core.records import Run, RunKind, Section, WorkStatus
from specforge_core.store.sql import queries
from specforge_core.store.writes import keep_versions
from specforge_core.verbs.chain import ChainVerbs
from specforge_core.verbs.new_run import NewRun, Place, Planned, plan_sections
from specforge_core.verbs.policy import PolicyVerbs
from specforge_core.verbs.texts import NewText, put_texts


class WritingVerbs(ChainVerbs, PolicyVerbs):
    _worker: Worker
    _owner: str

    def generate(
        self,
        project_id: str,
        phase: str,
        provider: str,
        model: str = "",
        note: str = "",
        author: str = "",
    ) -> Run:
        """Queues a new run and returns at once. Pinned sections keep their text.

        note: what a reviewer asks for. Raises `Conflict` when one is live already or an earlier
        phase is not complete, `NotFound`, and `InvalidInput` when the provider is not configured.
        """
        self.project(project_id)
        spec = self.phase(phase)
        self._refuse_if_blocked(project_id, phase)
        kept = self._pinned_texts(project_id, phase)
        places = Place.in_order((one.key, one.title) for one in spec.sections)
        asked = NewRun(project_id, phase, RunKind.DOCUMENT, places, provider, model, note, author)
        return self._begin(asked, kept)

    def _pinned_texts(self, project_id: str, phase: str) -> Mapping[str, NewText]:
        latest = self.latest_run(project_id, phase)
        pinned = self.pins(project_id, phase)
        if latest is None or not pinned:
            return {}
        view, receipts = self._views.get(latest.run_id), self.receipts(latest.run_id)
        return {
            one.section: NewText.of(one, view.text(one), receipts.get(one.section))
            for one in view.sections
            if one.section in pinned and one.status is WorkStatus.COMPLETE
        }

    def _begin(self, asked: NewRun, kept: Mapping[str, NewText] = MappingProxyType({})) -> Run:
        """Queues it. kept: texts that the document takes over, by section."""
        chosen, model = self._connections.choose(asked.provider, asked.model)
        if asked.kind is not RunKind.DOCUMENT or asked.note:
            load_tasks()  # a broken file is told now, not in the run
        self._worker.require_alive()
        run_id, moment = new_id(), self._clock.now()
        note, name = intake.note(asked.note), intake.name(asked.author)
        to_write = [Planned(one, 1, 0) for one in asked.places if one.key not in kept]
        rows = [
            (one.key, one.position, one.title, kept[one.key])
            for one in asked.places
            if one.key in kept
        ]
        with self._database.transaction() as cursor:
            artifact_id = self._make_room(cursor, asked, moment)
            queries().insert_run(
                cursor,
                run_id=run_id,
                artifact_id=artifact_id,
                provider=chosen.name,
                model=model,
                moment=moment,
                owner=self._owner,
                kind=asked.kind,
                note=note,
                author=name,
            )
            plan_sections(cursor, run_id, 1, to_write, chosen.name, model)
            put_texts(cursor, run_id, 1, rows, moment)
        return self._submit(run_id)

    def _make_room(self, cursor: object, asked: NewRun, moment: datetime) -> str:
        """The id of the artifact. Raises `Conflict` when a run of the kind is live."""
        where = {"project_id": asked.project_id, "phase": asked.phase}
        queries().add_artifact(cursor, artifact_id=new_id(), moment=moment, **where)
        latest: Run | None = queries().latest_run(cursor, kind=asked.kind, **where)
        if latest and latest.status.live:
            raise Conflict(self._live_already(asked.phase, asked.kind))
        if latest and latest.status is WorkStatus.INTERRUPTED:
            keep_versions(cursor, {latest.run_id: moment})  # its end had no time for it
        return str(queries().artifact_id(cursor, **where))

    def _live_already(self, phase: str, kind: RunKind) -> str:
        title = self.phase(phase).title
        return {
            RunKind.DOCUMENT: f"The {title} is being written already. Watch it, or cancel it.",
            RunKind.PROPOSAL: f"A change of the {title} is being written. Wait, or stop it.",
            RunKind.ANSWERS: "Answers are being suggested already. Wait, or stop it.",
            RunKind.QUESTIONS: "Questions are being made already. Wait, or stop it.",
        }[kind]

    def resume(self, run_id: str, provider: str = "", model: str = "") -> Run:
        """The next attempt: every section that is not whole goes on from its stored text.

        Raises `Conflict` when the run is live or already whole, `NotFound`.
        """
        view = self._views.get(run_id)
        run = view.run
        unfinished = [s for s in view.sections if s.status is not WorkStatus.COMPLETE]
        if not run.status.live and not unfinished:
            raise Conflict("Every section is written. Regenerate it, or retry one section.")
        return self._next_attempt(
            run, unfinished, provider, model, fresh=False, note=run.note, author=run.author
        )

    def retry_section(
        self,
        run_id: str,
        section: str,
        provider: str = "",
        model: str = "",
        note: str = "",
        author: str = "",
    ) -> Run:
        """Writes one section anew; its earlier text stays stored (`keep_earlier`).

        note: what a reviewer asks for. Raises `Conflict` when the document is being written, or
        the section is pinned.
        """
        view = self._views.get(run_id)
        again = self._section(view, section)
        if section in self.pins(view.run.project_id, view.run.phase):
            raise Conflict(f"“{again.title}” is pinned. Unpin it first, then write it anew.")
        asked, name = intake.note(note), intake.name(author)
        return self._next_attempt(
            view.run, [again], provider, model, fresh=True, note=asked, author=name
        )

    def _refuse_unplanned(self, run: Run, sections: Sequence[Section]) -> None:
        """Raises `Conflict` for a section that the phase's file does not name any more, `NotFound`
        for a phase that no file describes.
        """
        known = {one.key for one in self.phase(run.phase).sections}
        gone = next((one.title for one in sections if one.section not in known), None)
        if gone and run.kind in (RunKind.DOCUMENT, RunKind.PROPOSAL):
            raise Conflict(
                f"Nothing says any more what “{gone}” must hold: the file of the phase has changed."
                " Edit the section by hand, or regenerate the document."
            )

    def _next_attempt(
        self,
        run: Run,
        sections: list[Section],
        provider: str,
        model: str,
        *,
        fresh: bool,
        note: str | None,
        author: str | None,
    ) -> Run:
        chosen, model = self._connections.choose(
            provider or run.provider, model or (run.model if not provider else "")
        )
        self._refuse_unplanned(run, sections)
        if run.kind is not RunKind.DOCUMENT or note:
            load_tasks()
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
                note=note,
                author=author,
            )
            again = [
                Planned(Place.of(one), one.from_attempt, one.tokens)
                if one.tokens and not fresh
                else Planned(Place.of(one), attempt, 0)
                for one in sections
            ]
            plan_sections(cursor, run.run_id, attempt, again, chosen.name, model)
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
