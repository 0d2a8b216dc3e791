"""Which project and phase the address names."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from pages.components.markdown import escape
from pages.components.session import forge
from specforge_core import NotFound, Phase, Project


def here() -> tuple[Project, Phase]:
    """The project and phase of the address; of the session where the address names none.

    Links in the navigation clear the address, so the session keeps them and the
    address is completed: what a person copies from it always leads back here.
    """
    served, query, kept = forge(), st.query_params, st.session_state
    project_id = query.get("project") or kept.get("project", "")
    if not project_id:
        lost("No project is open. Choose one from the list.")
    phase = query.get("phase") or kept.get("phase") or served.phases()[0].name
    try:
        found = served.project(project_id), served.phase(phase)
    except NotFound as exc:
        kept.pop("project", None)
        kept.pop("phase", None)
        lost(str(exc))
    kept["project"], kept["phase"] = project_id, phase
    if query.get("project") != project_id or query.get("phase") != phase:
        query.from_dict({"project": project_id, "phase": phase})
    return found


def lost(sentence: str) -> NoReturn:
    """One sentence and a way back; the page ends here."""
    st.title("Nothing here")
    st.markdown(escape(sentence))
    st.page_link("projects.py", label="All projects", icon=":material/arrow_back:")
    st.stop()
