"""Whether a document may be begun: what it waits for, and whether it is wanted at all."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from pages.components.person import person
from pages.components.phase_switcher import go, go_to_next
from pages.components.session import act, forge
from specforge_core import Phase, Project, Step


def gate(project: Project, phase: Phase, step: Step) -> bool:
    """Says what stands in the way and offers the way on; True when nothing does."""
    if step.skipped:
        _skipped(project, phase)
        return False
    if step.waits_for:
        _locked(project, phase, step)
        return False
    return True


def _skipped(project: Project, phase: Phase) -> None:
    title = escape(phase.title)
    with st.container(border=True, key="gate"):
        st.markdown(f":gray-badge[:material/step_over: Skipped] **“{title}” is skipped**")
        st.caption("The documents after it are written without it, and do not wait for it.")
        with st.container(horizontal=True):
            act(
                forge().take_up,
                project.project_id,
                phase.name,
                label="Take it up again",
                key="take up",
                icon=":material/undo:",
            )
            go_to_next(phase)


def _locked(project: Project, phase: Phase, step: Step) -> None:
    steps = forge().steps(project.project_id)
    first = next(one for one in steps if one.title in step.waits_for)
    title, names = escape(first.title), escape(" and ".join(step.waits_for))
    noun = "document is" if len(step.waits_for) == 1 else "documents are"
    with st.container(border=True, key="gate"):
        st.markdown(f":gray-badge[:material/lock: Locked] **Waits for {names}**")
        st.caption(
            f"{escape(step.purpose)} It is written from what comes before it: when the {noun}"
            " complete or skipped, it opens. Its questions can be answered already."
        )
        with st.container(horizontal=True):
            act(
                go,
                first.phase,
                label=f"Open {title}",
                key="open first",
                type="primary",
                icon=":material/arrow_back:",
            )
            offer_skip(project, first.phase, f"Skip {title}")
            if phase.name != first.phase:
                offer_skip(project, phase.name, "Skip this phase")


def offer_skip(project: Project, phase: str, label: str) -> None:
    """A button that asks once. Nothing for the last phase: what would follow it?"""
    if phase == forge().phases()[-1].name:
        return
    asking = f"skipping {project.project_id} {phase}"
    if not st.session_state.get(asking):
        act(
            _ask,
            asking,
            label=label,
            key=f"ask {asking}",
            type="tertiary",
            icon=":material/step_over:",
        )
        return
    title = escape(forge().phase(phase).title)
    with st.container(horizontal=True, vertical_alignment="center", key=f"sure {phase}"):
        st.markdown(
            f"Skip {title}? The documents after it are written without it.", width="content"
        )
        act(_skip, project, phase, asking, label=f"Yes, skip {title}", key=f"yes {asking}")
        act(_forget, asking, label="No", key=f"no {asking}", type="tertiary")


def _ask(asking: str) -> None:
    st.session_state[asking] = True


def _forget(asking: str) -> None:
    st.session_state.pop(asking, None)


def _skip(project: Project, phase: str, asking: str) -> None:
    _forget(asking)
    forge().skip(project.project_id, phase, person())
