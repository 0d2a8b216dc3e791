"""Editing in place: one section, or the whole document, without losing what anybody has typed."""

from __future__ import annotations

import streamlit as st

from pages.components import shortcuts
from pages.components.diff_view import diff_view, summary
from pages.components.drafts import forget, keep_draft
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from specforge_core import (
    DOCUMENT_MAX,
    NOTE_MAX,
    SECTION_MAX,
    LiveRun,
    Overtaken,
    compare,
)

WHOLE = "document"


def open_editor(section: str) -> None:
    """Of a section, or of the whole document; it stands in the address, so a refresh keeps it."""
    st.query_params["edit"] = section


def close_editor() -> None:
    st.query_params.pop("edit", None)
    st.session_state.pop("editing", None)
    st.session_state.pop("overtaken", None)


def edited() -> str:
    """The section that is being edited, `WHOLE`, or "" for none."""
    return st.query_params.get("edit", "")


def editor(state: LiveRun, section: str) -> None:
    """The text as markdown, a note, Store and Give up."""
    run_id = state.run.run_id
    whole = section == WHOLE
    titles = {one.section: one.title for one in state.sections}
    label = "The whole document" if whole else f"Text of “{titles[section]}”"
    field = f"text {run_id} {section}"
    stored = forge().document(run_id) if whole else forge().section_text(run_id, section)
    editing = _begin(run_id, section, field, stored.strip("\n"), list(titles) if whole else None)
    with st.container(border=True, key="editor"):
        _conflict()
        draft = keep_draft(
            f"{run_id} {section}", label, editing["based_on"], ".st-key-store button"
        )
        if draft and draft.text != st.session_state[field]:
            st.session_state[field] = draft.text
            editing["based_on"] = draft.based_on
            st.caption(
                ":material/restore: This browser had kept what you typed before. "
                "Give up brings the stored text back."
            )
        lines = st.session_state[field].count("\n") + len(st.session_state[field]) // 110
        text = st.text_area(
            label,
            key=field,
            height=max(200, min(700, 26 * (lines + 3))),
            max_chars=None,
        )
        if whole:
            st.caption("The `##` headings say which section a text belongs to: keep them.")
        note = st.text_input(
            "What changed, and why (optional)",
            key=f"why {field}",
            max_chars=NOTE_MAX,
            placeholder="Stands beside the version in the history",
        )
        _too_long(text or "", DOCUMENT_MAX if whole else SECTION_MAX)
        with st.container(horizontal=True):
            act(
                _store,
                run_id,
                section,
                text or "",
                note or "",
                label="Store",
                key="store",
                type="primary",
                icon=":material/save:",
                help=shortcuts.STORE,
            )
            act(_give_up, run_id, section, label="Give up", key="give up")


def _begin(
    run_id: str, section: str, field: str, stored: str, sections: list[str] | None
) -> dict[str, dict[str, str]]:
    """What this session knows about the editing: the fingerprints of what it began with."""
    state = st.session_state
    if state.get("editing", {}).get("field") != field or field not in state:
        state[field] = state.get(field, stored)
        names = sections or [section]
        state["editing"] = {
            "field": field,
            "based_on": {name: forge().fingerprint(run_id, name) for name in names},
        }
    found: dict[str, dict[str, str]] = state["editing"]
    return found


def _too_long(text: str, most: int) -> None:
    if len(text) > most:
        st.markdown(
            f":red[:material/error: {len(text):,} of {most:,} characters: "
            f"shorten it by {len(text) - most:,}. Nothing is lost meanwhile.]"
        )


def _store(run_id: str, section: str, text: str, note: str) -> None:
    state = st.session_state
    based_on = state["editing"]["based_on"]
    try:
        if section == WHOLE:
            forge().edit_document(run_id, text, based_on, person(), note)
        else:
            forge().edit_section(run_id, section, text, based_on[section], person(), note)
    except Overtaken as exc:
        state["overtaken"] = exc
        return
    forget(f"{run_id} {section}")
    close_editor()


def _give_up(run_id: str, section: str) -> None:
    forget(f"{run_id} {section}")
    close_editor()


def _conflict() -> None:
    """Somebody else was faster: both texts, and the choice."""
    found: Overtaken | None = st.session_state.get("overtaken")
    if found is None:
        return
    st.warning(escape(str(found)), icon=":material/group:")
    comparison = compare(found.now, found.text)
    st.caption(f"From the stored text to yours: {summary(comparison)}")
    sides = ("Stored now", "Yours")
    diff_view(comparison, "side", "conflict", "Stored text and yours, side by side", sides)
    with st.container(horizontal=True):
        act(
            _over,
            found,
            label="Go on from the stored text",
            key="take theirs",
            help="Your text goes; theirs stands in the field below.",
        )
        act(
            _mine,
            found,
            label="Keep mine, and store it over theirs",
            key="keep mine",
            help="Theirs stays in the history. Press Store when yours is ready.",
        )


def _mine(found: Overtaken) -> None:
    state = st.session_state
    state["editing"]["based_on"][found.section] = found.fingerprint
    state.pop("overtaken")


def _over(found: Overtaken) -> None:
    state = st.session_state
    if len(state["editing"]["based_on"]) == 1:
        state[state["editing"]["field"]] = found.now
    else:
        field = state["editing"]["field"]
        state[field] = state[field].replace(found.text.strip("\n"), found.now, 1)
    _mine(found)
