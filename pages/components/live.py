"""What moves while a run is at work: the header every second, the open section every `TICK_S`.

A tick reads only stored rows. The engine lives elsewhere, so a refresh or a
second reader needs nothing special.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from time import monotonic

import streamlit as st

from pages.components import shortcuts
from pages.components.browser import focus_first, focus_next
from pages.components.markdown import escape, safe
from pages.components.pieces import pieces, steady
from pages.components.session import act, forge
from pages.components.status import badge, duration, section_mark, stream_badges, tokens
from pages.components.unfinished import close_open
from specforge_core import LiveRun, Run, RunKind, WorkStatus

CURSOR = "▌"
QUIET_S = 8.0  # without new text, after which a reader wonders
TICK_S = 0.22  # a shorter one costs the server more for each viewer than a reader can see


@st.fragment(run_every=1.0)
def header(run_id: str) -> None:
    """Status, progress and Cancel of a live run."""
    state = forge().live(run_id)
    if not state.run.status.live:
        st.rerun()
    st.session_state["watched"] = f"{run_id} {state.run.attempt}"  # its end is told (outcome.py)
    with st.container(border=True, gap="small"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            badges, meaning = stream_badges(one.stream_mode for one in state.sections)
            st.markdown(
                f"{badge(state.run.stream_status)} {badges} {_where(state)}",
                width="content",
                help=meaning,
            )
            _cancel(state)
        st.progress(min(1.0, state.progress.percent / 100))
        with st.container(key="marks"):
            st.markdown(" ".join(section_mark(section) for section in state.sections))
        with st.container(key="measures"):  # of one height (style.css): nothing below it jumps
            st.caption(_waiting(state.run) or _measures(state))


def _where(state: LiveRun) -> str:
    if state.run.cancel_requested_at:
        return "Stopping, the text is kept"
    if state.queue_place is not None:
        if (datetime.now(UTC) - state.run.queued_at).total_seconds() < 1:
            return "Starting"
        return f"Waiting: place {state.queue_place} in the queue"
    section = state.open_section
    if section is None:
        return "Preparing the next section" if state.progress.tokens else "Starting"
    return f"Section {section.position + 1} of {state.progress.total}: {escape(section.title)}"


def _waiting(run: Run) -> str:
    """Why nothing is written just now, and in how many seconds it goes on; "" while it is."""
    if not run.waiting_for or run.cancel_requested_at:
        return ""
    left = ""
    if run.waiting_until:
        seconds = ceil((run.waiting_until - datetime.now(UTC)).total_seconds())
        left = f" in {_whole(seconds)}" if seconds > 0 else " now"
    return f":material/hourglass_top: {escape(run.waiting_for)}{left}"


def _measures(state: LiveRun) -> str:
    progress = state.progress
    if progress.quiet_s is not None and progress.quiet_s >= QUIET_S:
        return (
            f":material/hourglass_top: No text for {_whole(int(progress.quiet_s))}."
            " SpecForge goes on waiting; Cancel keeps what is there."
        )
    parts = [f"{progress.percent:.0f} %", tokens(progress.tokens)]
    if progress.tokens_per_s:
        parts.append(f"{progress.tokens_per_s:.0f} tokens/s")
    if progress.eta_s is not None:
        parts.append(f"about {_whole(max(1, round(progress.eta_s)))} left")
    elif state.run.status is WorkStatus.RUNNING:
        parts.append("measuring the speed")
    return " · ".join(parts)


def _whole(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else duration(seconds)


def _cancel(state: LiveRun) -> None:
    """Cancel, which asks once."""
    asking = f"asking {state.run.run_id} {state.run.attempt}"
    if state.run.cancel_requested_at:
        st.button("Stopping …", key=f"stopping {asking}", disabled=True)
    elif not st.session_state.get(asking):
        act(
            _set,
            asking,
            label="Cancel",
            key=f"cancel {asking}",
            icon=":material/stop:",
            shortcut=shortcuts.STOP,
        )
    else:
        with st.container(horizontal=True, width="content"):
            act(
                _stop,
                state.run.run_id,
                label="Stop and keep the text",
                key=f"stop {asking}",
                type="primary",
                shortcut=shortcuts.STOP,
            )
            focus_first("Stop and keep the text")
            act(_unset, asking, label="Keep going", key=f"go on {asking}")


def stop_key(run: Run) -> str | None:
    """The key that stops a run, unless another one of the page has it: a key is one button's."""
    for kind in RunKind:
        latest = forge().latest_run(run.project_id, run.phase, kind)
        if latest and latest.status.live:
            return shortcuts.STOP if latest.run_id == run.run_id else None
    return None


def _stop(run_id: str) -> None:
    forge().cancel(run_id)
    focus_next("status")


def _set(name: str) -> None:
    st.session_state[name] = True


def _unset(name: str) -> None:
    st.session_state.pop(name, None)


@st.fragment(run_every=2.0)
def watch(project_id: str, phase: str, seen: Run | None, proposed: Run | None) -> None:
    """On a page where nothing moves: notices what somebody else has begun, changed or ended."""
    if forge().latest_run(project_id, phase) != seen:
        st.rerun()
    if forge().latest_run(project_id, phase, RunKind.PROPOSAL) != proposed:
        st.rerun()


@st.fragment(run_every=TICK_S)
def open_section(run_id: str, drawn: str) -> None:
    """The section that is being written, with the cursor.

    Ends in one rerun of the page when the next section opens or the run ends.
    """
    now = forge().open_section(run_id)
    if (now.section != drawn) if now else not forge().run(run_id).status.live:
        st.rerun()
    text = _shown(forge().section_text(run_id, drawn), CURSOR if now else "")
    where, before = st.session_state.get("drawn", ("", None))
    seen = steady(before if where == (run_id, drawn) else None, text, monotonic())
    st.session_state["drawn"] = (run_id, drawn), seen
    for piece in seen.pieces:  # equal elements cost the browser little
        st.markdown(piece)


def streaming_text(text: str) -> tuple[str, ...]:
    """A growing text with the cursor at its end, as markdown elements."""
    return _shown(text, CURSOR)


@lru_cache(maxsize=64)
def _shown(text: str, cursor: str) -> tuple[str, ...]:
    """An unfinished text as markdown elements; the viewers of a run all draw the same one."""
    *still, last = pieces(safe(text))
    return *still, close_open(last, cursor)


@st.fragment(run_every=0.06)
def next_section(run_id: str) -> None:
    """Stands in until a section has text; ticks quickly, because the first words are waited for."""
    run, now = forge().run(run_id), forge().open_section(run_id)
    if not run.status.live or (now and forge().section_text(run_id, now.section)):
        st.rerun()
    st.markdown(CURSOR if run.status is WorkStatus.RUNNING else "")
