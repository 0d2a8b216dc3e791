"""One project in the list."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.components.markdown import escape
from pages.components.status import BADGES
from specforge_core import PhaseState, ProjectSummary, StreamStatus

EXCERPT = 160
_SKIPPED = ("Skipped", "gray", ":material/step_over:")
# Their badge says how far they are; all others are an icon in the row.
_ON_THE_WAY = (StreamStatus.STREAMING, StreamStatus.PAUSED, StreamStatus.CANCELLED)


def project_card(summary: ProjectSummary) -> None:
    """Title as a link to the phase where the work is, an excerpt, and how far the chain is."""
    project = summary.project
    with st.container(border=True, gap="small"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.page_link(
                "phase.py",
                label=f"**{escape(project.title)}**",
                query_params={"project": project.project_id, "phase": where_the_work_is(summary)},
                width="content",
            )
            st.page_link(
                "project.py",
                label="Overview",
                icon=":material/account_tree:",
                query_params={"project": project.project_id},
                width="content",
            )
        text = " ".join(project.description.split())
        st.caption(escape(text[:EXCERPT] + ("…" if len(text) > EXCERPT else "")))
        with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
            st.markdown(chain(summary.phases), width="content", help=in_words(summary.phases))
            done = f"{sum(map(_done, summary.phases))} of {len(summary.phases)} complete"
            st.caption(f"{done} · {ago(summary.updated_at)}", width="content")


def chain(phases: tuple[PhaseState, ...]) -> str:
    """An icon for each phase, in order; with words where one is on its way or comes next."""
    following = next((state for state in phases if not _done(state)), None)
    return " ".join(
        _labelled(state) if _moving(state) or state is following else _icon(state)
        for state in phases
    )


def in_words(phases: tuple[PhaseState, ...]) -> str:
    """The same for who cannot tell icons and colours apart."""
    return "\n".join(f"- {escape(state.title)}: {_label(state)}" for state in phases)


def _look(state: PhaseState) -> tuple[str, str, str]:
    return _SKIPPED if state.skipped and not _moving(state) else BADGES[state.status]


def _label(state: PhaseState) -> str:
    label, _, _ = _look(state)
    if state.status is StreamStatus.IDLE and not state.skipped:
        return "not started"
    return f"{label.lower()} {state.percent:.0f} %" if _moving(state) else label.lower()


def _labelled(state: PhaseState) -> str:
    _, color, icon = _look(state)
    return f":{color}-badge[{icon} {escape(state.title)}: {_label(state)}]"


def _icon(state: PhaseState) -> str:
    _, color, icon = _look(state)
    return f":{color}[{icon}]"


def _moving(state: PhaseState) -> bool:
    return state.status in _ON_THE_WAY or state.status is StreamStatus.ERROR


def _done(state: PhaseState) -> bool:
    return state.status is StreamStatus.COMPLETE or state.skipped


def where_the_work_is(summary: ProjectSummary) -> str:
    """The phase being written, else the first that is not done, else the last."""
    for state in summary.phases:
        if state.status is StreamStatus.STREAMING:
            return state.phase
    unfinished = (state.phase for state in summary.phases if not _done(state))
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
