"""Verbs on the questions of a phase: asked, answered, suggested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from specforge_core import intake
from specforge_core.errors import Conflict, InvalidInput
from specforge_core.fitted import QuestionList
from specforge_core.phases import load_tasks
from specforge_core.records import Run, RunKind, Settled
from specforge_core.review_records import Answer
from specforge_core.store.sql import queries
from specforge_core.verbs.new_run import NewRun, Place
from specforge_core.verbs.proposing import ProposalVerbs


class QuestionVerbs(ProposalVerbs):
    def questions(self, project_id: str, phase: str) -> QuestionList:
        """What a phase asks of this project. Raises `NotFound`."""
        self.project(project_id)
        return self._sources(project_id).questions(self.phase(phase).name)

    def answers(self, project_id: str, phase: str) -> Mapping[str, Answer]:
        """By question key, those of the given phase."""
        stored = self._sources(project_id).stored_answers
        return MappingProxyType({key: one for (of, key), one in stored.items() if of == phase})

    def save_answers(
        self, project_id: str, phase: str, answers: Mapping[str, str], author: str = ""
    ) -> None:
        """An empty answer takes an earlier one back. Raises `InvalidInput`, `NotFound`."""
        known = {question.key for question in self.questions(project_id, phase).questions}
        if unknown := set(answers) - known:
            raise InvalidInput(min(unknown), f"The phase {phase} has no question {min(unknown)}.")
        cleaned = {key: intake.answer(key, text) for key, text in answers.items()}
        with self._database.transaction() as cursor:
            for key, text in cleaned.items():
                self._save_answer(cursor, project_id, phase, key, text, author=author)

    def suggest_answers(
        self,
        project_id: str,
        phase: str,
        provider: str,
        model: str = "",
        questions: Sequence[str] = (),
        author: str = "",
    ) -> Run:
        """Begins to suggest answers: to the given questions, else to all that have none.

        What comes is stored as a suggested answer, unless a person types one meanwhile.
        Raises `Conflict` when there is nothing to answer, `FileProblem` when the file of the
        tasks is broken, and what `generate` does.
        """
        load_tasks()
        answered = self.answers(project_id, phase)
        wanted = [
            (one.key, one.text)
            for one in self.questions(project_id, phase).questions
            if (one.key in questions if questions else one.key not in answered)
        ]
        if not wanted:
            raise Conflict("Every question has an answer. Suggest one for a single question.")
        places, kind = Place.in_order(wanted), RunKind.ANSWERS
        return self._begin(NewRun(project_id, phase, kind, places, provider, model, author=author))

    def make_questions(
        self, project_id: str, phase: str, provider: str, model: str = "", author: str = ""
    ) -> Run:
        """Begins to make questions that fit the project. Raises what `suggest_answers` does."""
        load_tasks()
        self.questions(project_id, phase)
        places, kind = Place.in_order([(str(RunKind.QUESTIONS), "Questions")]), RunKind.QUESTIONS
        return self._begin(NewRun(project_id, phase, kind, places, provider, model, author=author))

    def use_standard_questions(self, project_id: str, phase: str) -> None:
        """Takes the fitted questions back; those that were answered stay. Raises `NotFound`."""
        self.project(project_id)
        self.phase(phase)
        runs = queries().phase_runs(
            self._database.reader(), project_id=project_id, phase=phase, kind=RunKind.QUESTIONS
        )
        wanted, moment = [run.run_id for run in runs if run.settled is None], self._clock.now()
        with self._database.transaction(*wanted) as cursor:
            queries().settle(cursor, run_ids=wanted, settled=Settled.DISMISSED, moment=moment)
