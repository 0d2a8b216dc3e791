"""A change that a model proposes: what it would do to the document, to be taken or not."""

from __future__ import annotations

import streamlit as st

from pages.components.browser import focus_next, show_once
from pages.components.diff_view import choose_view, diff_view, summary
from pages.components.live import stop_key, streaming_text
from pages.components.markdown import escape
from pages.components.origin import who
from pages.components.person import person
from pages.components.refine import conversation_open
from pages.components.session import act, forge
from pages.components.status import badge
from specforge_core import (
    Phase,
    Project,
    Proposal,
    ProposedSection,
    Run,
    RunKind,
    WorkStatus,
    compare,
)


def proposal(project: Project, phase: Phase) -> None:
    """The newest proposal, while it is written or waits for a decision."""
    run = forge().latest_run(project.project_id, phase.name, RunKind.PROPOSAL)
    if run is None or run.settled is not None:
        return
    # Who asked for it may read far below.
    show_once("proposal", st.session_state.get("just proposed", ""))
    with st.container(border=True, key="proposal"):
        if run.status.live:
            _being_written(run)
        else:
            _to_decide(forge().proposal(run.run_id))


def _being_written(run: Run) -> None:
    if run.note and conversation_open():
        st.markdown(":material/forum: A change is being written, beside this document.")
        _watch(run.run_id)
        return
    st.markdown(f"**{_title(run)}**")
    _progress(run.run_id)


def _title(run: Run) -> str:
    return f"“{escape(run.note)}”" if run.note else "Bringing sections up to date"


@st.fragment(run_every=1.0)
def _watch(run_id: str) -> None:
    if not forge().run(run_id).status.live:
        st.session_state["just proposed"] = run_id
        st.rerun()


@st.fragment(run_every=0.3)
def _progress(run_id: str) -> None:
    """Which section is written, its text, and Stop."""
    state = forge().live(run_id)
    if not state.run.status.live:
        st.session_state["just proposed"] = run_id
        st.rerun()
    section = state.open_section
    number = next((n for n, one in enumerate(state.sections, 1) if one is section), 0)
    where = f"{number} of {len(state.sections)}: {escape(section.title)}" if section else "Starting"
    st.progress(min(1.0, state.progress.percent / 100), text=where)
    act(
        forge().cancel,
        run_id,
        label="Stop",
        key=f"stop proposal {run_id}",
        icon=":material/stop:",
        shortcut=stop_key(state.run),
        disabled=state.run.cancel_requested_at is not None,
    )
    if section:
        with st.container(height=260, autoscroll=True, key="proposed text"):
            for piece in streaming_text(forge().section_text(run_id, section.section)):
                st.markdown(piece)


def _to_decide(found: Proposal) -> None:
    run = found.run
    whole = [one for one in found.sections if one.status is WorkStatus.COMPLETE]
    changed = [one for one in whole if one.changed]
    st.markdown(f"{_how_it_ended(run)} **{_title(run)}**")
    st.caption(escape(_told(found, changed)))
    # That nothing has to change is an answer too: a section that was asked about is up to date.
    seen = {one.section: one.fingerprint for one in whole if not one.changed and not run.note}
    if changed:
        view = choose_view(f"view {run.run_id}")
        for one in changed:
            if _section(run, one, view):
                seen[one.section] = one.fingerprint
    taken = sum(1 for one in changed if one.section in seen)
    with st.container(horizontal=True):
        if changed:
            act(
                _accept,
                run.run_id,
                seen,
                label="Take the change" if len(changed) == 1 else f"Take {taken} changes",
                key="accept",
                type="primary",
                icon=":material/check:",
                disabled=not taken,
            )
        elif seen:
            act(_accept, run.run_id, seen, label="They are up to date", key="accept")
        if run.status is not WorkStatus.COMPLETE:
            act(
                forge().resume,
                run.run_id,
                label="Go on",
                key="go on with the proposal",
                icon=":material/play_arrow:",
                help="Writes what is missing, from where it stopped.",
            )
        act(
            forge().dismiss,
            run.run_id,
            label="Leave the document as it is" if changed else "Close",
            key="dismiss",
        )


def _how_it_ended(run: Run) -> str:
    return "" if run.status is WorkStatus.COMPLETE else badge(run.stream_status)


def _told(found: Proposal, changed: list[ProposedSection]) -> str:
    run, planned = found.run, len(found.sections)
    by = who(run.provider, run.model)
    if run.status is not WorkStatus.COMPLETE:
        why = run.error_message or "It was stopped."
        return f"{why} {len(changed)} of {planned} sections are written to their end."
    if not changed:
        return f"{by} sees nothing to change."
    return f"{by} would change {len(changed)} of {planned} sections. Nothing is changed yet."


def _section(run: Run, one: ProposedSection, view: str) -> bool:
    """The change of one section; returns whether it is to be taken."""
    key = f"take {run.run_id} {one.section} {one.overtaken}"
    take = st.checkbox(f"**{escape(one.title)}**", value=not one.overtaken, key=key)
    if one.overtaken:
        st.caption(
            ":orange[:material/group:] Somebody has changed this section since the change was"
            " asked for. What they wrote would go: look, then tick it if you want that."
        )
    comparison = compare(one.before, one.after)
    st.caption(summary(comparison))
    diff_view(comparison, view, f"diff {run.run_id} {one.section}", f"Change of {one.title}")
    return take


def _accept(run_id: str, seen: dict[str, str]) -> None:
    forge().accept(run_id, seen, person())
    focus_next("status")
