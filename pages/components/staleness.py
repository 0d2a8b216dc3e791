"""What is out of date in a document, why, and the way to bring it up to date."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.components.browser import focus_next
from pages.components.choice import choose
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from specforge_core import LiveRun, Phase, Project, Run, RunKind

SHOWN = 6  # reasons before the rest is only counted


def out_of_date(project: Project, phase: Phase, state: LiveRun) -> None:
    """Nothing while all is up to date or a change is being proposed already."""
    stale = forge().stale(project.project_id, phase.name)
    newest = forge().latest_run(project.project_id, phase.name, RunKind.PROPOSAL)
    if not stale or (newest and newest.settled is None):
        return
    titles = {one.section: one.title for one in state.sections}
    names = ", ".join(escape(titles[name]) for name in stale)
    with st.container(border=True, key="out of date"):
        verb = "section is" if len(stale) == 1 else "sections are"
        st.markdown(f":orange[:material/update:] **{len(stale)} {verb} out of date:** {names}")
        _reasons(stale.values())
        pinned = forge().pins(project.project_id, phase.name)
        wanted = [name for name in stale if name not in pinned]
        if len(wanted) < len(stale):
            left = ", ".join(escape(titles[name]) for name in stale if name in pinned)
            st.caption(f":material/keep: Pinned, so it is left alone: {left}. Unpin it below.")
        with st.container(horizontal=True):
            with st.popover(
                "Regenerate only these",
                type="primary",
                icon=":material/update:",
                disabled=not wanted,
            ):
                _regenerate(project, phase, state.run, wanted)
            act(
                _confirm,
                state.run.run_id,
                list(stale),
                label="Keep them as they are",
                key="keep stale",
                help="You have looked: they count as up to date from now on.",
            )


def _reasons(found: Iterable[tuple[str, ...]]) -> None:
    unique = list(dict.fromkeys(one for reasons in found for one in reasons))
    lines = [f"- {escape(reason)}" for reason in unique[:SHOWN]]
    if len(unique) > SHOWN:
        lines.append(f"- and {len(unique) - SHOWN} more changes")
    st.markdown("\n".join(lines))


def _regenerate(project: Project, phase: Phase, run: Run, wanted: list[str]) -> None:
    st.caption("You see what would change, and take it or not. Pinned sections are left alone.")
    chosen = choose(f"refresh {run.run_id}", run)
    act(
        _refresh,
        project.project_id,
        phase.name,
        wanted,
        chosen,
        label="Show what would change",
        key="refresh",
        type="primary",
        disabled=chosen is None,
    )


def _refresh(project_id: str, phase: str, wanted: list[str], chosen: tuple[str, str]) -> None:
    forge().refresh(project_id, phase, wanted, *chosen, person())
    focus_next("change")


def _confirm(run_id: str, sections: list[str]) -> None:
    forge().confirm(run_id, sections, person())
