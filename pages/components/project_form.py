"""The form that creates a project."""

from __future__ import annotations

import streamlit as st

from pages.components.browser import counter
from pages.components.markdown import escape
from pages.components.session import forge
from specforge_core import DESCRIPTION_MAX, TITLE_MAX, InvalidInput

EXAMPLE_TITLE = "Vendor invoice approval"
EXAMPLE_DESCRIPTION = """\
Our finance team of six approves about 900 vendor invoices a month by e-mail. An invoice waits \
9 days on average, because nobody sees whose turn it is; last year we paid 31,000 euros in late \
fees and lost early-payment discounts worth about as much.

We want one place where an invoice arrives as a PDF, is matched with its purchase order, and goes \
to the right approver by amount and cost centre: team leads up to 2,000 euros, department heads \
up to 20,000, the CFO above. Approvers mostly sit in meetings and need to decide on a phone in \
under a minute. When someone is away, their deputy takes over after one working day.

Every decision must be kept for ten years with who, when and why, and auditors need to export \
it. Payment itself stays in SAP. The first release has to work by the end of March, before the \
year-end audit. Foreign currencies and contracts can wait.
"""


def project_form() -> None:
    """Title, description, Create. Errors stand beside their field and keep what was typed."""
    kept = st.session_state
    # Each form has a number: the second half of a double click finds a form that is gone.
    number = kept.setdefault("form", 0)
    title_key, description_key = f"new title {number}", f"new description {number}"
    if kept.pop("example", False):
        kept[title_key], kept[description_key] = EXAMPLE_TITLE, EXAMPLE_DESCRIPTION.strip()
    refused: InvalidInput | None = kept.pop("refused", None)
    with st.form(f"new project {number}", border=False):
        title = st.text_input("Title", key=title_key, placeholder="What people will call it")
        _below("Title", TITLE_MAX, "title", title, refused)
        description = st.text_area(
            "Description",
            key=description_key,
            height=260,
            placeholder="The problem, who has it, what the product must do, what is fixed."
            " Numbers, names and dates make the documents better.",
        )
        _below("Description", DESCRIPTION_MAX, "description", description, refused)
        with st.container(horizontal=True):
            create = st.form_submit_button("Create project", type="primary")
            example = st.form_submit_button("Load example", help="Fills in a real project to try.")
    if example:
        kept["example"] = True
        st.rerun()
    if create:
        _create(title, description)


def _below(label: str, limit: int, field: str, text: str, refused: InvalidInput | None) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        if refused and refused.field == field:
            st.markdown(f":red[:material/error: {escape(str(refused))}]")
        counter(label, limit, text)


def _create(title: str, description: str) -> None:
    """Goes straight to the new project, or draws the form again with what to change."""
    try:
        project = forge().create_project(title, description)
    except InvalidInput as exc:
        st.session_state["refused"] = exc
        st.rerun()
    st.session_state["form"] += 1
    first = forge().phases()[0].name
    st.switch_page("phase.py", query_params={"project": project.project_id, "phase": first})
