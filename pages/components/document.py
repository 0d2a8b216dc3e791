"""The text of a run, section by section."""

from __future__ import annotations

import streamlit as st

from pages.components.browser import follow
from pages.components.editor import WHOLE, edited, editor
from pages.components.live import next_section, open_section
from pages.components.markdown import escape, safe
from pages.components.origin import origin
from pages.components.section_tools import section_tools
from pages.components.session import act, forge
from pages.components.status import section_end, stream_badges
from specforge_core import LiveRun, Run, Section, WorkStatus


def document(run_id: str) -> None:
    """Finished sections drawn once; the open one in its own fragment."""
    state = forge().live(run_id)
    if state.run.status.live:
        _growing(state)
    elif edited() == WHOLE:
        editor(state, WHOLE)
    else:
        _reviewed(state)


def _growing(state: LiveRun) -> None:
    later = shown_when_whole()
    if later:
        st.caption("What is being written appears here when it is whole.")
    else:
        follow()
    awaited = not later
    for section in state.sections:
        if later and section.attempt == state.run.attempt:
            continue
        text = forge().section_text(state.run.run_id, section.section)
        # Each in a container of its own: what comes below one moves none of the others.
        with st.container(key=f"section {section.section}"):
            if text and section.status is WorkStatus.RUNNING:
                open_section(state.run.run_id, section.section)
                awaited = False
            elif text:
                st.markdown(safe(text))
                _how_it_came(state.run, section)
            if section_end(section):
                _how_it_ended(state, section, text)
    if awaited:
        next_section(state.run.run_id)


def _reviewed(state: LiveRun) -> None:
    """The text with what a reviewer can do about each section."""
    run = state.run
    stale = forge().stale(run.project_id, run.phase)
    pins = forge().pins(run.project_id, run.phase)
    for section in state.sections:
        name, text = section.section, forge().section_text(run.run_id, section.section)
        with st.container(key=f"section {name}"):
            if edited() == name:
                editor(state, name)
                continue
            if text.strip():
                st.markdown(safe(text))
                _how_it_came(run, section)
            if section_end(section):
                _how_it_ended(state, section, text)
            if text.strip() or section.status is WorkStatus.COMPLETE:
                section_tools(run, section, stale.get(name, ()), name in pins)


def shown_when_whole() -> bool:
    """Whether a document is shown only when it is whole: by an administrator or by preference."""
    if forge().settings.streaming == "off":
        return True
    return forge().preference("streaming", "stream") == "whole"


def _how_it_came(run: Run, section: Section) -> None:
    """Under a section that another one wrote, or that did not stream."""
    by = origin(run, section)
    badges, meaning = stream_badges([section.stream_mode])
    notes = [f":material/swap_horiz: {escape(by)}" if by else "", badges]
    if any(notes):
        st.caption(" ".join(filter(None, notes)), help=meaning)


def _how_it_ended(state: LiveRun, section: Section, text: str) -> None:
    """Under a section that is not whole: why, and what can be done about this section alone."""
    run_id, name = section.run_id, section.section
    earlier = forge().earlier_text(run_id, name)
    if not text and not earlier:
        return  # the header has said it
    with st.container(horizontal=True, vertical_alignment="center", key=f"ended {name}"):
        title = "" if text else f"**{escape(section.title)}**: "
        st.caption(
            f":orange[:material/content_cut:] {title}{section_end(section)}",
            width="content",
        )
        if state.run.status.live:
            return
        act(
            forge().retry_section,
            run_id,
            name,
            label="Retry section",
            key=f"retry {name}",
            icon=":material/refresh:",
            type="tertiary",
        )
        if earlier:
            act(
                forge().keep_earlier,
                run_id,
                name,
                label="Keep the earlier text",
                key=f"keep {name}",
                icon=":material/undo:",
                type="tertiary",
            )
