"""The charts of the telemetry page. A spec is built once; only its data changes.

Building a spec costs about 8 ms a chart, drawing one with a ready dict next to nothing.
In the browser each mark costs, and each tooltip more: a line has dots only while it is
short, and one unseen mark over a bucket tells of all lines there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from specforge_core import ErrorCategory, Telemetry

PLOT_HEIGHT = 300  # with the time axis
BAR_HEIGHT = 34
PLOT_WIDTH = 480  # about, where two charts stand side by side
MOST_DOTS = 60  # of one line; more of them hide it
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
    table = measured.ttft
    with_p95 = bool(table["p95_s"].notna().any())
    spec = _ttft_spec(_names(table, "label"), with_p95, bool(_dotted(table).any()))
    told = [
        f"p50 {p50:.2f} s, {'' if pd.isna(p95) else f'p95 {p95:.2f} s, '}n {n:,}"
        for p50, p95, n in zip(table["p50_s"], table["p95_s"], table["n"], strict=True)
    ]
    table = table[["bucket_at", "label", "p50_s", "p95_s"]]
    _draw_course(table, told, spec, measured.bucket, "First-token latency over time")


def speed_chart(measured: Telemetry) -> None:
    """Median decode speed over time per provider."""
    table = measured.speed
    told = [
        f"p50 {p50:.0f} tokens/s, n {n:,}"
        for p50, n in zip(table["p50_tps"], table["n_speed"], strict=True)
    ]
    spec = _speed_spec(_names(table, "label"), bool(_dotted(table).any()))
    table = table[["bucket_at", "label", "p50_tps"]]
    _draw_course(table, told, spec, measured.bucket, "Tokens per second")


def errors_chart(measured: Telemetry) -> None:
    """Failed calls by provider, stacked by category."""
    spec = _errors_spec(measured.errors["label"].nunique(), _names(measured.errors, "category"))
    _draw(measured.errors, spec, "Errors by provider and category")


def _names(table: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sorted(table[column].unique()))


def _draw_course(
    table: pd.DataFrame, told: Sequence[str], spec: dict[str, Any], bucket: str, alt_text: str
) -> None:
    """Lines over time, and above them what is `told` of each row when it is pointed at."""
    names, rows = _names(table, "label"), _pointed_at(table, told)
    width = min(max(PLOT_WIDTH // len(rows), 3), 24)
    pointed = {**_pointer_spec(bucket, names, width), "data": {"values": rows}}
    _draw(table.assign(dot=_dotted(table)), spec, alt_text, pointed)


def _dotted(table: pd.DataFrame) -> pd.Series[bool]:
    """By row: whether its line is short, and shows its dots."""
    return table.groupby("label")["label"].transform("size") <= MOST_DOTS


def _pointed_at(table: pd.DataFrame, told: Sequence[str]) -> list[dict[str, str]]:
    """One row for each bucket, with what is told of the first provider in `line0`, and so on."""
    names = _names(table, "label")
    nothing = {f"line{number}": "–" for number in range(len(names))}
    rows: dict[str, dict[str, str]] = {}
    moments = table["bucket_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    for moment, label, text in zip(moments, table["label"], told, strict=True):
        row = rows.setdefault(moment, {"bucket_at": moment, **nothing})
        row[f"line{names.index(label)}"] = text
    return list(rows.values())


def _draw(table: pd.DataFrame, spec: dict[str, Any], alt_text: str, *above: dict[str, Any]) -> None:
    """Draws the spec with the rows inside it, and other layers above.

    Streamlit hands a table to the browser after the chart is made, and Vega then warns
    about every axis of the still empty chart. Rows of a layer stay where they are.
    """
    rows = json.loads(
        table.to_json(orient="records", date_format="iso", date_unit="s", double_precision=4)
    )
    outer = {"height": spec["height"], "layer": [{**spec, "data": {"values": rows}}, *above]}
    outer["layer"][0].pop("height")
    st.vega_lite_chart(spec=outer, alt=alt_text)


@cache
def _ttft_spec(names: tuple[str, ...], with_p95: bool, dots: bool) -> dict[str, Any]:
    base = alt.Chart().encode(x=_time(), color=_provider(names))
    marks = _line(base, "p50_s", dots, 40)
    if with_p95:
        marks += _line(base, "p95_s", dots, 20, strokeDash=[5, 4])
    return _finished(alt.layer(*marks), PLOT_HEIGHT, _rows(names))


@cache
def _speed_spec(names: tuple[str, ...], dots: bool) -> dict[str, Any]:
    base = alt.Chart().encode(x=_time(), color=_provider(names))
    return _finished(alt.layer(*_line(base, "p50_tps", dots, 40)), PLOT_HEIGHT, _rows(names))


def _line(base: alt.Chart, field: str, dots: bool, size: int, **look: Any) -> list[alt.Chart]:
    """A line for each provider; with `dots` also those of the short ones."""
    drawn = base.encode(y=alt.Y(f"{field}:Q", title=None))
    marks = [drawn.mark_line(**look)]
    if dots:  # Vega warns about a layer without rows
        points = drawn.mark_point(filled=True, opacity=1, size=size)
        marks.append(points.transform_filter("datum.dot"))
    return marks


@cache
def _pointer_spec(bucket: str, names: tuple[str, ...], width: int) -> dict[str, Any]:
    when = "utcyearmonthdatehoursminutes(bucket_at):T"
    tooltip = [
        alt.Tooltip(when, title=f"From, UTC ({bucket})"),
        *(alt.Tooltip(f"line{number}:N", title=name) for number, name in enumerate(names)),
    ]
    chart = alt.Chart().mark_rule(opacity=0, strokeWidth=width)
    return _bare(chart.encode(x=_time(), tooltip=tooltip))


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


def _finished(chart: alt.Chart | alt.LayerChart, height: int, legend_rows: int) -> dict[str, Any]:
    """The legend takes its rows from the height."""
    return _bare(chart.properties(height=height + legend_rows * LEGEND_ROW_HEIGHT))


def _bare(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """The spec without data of its own."""
    spec = chart.to_dict(validate=False)
    for part in (spec, *spec.get("layer", [])):
        for name in ("data", "datasets", "config", "$schema"):
            part.pop(name, None)
    return spec
