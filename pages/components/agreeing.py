"""Agreeing to all assumptions of a page at once, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.answering import (
    AGREED,
    forget_said,
    marking,
    stale_sections,
)
from pages.components.browser import focus_on
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.typed_answers import Point, standing
from specforge_core import Project

_DONE = "agreed to at once"


def agree_to_all(project: Project, points: Sequence[Point]) -> None:
    """What was just agreed to, with Undo, and the offer where it spares a click.

    An assumption in whose field somebody types another answer is left to them.
    """
    ids, told = st.session_state.get(_DONE, ((), ""))
    if ids:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.success(escape(told), icon=":material/check:")
            focus_on("undo all")  # the popover, which had the focus, is gone
            act(
                _undo, project.project_id, ids, label="Undo", key="undo all", icon=":material/undo:"
            )
    elif told:
        st.info(escape(told), icon=":material/undo:")
    open_ids = tuple(
        point.id
        for point in points
        if point.kind == "assumption"
        and not point.decision
        and standing(project.project_id, point).text in ("", AGREED)
    )
    if len(open_ids) > 1:
        _offer(project.project_id, open_ids)


def _offer(project_id: str, ids: tuple[str, ...]) -> None:
    with st.popover("Agree to all assumptions on this page", icon=":material/done_all:"):
        st.markdown(f"Agree to {len(ids)} assumptions?")
        st.caption("What was written from them becomes out of date.")
        act(
            _agree,
            project_id,
            ids,
            label=f"Agree to {len(ids)}",
            key="agree to all",
            type="primary",
        )


def _agree(project_id: str, ids: tuple[str, ...]) -> None:
    marked = stale_sections(project_id)
    forge().decide_all(project_id, dict.fromkeys(ids, AGREED), person())
    forget_said(ids)
    marked = stale_sections(project_id) - marked
    told = f"Agreed to {len(ids)} assumptions.{marking(marked, 'them')}"
    st.session_state[_DONE] = ids, told


def _undo(project_id: str, ids: tuple[str, ...]) -> None:
    """What has been answered otherwise since then stays."""
    now = forge().decisions(project_id)
    back = {one: "" for one in ids if one in now and now[one].answer == AGREED}
    forge().decide_all(project_id, back)
    forget_said(back)
    noun = "assumption is" if len(back) == 1 else "assumptions are"
    st.session_state[_DONE] = (), f"Taken back. {len(back)} {noun} open again."


def forget_agreed() -> None:
    st.session_state.pop(_DONE, None)
