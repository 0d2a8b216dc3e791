"""Providers, display, and where the data lies."""

from __future__ import annotations

import streamlit as st

from pages.components.provider_card import provider_card
from pages.components.session import changed, forge, show_trouble

DISPLAY = {"stream": "As it is written", "whole": "When it is whole"}

st.title("Settings")
forge()
show_trouble()

st.subheader("Providers")
st.caption(
    "Keys are read from the environment or from a file named `.env` in the folder where SpecForge"
    " was started. They are never stored in the database. A change in `.env` counts at once."
)
for provider in forge().providers():
    provider_card(provider)

st.subheader("Display")
off = forge().settings.streaming == "off"
kept = "whole" if off else forge().preference("streaming", "stream")
shown = st.radio(
    "Show a document",
    list(DISPLAY),
    index=list(DISPLAY).index(kept) if kept in DISPLAY else 0,
    format_func=lambda name: DISPLAY[name],
    key="streaming",
    horizontal=True,
    disabled=off,
)
if not off and shown and changed("streaming", shown, kept):
    forge().set_preference("streaming", shown)
if off:
    st.caption("An administrator has turned live display off (`SPECFORGE_STREAMING=off`).")
else:
    st.caption("Kept for everyone who uses this SpecForge, across restarts.")

st.subheader("About")
health = forge().health()
st.markdown(
    f"Version {health.version} · {health.live_runs} runs at work,"
    f" {health.queued_runs} waiting · database: {health.database}"
)
st.caption("All data lies in this folder (`SPECFORGE_DATA_DIR`). Copy it to back it up.")
st.code(str(forge().settings.data_dir.resolve()), language=None)
