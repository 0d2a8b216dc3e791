"""Two people have edited one text: both versions, and the choice. Nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.components.browser import focus_on
from pages.components.diff_view import diff_view, summary
from pages.components.markdown import escape
from pages.components.session import act, forge
from specforge_core import Overtaken, compare, headed

_OVERTAKEN = "overtaken"  # the field, and what somebody else had stored before it
_GIVEN_UP = "given up"  # the field, and what was typed into it before theirs took its place


def overtaken(field: str, by: Overtaken) -> None:
    """What was typed into the field `field` could not be stored: somebody else was faster."""
    st.session_state[_OVERTAKEN] = field, by


def conflict(field: str, run_id: str, titles: Mapping[str, str]) -> None:
    """Both texts and the choice, where somebody else was faster than who types into `field`.

    titles: of the sections, where the field holds the whole document of the run.
    """
    with st.container():
        _bring_back(field)
    of, found = st.session_state.get(_OVERTAKEN, ("", None))
    if found is None or of != field:
        return
    st.warning(escape(str(found)), icon=":material/group:")
    comparison = compare(found.now, found.text)
    st.caption(f"From the stored text to yours: {summary(comparison)}")
    sides = ("Stored now", "Yours")
    diff_view(comparison, "side", "conflict", "Stored text and yours, side by side", sides)
    with st.container(horizontal=True):
        act(
            _take_theirs,
            field,
            run_id,
            titles,
            found,
            label="Go on with theirs",
            key="take theirs",
            help="Theirs stands in the field below; yours can be brought back there.",
        )
        act(
            _keep_mine,
            found,
            label="Go on with mine",
            key="keep mine",
            help="Store then puts it in the place of theirs, which stays in the history.",
        )


def _keep_mine(found: Overtaken) -> None:
    st.session_state["editing"][1][found.section] = found.fingerprint
    st.session_state.pop(_OVERTAKEN)


def _take_theirs(field: str, run_id: str, titles: Mapping[str, str], found: Overtaken) -> None:
    """Their text of the section in the field, among what else was typed."""
    texts = {found.section: found.now}
    if titles:
        typed = forge().cut_document(run_id, st.session_state[field])
        texts = {**typed, found.section: headed(found.now, titles[found.section])}
    st.session_state[_GIVEN_UP] = field, st.session_state[field]
    st.session_state[field] = "\n\n".join(text for text in texts.values() if text)
    _keep_mine(found)


def _bring_back(field: str) -> None:
    """After a choice for theirs, until the editor is left: the way back to what was typed."""
    of, mine = st.session_state.get(_GIVEN_UP, ("", ""))
    if of != field or mine == st.session_state.get(field):
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.info("Their text stands in the field. Yours is kept.", icon=":material/undo:")
        focus_on("bring mine back")
        act(_put_back, field, mine, label="Bring mine back", key="bring mine back")


def _put_back(field: str, mine: str) -> None:
    """What stands in the field now can be brought back in turn."""
    st.session_state[_GIVEN_UP] = field, st.session_state[field]
    st.session_state[field] = mine


def forget_conflict() -> None:
    """The editor is left."""
    for name in (_OVERTAKEN, _GIVEN_UP):
        st.session_state.pop(name, None)
