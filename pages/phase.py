"""One document of a project: ready, being written, or ended. Deep link: ?project=…&phase=…"""

from __future__ import annotations

import streamlit as st

from pages.components import document, live, outcome, questions
from pages.components.browser import settle_focus
from pages.components.choice import ready
from pages.components.drafts import forget_drafts
from pages.components.editor import edited, editor
from pages.components.gate import gate
from pages.components.location import here
from pages.components.markdown import escape
from pages.components.phase_switcher import phase_switcher
from pages.components.proposals import proposal
from pages.components.refine import conversation, conversation_open
from pages.components.session import forge, show_trouble
from pages.components.shortcuts import keyboard_help
from pages.components.staleness import out_of_date
from specforge_core import RunKind

project, phase = here()
st.set_page_config(page_title=f"{phase.title} · {project.title} · SpecForge")
if conversation_open():
    st.set_page_config(layout="wide")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.page_link(
        "project.py",
        label="Overview",
        icon=":material/arrow_back:",
        query_params={"project": project.project_id},
    )
    keyboard_help()
st.title(escape(project.title))
# The first formula of a page blanks its element while KaTeX loads: let it be this one.
st.caption(f"Created {project.created_at:%d %b %Y, %H:%M} UTC $\\,$")
questions.keep_answers(project, phase)
steps = phase_switcher(project, phase)
step = next(one for one in steps if one.phase == phase.name)
show_trouble()
forget_drafts()

run = forge().latest_run(project.project_id, phase.name)
state = forge().live(run.run_id) if run else None
at_work = run is not None and run.status.live
# Inputs stand above the growing document, in a place that does not move: typed text survives.
# While a run is live this stays in view (style.css): Cancel is at hand wherever one reads.
with st.container(key="live" if at_work else "status"):
    if run is None or state is None:
        if gate(project, phase, step):
            ready(project, phase, steps)
    elif at_work:
        live.header(run.run_id)
    else:
        outcome.header(project, phase, run)
if not at_work:
    proposed = forge().latest_run(project.project_id, phase.name, RunKind.PROPOSAL)
    live.watch(project.project_id, phase.name, run, proposed)
beside = conversation_open() and state is not None and not at_work
main = st.container()
if beside and state is not None:
    main, side = st.columns([7, 4], gap="medium")
    with side:
        conversation(project, phase, state.sections)
with main:
    with st.container(key="change"):  # there even when empty: nothing below it is drawn anew
        if state is not None and not at_work:
            out_of_date(project, phase, state)
            proposal(project, phase)
    if not step.skipped:
        questions.questions(project, phase)
    if run is not None and state is not None:
        if at_work and edited():
            editor(state, edited())  # what somebody types meanwhile stays in view
        document.document(run.run_id)
if run is not None and not at_work:
    outcome.told_end(run)
settle_focus()
