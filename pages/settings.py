"""Providers and what they may cost, display, and where the data lies."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.components.budgets import budgets, failover
from pages.components.gallery import file_problems
from pages.components.inputs import drawn, keep
from pages.components.notice import wishes
from pages.components.prices import own_prices
from pages.components.provider_card import not_configured, provider_card
from pages.components.session import forge, show_trouble
from pages.components.your_name import your_name

DISPLAY = {"stream": "As it is written", "whole": "When it is whole"}

st.title("Settings")
forge()
show_trouble()
file_problems()

st.subheader("Providers")
st.caption(
    "Keys are read from the environment or from a file named `.env` in the folder where SpecForge"
    " was started. They are never stored in the database. A change in `.env` counts at once."
)
providers = forge().providers()
usable = [provider for provider in providers if provider.configured]
# Those that are asked over the network first: about them there is something to decide.
for provider in sorted(usable, key=lambda one: not one.url_var):
    provider_card(provider)
with st.container(gap="xsmall"):
    for provider in providers:
        if not provider.configured:
            not_configured(provider)

st.subheader("Failover")
failover(usable)

st.subheader("Budgets")
budgets()

st.subheader("Prices")
own_prices(usable)

st.subheader("Display")
off = forge().settings.streaming == "off"
kept = "whole" if off else forge().preference("streaming", "stream")
keep(
    "streaming",
    kept if kept in DISPLAY else "stream",
    partial(forge().set_preference, "streaming"),
)
st.radio(
    "Show a document",
    list(DISPLAY),
    format_func=lambda name: DISPLAY[name],
    key="streaming",
    horizontal=True,
    disabled=off,
)
drawn("streaming")
if off:
    st.caption("An administrator has turned live display off (`SPECFORGE_STREAMING=off`).")
else:
    st.caption("Kept for everyone who uses this SpecForge, across restarts.")
your_name()
st.markdown("When a run ends while this tab is away")
wishes()

st.subheader("About")
health = forge().health()
st.markdown(
    f"Version {health.version} · {health.live_runs} runs at work,"
    f" {health.queued_runs} waiting · database: {health.database}"
)
st.caption("All data lies in this folder (`SPECFORGE_DATA_DIR`). Copy it to back it up.")
st.code(str(forge().settings.data_dir.resolve()), language=None)
