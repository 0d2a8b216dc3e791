"""How this reader is called: kept in the browser, unless they are signed in."""

from __future__ import annotations

import streamlit as st

from pages.components.inputs import drawn, keep
from pages.components.person import person, rename, signed_in
from specforge_core import NAME_MAX


def your_name() -> None:
    before = person()
    keep("your name", before, rename)
    if person() != before:
        st.rerun()  # the browser is told before the page is drawn
    st.text_input(
        "Your name",
        key="your name",
        max_chars=NAME_MAX,
        placeholder="Stands beside what you change",
        disabled=signed_in(),
    )
    drawn("your name")
    st.caption("You are signed in with it." if signed_in() else "Kept in this browser alone.")
