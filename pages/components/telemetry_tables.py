"""The tables of the telemetry page, and what its words mean."""

from __future__ import annotations

import streamlit as st

from specforge_core import LEAST_FOR_P95, Telemetry

_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn

SUMMARY = {
    "label": _text("Provider", width="medium"),
    "calls": _number("Calls"),
    "errors": _number("Errors"),
    "error_rate": _number("Error rate", format="percent"),
    "ttft_p50_s": _number("TTFT p50, s", format="%.2f"),
    "ttft_p95_s": _number("TTFT p95, s", format="%.2f", help=f"Needs {LEAST_FOR_P95} calls."),
    "decode_tps_p50": _number("Tokens/s p50", format="%.0f"),
    "output_tokens": _number("Output tokens", format="localized"),
}

CALLS = {
    "started_at": st.column_config.DatetimeColumn(
        "Started, UTC", format="YYYY-MM-DD HH:mm:ss", timezone="UTC"
    ),
    "label": _text("Provider", width=150),
    "model": _text("Model", width=150),
    "project": _text("Project"),
    "phase": _text("Phase"),
    "section": _text("Section"),
    "end_reason": _text("Ended", width=130),
    "error_category": _text("Error", width=150),
    "ttft_s": _number("TTFT, s", format="%.2f"),
    "duration_s": _number("Duration, s", format="%.1f"),
    "decode_tps": _number("Tokens/s", format="%.0f"),
    "output_tokens": _number("Output tokens"),
    "token_source": _text("Counted by", width=120),
    "error_message": _text("Message", width="large"),
}

DEFINITIONS = """\
- **TTFT** (first-token latency): from sending the request to the first text or reasoning. The \
wait in our own queue is not part of it.
- **Tokens/s**: output tokens after the first, divided by the time from the first to the last. \
Only where count and time cover the same tokens.
- **p50, p95**: half, or 95 %, of the calls were at least this quick. Linear interpolation over \
all single calls, never averages of averages. A p95 needs {least} calls.
- **Error**: a call that the provider failed. A call that a person stopped is none.
- **Simulated** streams have no TTFT and no speed: their answer came whole.
- All times are UTC. A call is one request; a section can take several.
"""


def definitions() -> None:
    with st.popover("Definitions", icon=":material/help:", type="tertiary"):
        st.markdown(DEFINITIONS.format(least=LEAST_FOR_P95))


def summary_table(measured: Telemetry) -> None:
    st.dataframe(
        measured.summary,
        column_config=SUMMARY,
        column_order=list(SUMMARY),
        hide_index=True,
        placeholder="–",
    )


def about_p95(measured: Telemetry) -> str:
    """What the lines are; why there is no p95 over time where no bucket has calls enough."""
    most = int(measured.ttft["n"].max())
    if most >= LEAST_FOR_P95:
        return f"p50 solid, p95 dashed, by {measured.bucket}."
    return (
        f"p50 by {measured.bucket}. A p95 over time needs {LEAST_FOR_P95} calls in one"
        f" {measured.bucket}, and the most so far is {most}; the table above has the p95"
        f" of each provider with {LEAST_FOR_P95} calls in all."
    )


def calls_table(measured: Telemetry) -> None:
    """The newest calls, with a line that says so when there are more, and all of them as CSV."""
    shown, all_of_them = len(measured.calls), measured.matching_calls
    if all_of_them > shown:
        st.caption(f"The newest {shown:,} of {all_of_them:,} calls. Download CSV has all.")
    order = [name for name in CALLS if name in measured.calls]
    st.dataframe(
        measured.calls, column_config=CALLS, column_order=order, hide_index=True, placeholder=""
    )
    # Below the table: above it, the table's own toolbar would cover the button.
    st.download_button(
        f"Download CSV ({all_of_them:,} {'call' if all_of_them == 1 else 'calls'})",
        lambda: measured.csv().encode("utf-8-sig"),  # Excel takes UTF-8 without a mark for ANSI
        file_name="specforge-calls.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
