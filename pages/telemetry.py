"""How fast, how dear and how reliable each provider is."""

from __future__ import annotations

import streamlit as st

from pages.components import charts, telemetry_tables
from pages.components.session import forge, show_trouble
from pages.components.telemetry_filters import filters

st.set_page_config(layout="wide")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Telemetry", width="content")
    telemetry_tables.definitions()
forge()
show_trouble()
since, until, providers = filters()
measured = forge().telemetry(since, until, providers)

if not measured.total_calls:
    st.markdown("**No data yet.** Every request to a provider is measured here, from the first on.")
    st.page_link("projects.py", label="Generate a document", icon=":material/edit:")
    st.stop()
if not measured.matching_calls:
    st.markdown(
        f"**Nothing matches these filters.** There are {measured.total_calls:,} calls in all:"
        " choose a longer range, or other providers."
    )
    st.stop()

telemetry_tables.summary_table(measured)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("First-token latency, seconds")
    if len(measured.ttft):
        charts.ttft_chart(measured)
        st.caption(telemetry_tables.about_p95(measured))
    else:
        st.caption(telemetry_tables.about_nothing(measured, "brought a first token"))
with right:
    st.subheader("Tokens per second")
    if len(measured.speed):
        charts.speed_chart(measured)
        st.caption(telemetry_tables.about_speed(measured))
    else:
        st.caption(telemetry_tables.about_nothing(measured, "ended whole with a speed"))
st.subheader("Failed calls by provider")
if len(measured.errors):
    charts.errors_chart(measured)
else:
    st.caption("No call has failed in this range.")
st.subheader("Calls")
telemetry_tables.calls_table(measured)
