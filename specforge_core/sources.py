"""What the documents of a project are written from, as it is stored now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from specforge_core.fitted import QuestionList, question_list
from specforge_core.generation.inputs import (
    AnsweredQuestion,
    Document,
    Input,
    Part,
    Resolution,
    input_list,
)
from specforge_core.phases import Phase
from specforge_core.records import Project, Run, RunKind
from specforge_core.review.cut import cut
from specforge_core.review_records import Answer, Decision, VersionSection
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.store.views import RunView, RunViews


class Sources:
    """Reads once what it is asked for; make a new one to see rows that were changed since."""

    def __init__(
        self, project_id: str, phases: Mapping[str, Phase], database: Database, views: RunViews
    ) -> None:
        self._project_id = project_id
        self._phases = phases
        self._database = database
        self._views = views
        self._documents: dict[str, Document | None] = {}
        self._questions: dict[str, QuestionList] = {}
        self._proposals: dict[str, tuple[Run, ...]] = {}
        self.stale: dict[str, Mapping[str, tuple[str, ...]]] = {}  # by run (`staleness`)

    @cached_property
    def project(self) -> Project:
        found: Project = queries().project(self._database.reader(), project_id=self._project_id)
        return found

    @cached_property
    def stored_answers(self) -> Mapping[tuple[str, str], Answer]:
        """By (phase, question); taken back ones are not among them."""
        rows = queries().answers(self._database.reader(), project_id=self._project_id)
        return {(row.phase, row.question): row for row in rows}

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(queries().decisions(self._database.reader(), project_id=self._project_id))

    def questions(self, phase: str) -> QuestionList:
        """The phase's own, or those that were fitted to the project; answered ones stay."""
        if phase not in self._questions:
            self._questions[phase] = self._read_questions(phase)
        return self._questions[phase]

    @cached_property
    def _question_lists(self) -> Mapping[str, list[tuple[bool, str]]]:
        """By phase, newest first: whether the answer of a model is still wanted, and its text.

        All that ever came: a list that was given up long ago still says what the answered ones
        of its questions are.
        """
        reader = self._database.reader()
        runs = list(queries().question_runs(reader, project_id=self._project_id))
        run_ids = [run_id for run_id, _, _ in runs]
        texts = dict(queries().single_texts(reader, run_ids=run_ids)) if runs else {}
        found: dict[str, list[tuple[bool, str]]] = {}
        for run_id, phase, wanted in runs:
            found.setdefault(phase, []).append((wanted, texts.get(run_id, "")))
        return found

    def _read_questions(self, phase: str) -> QuestionList:
        answered = {key for of, key in self.stored_answers if of == phase}
        lists = self._question_lists.get(phase, [])
        return question_list(self._phases[phase].questions, lists, answered)

    def answers(self, phase: str) -> tuple[AnsweredQuestion, ...]:
        """Those given for a phase and all before it."""
        return tuple(
            AnsweredQuestion(one.name, question.key, question.text, stored.answer)
            for one in self._upto(phase)
            for question in self.questions(one.name).questions
            if (stored := self.stored_answers.get((one.name, question.key)))
        )

    def resolutions(self, phase: str) -> tuple[Resolution, ...]:
        """Decided open points of the documents up to and with that of a phase."""
        titles = {one.name: one for one in self._upto(phase)}
        return tuple(
            Resolution(
                one.point,
                one.phase,
                one.section,
                one.statement,
                f"Open point of the {titles[one.phase].title}: {one.statement}",
                one.answer,
            )
            for one in self.decisions
            if one.phase in titles
        )

    def _upto(self, phase: str) -> list[Phase]:
        last = self._phases[phase].order
        return [one for one in self._phases.values() if one.order <= last]

    def documents(self, phase: str) -> tuple[Document, ...]:
        """The earlier documents that a phase reads, as far as they are written."""
        found = (self.document(name) for name in self._phases[phase].inputs)
        return tuple(one for one in found if one is not None)

    def document(self, phase: str) -> Document | None:
        """The newest whole text of a phase, else what its latest run has stored."""
        run = self.latest.get(phase)
        if run is not None and run.status.live:
            return self._document(phase)  # it grows
        if phase not in self._documents:
            self._documents[phase] = self._document(phase)
        return self._documents[phase]

    def _document(self, phase: str) -> Document | None:
        title = self._phases[phase].title
        if phase in self.whole:
            version_id, text, run_id = self.whole[phase]
            rows = self._version_sections.get(version_id, [])
            parts = version_parts(text, rows, self._views.get(run_id))
            return Document(phase, title, text, run_id, True, parts)
        view = self.latest_view(phase)
        if view is None:
            return None
        parts = tuple(
            Part(one.section, one.title, text.strip("\n"))
            for one in view.sections
            if (text := view.text(one)).strip("\n")
        )
        run_id = view.run.run_id
        return Document(phase, title, view.document, run_id, False, parts) if parts else None

    @cached_property
    def whole(self) -> Mapping[str, tuple[str, str, str]]:
        """By phase: version, text and run of the newest whole text."""
        rows = queries().whole_documents(self._database.reader(), project_id=self._project_id)
        return {phase: (version_id, text, run_id) for phase, version_id, text, run_id in rows}

    @cached_property
    def _version_sections(self) -> Mapping[str, list[VersionSection]]:
        found: dict[str, list[VersionSection]] = {}
        version_ids = [version_id for version_id, _, _ in self.whole.values()]
        reader = self._database.reader()
        for row in queries().sections_of_versions(reader, version_ids=version_ids):
            found.setdefault(row.version_id, []).append(row)
        return found

    def phase_titles(self, phase: str) -> tuple[str, Mapping[str, str]]:
        """The title of a phase and those of its sections, by their keys."""
        found = self._phases.get(phase)
        if found is None:
            return phase, {}
        return found.title, {spec.key: spec.title for spec in found.sections}

    def latest_view(self, phase: str) -> RunView | None:
        """The document's latest run."""
        run = self.latest.get(phase)
        return self._views.get(run.run_id) if run else None

    @cached_property
    def latest(self) -> Mapping[str, Run]:
        """By phase: the document's latest run."""
        reader = self._database.reader()
        ids, kind = [self._project_id], RunKind.DOCUMENT
        return {
            run.phase: run for run in queries().project_runs(reader, project_ids=ids, kind=kind)
        }

    def proposals(self, phase: str) -> tuple[Run, ...]:
        """All of them, oldest first."""
        if phase not in self._proposals:
            self._proposals[phase] = self._read_proposals(phase)
        return self._proposals[phase]

    def _read_proposals(self, phase: str) -> tuple[Run, ...]:
        found = queries().phase_runs(
            self._database.reader(),
            project_id=self._project_id,
            phase=phase,
            kind=RunKind.PROPOSAL,
        )
        return tuple(found)

    @cached_property
    def receipts(self) -> Mapping[tuple[str, str, int], str]:
        """Of the documents' latest runs, by run, section and attempt."""
        run_ids = [run.run_id for run in self.latest.values()]
        rows = queries().receipts(self._database.reader(), run_ids=run_ids)
        return {(run_id, section, attempt): one for run_id, section, attempt, one in rows}

    def inputs(
        self, phase: str, reads: tuple[str, ...] | None, written: Mapping[int, str]
    ) -> list[Input]:
        """What a section would be written from now. written: the other sections by their place."""
        return input_list(
            self.project.title,
            self.project.description,
            self.answers(phase),
            self.resolutions(phase),
            self.documents(phase),
            reads,
            written,
        )


def version_parts(text: str, rows: Sequence[VersionSection], view: RunView) -> tuple[Part, ...]:
    """The sections of the text of a version that the run of `view` has left.

    Of one from before its sections were noted: as the run has stored them. Headings say it only
    where that gives another text, as they can stand inside code that is never ended.
    """
    if not rows:
        return _stored_parts(text, view) or _headed_parts(text, view)
    parts, start = [], 0
    for row in rows:
        if row.characters:
            parts.append(Part(row.section, row.title, text[start : start + row.characters]))
            start += row.characters + len("\n\n")
    return tuple(parts)


def _stored_parts(text: str, view: RunView) -> tuple[Part, ...]:
    """The sections after the attempt that has left this text; nothing where none has."""
    for last in sorted({one.attempt for one in view.attempts}, reverse=True):
        then = {one.section: one for one in view.attempts if one.attempt <= last}
        texts = ((one, view.text(one).strip("\n")) for one in then.values())
        parts = tuple(Part(one.section, one.title, body) for one, body in texts if body)
        if "\n\n".join(part.text for part in parts) == text:
            return parts
    return ()


def _headed_parts(text: str, view: RunView) -> tuple[Part, ...]:
    titles = {one.section: one.title for one in view.sections}
    pieces = cut(text, list(titles.items()))
    return tuple(Part(key, titles[key], part) for key, part in pieces.items() if part)
