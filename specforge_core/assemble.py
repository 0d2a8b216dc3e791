"""From stored rows to the plan of one attempt: which sections, and what they are written from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from specforge_core.events import EndReason
from specforge_core.generation.plan import Plan, SectionPlan, Target, needs_no_change
from specforge_core.phases import Phase, load_tasks
from specforge_core.records import Run, RunKind, Section, WorkStatus
from specforge_core.settings import Settings
from specforge_core.sources import Sources
from specforge_core.staleness import staleness
from specforge_core.store.database import Database
from specforge_core.store.views import RunView, RunViews

ANSWER_WORDS = 80
QUESTION_WORDS = 200
SECTION_WORDS = 200  # of a section that its phase's file does not name any more
REMEMBERED = 6  # earlier requests of a conversation that the model is told


def words_of(run: Run, phases: Mapping[str, Phase]) -> Mapping[str, int]:
    """The length to expect of the sections of a run, in words."""
    match run.kind:
        case RunKind.QUESTIONS:
            return defaultdict(lambda: QUESTION_WORDS)
        case RunKind.ANSWERS:
            return defaultdict(lambda: ANSWER_WORDS)
        case _:
            specs = phases[run.phase].sections if run.phase in phases else ()
            return defaultdict(lambda: SECTION_WORDS, {one.key: one.words for one in specs})


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
    sources = Sources(run.project_id, phases, database, views)
    to_write = [one for one in rows if one.attempt == run.attempt and one.status.live]
    kept = [one for one in rows if one not in to_write]
    helping = run.kind in (RunKind.ANSWERS, RunKind.QUESTIONS)
    tasks = _TASKS[run.kind](sources, phase, view)
    return Plan(
        run_id=run.run_id,
        attempt=run.attempt,
        phase=phase.name,
        phase_title=phase.title,
        system=load_tasks().adviser if helping else phase.system,
        targets=targets,
        title=sources.project.title,
        description=sources.project.description,
        answers=sources.answers(phase.name),
        resolutions=sources.resolutions(phase.name),
        documents=sources.documents(phase.name),
        sections=tuple(
            replace(
                tasks.section(row),
                index=row.position,
                from_attempt=row.from_attempt,
                text_so_far=view.text(row),
            )
            for row in to_write
        ),
        written=tasks.written(kept),
        rest=_rest([row.status for row in kept]),
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


class _Writing:
    """Sections of a document: written, or written anew as a reviewer has asked."""

    def __init__(self, sources: Sources, phase: Phase, view: RunView) -> None:
        self._sources = sources
        self._phase = phase
        self._view = view
        self._specs = {spec.key: spec for spec in phase.sections}

    def section(self, row: Section) -> SectionPlan:
        spec = self._specs[row.section]
        request, earlier = self._view.run.note or "", _text_before(self._view, row)
        plan = SectionPlan(
            spec.key, row.title, spec.prompt, spec.words, 0, 1, reads=spec.reads, request=request
        )
        if not request:
            return plan
        asked = f"A reviewer asks for this:\n\n{request}"
        if earlier:
            asked = load_tasks().rewrite.format(request=request)
        return replace(plan, prompt=f"{spec.prompt.strip()}\n\n{asked}", present=earlier)

    def written(self, kept: list[Section]) -> tuple[tuple[int, str], ...]:
        return tuple((row.position, text) for row in kept if (text := self._view.text(row)))


def _text_before(view: RunView, row: Section) -> str:
    """What a section that is written anew held before."""
    older = [
        one
        for one in view.attempts
        if one.section == row.section and one.attempt < row.from_attempt and one.tokens
    ]
    return view.text(older[-1]) if older else ""


class _Proposing(_Writing):
    """Changes to sections of the document as it is now."""

    def __init__(self, sources: Sources, phase: Phase, view: RunView) -> None:
        super().__init__(sources, phase, view)
        now = sources.latest_view(phase.name)
        assert now is not None  # noqa: S101 (there is no proposal without a document)
        self._now = now
        self._texts = {one.section: self._now.text(one) for one in self._now.sections}

    def section(self, row: Section) -> SectionPlan:
        spec, present = self._specs[row.section], self._texts.get(row.section, "").strip("\n")
        request, tasks = self._view.run.note or "", load_tasks()
        changes = "\n".join(f"- {one}" for one in self._changes(row.section))
        plan = SectionPlan(
            spec.key,
            row.title,
            spec.prompt,
            spec.words,
            0,
            1,
            reads=spec.reads,
            request=request or f"Bring up to date:\n{changes}",
            present=present,
        )
        if not present:
            return plan
        asked = (
            tasks.revise.format(request=request)
            if request
            else tasks.refresh.format(changes=changes or "- Not known in detail.")
        )
        return replace(
            plan,
            task="revise",
            words=0,
            prompt=f"What the section must hold:\n{spec.prompt.strip()}\n\n{asked}",
            conversation=self._conversation() if request else "",
        )

    def _changes(self, section: str) -> tuple[str, ...]:
        return staleness(self._sources, self._phase, self._now).get(section, ())

    def _conversation(self) -> str:
        said = [
            f"The reviewer asked: {run.note}\nYour change was {run.settled or 'not decided on'}."
            for run in self._sources.proposals(self._phase.name)
            if run.note and run.run_id < self._view.run.run_id
        ]
        return "\n\n".join(said[-REMEMBERED:])

    def written(self, kept: list[Section]) -> tuple[tuple[int, str], ...]:
        """The document as it is now, and what this run has proposed already."""
        own = {row.section: text for row in kept if (text := self._view.text(row).strip("\n"))}
        changed = {name: text for name, text in own.items() if not needs_no_change(text)}
        texts = self._texts | changed
        return tuple(
            (row.position, texts[row.section]) for row in self._now.sections if texts[row.section]
        )


class _Answering(_Writing):
    """Suggestions: a section for each question."""

    def section(self, row: Section) -> SectionPlan:
        prompt = load_tasks().answer.format(
            question=row.title, phase_title=self._phase.title, purpose=self._phase.purpose
        )
        return SectionPlan(row.section, row.title, prompt, 0, 0, 1, task="answer")


class _Asking(_Writing):
    """The questions themselves, as JSON."""

    def section(self, row: Section) -> SectionPlan:
        known = "\n".join(
            f"- {one.key}{' (required, asked in any case)' if one.required else ''}: {one.text}"
            for one in self._phase.questions
        )
        prompt = load_tasks().questions.format(
            phase_title=self._phase.title, purpose=self._phase.purpose, known_questions=known
        )
        return SectionPlan(row.section, row.title, prompt, 0, 0, 1, task="questions")


_TASKS: Mapping[RunKind, type[_Writing]] = {
    RunKind.DOCUMENT: _Writing,
    RunKind.PROPOSAL: _Proposing,
    RunKind.ANSWERS: _Answering,
    RunKind.QUESTIONS: _Asking,
}
