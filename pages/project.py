"""A project as a whole. Deep link: ?project=…&tab=Open+points"""

from __future__ import annotations

import streamlit as st

from pages.components.about import about
from pages.components.coverage_table import coverage_table
from pages.components.drafts import forget_drafts
from pages.components.exports import exports
from pages.components.open_points import open_points
from pages.components.overview import documents, opened
from pages.components.session import show_trouble

TABS = {
    "Documents": documents,
    "Open points": open_points,
    "Coverage": coverage_table,
    "Export": exports,
}

project = opened()
st.page_link("projects.py", label="All projects", icon=":material/arrow_back:")
with st.container():
    about(project)
with st.container():
    show_trouble()
forget_drafts()
# Bound to the address, only the open one is computed.
for tab, draw in zip(
    st.tabs(list(TABS), key="tab", bind="query-params"), TABS.values(), strict=True
):
    if tab.open:
        with tab, st.skeleton(height=240):
            draw(project)
