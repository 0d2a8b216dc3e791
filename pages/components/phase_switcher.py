"""The chain of documents of a project, each with its status."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from pages.components.session import act, forge
from pages.components.status import BADGES
from specforge_core import Phase, Project, StreamStatus


def phase_switcher(project: Project, current: Phase) -> None:
    """One button per phase; the current one is filled."""
    with st.container(horizontal=True, gap="small"):
        for phase in forge().phases():
            run = forge().latest_run(project.project_id, phase.name)
            status = run.stream_status if run else StreamStatus.IDLE
            label, _, icon = BADGES[status]
            act(
                _go,
                phase.name,
                label=escape(phase.title),
                key=f"to {phase.name}",
                icon=icon,
                type="primary" if phase.name == current.name else "secondary",
                help=f"{label}. {escape(phase.purpose)}",
            )


def _go(phase: str) -> None:
    st.query_params["phase"] = phase


def go_to_next(current: Phase) -> None:
    """The way on from a complete document, unless it is the last of the chain."""
    later = [phase for phase in forge().phases() if phase.order > current.order]
    if later:
        act(
            _go,
            later[0].name,
            label=f"Next: {escape(later[0].title)}",
            key="next",
            type="primary",
            icon=":material/arrow_forward:",
        )
