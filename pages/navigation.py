"""The page script: which screens there are.

It lies in `pages/` on purpose: beside a `pages/` folder, Streamlit would take
deep links to the page files themselves until someone has opened `/`.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.browser import reach_what_scrolls
from pages.components.markdown import escape
from pages.components.person import remember
from pages.components.session import come_back
from specforge_core import SpecForgeError

HERE = Path(__file__).resolve().parent

st.set_page_config(page_icon=str(HERE / "components" / "mark.svg"))
st.logo(str(HERE / "components" / "wordmark.svg"), size="large")
st.html(HERE / "components" / "style.css")

opened = "project" in st.query_params or "project" in st.session_state
while_open = "visible" if opened else "hidden"
page = st.navigation(
    [
        st.Page(
            HERE / "projects.py",
            title="Projects",
            icon=":material/folder_open:",
            url_path="projects",
            default=True,
        ),
        st.Page(HERE / "new.py", title="New project", url_path="new", visibility="hidden"),
        st.Page(
            HERE / "project.py",
            title="Overview",
            icon=":material/account_tree:",
            url_path="project",
            visibility=while_open,
        ),
        st.Page(
            HERE / "phase.py",
            title="Document",
            icon=":material/article:",
            url_path="phase",
            visibility=while_open,
        ),
        st.Page(HERE / "history.py", title="History", url_path="history", visibility="hidden"),
        st.Page(
            HERE / "telemetry.py",
            title="Telemetry",
            icon=":material/monitoring:",
            url_path="telemetry",
        ),
        st.Page(
            HERE / "settings.py", title="Settings", icon=":material/tune:", url_path="settings"
        ),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · SpecForge")
with st.container(gap=None, key="unseen"):
    come_back()
    remember()
    reach_what_scrolls()
try:
    page.run()
except SpecForgeError as exc:
    st.error(escape(str(exc)), icon=":material/error:")
