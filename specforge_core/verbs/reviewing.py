"""Verbs of a reviewer: edit, restore, go back; every change is a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specforge_core import intake
from specforge_core.errors import Conflict, InvalidInput, Overtaken
from specforge_core.events import EndReason
from specforge_core.generation.inputs import Part, digest
from specforge_core.records import Run, Section, WorkStatus
from specforge_core.review.cut import cut, headed, joined
from specforge_core.review.diff import Comparison, compare
from specforge_core.review_records import Version, VersionSection
from specforge_core.sources import version_parts
from specforge_core.staleness import stamp
from specforge_core.store.sql import queries
from specforge_core.store.views import RunView
from specforge_core.store.writes import Change, keep_versions
from specforge_core.verbs.texts import NewText, put_texts, within
from specforge_core.verbs.writing import WritingVerbs


class ReviewVerbs(WritingVerbs):
    def fingerprint(self, run_id: str, section: str) -> str:
        """Of a section's stored text, for `based_on`. Raises `NotFound`."""
        return digest(self.section_text(run_id, section).strip("\n"))

    def edit_section(
        self,
        run_id: str,
        section: str,
        text: str,
        based_on: str,
        author: str = "",
        note: str = "",
    ) -> Run:
        """What a person has typed becomes the section's text.

        based_on: the `fingerprint` of the text that they began with. Raises `Overtaken` with
        both texts when it is another one by now, `Conflict` while the document is being written,
        `InvalidInput` when it is too long, `NotFound`.
        """
        typed = intake.section_text(text)
        change = Change("edited", intake.name(author), intake.note(note))
        return self._put(run_id, {section: typed}, {section: based_on}, change)

    def edit_document(
        self, run_id: str, text: str, based_on: Mapping[str, str], author: str = "", note: str = ""
    ) -> Run:
        """A whole document as a person has typed it, cut at the headings of its sections.

        based_on: the fingerprint of every section. Raises like `edit_section`.
        """
        pieces = self.cut_document(run_id, intake.document_text(text))
        pieces = {key: intake.section_text(piece) for key, piece in pieces.items()}
        change = Change("edited", intake.name(author), intake.note(note))
        return self._put(run_id, pieces, based_on, change)

    def document_to_edit(self, run_id: str) -> str:
        """The whole text, each section under its own heading, as `edit_document` cuts it."""
        return joined(*self._titles_and_texts(run_id))

    def cut_document(self, run_id: str, text: str) -> Mapping[str, str]:
        """A `document_to_edit` that a person has changed, by section.

        Raises `InvalidInput` where the heading of a section came to stand inside code.
        """
        return cut(text, *self._titles_and_texts(run_id))

    def _titles_and_texts(self, run_id: str) -> tuple[list[tuple[str, str]], Mapping[str, str]]:
        view = self._views.get(run_id)
        titles = [(one.section, one.title) for one in view.sections]
        return titles, {one.section: view.text(one) for one in view.sections}

    def _put(
        self, run_id: str, typed: Mapping[str, str], based_on: Mapping[str, str], change: Change
    ) -> Run:
        with self._database.transaction(run_id) as cursor:
            view = self._writable(cursor, run_id)
            texts = {}
            for section, text in typed.items():
                row = self._section(view, section)
                now, text = view.text(row).strip("\n"), headed(text, row.title)
                if text in (now, headed(now, row.title)) and row.status is WorkStatus.COMPLETE:
                    continue
                if digest(now) != based_on.get(section):
                    raise Overtaken(section, row.title, now, digest(now), text)
                texts[section] = text
            _refuse_nothing(view, texts)
            stamps = self._stamps(view, texts)
            rows = {
                key: NewText.typed(text, change.author, stamps[key]) for key, text in texts.items()
            }
            self._put_and_keep(cursor, view, rows, change)
        return self.run(run_id)

    def _stamps(self, view: RunView, texts: Mapping[str, str]) -> Mapping[str, str]:
        """What a person writes or confirms counts as made from everything as it is now."""
        sources, phase = self._sources(view.run.project_id), self.phase(view.run.phase)
        return {key: stamp(sources, phase, view, key, texts) for key in texts}

    def _writable(self, cursor: object, run_id: str) -> RunView:
        """The newest state of a run's text. Raises `Conflict` while it is being written."""
        view = self._views.get(run_id)
        self._refuse_if_moved_on(cursor, view.run)
        return view

    def _put_and_keep(
        self, cursor: object, view: RunView, texts: Mapping[str, NewText], change: Change | None
    ) -> None:
        """The next attempt of a run's sections, and the version that a change makes."""
        if not texts:
            return
        run, moment = view.run, self._clock.now()
        if run.status is WorkStatus.INTERRUPTED and self._unkept(view):
            keep_versions(cursor, {run.run_id: moment})  # its end had no time for it
        places = {one.section: one for one in view.sections}
        rows = [(key, places[key].position, places[key].title, text) for key, text in texts.items()]
        put_texts(cursor, run.run_id, run.attempt + 1, rows, moment)
        queries().settle_run(cursor, run_id=run.run_id, attempt=run.attempt + 1)
        if change is not None:
            keep_versions(cursor, {run.run_id: moment}, change)

    def _unkept(self, view: RunView) -> bool:
        """Whether the text of a run that was interrupted is in no version yet."""
        versions = self.versions(view.run.project_id, view.run.phase, 1)
        return not versions or self.version_text(versions[0].version_id) != view.document

    def confirm(self, run_id: str, sections: Sequence[str], author: str = "") -> None:
        """A reviewer has looked: the sections are right although what they were made from changed.

        Raises `Conflict` while the document is being written, `NotFound`.
        """
        with self._database.transaction(run_id) as cursor:
            view = self._writable(cursor, run_id)
            rows = {key: self._section(view, key) for key in sections}
            stamps = self._stamps(view, {key: view.text(row) for key, row in rows.items()})
            name = intake.name(author)
            texts = {
                key: NewText.of(row, view.text(row), stamps[key], name) for key, row in rows.items()
            }
            self._put_and_keep(cursor, view, texts, None)

    def keep_earlier(self, run_id: str, section: str, author: str = "") -> None:
        """Takes a retried section back to the newest earlier text. Raises `Conflict`."""
        with self._database.transaction(run_id) as cursor:
            view = self._views.get(run_id)
            earlier = self.earlier_text(run_id, section)
            if view.run.status.live or earlier is None:
                raise Conflict("There is no earlier text of this section to go back to.")
            self._refuse_if_moved_on(cursor, view.run)
            receipt = self._receipt(run_id, section, earlier.attempt)
            text = NewText.of(earlier, view.text(earlier), receipt)
            change = Change("restored", intake.name(author), f"The earlier “{earlier.title}”")
            self._put_and_keep(cursor, view, {section: text}, change)
            self._log(cursor, "version_restored", view.run.project_id, run_id)

    def _receipt(self, run_id: str, section: str, attempt: int) -> str | None:
        reader = self._database.reader()
        found = queries().receipt(reader, run_id=run_id, section=section, attempt=attempt)
        return None if found is None else str(found)

    # --- versions ------------------------------------------------------------------

    def version_parts(self, version_id: str) -> tuple[Part, ...]:
        """The sections of a version that have text. Raises `NotFound`."""
        view = self._views.get(self.version(version_id).run_id)
        return version_parts(self.version_text(version_id), self.version_sections(version_id), view)

    def version_sections(self, version_id: str) -> list[VersionSection]:
        """In document order; none for versions that were kept before sections were known."""
        reader = self._database.reader()
        return list(queries().sections_of_versions(reader, version_ids=[version_id]))

    def compare_versions(self, old: str, new: str, context: int | None = 3) -> Comparison:
        """Two versions, line by line. Raises `NotFound`."""
        return compare(self.version_text(old), self.version_text(new), context)

    def restore(self, version_id: str, author: str = "") -> Run:
        """A version's text becomes the document's, as a new version.

        Sections that the version does not have become empty and unfinished; the text of those
        that only the version has stands under the one before them. Raises `Conflict` while the
        document is being written, `NotFound`.
        """
        version = self.version(version_id)
        run = self.latest_run(version.project_id, version.phase)
        assert run is not None  # noqa: S101 (a version is what a run has left)
        texts = self._version_texts(version)
        when = f"{version.created_at:%d %b %Y, %H:%M} UTC"
        change = Change("restored", intake.name(author), f"Version of {when}")
        with self._database.transaction(run.run_id) as cursor:
            view = self._writable(cursor, run.run_id)
            found = within(texts, [one.section for one in view.sections])
            changed = {
                one.section: found.get(one.section, _NOTHING)
                for one in view.sections
                if _differs(view, one, found.get(one.section, _NOTHING))
            }
            if not changed:
                raise Conflict("The document holds exactly this text already.")
            self._put_and_keep(cursor, view, changed, change)
            self._log(cursor, "version_restored", version.project_id, run.run_id)
        return self.run(run.run_id)

    def _version_texts(self, version: Version) -> Mapping[str, NewText]:
        parts = {part.section: part.text for part in self.version_parts(version.version_id)}
        rows = self.version_sections(version.version_id)
        if not rows:  # kept before versions knew their sections
            whole = version.end_reason is EndReason.COMPLETE
            status = WorkStatus.COMPLETE if whole else WorkStatus.INTERRUPTED
            return {
                key: NewText(text, NewText.typed(text, None, None).tokens, status)
                for key, text in parts.items()
            }
        return {
            row.section: NewText(
                parts.get(row.section, ""),
                row.tokens,
                row.status,
                row.provider,
                row.model,
                row.author,
                self._receipt(version.run_id, row.section, row.attempt),
            )
            for row in rows
        }


_NOTHING = NewText("", 0, WorkStatus.INTERRUPTED)


def _differs(view: RunView, section: Section, text: NewText) -> bool:
    same_text = view.text(section).strip("\n") == text.text.strip("\n")
    return not same_text or section.status is not text.status


def _refuse_nothing(view: RunView, texts: Mapping[str, str]) -> None:
    """Raises `InvalidInput("text")` when a change would leave no text at all."""
    if texts and not any(texts.get(one.section, view.text(one)).strip() for one in view.sections):
        raise InvalidInput(
            "text",
            "Nothing would be left of the document. To begin anew, choose Regenerate; "
            "to go back, choose a version in the history.",
        )
