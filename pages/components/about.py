"""A project's title and description, and the fields to change them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.components.drafts import forget
from pages.components.form_drafts import keep_form
from pages.components.markdown import escape, safe
from pages.components.project_fields import Refusal, below
from pages.components.session import act, forge
from pages.components.template_saving import save_as_template
from specforge_core import DESCRIPTION_MAX, TITLE_MAX, InvalidInput, Project

_REFUSAL = "refusal of a project"


def about(project: Project) -> None:
    """Title and description; in place of them, fields to change both."""
    editing = f"editing {project.project_id}"
    if base := st.session_state.get(editing):
        _fields(project, base)
        return
    st.title(escape(project.title))
    st.caption(f"Created {project.created_at:%d %b %Y, %H:%M} UTC")
    with st.expander("Description"):
        st.markdown(safe(project.description))
    with st.container(horizontal=True, gap="small"):
        act(_edit, project, label="Edit", key="edit project", icon=":material/edit:")
        save_as_template(project)


def _edit(project: Project) -> None:
    kept = st.session_state
    kept[f"editing {project.project_id}"] = project
    kept[f"title of {project.project_id}"] = project.title
    kept[f"description of {project.project_id}"] = project.description


def _fields(project: Project, base: Project) -> None:
    """base: what this reader began to change."""
    kept, project_id = st.session_state, project.project_id
    restored = _keep(base)
    refusal: Refusal | None = kept.get(_REFUSAL)
    st.title("Edit project")
    if (base.title, base.description) != (project.title, project.description):
        st.warning(
            "Somebody has changed the project meanwhile. Below is your text; theirs is here."
            " Save replaces it.",
            icon=":material/group:",
        )
        with st.expander(f"Theirs: {escape(project.title)}"):
            st.markdown(safe(project.description))
    with st.container():
        if restored:
            st.caption(
                ":material/restore: This browser had kept what you typed here before."
                " Discard changes brings the stored text back."
            )
    in_title, in_description = f"title of {project_id}", f"description of {project_id}"
    title = st.text_input(
        "Title", kept.get(in_title, base.title), key=in_title, persist_state="session"
    )
    below("Title", TITLE_MAX, "title", title, refusal)
    description = st.text_area(
        "Description",
        kept.get(in_description, base.description),
        key=in_description,
        height=320,
        persist_state="session",
    )
    below("Description", DESCRIPTION_MAX, "description", description, refusal)
    st.caption(
        "What was written from the old words becomes out of date. Nothing is rewritten by itself:"
        " each document then offers to bring its sections up to date."
    )
    with st.container(horizontal=True, gap="small"):
        act(_save, project_id, title, description, label="Save", key="save project", type="primary")
        act(_leave, project_id, label="Discard changes", key="leave project")


def _keep(base: Project) -> bool:
    """Before the fields are drawn: whether this browser has put back what it had kept."""
    kept, project_id = st.session_state, base.project_id
    stored = {"title": base.title, "description": base.description}
    fields = {name: f"{name} of {project_id}" for name in stored}
    texts = {name: kept.get(key, stored[name]) for name, key in fields.items()}
    found = keep_form(_draft(project_id), fields, texts, stored)
    for name, one in found.items():
        kept[fields[name]] = one.text
    told = f"restored {project_id}"
    if found:
        # What somebody has changed since the text was typed is said, as at any other time.
        before = {name: one.based_on for name, one in found.items()}
        kept[f"editing {project_id}"] = replace(base, **before)
        kept[told] = True
        st.rerun()  # with what now stands in the fields
    return bool(kept.get(told))


def _draft(project_id: str) -> str:
    return f"project {project_id}"


def _save(project_id: str, title: str, description: str) -> None:
    try:
        forge().update_project(project_id, title, description)
    except InvalidInput as exc:
        st.session_state[_REFUSAL] = Refusal.of(exc, title, description)
        return
    _leave(project_id)


def _leave(project_id: str) -> None:
    forget(_draft(project_id))
    for name in ("editing", "restored"):
        st.session_state.pop(f"{name} {project_id}", None)
