"""The project that is open, and the chain of its documents."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery import file_problems
from pages.components.location import lost
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.project_card import ago
from pages.components.session import act, forge
from pages.components.status import badge
from specforge_core import NotFound, Project, Run, RunKind, Step, StreamStatus


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
            st.markdown(f"**{escape(step.title)}** {_badge(project, step)}{_news(step)}{optional}")
            if known := facts(project, step):
                st.caption(" · ".join(known))
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
        return ":gray-badge[:material/step_over: Skipped]"
    if step.status is StreamStatus.IDLE:
        if step.waits_for:
            return ":gray-badge[:material/lock: Locked]"
        return ":gray-badge[:material/radio_button_unchecked: Not started]"
    return badge(step.status)


def _news(step: Step) -> str:
    """What a person has to look at, as badges."""
    found = ""
    if step.stale:
        noun = "section" if step.stale == 1 else "sections"
        found += f" :orange-badge[:material/update: {step.stale} {noun} out of date]"
    if step.proposed:
        found += " :orange-badge[:material/rate_review: 1 proposed change]"
    return found


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
    return found


def _skip(project: Project, step: Step) -> None:
    where, look = (project.project_id, step.phase), {"type": "tertiary"}
    if step.skipped:
        act(forge().take_up, *where, label="Take it up again", key=f"take up {step.phase}", **look)
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
    """What changes when a document of the project, or a proposed change, does: never shown."""
    names = [phase.name for phase in forge().phases()]
    runs = [forge().latest_run(project_id, name) for name in names]
    changes = [forge().latest_run(project_id, run.phase, RunKind.PROPOSAL) for run in runs if run]
    return (*((run, _percent(run)) for run in runs if run), *changes)


def _percent(run: Run) -> int | None:
    return round(forge().live(run.run_id).progress.percent) if run.status.live else None


@st.fragment(run_every=2.0)
def _watch(project_id: str, seen: tuple[object, ...]) -> None:
    """Draws the page anew when somebody has begun, changed or ended something."""
    if moving(project_id) != seen:
        st.rerun()
