"""All versions of a document. Deep link: ?project=…&phase=…[&version=…][&against=…][&view=…]"""

from __future__ import annotations

import streamlit as st

from pages.components import history
from pages.components.browser import let_draw
from pages.components.location import here
from pages.components.markdown import escape
from pages.components.session import forge, show_trouble
from pages.components.version import told, version

project, phase = here()
st.set_page_config(
    page_title=f"History of the {phase.title} · {project.title} · SpecForge", layout="wide"
)
st.page_link(
    "phase.py",
    label=f"Back to the {escape(phase.title)}",
    icon=":material/arrow_back:",
    query_params={"project": project.project_id, "phase": phase.name},
)
st.title(f"History of the {escape(phase.title)}")
st.caption(escape(project.title))
show_trouble()
told()
run = forge().latest_run(project.project_id, phase.name)
if run is not None and run.status.live:
    st.info(
        "The document is being written just now. Its version appears here when that has ended;"
        " until then nothing can be restored.",
        icon=":material/edit:",
    )
history.watch(project.project_id, phase.name, run)
listed = history.entries(project, phase)
if run is None or not listed:
    history.empty(phase)
    st.stop()
present = forge().document(run.run_id)
left, right = st.columns([2, 5], gap="large")
with left:
    history.choose(listed, present)
let_draw()
with right:
    shown = history.chosen(listed)
    if shown is None:
        st.warning("There is no such version of this document. Choose one from the list.")
    else:
        version(project, phase, listed, shown, present)
