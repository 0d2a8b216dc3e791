"""The text of a run, section by section."""

from __future__ import annotations

import streamlit as st

from pages.components.browser import follow
from pages.components.live import next_section, open_section
from pages.components.markdown import escape, safe
from pages.components.origin import origin
from pages.components.session import act, forge
from pages.components.status import section_end, stream_badges
from specforge_core import LiveRun, Run, Section, WorkStatus


def document(run_id: str) -> None:
    """Finished sections drawn once; the open one in its own fragment."""
    state = forge().live(run_id)
    live = state.run.status.live
    later = live and shown_when_whole()
    if later:
        st.caption("What is being written appears here when it is whole.")
    elif live:
        follow()
    awaited = live and not later
    for section in state.sections:
        if later and section.attempt == state.run.attempt:
            continue
        text = forge().section_text(run_id, section.section)
        if text and live and section.status is WorkStatus.RUNNING:
            open_section(run_id, section.section)
            awaited = False
        elif text:
            st.markdown(safe(text))
            _how_it_came(state.run, section)
        if section_end(section):
            _how_it_ended(state, section, text)
    if awaited:
        next_section(run_id)


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
