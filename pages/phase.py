"""One document of a project: ready, being written, or ended. Deep link: ?project=…&phase=…"""

from __future__ import annotations

import streamlit as st

from pages.components import document, live, outcome, questions
from pages.components.choice import ready
from pages.components.location import here
from pages.components.markdown import escape, safe
from pages.components.phase_switcher import phase_switcher
from pages.components.session import forge, show_trouble

project, phase = here()
st.page_link("projects.py", label="All projects", icon=":material/arrow_back:")
st.title(escape(project.title))
# The first formula of a page blanks its element while KaTeX loads: let it be this one.
st.caption(f"Created {project.created_at:%d %b %Y, %H:%M} UTC $\\,$")
with st.expander("Description"):
    st.markdown(safe(project.description))
questions.keep_answers(project, phase)
phase_switcher(project, phase)
show_trouble()

run = forge().latest_run(project.project_id, phase.name)
# Inputs stand above the growing document, in a place that does not move: typed text survives.
# While a run is live this stays in view (style.css): Cancel is at hand wherever one reads.
with st.container(key="live" if run and run.status.live else "status"):
    if run is None:
        ready(project, phase)
    elif run.status.live:
        live.header(run.run_id)
    else:
        outcome.header(project, phase, run)
if run is None or not run.status.live:
    live.watch(project.project_id, phase.name, run)
questions.questions(project, phase)
if run is not None:
    document.document(run.run_id)
