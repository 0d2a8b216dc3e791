"""The charts of the telemetry page. A spec is built once; only its data changes.

Building a spec costs about 8 ms a chart, drawing one with a ready dict next to nothing.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from specforge_core import ErrorCategory, Telemetry

PLOT_HEIGHT = 300  # with the time axis
BAR_HEIGHT = 34
LEGEND_ROW_HEIGHT = 20
LONGEST_IN_TWO_COLUMNS = 24  # characters; two columns of these fit a phone
# Each category keeps its colour, whatever else has failed. Contrast to the white and to
# the dark background is at least 2.8, and no two are closer than 0.14 in OKLab.
ERROR_COLORS = {
    ErrorCategory.AUTH: "#c02430",
    ErrorCategory.RATE_LIMIT: "#d88430",
    ErrorCategory.QUOTA: "#906c00",
    ErrorCategory.OVERLOADED: "#78a800",
    ErrorCategory.TIMEOUT: "#0060cc",
    ErrorCategory.STALL: "#189ce4",
    ErrorCategory.NETWORK: "#846cf0",
    ErrorCategory.CONTEXT_LENGTH: "#009084",
    ErrorCategory.BAD_REQUEST: "#a8309c",
    ErrorCategory.CONTENT_FILTER: "#d86ce4",
    ErrorCategory.TRUNCATED_STREAM: "#fc6084",
    ErrorCategory.MALFORMED_STREAM: "#a890a8",
    ErrorCategory.SERVER: "#007800",
    ErrorCategory.UNKNOWN: "#6c6078",
}
# Midnight shows the date, every other tick a 24-hour time.
CLOCK = (
    "utchours(datum.value) + utcminutes(datum.value) == 0"
    " ? utcFormat(datum.value, '%-d %b') : utcFormat(datum.value, '%H:%M')"
)


def ttft_chart(measured: Telemetry) -> None:
    """First-token latency over time per provider: p50 as a line, p95 dashed."""
    names = _names(measured.ttft, "label")
    spec = _ttft_spec(measured.bucket, names, bool(measured.ttft["p95_s"].notna().any()))
    _draw(measured.ttft, spec, "First-token latency over time")


def speed_chart(measured: Telemetry) -> None:
    """Median decode speed over time per provider."""
    spec = _speed_spec(measured.bucket, _names(measured.speed, "label"))
    _draw(measured.speed, spec, "Tokens per second")


def errors_chart(measured: Telemetry) -> None:
    """Failed calls by provider, stacked by category."""
    spec = _errors_spec(measured.errors["label"].nunique(), _names(measured.errors, "category"))
    _draw(measured.errors, spec, "Errors by provider and category")


def _names(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sorted(table[column].unique()))


def _draw(table: pd.DataFrame, spec: dict[str, Any], alt_text: str) -> None:
    """Draws the spec with the rows inside it.

    Streamlit hands a table to the browser after the chart is made, and Vega then warns
    about every axis of the still empty chart. Rows of a layer stay where they are.
    """
    rows = json.loads(table.to_json(orient="records", date_format="iso", date_unit="s"))
    outer = {"height": spec["height"], "layer": [{**spec, "data": {"values": rows}}]}
    outer["layer"][0].pop("height")
    st.vega_lite_chart(spec=outer, alt=alt_text)


@cache
def _ttft_spec(bucket: str, names: tuple[str, ...], with_p95: bool) -> dict[str, Any]:
    base = alt.Chart().encode(x=_time(), color=_provider(names), tooltip=_tooltip(bucket, "p50_s"))
    chart = base.mark_line(point=True).encode(y=alt.Y("p50_s:Q", title=None))
    if with_p95:
        chart += base.mark_line(strokeDash=[5, 4], point={"size": 25}).encode(
            y="p95_s:Q", tooltip=_tooltip(bucket, "p95_s")
        )
    return _finished(chart, PLOT_HEIGHT, _rows(names))


@cache
def _speed_spec(bucket: str, names: tuple[str, ...]) -> dict[str, Any]:
    chart = alt.Chart().mark_line(point=True)
    return _finished(
        chart.encode(
            x=_time(),
            y=alt.Y("p50_tps:Q", title=None),
            color=_provider(names),
            tooltip=_tooltip(bucket, "p50_tps"),
        ),
        PLOT_HEIGHT,
        _rows(names),
    )


@cache
def _errors_spec(providers: int, categories: tuple[str, ...]) -> dict[str, Any]:
    colors = [ERROR_COLORS[ErrorCategory(name)] for name in categories]
    chart = alt.Chart().mark_bar(size=22)
    return _finished(
        chart.encode(
            y=alt.Y("label:N", title=None, axis=alt.Axis(labelLimit=170)),
            x=alt.X("sum(n):Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color(
                "category:N",
                title=None,
                legend=_legend(1),
                scale=alt.Scale(domain=list(categories), range=colors),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="Provider"),
                alt.Tooltip("category:N", title="Category"),
                alt.Tooltip("n:Q", title="Calls (n)"),
            ],
        ),
        BAR_HEIGHT * providers + 40,
        len(categories),  # one column: the providers' names already take a phone's width
    )


def _time() -> alt.X:
    axis = alt.Axis(
        labelOverlap=True, labelAngle=0, tickCount=6, tickMinStep=60_000, labelExpr=CLOCK
    )
    return alt.X("bucket_at:T", title="UTC", scale=alt.Scale(type="utc"), axis=axis)


def _provider(names: tuple[str, ...]) -> alt.Color:
    return alt.Color("label:N", title=None, legend=_legend(_columns(names)))


def _columns(names: tuple[str, ...]) -> int:
    return 1 if max(map(len, names)) > LONGEST_IN_TWO_COLUMNS else 2


def _rows(names: tuple[str, ...]) -> int:
    return -(-len(names) // _columns(names))


def _legend(columns: int) -> alt.Legend:
    """Below the chart, in as many columns as surely fit: Vega cuts what does not."""
    return alt.Legend(orient="bottom", columns=columns, labelLimit=0, symbolSize=70, rowPadding=3)


MEASURES = {  # field: its title and format in the tooltip, and where its number of calls is
    "p50_s": ("p50, s", ".2f", "n"),
    "p95_s": ("p95, s", ".2f", "n"),
    "p50_tps": ("p50, tokens/s", ".0f", "n_speed"),
}


def _tooltip(bucket: str, field: str) -> list[alt.Tooltip]:
    title, number, count = MEASURES[field]
    return [
        alt.Tooltip("label:N", title="Provider"),
        alt.Tooltip("utcyearmonthdatehoursminutes(bucket_at):T", title=f"From, UTC ({bucket})"),
        alt.Tooltip(f"{field}:Q", title=title, format=number),
        alt.Tooltip(f"{count}:Q", title="Calls (n)"),
    ]


def _finished(chart: alt.Chart | alt.LayerChart, height: int, legend_rows: int) -> dict[str, Any]:
    """The spec without data of its own. The legend takes its rows from the height."""
    spec = chart.properties(height=height + legend_rows * LEGEND_ROW_HEIGHT).to_dict(validate=False)
    for part in (spec, *spec.get("layer", [])):
        for name in ("data", "datasets", "config", "$schema"):
            part.pop(name, None)
    return spec
