"""The questions of a phase. Answers go into the prompts, and are saved while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.components.autosave import Field, autosave, keep_field, settle_replaced
from pages.components.choice import questions_box
from pages.components.inputs import drawn
from pages.components.markdown import JOINER, escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.suggestions import Chosen, as_stored, suggest, suggestions, watch_answers
from specforge_core import Answer, Phase, Project, Question, waiting


def keep_answers(project: Project, phase: Phase) -> None:
    """Saves what was typed. Comes before anything that a click does.

    A person who types and then clicks Generate sends both at once.
    """
    asked = forge().questions(project.project_id, phase.name).questions
    if any(_key(project, phase, one) in st.session_state for one in asked):
        answers = forge().answers(project.project_id, phase.name)
        for question in asked:
            _keep(project, phase, question, answers)


@st.fragment
def questions(project: Project, phase: Phase) -> None:
    """A box with one field per question. Closed at first when there is nothing left to answer."""
    keep_answers(project, phase)
    listed = forge().questions(project.project_id, phase.name)
    seen = as_stored(project.project_id, phase.name)
    asked, (answers, _) = listed.questions, seen
    missing = [one for one in asked if one.key not in answers]
    suggested = [one.key for one in asked if one.key in answers and answers[one.key].suggested]
    box_key = questions_box(project, phase)
    frame = st.container(border=True, gap=None, key="asked")
    box = frame.expander(  # its label is part of what it is: another one would draw all fields anew
        "Questions",
        key=box_key,
        icon=":material/help:",
        expanded=_first_open(project, phase, bool(missing or suggested)),
        on_change="rerun",
    )
    count = _count(asked, missing, len(suggested))
    if not box.open:
        frame.caption(count)
        return
    with box, st.container(key="questions"):
        st.caption(f"{count} Saved as you type; used for this document and every later one.")
        chosen = suggestions(project, phase, listed, len(missing), suggested)
        for question in asked:
            _question(project, phase, question, answers, chosen)
    watch_answers(project.project_id, phase.name, seen)


def _count(asked: Sequence[Question], missing: Sequence[Question], suggested: int) -> str:
    done = f"{len(asked) - len(missing)} of {len(asked)} answered"
    required = sum(1 for one in missing if one.required)
    notes = [f"{suggested} of them suggested"] if suggested else []
    notes += [f"{required} required open"] if required else []
    return f"{', '.join([done, *notes])}."


def _first_open(project: Project, phase: Phase, to_do: bool) -> bool:
    """Open while there is something to answer or to look at, and nothing written yet.

    As it was when this session first saw it: it does not close under who answers the last one.
    """
    name = f"first open {questions_box(project, phase)}"
    if name not in st.session_state:
        written = forge().latest_run(project.project_id, phase.name) is not None
        st.session_state[name] = to_do and not written
    return bool(st.session_state[name])


def _question(
    project: Project,
    phase: Phase,
    question: Question,
    answers: Mapping[str, Answer],
    chosen: Chosen,
) -> None:
    key, answer = _key(project, phase, question), answers.get(question.key)
    with st.container(gap="xxsmall", key=f"question {question.key}"):
        badge = " :orange-badge[required]" if question.required else ""
        st.markdown(f"**{escape(question.text)}**{badge}")
        st.caption(escape(question.help))
        field = _keep(project, phase, question, answers)
        st.text_area(
            question.text.replace("![", f"!{JOINER}["),
            value=field.shown,  # also where what is put into it gets lost on the way
            key=key,
            height="content",
            label_visibility="collapsed",
        )
        drawn(key)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(width="stretch"):
                autosave(key, field)
            if answer and answer.suggested:
                _suggested(project, phase, question, answer)
            if answer is None or answer.suggested:
                _suggest(project, phase, question, answer, chosen)
        if field.problem:
            st.markdown(f":red[:material/error: {escape(field.problem)}]")
        if answer and (left := waiting(answer.answer)):
            names = escape("; ".join(left))
            st.caption(f":orange[:material/edit_note: Still to fill in:] {names}")
        if field.replaced:
            _replaced(project, phase, question, answer, field)


def _suggested(project: Project, phase: Phase, question: Question, answer: Answer) -> None:
    st.markdown(
        ":violet-badge[:material/lightbulb: Suggested, edit or keep]",
        width="content",
    )
    act(
        _save,
        project,
        phase,
        question,
        answer.answer,
        label="Keep",
        key=f"keep answer {question.key}",
        type="tertiary",
        icon=":material/check:",
        help=f"Keep the answer to “{escape(question.text)}” as it stands",
    )


def _suggest(
    project: Project, phase: Phase, question: Question, answer: Answer | None, chosen: Chosen
) -> None:
    """Only where no person has answered: a suggestion takes the place of what is there."""
    act(
        suggest,
        project,
        phase,
        chosen,
        (question.key,),
        label="Suggest another" if answer else "Suggest an answer",
        key=f"suggest {question.key}",
        type="tertiary",
        icon=":material/lightbulb:",
        disabled=chosen.refused,
        help=f"For “{escape(question.text)}”",
    )


def _replaced(
    project: Project, phase: Phase, question: Question, answer: Answer | None, field: Field
) -> None:
    """Two have answered: the later text is stored, the other one is shown."""
    key = _key(project, phase, question)
    other = escape((answer.author if answer and field.mine else "") or "Somebody else")
    told = f"{other} has changed your answer. It was:" if field.mine else f"{other} had answered:"
    with st.container(border=True, gap="xsmall"):
        st.caption(f":orange[:material/group:] {told}")
        st.text(field.replaced)
        with st.container(horizontal=True):
            act(
                _use,
                project,
                phase,
                question,
                field.replaced,
                label="Use my text" if field.mine else "Use that text",
                key=f"use other {key}",
            )
            act(
                settle_replaced,
                key,
                label="Keep theirs" if field.mine else "Keep mine",
                key=f"keep one {key}",
                type="tertiary",
            )


def _use(project: Project, phase: Phase, question: Question, text: str) -> None:
    _save(project, phase, question, text)
    settle_replaced(_key(project, phase, question))


def _key(project: Project, phase: Phase, question: Question) -> str:
    return f"answer {project.project_id} {phase.name} {question.key}"


def _keep(
    project: Project, phase: Phase, question: Question, answers: Mapping[str, Answer]
) -> Field:
    answer = answers.get(question.key)
    return keep_field(
        _key(project, phase, question),
        answer.answer if answer else "",
        lambda text: _save(project, phase, question, text),
    )


def _save(project: Project, phase: Phase, question: Question, text: str) -> str:
    """Returns the answer as it is stored."""
    forge().save_answers(project.project_id, phase.name, {question.key: text}, person())
    stored = forge().answers(project.project_id, phase.name).get(question.key)
    return stored.answer if stored else ""
