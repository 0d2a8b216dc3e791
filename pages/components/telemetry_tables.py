"""The tables of the telemetry page, and what its words mean."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.components.markdown import escape
from pages.components.money import money
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
    "excluded": _text(
        "Not in speed",
        help="Calls that were simulated or continued, of all calls: they say nothing of speed.",
    ),
    "output_tokens": _number("Output tokens", format="localized"),
    "estimated": _number("Estimated", help="Calls whose tokens the provider did not count."),
    "cost_usd": _number("Cost", format="$%.4f", help="Of the calls whose price is known."),
    "cost_unknown": _number("Cost unknown", help="Calls whose price is not known."),
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
    "stream_mode": _text("Stream", width=100),
    "end_reason": _text("Ended", width=130),
    "error_category": _text("Error", width=150),
    "queue_wait_s": _number(
        "Queue wait, s",
        format="%.2f",
        help="In our own queue and for our own limits of requests; not part of TTFT.",
    ),
    "ttft_s": _number("TTFT, s", format="%.2f"),
    "duration_s": _number("Duration, s", format="%.1f"),
    "decode_tps": _number("Tokens/s", format="%.0f"),
    "output_tokens": _number("Output tokens"),
    "token_source": _text("Counted by", width=120),
    "cost_usd": _number("Cost", format="$%.6f"),
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
- **Simulated** (a whole answer, replayed) and **continued** (short turns, joined) calls are in \
no TTFT and in no speed: their answers came whole.
- **Queue wait**: in our own queue and for our own limits of requests.
- **Counted by**: the provider, else a tokenizer or an estimate.
- **Cost**: US dollars, from those tokens and the price at that time. A call whose price is \
unknown is counted as such, never taken for free.
- All times are UTC. A call is one request; a section can take several.
"""


def definitions() -> None:
    with st.popover("Definitions", icon=":material/help:", type="tertiary"):
        st.markdown(DEFINITIONS.format(least=LEAST_FOR_P95))


def summary_table(measured: Telemetry) -> None:
    """One row per provider, and below what all of them have cost."""
    table = measured.summary.assign(
        cost_usd=_known_cost(measured),
        excluded=[
            f"{excluded:,} of {calls:,}" if excluded else "–"
            for excluded, calls in zip(
                measured.summary["simulated"], measured.summary["calls"], strict=True
            )
        ],
    )
    st.dataframe(
        table, column_config=SUMMARY, column_order=list(SUMMARY), hide_index=True, placeholder="–"
    )
    st.caption(escape(about_cost(measured)))


def about_cost(measured: Telemetry) -> str:
    """The cost of all calls shown, and how many are not in it."""
    summary = measured.summary
    unknown = int(summary["cost_unknown"].sum())
    calls = "1 call has" if unknown == 1 else f"{unknown:,} calls have"
    missing = f"{calls} no known price: set it in Settings." if unknown else ""
    known_cost = _known_cost(measured)
    if not known_cost.notna().any():
        return f"Cost: unknown. {missing}" if unknown else "No call has ended yet."
    usd = float(known_cost.sum())
    known = f"Cost: {money(usd, about=usd > 0 and summary['estimated'].any())} in all."
    return f"{known} Not in it: {missing}" if missing else known


def _known_cost(measured: Telemetry) -> pd.Series[float]:
    """By provider, US dollars; none where only failed calls, which are free, have a price."""
    usd, unknown = measured.summary["cost_usd"], measured.summary["cost_unknown"]
    return usd.where((usd > 0) | (unknown == 0))


def about_speed(measured: Telemetry) -> str:
    return f"Median of the calls that ended whole.{_excluded(measured)}"


def about_nothing(measured: Telemetry, what: str) -> str:
    """Why a chart of speed has no point."""
    return f"No call that streamed has {what} yet.{_excluded(measured)}"


def _excluded(measured: Telemetry) -> str:
    """How many calls are in no speed, "" when all are."""
    excluded, calls = int(measured.summary["simulated"].sum()), measured.matching_calls
    return f" {excluded:,} of {calls:,} excluded: simulated or continued." if excluded else ""


def about_p95(measured: Telemetry) -> str:
    """What the lines are; why there is no p95 over time where no bucket has calls enough."""
    most = int(measured.ttft["n"].max())
    if most >= LEAST_FOR_P95:
        return f"p50 solid, p95 dashed, by {measured.bucket}.{_excluded(measured)}"
    return (
        f"p50 by {measured.bucket}. A p95 over time needs {LEAST_FOR_P95} calls in one"
        f" {measured.bucket}, and the most so far is {most}; the table above has the p95"
        f" of each provider with {LEAST_FOR_P95} calls in all.{_excluded(measured)}"
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
