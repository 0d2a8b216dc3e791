"""Metrics over known rows, against values worked out by hand."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from specforge_core.clock import Clock
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.telemetry.metrics import TABLE_ROWS, Telemetry, measure, units_for

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
INSERT = """
insert into calls (call_id, run_id, section, attempt, provider, model, stream_mode, started_at,
                   queue_wait_s, ttft_s, decode_tps, output_tokens, end_reason, error_category,
                   error_message, cost_usd, token_source)
select 'c' || lpad(($first + i)::varchar, 9, '0'), 'run', 'Goals', 1, $provider, 'm', $mode,
       $start::timestamptz + i * $every::interval, 0, $ttft + i * $step, 10.0 * (i + 1), 100,
       $ended, $category, $message, $cost, $counted_by
from range($n) as numbers(i)
"""


class Store:
    """A database with calls of our choice."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, Clock(), "test")
        self.rows = 0

    def add(
        self,
        n: int,
        provider: str = "openai",
        every: timedelta = timedelta(minutes=1),
        ended: str | None = "complete",
        **more: object,
    ) -> None:
        """n calls, the first at START; TTFT 1, 2, 3 … s and 10, 20, 30 … tokens/s."""
        row = {"mode": "native", "start": START, "ttft": 1.0, "step": 1.0, **more}
        row = {"category": None, "message": None, "cost": None, "counted_by": "provider", **row}
        values = {**row, "first": self.rows, "n": n, "provider": provider, "ended": ended}
        with self.database.transaction() as cursor:
            cursor.execute(INSERT, {**values, "every": f"{every.total_seconds()} seconds"})
        self.rows += n

    def measure(
        self,
        providers: Sequence[str] = (),
        since: datetime = ALWAYS[0],
        until: datetime = ALWAYS[1],
    ) -> Telemetry:
        reader = self.database.reader
        return measure(queries(), reader, since, until, tuple(providers), {"openai": "OpenAI"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.database.close()


def test_percentiles_are_interpolated_over_single_calls(store: Store) -> None:
    store.add(20)  # 1 … 20 s: p50 between the 10th and 11th, p95 at 1 + 0.95 x 19
    row = store.measure().summary.iloc[0]
    assert row["label"] == "OpenAI"
    assert (row["calls"], row["measured"]) == (20, 20)
    assert row["ttft_p50_s"] == pytest.approx(10.5)
    assert row["ttft_p95_s"] == pytest.approx(19.05)
    assert row["decode_tps_p50"] == pytest.approx(105.0)
    assert row["output_tokens"] == 2_000


def test_errors_cancels_and_simulated_streams_count_but_say_nothing_of_speed(store: Store) -> None:
    store.add(3)
    store.add(2, ttft=900.0, ended="provider_error", category="timeout")
    store.add(4, ttft=900.0, ended="cancelled")
    store.add(5, ttft=900.0, mode="simulated")
    store.add(1, ttft=2.0, ended="truncated")
    measured = store.measure()
    row = measured.summary.iloc[0]
    counted = ("calls", "errors", "cancelled", "simulated", "measured")
    assert [row[name] for name in counted] == [15, 2, 4, 5, 4]
    assert row["ttft_p50_s"] == pytest.approx(2.0)
    assert row["error_rate"] == pytest.approx(2 / 15)
    assert measured.ttft["p50_s"].max() < 900
    assert measured.errors[["category", "n"]].to_numpy().tolist() == [["timeout", 2]]


def test_continued_answers_say_nothing_of_speed_either(store: Store) -> None:
    store.add(2)
    store.add(3, ttft=900.0, mode="continued")
    row = store.measure().summary.iloc[0]
    assert (row["calls"], row["simulated"], row["measured"]) == (5, 3, 2)
    assert row["decode_tps_p50"] == pytest.approx(15.0)


def test_cost_is_summed_and_calls_without_a_price_are_counted_not_taken_for_free(
    store: Store,
) -> None:
    store.add(4, cost=0.25)
    store.add(3)
    store.add(2, cost=0.5, counted_by="estimate")
    store.add(1, ended=None, counted_by=None)  # under way: it has no cost yet
    store.add(6, "anthropic")
    summary = store.measure().summary.set_index("provider")
    row = summary.loc["openai"]
    assert (row["cost_usd"], row["cost_unknown"], row["estimated"]) == (2.0, 3, 2)
    assert math.isnan(summary.loc["anthropic", "cost_usd"])
    assert summary.loc["anthropic", "cost_unknown"] == 6


def test_a_call_shows_what_it_has_cost(store: Store) -> None:
    store.add(1, cost=0.0004)
    store.add(1)
    measured = store.measure()
    assert measured.calls["cost_usd"].fillna(-1).tolist() == [-1, 0.0004]
    assert [row["cost_usd"] for row in rows(measured)] == ["", "0.0004"]


@pytest.mark.parametrize(("calls", "shown"), [(19, False), (20, True)])
def test_a_p95_needs_twenty_calls(store: Store, calls: int, shown: bool) -> None:
    store.add(calls, every=timedelta(seconds=1))
    measured = store.measure()
    assert math.isnan(measured.summary["ttft_p95_s"].iloc[0]) is not shown
    assert measured.ttft["p95_s"].notna().any() == shown


# --- buckets -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "every", "bucket"),
    [
        (300, timedelta(seconds=2), "minute"),  # 30 a minute over 10 minutes
        (300, timedelta(minutes=1), "hour"),  # 60 an hour over 5 hours
        (280, timedelta(minutes=36), "day"),  # 40 a day over 7 days: too few an hour
        (84, timedelta(hours=8), "week"),  # 3 a day over 4 weeks, 21 a week
        (25, timedelta(minutes=5), "minute"),  # 12 an hour and no days: the span decides
        (900, timedelta(days=1), "month"),  # 30 a month; weeks hold 7
    ],
)
def test_the_bucket_is_the_narrowest_with_enough_calls_for_a_p95(
    store: Store, calls: int, every: timedelta, bucket: str
) -> None:
    store.add(calls, every=every)
    assert store.measure().bucket == bucket


def test_the_busiest_provider_decides_the_bucket(store: Store) -> None:
    store.add(300, every=timedelta(minutes=1))
    store.add(5, "anthropic", every=timedelta(days=5))
    assert store.measure().bucket == "hour"
    assert store.measure(["anthropic"]).bucket == "day"  # 20 days are too many hours


def test_a_longer_span_is_cut_into_fewer_points() -> None:
    assert units_for(timedelta())[0] == "minute"
    assert units_for(timedelta(hours=3))[0] == "minute"
    assert units_for(timedelta(hours=4))[0] == "hour"
    assert units_for(timedelta(days=9))[0] == "day"
    assert units_for(timedelta(days=400))[0] == "week"
    assert units_for(timedelta(days=99_999)) == ("month",)


def test_points_over_time_have_the_counts_and_percentiles_of_their_bucket(store: Store) -> None:
    store.add(60, every=timedelta(seconds=2))
    store.add(30, every=timedelta(seconds=2), start=START + timedelta(minutes=2), ttft=5.0, step=0)
    ttft = store.measure().ttft
    assert ttft["n"].tolist() == [30, 30, 30]
    assert ttft["p50_s"].tolist() == pytest.approx([15.5, 45.5, 5.0])
    assert ttft["p95_s"].tolist() == pytest.approx([28.55, 58.55, 5.0])
    assert ttft["bucket_at"].iloc[1] == START + timedelta(minutes=1)


# --- filters, table, CSV -------------------------------------------------------


def test_range_and_providers_filter_everything(store: Store) -> None:
    store.add(10)
    store.add(4, "anthropic", ended="provider_error", category="quota")
    measured = store.measure(["openai"], START + timedelta(minutes=2), START + timedelta(minutes=5))
    assert (measured.total_calls, measured.matching_calls) == (14, 3)
    assert measured.summary["provider"].tolist() == ["openai"]
    assert measured.errors.empty
    assert len(measured.calls) == len(rows(measured)) == 3
    assert store.measure(["openai", "anthropic"]).matching_calls == 14


def test_the_table_holds_the_newest_calls_and_the_csv_all_of_them(store: Store) -> None:
    store.add(TABLE_ROWS + 5)
    measured = store.measure()
    assert len(measured.calls) == TABLE_ROWS
    assert measured.calls["call_id"].iloc[0] == f"c{TABLE_ROWS + 4:09}"
    assert measured.calls["started_at"].is_monotonic_decreasing
    assert len(rows(measured)) == measured.matching_calls == TABLE_ROWS + 5


def test_the_newest_calls_are_those_of_the_chosen_providers(store: Store) -> None:
    store.add(TABLE_ROWS + 50)
    store.add(5, "anthropic", start=START - timedelta(days=3))
    store.add(2, "anthropic", start=START - timedelta(days=3))  # the same moments once more
    shown = store.measure(["anthropic"]).calls
    assert shown["provider"].unique().tolist() == ["anthropic"]
    assert len(shown) == 7
    assert shown["call_id"].tolist()[-4:] == [
        f"c{TABLE_ROWS + 56:09}",
        f"c{TABLE_ROWS + 51:09}",
        f"c{TABLE_ROWS + 55:09}",
        f"c{TABLE_ROWS + 50:09}",
    ]


def test_of_calls_at_the_same_moment_the_last_ones_fill_the_table(store: Store) -> None:
    store.add(TABLE_ROWS + 5, every=timedelta())
    shown = store.measure().calls["call_id"]
    assert (len(shown), shown.iloc[-1]) == (TABLE_ROWS, "c000000005")


@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns"])
def test_buckets_begin_in_utc_wherever_the_database_runs(store: Store, zone: str) -> None:
    store.database.reader().execute(f"set timezone = '{zone}'")
    store.add(100, every=timedelta(hours=1), start=START + timedelta(milliseconds=999))
    measured = store.measure()
    assert measured.bucket == "day"
    assert measured.ttft["bucket_at"].iloc[0] == START
    assert measured.ttft["n"].tolist() == [24, 24, 24, 24, 4]


@pytest.mark.parametrize(
    ("bucket", "begins"), [("week", START), ("month", datetime(2026, 11, 1, tzinfo=UTC))]
)
def test_weeks_begin_on_monday_and_months_on_the_first(
    store: Store, bucket: str, begins: datetime
) -> None:
    every = timedelta(hours=8) if bucket == "week" else timedelta(days=1)
    store.add(84 if bucket == "week" else 900, every=every)
    measured = store.measure()
    assert (measured.bucket, measured.ttft["bucket_at"].iloc[0]) == (bucket, begins)


@pytest.mark.parametrize("message", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_in_the_csv_is_defused(store: Store, message: str) -> None:
    store.add(1, ended="provider_error", category="unknown", message=message)
    assert rows(store.measure())[0]["error_message"] == f"'{message}"


def test_a_call_shows_its_project_and_one_without_run_stays_in_the_table(store: Store) -> None:
    store.add(2)
    with store.database.transaction() as cursor:
        cursor.execute("insert into projects values ('p', 'Invoices', 'd', now())")
        cursor.execute(
            """insert into artifacts (artifact_id, project_id, phase, created_at)
               values ('a', 'p', 'brief', now())"""
        )
        cursor.execute(
            """insert into runs (run_id, artifact_id, provider, model, attempt, status, queued_at)
               values ('run', 'a', 'openai', 'm', 1, 'complete', now())"""
        )
        cursor.execute("update calls set run_id = 'gone' where call_id = 'c000000000'")
    assert store.measure().calls["project"].fillna("").tolist() == ["Invoices", ""]


def test_an_empty_database_gives_empty_tables(store: Store) -> None:
    measured = store.measure()
    assert (measured.total_calls, measured.matching_calls) == (0, 0)
    tables = (measured.summary, measured.ttft, measured.speed, measured.errors, measured.calls)
    assert all(table.empty for table in tables)
    assert rows(measured) == []


def test_calls_without_a_first_token_give_no_point(store: Store) -> None:
    store.add(3, ttft=None)
    measured = store.measure()
    assert measured.ttft.empty
    assert len(measured.speed)


def rows(measured: Telemetry) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(measured.csv(), newline="")))
