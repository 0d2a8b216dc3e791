"""Who sits at this browser: signed in, or by a name that the browser remembers."""

from __future__ import annotations

import streamlit as st

_NAME = st.components.v2.component(
    "specforge_person",
    html="<div></div>",
    js="""
    const KEY = "specforge name";
    export default function ({ data, setStateValue }) {
      try {
        if (data.store !== null) localStorage.setItem(KEY, data.store);
        const kept = localStorage.getItem(KEY) || "";
        if (kept !== data.known) setStateValue("name", kept);
      } catch { /* a browser that keeps nothing: the name lasts as long as the tab */ }
    }
    """,
)


def person() -> str:
    """The name that stands beside what this reader changes; "" when nobody has said one."""
    signed_in = str(st.user.get("name") or st.user.get("email") or "")
    return signed_in or st.session_state.get("person", "")


def signed_in() -> bool:
    return bool(st.user.get("name") or st.user.get("email"))


def remember() -> None:
    """Asks the browser for the name it keeps, once; gives it the one that was just typed."""
    state = st.session_state
    found = _NAME(
        data={"store": state.pop("store person", None), "known": state.get("person", "")},
        key="person name",
        height="content",
        on_name_change=lambda: None,
    )
    if found.name is not None and "person" not in state:
        state["person"] = found.name


def rename(name: str) -> None:
    st.session_state["person"] = st.session_state["store person"] = name.strip()
