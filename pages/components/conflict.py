"""Two people have edited one text: both versions, and the choice. Nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.components.diff_view import diff_view, summary
from pages.components.markdown import escape
from pages.components.session import act, forge
from specforge_core import Overtaken, compare, headed


def overtaken(field: str, by: Overtaken) -> None:
    """What was typed into the field `field` could not be stored: somebody else was faster."""
    st.session_state["overtaken"] = field, by


def conflict(field: str, run_id: str, titles: Mapping[str, str]) -> None:
    """Both texts and the choice, where somebody else was faster than who types into `field`.

    titles: of the sections, where the field holds the whole document of the run.
    """
    of, found = st.session_state.get("overtaken", ("", None))
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
            label="Go on from the stored text",
            key="take theirs",
            help="Your text of this section goes; theirs stands in the field below.",
        )
        act(
            _keep_mine,
            found,
            label="Keep mine, and store it over theirs",
            key="keep mine",
            help="Theirs stays in the history. Press Store when yours is ready.",
        )


def _keep_mine(found: Overtaken) -> None:
    st.session_state["editing"][1][found.section] = found.fingerprint
    st.session_state.pop("overtaken")


def _take_theirs(field: str, run_id: str, titles: Mapping[str, str], found: Overtaken) -> None:
    """Their text of the section in the field, among what else was typed."""
    texts = {found.section: found.now}
    if titles:
        typed = forge().cut_document(run_id, st.session_state[field])
        texts = {**typed, found.section: headed(found.now, titles[found.section])}
    st.session_state[field] = "\n\n".join(text for text in texts.values() if text)
    _keep_mine(found)
