"""All projects, newest first; the form at once when there is none."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery import file_problems
from pages.components.project_card import project_card
from pages.components.project_form import project_form
from pages.components.session import forge, show_trouble

PAGE = 20

found = forge().projects()
search = ""
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Projects", width="content")
    if found:
        with st.container(horizontal=True, width=300):
            search = st.text_input(
                "Search",
                key="search",
                type="search",
                live=True,
                bind="query-params",
                placeholder="Search",
                label_visibility="collapsed",
                icon=":material/search:",
            )
            if st.button("New project", type="primary", icon=":material/add:"):
                # Without `query_params` it would clear them, which a bound one refuses.
                st.switch_page("new.py", query_params={})
show_trouble()

if not found:
    st.markdown(
        "Give SpecForge a title and a description. It writes the brief, then one document after"
        " the other up to the hand-off, section by section while you watch. You can stop it at any"
        " moment."
    )
    project_form()
    st.stop()

with st.container():
    file_problems()
if search:
    found = forge().projects(search)
if not found:
    st.markdown("No project matches. Search looks at titles and descriptions.")
shown = st.session_state.get("shown", PAGE)
for summary in found[:shown]:
    project_card(summary)
if len(found) > shown and st.button(f"Show more ({len(found) - shown})"):
    st.session_state["shown"] = shown + PAGE
    st.rerun()
