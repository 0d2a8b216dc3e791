"""Editing in place: one section, or the whole document, without losing what anybody has typed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components import shortcuts
from pages.components.browser import focus_on
from pages.components.conflict import conflict, forget_conflict, overtaken
from pages.components.drafts import forget, keep_draft
from pages.components.person import person
from pages.components.session import act, forge
from specforge_core import (
    DOCUMENT_MAX,
    NOTE_MAX,
    SECTION_MAX,
    LiveRun,
    Overtaken,
)

WHOLE = "document"


def open_editor(section: str) -> None:
    """Of a section, or of the whole document; it stands in the address, so a refresh keeps it."""
    close_editor()
    st.session_state.pop("left editor", None)
    st.query_params["edit"] = section


def close_editor() -> None:
    st.query_params.pop("edit", None)
    st.session_state.pop("editing", None)
    forget_conflict()


def _leave(place: _Place) -> None:
    """The focus goes back to the button that has opened the editor (`back_from_editor`)."""
    forget(place.name)
    close_editor()
    st.session_state["left editor"] = place.section


def back_from_editor(section: str, button: str) -> None:
    """Puts the focus on the button with this key, when the editor of the section was left."""
    if st.session_state.get("left editor") == section:
        focus_on(button)


def edited() -> str:
    """The section that is being edited, `WHOLE`, or "" for none."""
    return st.query_params.get("edit", "")


@dataclass(frozen=True, slots=True)
class _Place:
    """What is edited, whichever run has written it: typed text outlives a regeneration."""

    state: LiveRun
    section: str

    @property
    def name(self) -> str:
        run = self.state.run
        return f"{run.project_id} {run.phase} {self.section}"

    @property
    def field(self) -> str:
        return f"text {self.name}"

    @property
    def whole(self) -> bool:
        return self.section == WHOLE

    @property
    def titles(self) -> dict[str, str]:
        return {one.section: one.title for one in self.state.sections}

    @property
    def label(self) -> str:
        return "The whole document" if self.whole else f"Text of “{self.titles[self.section]}”"

    @property
    def stored(self) -> str:
        run_id = self.state.run.run_id
        if self.whole:
            return forge().document_to_edit(run_id)
        return forge().section_text(run_id, self.section).strip("\n")

    def fingerprints(self) -> dict[str, str]:
        names = list(self.titles) if self.whole else [self.section]
        return {name: forge().fingerprint(self.state.run.run_id, name) for name in names}


def editor(state: LiveRun, section: str) -> None:
    """The text as markdown, a note, Store and Discard. Nothing for a section that is none."""
    place = _Place(state, section)
    if not place.whole and section not in place.titles:
        return
    based_on, field = _begin(place), place.field
    with st.container(border=True, key="editor"):
        conflict(place.field, place.state.run.run_id, place.titles if place.whole else {})
        draft = keep_draft(place.name, place.label, based_on, "store", "give up")
        if draft and draft.text != st.session_state[field]:
            st.session_state[field] = draft.text
            based_on.clear()
            based_on.update(draft.based_on)
            st.caption(
                ":material/restore: This browser had kept what you typed before. "
                "Discard my changes brings the stored text back."
            )
        stands = st.session_state[field]
        lines = sum(1 + len(one) // 95 for one in stands.split("\n"))
        height = max(160, min(640, 22 * lines + 40))  # style.css: no more than a window shows
        text = st.text_area(place.label, stands, key=field, height=height) or ""
        if place.whole:
            st.caption("The `##` headings say which section a text belongs to: keep them.")
        note = st.text_input(
            "What changed, and why (optional)",
            key=f"why {field}",
            max_chars=NOTE_MAX,
            placeholder="Stands beside the version in the history",
        )
        _too_long(text, DOCUMENT_MAX if place.whole else SECTION_MAX)
        _buttons(place, text, note or "")


def _buttons(place: _Place, text: str, note: str) -> None:
    live = place.state.run.status.live
    if live:
        st.caption(
            ":material/hourglass_top: The document is being written just now. What you typed stays"
            " here, and can be stored when that has ended."
        )
    with st.container(horizontal=True):
        act(
            _store,
            place,
            text,
            note,
            label="Store",
            key="store",
            type="primary",
            icon=":material/save:",
            help=shortcuts.STORE,
            disabled=live,
        )
        _discard(place, changed=text.strip("\n") != place.stored)


def _discard(place: _Place, *, changed: bool) -> None:
    """Leaves the editor; asks once where something would be lost."""
    asking = f"discard {place.name}"
    if not changed:
        act(_give_up, place, label="Close", key="give up")
    elif st.session_state.get(asking):
        act(_give_up, place, label="Yes, discard what I typed", key="discard")
        act(st.session_state.pop, asking, label="No", key="keep typing", type="tertiary")
        focus_on("keep typing")  # Escape has led here, from a field that may fill the window
    else:
        act(
            st.session_state.__setitem__,
            asking,
            True,
            label="Discard my changes",
            key="give up",
            type="tertiary",
        )


def _begin(place: _Place) -> dict[str, str]:
    """The fingerprints of what this session began with, by section."""
    state, field = st.session_state, place.field
    if state.get("editing", ("", {}))[0] != field or field not in state:
        state[field] = state.get(field, place.stored)
        state["editing"] = field, place.fingerprints()
    based_on: dict[str, str] = state["editing"][1]
    return based_on


def _too_long(text: str, most: int) -> None:
    if len(text) > most:
        st.markdown(
            f":red[:material/error: {len(text):,} of {most:,} characters: "
            f"shorten it by {len(text) - most:,}. Nothing is lost meanwhile.]"
        )


def _store(place: _Place, text: str, note: str) -> None:
    state, run_id = st.session_state, place.state.run.run_id
    based_on = state["editing"][1]
    try:
        if place.whole:
            forge().edit_document(run_id, text, based_on, person(), note)
        else:
            base = based_on[place.section]
            forge().edit_section(run_id, place.section, text, base, person(), note)
    except Overtaken as exc:
        overtaken(place.field, exc)
        return
    _leave(place)


def _give_up(place: _Place) -> None:
    st.session_state.pop(f"discard {place.name}", None)
    _leave(place)
