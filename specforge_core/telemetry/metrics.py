"""Named metrics over stored calls. Definitions: DESIGN §1 timing words; percentiles interpolate."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

LEAST_FOR_P95 = 20  # below this a 95th percentile is one call's luck
TABLE_ROWS = 1_000
MOST_POINTS = 200  # more points than this in one line are noise
FEWEST_POINTS = 3  # fewer are no course over time
BUCKETS = {  # units of `date_trunc`, narrowest first
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
WHERE_AND_WHO = ["bucket_at", "label", "provider"]


class Cursor(Protocol):
    """A database cursor of this thread."""

    def execute(self, query: str, parameters: Any = ..., /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The calls of a range and a choice of providers.

    total_calls: calls in the whole database; matching_calls: those in the filter.
    bucket: the `date_trunc` unit of the charts. summary: one row per provider (calls,
    errors, error_rate, cancelled, simulated (or continued), measured, ttft_p50_s,
    ttft_p95_s (NaN below 20 calls), decode_tps_p50, input_tokens, output_tokens, cost_usd
    (NaN when no price is known), cost_unknown (calls without a known price), estimated
    (calls whose tokens the provider did not count)).
    ttft: bucket_at, provider, n, p50_s, p95_s (NaN below 20 calls).
    speed: bucket_at, provider, n_speed, p50_tps. errors: provider, category, n.
    calls: the newest 1,000 rows. csv: all rows, as text, made when asked for.
    """

    total_calls: int
    matching_calls: int
    bucket: str
    summary: pd.DataFrame
    ttft: pd.DataFrame
    speed: pd.DataFrame
    errors: pd.DataFrame
    calls: pd.DataFrame
    csv: Callable[[], str]


def measure(
    queries: Any,
    cursor: Callable[[], Cursor],
    since: datetime,
    until: datetime,
    providers: tuple[str, ...],
    labels: dict[str, str],
) -> Telemetry:
    """Reads everything the telemetry page shows. `since` inclusive, `until` exclusive, UTC."""
    connection = cursor()
    where = {
        "since": since,
        "until": until,
        "all_providers": not providers,
        "providers": list(providers),
    }

    def frame(name: str, **more: Any) -> pd.DataFrame:
        with getattr(queries, f"{name}_cursor")(connection, **where, **more) as result:
            names = [column[0] for column in result.description]
            rows = result.fetchall()
        import pandas as pd  # half a second that whoever asks for no telemetry need not wait

        table = pd.DataFrame.from_records(rows, columns=names, coerce_float=True)
        table.insert(1, "label", table["provider"].map(lambda name: labels.get(name, name)))
        return table

    summary = frame("summary")
    summary["ttft_p95_s"] = summary["ttft_p95_s"].where(summary["measured"] >= LEAST_FOR_P95)
    summary["error_rate"] = summary["errors"] / summary["calls"]
    bucket = _bucket(queries, connection, since, until, summary)
    course = frame("over_time", bucket=bucket, least=LEAST_FOR_P95)
    return Telemetry(
        total_calls=queries.total_calls(connection),
        matching_calls=int(summary["calls"].sum()),
        bucket=bucket,
        summary=summary,
        ttft=course.loc[course["n"] > 0, [*WHERE_AND_WHO, "n", "p50_s", "p95_s"]],
        speed=course.loc[course["n_speed"] > 0, [*WHERE_AND_WHO, "n_speed", "p50_tps"]],
        errors=frame("errors_by_category"),
        calls=frame("filtered_calls", most=TABLE_ROWS),
        csv=lambda: _csv(queries.filtered_calls_cursor(cursor(), **where, most=2**31 - 1)),
    )


def _bucket(
    queries: Any, connection: Cursor, since: datetime, until: datetime, summary: pd.DataFrame
) -> str:
    """The narrowest unit with enough calls for a p95 in a typical bucket of the busiest provider.

    Without such a unit, the narrowest one that is still readable over the span of the calls.
    """
    if not summary["measured"].sum():
        return next(iter(BUCKETS))
    busiest = summary.sort_values("measured")["provider"].iloc[-1]
    where = {"since": since, "until": until, "busiest": busiest}
    first, last = queries.measured_span(connection, **where)
    readable = units_for(last - first)
    for unit in readable:
        points, typical = queries.bucket_sizes(connection, **where, bucket=unit)
        if points >= FEWEST_POINTS and typical >= LEAST_FOR_P95:
            return unit
    return readable[0]


def units_for(span: timedelta) -> tuple[str, ...]:
    """The `date_trunc` units that cut this span into few enough points, narrowest first."""
    fitting = tuple(unit for unit, length in BUCKETS.items() if span <= MOST_POINTS * length)
    return fitting or tuple(BUCKETS)[-1:]


def _csv(calls: AbstractContextManager[Any]) -> str:
    """RFC 4180. A text that a spreadsheet would run as a formula is defused by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    with calls as result:
        writer.writerow(column[0] for column in result.description)
        while rows := result.fetchmany(10_000):
            writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
