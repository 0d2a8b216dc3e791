"""What a model does for the questions of a phase: answers them, or makes them fit the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.components.browser import focus_next
from pages.components.choice import choose
from pages.components.live import stop_key, streaming_text
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.status import tokens
from specforge_core import (
    Answer,
    LiveRun,
    Phase,
    Project,
    QuestionList,
    Run,
    RunKind,
    WorkStatus,
)

ENDS = {
    WorkStatus.TRUNCATED: "The length limit was reached.",
    WorkStatus.INTERRUPTED: "SpecForge was stopped or restarted.",
}
HELPERS = (RunKind.ANSWERS, RunKind.QUESTIONS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is asked. refused: nobody can be now, because none is configured or one is at work."""

    provider: str
    model: str
    refused: bool


def suggestions(
    project: Project, phase: Phase, listed: QuestionList, missing: int, suggested: Sequence[str]
) -> Chosen:
    """What can be asked of a model, what it is doing, and why it could not.

    missing: how many questions have no answer; suggested: those with one that nobody has read.
    """
    runs = {kind: forge().latest_run(project.project_id, phase.name, kind) for kind in HELPERS}
    live = [run for run in runs.values() if run and run.status.live]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="suggesting"):
        with st.popover("Model", icon=":material/tune:", help="Who suggests"):
            found = choose(f"suggest {project.project_id}", runs[RunKind.ANSWERS])
        chosen = Chosen(*(found or ("", "")), refused=found is None or bool(live))
        _offers(project, phase, listed, missing, chosen)
        if len(suggested) > 1:
            act(
                _keep_all,
                project,
                phase,
                suggested,
                label=f"Keep all suggested ({len(suggested)})",
                key="keep all",
                icon=":material/done_all:",
                help="Takes the suggested answers as they stand.",
            )
    for run in live:
        at_work(run.run_id, _whole(forge().live(run.run_id)))
    if not live:
        _what_failed(project, phase, listed, runs, chosen)
    return chosen


def _offers(
    project: Project, phase: Phase, listed: QuestionList, missing: int, chosen: Chosen
) -> None:
    if missing:
        act(
            suggest,
            project,
            phase,
            chosen,
            (),
            label=f"Answer all ({missing})",
            key="answer all",
            icon=":material/lightbulb:",
            disabled=chosen.refused,
            help="Suggests an answer to every question that has none.",
        )
    act(
        fit,
        project,
        phase,
        chosen,
        label="Fit the questions to this project",
        key="fit questions",
        icon=":material/auto_fix:",
        disabled=chosen.refused,
        help="Required questions and those that you have answered stay.",
    )
    if listed.fitted:
        act(
            forge().use_standard_questions,
            project.project_id,
            phase.name,
            label="Back to the standard questions",
            key="standard questions",
            type="tertiary",
            icon=":material/undo:",
        )


def suggest(project: Project, phase: Phase, chosen: Chosen, questions: Sequence[str]) -> None:
    """Begins to suggest answers to some questions, or to all that have none."""
    forge().suggest_answers(
        project.project_id, phase.name, chosen.provider, chosen.model, questions, person()
    )
    focus_next(f"at work {RunKind.ANSWERS}")


def _keep_all(project: Project, phase: Phase, questions: Sequence[str]) -> None:
    answers = forge().answers(project.project_id, phase.name)
    texts = {key: answers[key].answer for key in questions if key in answers}
    forge().save_answers(project.project_id, phase.name, texts, person())


def fit(project: Project, phase: Phase, chosen: Chosen) -> None:
    forge().make_questions(project.project_id, phase.name, chosen.provider, chosen.model, person())
    focus_next(f"at work {RunKind.QUESTIONS}")


def _cancel(run_id: str) -> None:
    forge().cancel(run_id)
    focus_next("suggesting")


def _whole(state: LiveRun) -> int:
    return sum(1 for one in state.sections if one.status is WorkStatus.COMPLETE)


@st.fragment(run_every=0.3)
def at_work(run_id: str, whole: int) -> None:
    """How far it is, what is being written, and Cancel. What is whole goes into its field."""
    state = forge().live(run_id)
    if not state.run.status.live or _whole(state) != whole:
        st.rerun()
    answering = state.run.kind is RunKind.ANSWERS
    section, count = state.open_section, len(state.sections)
    with st.container(border=True, gap="xsmall", key=f"at work {state.run.kind}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            what = f"Answering {min(whole + 1, count)} of {count}" if answering else "Questions"
            st.markdown(
                f":blue-badge[:material/edit: {what}] {tokens(state.progress.tokens)}",
                width="content",
            )
            act(
                _cancel,
                run_id,
                label="Cancel",
                key=f"stop {run_id}",
                icon=":material/stop:",
                shortcut=stop_key(state.run),
                disabled=state.run.cancel_requested_at is not None,
            )
        st.progress(min(1.0, state.progress.percent / 100))
        if answering:
            st.caption(escape(section.title if section else state.run.waiting_for or "Starting"))
            with st.container(height=110, border=False, autoscroll=True):
                text = forge().section_text(run_id, section.section) if section else ""
                for piece in streaming_text(text):
                    st.markdown(piece)
        elif state.run.waiting_for:
            st.caption(escape(state.run.waiting_for))


def _what_failed(
    project: Project,
    phase: Phase,
    listed: QuestionList,
    runs: dict[RunKind, Run | None],
    chosen: Chosen,
) -> None:
    """Why there are no suggestions, or no questions of the project's own, and another try."""
    asked, fitting = runs[RunKind.ANSWERS], runs[RunKind.QUESTIONS]
    if asked and (why := _failure(asked)):
        answered = forge().answers(project.project_id, phase.name)
        known = {one.key for one in listed.questions}
        sections = (one.section for one in forge().live(asked.run_id).sections)
        if left := [key for key in sections if key in known and key not in answered]:
            st.warning(f"{len(left)} not suggested. {escape(why)}", icon=":material/warning:")
            with st.container(horizontal=True, key="answers failed"):
                _again(partial(suggest, project, phase, chosen, left), "answers again", chosen)
    if listed.problem:
        why = f"{escape(listed.problem)} The standard questions are used."
    elif fitting and fitting.settled is None and (failure := _failure(fitting)):
        why = f"{escape(failure)} The questions stay as they were."
    else:
        return
    st.warning(
        f"The questions could not be fitted to this project. {why}", icon=":material/warning:"
    )
    with st.container(horizontal=True, key="fitting failed"):
        _again(partial(fit, project, phase, chosen), "questions again", chosen)
        act(
            forge().use_standard_questions,
            project.project_id,
            phase.name,
            label="Never mind",
            key="questions never mind",
            type="tertiary",
        )


def _again(verb: Callable[[], object], key: str, chosen: Chosen) -> None:
    act(
        verb,
        label="Try again",
        key=key,
        icon=":material/refresh:",
        disabled=chosen.refused,
    )


def _failure(run: Run) -> str:
    if run.status.live or run.status in (WorkStatus.COMPLETE, WorkStatus.CANCELLED):
        return ""
    return run.error_message or ENDS.get(run.status, "The provider failed.")


Seen = tuple[dict[str, Answer], list[Run | None]]


def as_stored(project_id: str, phase: str) -> Seen:
    """The answers and the latest runs for them, to be compared with a later look."""
    latest = [forge().latest_run(project_id, phase, kind) for kind in HELPERS]
    return dict(forge().answers(project_id, phase)), latest


@st.fragment(run_every=2.0)
def watch_answers(project_id: str, phase: str, seen: Seen) -> None:
    """Draws the page anew when somebody else has answered, or asks for suggestions."""
    if as_stored(project_id, phase) != seen:
        st.rerun()
