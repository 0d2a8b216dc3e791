"""A project's description and answers, saved as a template for the next one."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import forge
from specforge_core import InvalidInput, Project


def save_as_template(project: Project) -> None:
    """Title and category, then Save; an error stands beside what it is about."""
    kept, number = st.session_state, st.session_state.setdefault("templates saved", 0)
    with st.popover("Save as template", icon=":material/dashboard_customize:"):
        st.caption(
            "The description and all answers, for the next project. Write what is different there"
            " each time as [USER INPUT NEEDED: what]. It will be the first one under New project."
        )
        title = st.text_input(
            "Name of the template", value=project.title, key=f"template title {number}"
        )
        known = sorted({one.category for one in forge().templates().values()})
        category = st.selectbox(
            "Category",
            known,
            index=None,
            key=f"template category {number}",
            placeholder="Choose one, or type a new one",
            accept_new_options=True,
        )
        if st.button("Save template", type="primary", key=f"save template {number}"):
            _save(project, title, category or "")
        if refused := kept.pop("template refused", ""):
            st.markdown(f":red[:material/error: {escape(refused)}]")


def _save(project: Project, title: str, category: str) -> None:
    try:
        saved = forge().save_template(project.project_id, title, category, person())
    except InvalidInput as exc:
        st.session_state["template refused"] = str(exc)
        return
    st.session_state["templates saved"] += 1  # a popover with other fields: this one closes
    st.toast(f"Saved as template “{escape(saved.template.title)}”.")
