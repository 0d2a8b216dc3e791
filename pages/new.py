"""New project."""

from __future__ import annotations

import streamlit as st

from pages.components.project_form import project_form
from pages.components.session import forge, show_trouble

st.page_link("projects.py", label="All projects", icon=":material/arrow_back:")
st.title("New project")
forge()
with st.container():
    show_trouble()
project_form()
