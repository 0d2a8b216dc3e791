"""One project in the list."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.components.markdown import escape
from pages.components.status import phase_badge
from specforge_core import ProjectSummary, StreamStatus

EXCERPT = 160


def project_card(summary: ProjectSummary) -> None:
    """Title as a link to the phase where the work is, an excerpt, and every phase's status."""
    project = summary.project
    with st.container(border=True, gap="small"):
        st.page_link(
            "phase.py",
            label=f"**{escape(project.title)}**",
            query_params={"project": project.project_id, "phase": where_the_work_is(summary)},
        )
        text = " ".join(project.description.split())
        st.caption(escape(text[:EXCERPT] + ("…" if len(text) > EXCERPT else "")))
        with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
            st.markdown(" ".join(phase_badge(state) for state in summary.phases), width="content")
            done = f"{summary.complete} of {len(summary.phases)} complete"
            st.caption(f"{done} · {ago(summary.updated_at)}", width="content")


def where_the_work_is(summary: ProjectSummary) -> str:
    """The phase being written, else the first one that is not complete, else the last."""
    for state in summary.phases:
        if state.status is StreamStatus.STREAMING:
            return state.phase
    unfinished = (s.phase for s in summary.phases if s.status is not StreamStatus.COMPLETE)
    return next(unfinished, summary.phases[-1].phase)


def ago(moment: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, then the date (UTC)."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3_600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 86_400:
        return f"{seconds // 3_600:.0f} h ago"
    return f"{moment.astimezone(UTC):%d %b %Y}"
