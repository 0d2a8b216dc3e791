"""The chain of documents of a project, each with its state, and the way on from one to the next."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components import shortcuts
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.status import BADGES
from specforge_core import Phase, Project, Step, StreamStatus

STYLE = Path(__file__).with_name("stepper.css")
STOPPED = (StreamStatus.PAUSED, StreamStatus.ERROR, StreamStatus.CANCELLED)


def phase_switcher(project: Project, current: Phase) -> tuple[Step, ...]:
    """One button per phase, the current one filled. A locked one opens too: it has questions.

    Returns the steps that it shows: to find out what is out of date takes time.
    """
    st.html(STYLE)
    steps = forge().steps(project.project_id)
    with st.container(horizontal=True, key="stepper"):
        for step in steps:
            word, icon = standing(step)
            act(
                go,
                step.phase,
                label=f"{escape(step.title)} :small[{word}]",
                key=f"to {step.phase}",
                icon=icon,
                type="primary" if step.phase == current.name else "secondary",
                help=_help(step, word),
                width="stretch",
                wrap=True,
            )
    return steps


def standing(step: Step) -> tuple[str, str]:
    """A phase's state in one or two words, and its icon. What a reader must act on comes first."""
    name, _, icon = BADGES[step.status]
    states = (
        (step.status is StreamStatus.STREAMING, "generating", icon),
        (step.skipped, "skipped", ":material/step_over:"),
        (step.status in STOPPED, name.lower(), icon),
        (step.stale > 0, f"{step.stale} out of date", ":material/update:"),
        (step.proposed, "proposed change", ":material/rate_review:"),
        (step.complete, "complete", ":material/check:"),
        (bool(step.waits_for), "optional" if step.optional else "locked", ":material/lock:"),
        (step.optional, "optional", ":material/radio_button_unchecked:"),
    )
    found = ((word, sign) for holds, word, sign in states if holds)
    return next(found, ("not started", ":material/radio_button_unchecked:"))


def _help(step: Step, word: str) -> str:
    parts = [f"{word.capitalize()}.", escape(step.purpose)]
    if step.optional and word != "optional":
        parts.append("Optional.")
    if step.waits_for and not step.complete:
        names = escape(" and ".join(step.waits_for))
        parts.append(f"Waits for: {names}. Open it to answer its questions.")
    return " ".join(parts)


def go(phase: str) -> None:
    """What the address says of the other document, such as an open editor, stays behind."""
    query = st.query_params
    query.from_dict({"project": query.get("project", ""), "phase": phase})


def go_to_next(current: Phase) -> None:
    """The way on from a complete document: past skipped phases, and past an optional one."""
    project_id = st.session_state["project"]
    steps = forge().steps(project_id)
    here = next(place for place, step in enumerate(steps) if step.phase == current.name)
    later = [step for step in steps[here + 1 :] if not step.skipped]
    if not later:
        _hand_over(project_id)
        return
    following = later[0]
    act(
        go,
        following.phase,
        label=f"Next: {escape(following.title)}",
        key="next",
        type="primary",
        icon=":material/arrow_forward:",
        shortcut=shortcuts.NEXT,
        help=shortcuts.NEXT,
    )
    beyond = next((step for step in later if not step.optional), None)
    if following.optional and not following.complete and beyond:
        act(
            _pass_over,
            project_id,
            following.phase,
            beyond.phase,
            label=f"Skip to {escape(beyond.title)}",
            key="skip to next",
            icon=":material/step_over:",
            help=f"{escape(following.title)} is optional. It can be taken up later.",
        )


def _hand_over(project_id: str) -> None:
    """The way on from the last document: the files that others work with."""
    label, icon = "Choose a format and download", ":material/output:"
    if st.button(label, key="next", type="primary", icon=icon, shortcut=shortcuts.NEXT):
        st.switch_page("project.py", query_params={"project": project_id, "tab": "Export"})


def _pass_over(project_id: str, phase: str, beyond: str) -> None:
    forge().skip(project_id, phase, person())
    go(beyond)
