"""A project as a whole: its title and description, and the chain of its documents."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery import file_problems
from pages.components.location import lost
from pages.components.markdown import escape, safe
from pages.components.person import person
from pages.components.project_card import ago
from pages.components.project_form import Refusal, below
from pages.components.session import act, forge
from pages.components.status import badge
from pages.components.template_saving import save_as_template
from specforge_core import (
    DESCRIPTION_MAX,
    TITLE_MAX,
    InvalidInput,
    NotFound,
    Project,
    Run,
    Step,
    StreamStatus,
)

_REFUSAL = "refusal of a project"


def opened() -> Project:
    """The project of the address, else the one that this session has opened last."""
    served, query, kept = forge(), st.query_params, st.session_state
    project_id = query.get("project") or kept.get("project", "")
    if not project_id:
        lost("No project is open. Choose one from the list.")
    try:
        project = served.project(project_id)
    except NotFound as exc:
        kept.pop("project", None)
        kept.pop("phase", None)
        lost(str(exc))
    if kept.get("project") != project_id:
        kept.pop("phase", None)  # it was that of another project
    kept["project"] = project_id
    if query.get("project") != project_id:
        query["project"] = project_id
    return project


# --- title and description ---------------------------------------------------------


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
    title = st.text_input("Title", key=f"title of {project_id}", persist_state="session")
    below("Title", TITLE_MAX, "title", title, refusal)
    description = st.text_area(
        "Description", key=f"description of {project_id}", height=320, persist_state="session"
    )
    below("Description", DESCRIPTION_MAX, "description", description, refusal)
    st.caption(
        "What was written from the old words becomes out of date. Nothing is rewritten by itself:"
        " each document then offers to bring its sections up to date."
    )
    with st.container(horizontal=True, gap="small"):
        act(_save, project_id, title, description, label="Save", key="save project", type="primary")
        act(_leave, project_id, label="Discard changes", key="leave project")


def _save(project_id: str, title: str, description: str) -> None:
    try:
        forge().update_project(project_id, title, description)
    except InvalidInput as exc:
        st.session_state[_REFUSAL] = Refusal.of(exc, title, description)
        return
    _leave(project_id)


def _leave(project_id: str) -> None:
    st.session_state.pop(f"editing {project_id}", None)


# --- the chain ---------------------------------------------------------------------


def documents(project: Project) -> None:
    """One row for each document: its state, what it waits for, and the way to it."""
    with st.container():
        file_problems()
    steps = forge().steps(project.project_id)
    done = sum(1 for step in steps if step.complete or step.skipped)
    st.caption(f"{done} of {len(steps)} complete or skipped")
    for step in steps:
        _row(project, step)
    _watch(project.project_id, moving(project.project_id))


def _row(project: Project, step: Step) -> None:
    with (
        st.container(border=True, key=f"step {step.phase}"),
        st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            gap="small",
        ),
    ):
        with st.container(gap=None, width="content"):
            optional = " :gray-badge[optional]" if step.optional else ""
            st.markdown(f"**{escape(step.title)}** {_badge(project, step)}{_stale(step)}{optional}")
            st.caption(" · ".join(facts(project, step)))
        with st.container(horizontal=True, width="content", gap="small"):
            _skip(project, step)
            if st.button("Open", key=f"open {step.phase}", help=escape(step.purpose)):
                st.switch_page(
                    "phase.py",
                    query_params={"project": project.project_id, "phase": step.phase},
                )


def _badge(project: Project, step: Step) -> str:
    if step.status is StreamStatus.STREAMING and step.run_id:
        percent = forge().live(step.run_id).progress.percent
        return f"{badge(step.status)} {percent:.0f} %"
    if step.skipped:
        return ":gray-badge[:material/skip_next: Skipped]"
    if step.status is StreamStatus.IDLE and step.waits_for:
        return ":gray-badge[:material/lock: Waits]"
    return badge(step.status)


def _stale(step: Step) -> str:
    if not step.stale:
        return ""
    noun = "section" if step.stale == 1 else "sections"
    return f" :orange-badge[:material/update: {step.stale} {noun} out of date]"


def facts(project: Project, step: Step) -> list[str]:
    """What a reader should know about a document, as pieces of markdown."""
    found = []
    if step.waits_for and not step.complete and not step.skipped:
        first, *others = step.waits_for
        more = f" and {len(others)} more" if others else ""
        found.append(f"waits for {escape(first)}{more}")
    if step.unanswered and not step.complete and not step.skipped:
        noun = "question" if len(step.unanswered) == 1 else "questions"
        found.append(f"{len(step.unanswered)} required {noun} open")
    if versions := forge().versions(project.project_id, step.phase, 1):
        found.append(f"changed {ago(versions[0].created_at)}")
    return found or ["not started"]


def _skip(project: Project, step: Step) -> None:
    where, look = (project.project_id, step.phase), {"type": "tertiary"}
    if step.skipped:
        act(forge().take_up, *where, label="Take up again", key=f"take up {step.phase}", **look)
    elif not step.complete and step.status is not StreamStatus.STREAMING:
        act(
            forge().skip,
            *where,
            person(),
            label="Skip",
            key=f"skip {step.phase}",
            help="Later documents do not wait for it any more. It can be taken up again.",
            **look,
        )


def moving(project_id: str) -> tuple[object, ...]:
    """What changes when a document of the project does: compared, never shown."""
    runs = [forge().latest_run(project_id, phase.name) for phase in forge().phases()]
    return tuple((run, _percent(run)) for run in runs if run)


def _percent(run: Run) -> int | None:
    return round(forge().live(run.run_id).progress.percent) if run.status.live else None


@st.fragment(run_every=2.0)
def _watch(project_id: str, seen: tuple[object, ...]) -> None:
    """Draws the page anew when somebody has begun, changed or ended something."""
    if moving(project_id) != seen:
        st.rerun()
