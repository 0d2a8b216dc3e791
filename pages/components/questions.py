"""Optional questions whose answers go into the prompts. Saved as soon as a field is left."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from pages.components.session import changed, forge
from specforge_core import InvalidInput, Phase, Project, Question


def keep_answers(project: Project, phase: Phase) -> None:
    """Saves what was typed. Comes before anything that a click does.

    A person who types and then clicks Generate sends both at once.
    """
    stored = forge().answers(project.project_id, phase.name)
    for question in phase.questions:
        key = _key(project, phase, question)
        text = st.session_state.get(key)
        if text is not None and changed(key, text, stored.get(question.key, "")):
            _save(project.project_id, phase.name, question.key, key, text)


def questions(project: Project, phase: Phase) -> None:
    """An expander with one field per question; an error stands beside its field."""
    if not phase.questions:
        return
    answers = forge().answers(project.project_id, phase.name)
    count = len(phase.questions)
    answered = sum(1 for question in phase.questions if answers.get(question.key))
    with st.expander(
        f"Questions ({answered} of {count} answered, all optional)",
        key="questions",
        icon=":material/help:",
    ):
        for question in phase.questions:
            key = _key(project, phase, question)
            stored = answers.get(question.key, "")
            text = st.text_area(
                question.text, value=stored, key=key, height=80, placeholder=question.help
            )
            changed(key, text, stored)  # what this page shows is what it knows
            if refused := st.session_state.get(f"refused {key}"):
                st.markdown(f":red[:material/error: {escape(refused)}]")
        st.caption("Saved when you leave a field. Answers go into every document written after.")


def _key(project: Project, phase: Phase, question: Question) -> str:
    return f"answer {project.project_id} {phase.name} {question.key}"


def _save(project_id: str, phase: str, question: str, key: str, text: str) -> None:
    st.session_state.pop(f"refused {key}", None)
    try:
        forge().save_answers(project_id, phase, {question: text})
    except InvalidInput as exc:
        st.session_state[f"refused {key}"] = str(exc)
