"""Verbs that read runs. What they return is on disk: a crash cannot take it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from specforge_core.assemble import words_of
from specforge_core.errors import Conflict, NotFound
from specforge_core.generation.progress import progress
from specforge_core.ids import is_id
from specforge_core.records import LiveRun, Run, RunKind, Section, WorkStatus
from specforge_core.review_records import Version
from specforge_core.store.sql import queries
from specforge_core.store.views import RunView
from specforge_core.verbs.shared import Verbs


class ReadingVerbs(Verbs):
    def run(self, run_id: str) -> Run:
        """Raises `NotFound`."""
        return self._views.get(run_id).run

    def latest_run(
        self, project_id: str, phase: str, kind: RunKind = RunKind.DOCUMENT
    ) -> Run | None:
        found: Run | None = self._database.remembered.get(
            ("latest_run", project_id, phase, kind),
            lambda: queries().latest_run(
                self._database.reader(), project_id=project_id, phase=phase, kind=kind
            ),
        )
        return found

    def runs(self, limit: int = 100) -> list[Run]:
        """Newest first."""
        return list(queries().runs(self._database.reader(), most=limit))

    def live(self, run_id: str) -> LiveRun:
        """The run, its sections and its progress as stored now. Raises `NotFound`."""
        view = self._views.get(run_id)
        run, sections = view.run, view.sections
        words = words_of(run, self._phases)
        measured = progress(sections, words, view.written, run.attempt, self._clock.now())
        return LiveRun(run, sections, measured, self._queue_place(run))

    def _queue_place(self, run: Run) -> int | None:
        if run.status is not WorkStatus.QUEUED:
            return None
        place: int = queries().queue_place(
            self._database.reader(),
            queued_at=run.queued_at,
            run_id=run.run_id,
            max_runs=self.settings.max_runs,
        )
        return place if place > 0 else None

    def open_section(self, run_id: str) -> Section | None:
        """The section that is being written now, without the cost of `live`. Raises `NotFound`."""
        return self._views.glance(run_id).open_section

    def follow(self, run_id: str) -> Iterator[LiveRun]:
        """The run as it stands, then again after each commit, until it has ended."""
        while True:
            version = self._database.version(run_id)
            state = self.live(run_id)
            yield state
            if not state.run.status.live:
                return
            self._database.wait_for_commit(run_id, version, timeout_s=1.0)

    def section_text(self, run_id: str, section: str) -> str:
        """Stored text only. Raises `NotFound`."""
        view = self._views.get(run_id)
        return view.text(self._section(view, section))

    def document(self, run_id: str) -> str:
        """The stored text of all sections, an empty line between two. Raises `NotFound`."""
        return self._views.get(run_id).document

    def earlier_text(self, run_id: str, section: str) -> Section | None:
        """The attempt that `keep_earlier` would bring back, None when there is none."""
        view = self._views.get(run_id)
        current = self._section(view, section)
        older = [
            one
            for one in view.attempts
            if one.section == section and one.attempt < current.from_attempt and one.tokens
        ]
        return older[-1] if older else None

    def versions(self, project_id: str, phase: str, limit: int = 200) -> list[Version]:
        """What runs and people have left, newest first."""

        def find() -> tuple[Version, ...]:
            reader, where = self._database.reader(), {"project_id": project_id, "phase": phase}
            return tuple(queries().versions(reader, most=limit, **where))

        return list(self._database.remembered.get(("versions", project_id, phase, limit), find))

    def version(self, version_id: str) -> Version:
        """Raises `NotFound`."""
        found: Version | None = None
        if is_id(version_id):
            found = queries().version(self._database.reader(), version_id=version_id)
        if found is None:
            raise NotFound("There is no such version. Open the document and choose one.")
        return found

    def version_text(self, version_id: str) -> str:
        """Raises `NotFound`."""
        text = None
        if is_id(version_id):
            text = queries().version_text(self._database.reader(), version_id=version_id)
        if text is None:
            raise NotFound("There is no such version. Open the document and choose one.")
        return str(text)

    def receipts(self, run_id: str) -> Mapping[str, str]:
        """Section -> JSON: which inputs, model and settings went into its latest request."""
        rows = queries().receipts(self._database.reader(), run_ids=[run_id])
        return MappingProxyType({section: receipt for _, section, _, receipt in rows})

    def _refuse_if_moved_on(self, cursor: object, run: Run) -> None:
        """Raises `Conflict` when somebody else has done something with the run, or its artifact."""
        now: Run = queries().run(cursor, run_id=run.run_id)
        latest: Run = queries().latest_run(
            cursor, project_id=run.project_id, phase=run.phase, kind=run.kind
        )
        if now.status.live or latest.status.live or now.attempt != run.attempt:
            raise Conflict("This document is being written already. Watch it, or cancel it.")
        if latest.run_id != run.run_id:
            raise Conflict("This document was written anew since. Look at it, then try again.")

    def _section(self, view: RunView, section: str) -> Section:
        for one in view.sections:
            if one.section == section:
                return one
        raise NotFound(f"The run has no section “{section[:40]}”.")
