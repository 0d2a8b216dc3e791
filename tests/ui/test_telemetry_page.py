"""The telemetry page, and its honest empty states."""

from __future__ import annotations

import pandas as pd

from pages.components import charts
from specforge_core import (
    ErrorCategory,
    Forge,
    Policy,
    PriceOverride,
    Project,
    ProviderPolicy,
    StreamMode,
)
from tests.loopback import LoopbackProvider, chat_error, chat_stream
from tests.ui.conftest import Open
from tests.ui.driving import finish, plain, words


def test_before_the_first_call_there_is_no_data_yet(open_page: Open) -> None:
    assert "No data yet" in words(open_page("telemetry.py"))


def test_a_filter_that_matches_nothing_says_so(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("telemetry.py")
    app.multiselect(key="provider").select("openai").run()
    assert "Nothing matches these filters" in words(app)
    assert "5 calls in all" in words(app)


def test_too_few_calls_show_no_p95_and_say_why(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    assert "needs 20 calls in one minute, and the most so far is" in words(
        open_page("telemetry.py")
    )


def test_failed_calls_and_the_tables_are_shown(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline", "drill-500").run_id)
    app = open_page("telemetry.py")
    summary, calls = (table.value for table in app.dataframe)
    assert summary["errors"].tolist() == [1]
    assert "server" in calls["error_category"].tolist()
    assert "No call has failed" not in words(app)
    assert app.get("download_button")


def test_range_and_providers_come_from_the_address(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("telemetry.py", range="30d", provider="offline")
    assert app.multiselect(key="provider").value == ["offline"]


def test_the_way_back_restores_the_earlier_range(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("telemetry.py")
    assert dict(app.query_params) == {}, "a first look leaves no address behind"
    app.button_group(key="range").set_value("30d").run()
    app.button_group(key="range").set_value("all").run()
    assert app.query_params["range"] == "all"
    app.query_params["range"] = "30d"  # as the browser's Back does
    app.run()
    assert app.button_group(key="range").value == "30d"
    assert app.query_params["range"] == "30d"


def test_a_provider_named_twice_is_chosen_once(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("telemetry.py", provider=["offline", "nobody", "offline"])
    assert app.multiselect(key="provider").value == ["offline"]


def test_the_filters_survive_a_visit_to_another_page(
    open_page: Open, forge: Forge, project: Project
) -> None:
    finish(forge, forge.generate(project.project_id, "brief", "offline").run_id)
    app = open_page("telemetry.py", range="24h", provider="offline")
    app.switch_page("projects.py").run()
    app.query_params.clear()  # as a link in the navigation does
    app.switch_page("telemetry.py").run()
    assert app.query_params["range"] == "24h"
    assert app.query_params["provider"] == "offline"
    assert app.multiselect(key="provider").value == ["offline"]


def test_simulated_calls_are_marked_and_counted_out_of_every_speed(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    asked = ProviderPolicy(stream_mode=StreamMode.SIMULATED)
    forge.set_policy(Policy(providers={"custom": asked}))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    app = open_page("telemetry.py")
    summary, calls = (table.value for table in app.dataframe)
    assert summary["excluded"].tolist() == ["5 of 5"]
    assert summary[["ttft_p50_s", "decode_tps_p50"]].isna().all(axis=None)
    assert calls["stream_mode"].unique().tolist() == ["simulated"]
    assert words(app).count("5 of 5 excluded: simulated or continued.") == 2
    forge.skip_to(project.project_id, "prd")
    finish(forge, forge.generate(project.project_id, "prd", "offline").run_id)
    assert "5 of 12 excluded: simulated or continued." in words(app.run())


def test_cost_is_summed_by_provider_and_what_is_unknown_is_said(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(*(chat_stream(["## Text", "One"], usage=(100, 20)) for _ in range(10)))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    app = open_page("telemetry.py")
    summary, calls = (table.value for table in app.dataframe)
    assert summary["cost_usd"].isna().all(), "unknown is never nothing"
    assert calls["cost_usd"].isna().all()
    assert "Cost: unknown. 5 calls have no known price" in plain(app)
    own = {"custom/house-model": PriceOverride(input_usd=1_000.0, output_usd=1_000.0)}
    forge.set_policy(Policy(prices=own))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    app.run()
    summary, calls = (table.value for table in app.dataframe)
    assert summary["cost_usd"].round(4).tolist() == [0.6]
    assert summary["cost_unknown"].tolist() == [5]
    assert "Cost: $0.60 in all. Not in it: 5 calls have no known price" in plain(app)
    assert {"queue_wait_s", "token_source", "stream_mode"} <= set(calls.columns)


def test_a_failed_call_that_cost_nothing_makes_no_cost_known(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    endpoint.reply(chat_stream(["## Text", "One"]), chat_error(500, "broken"))
    finish(forge, forge.generate(project.project_id, "brief", "custom").run_id)
    app = open_page("telemetry.py")
    summary, _ = (table.value for table in app.dataframe)
    assert summary["errors"].tolist() == [1]
    assert summary["cost_usd"].isna().all()
    assert "Cost: unknown. 1 call has no known price" in plain(app)


def test_every_error_category_has_a_colour_of_its_own() -> None:
    assert set(charts.ERROR_COLORS) == set(ErrorCategory)
    assert len(set(charts.ERROR_COLORS.values())) == len(ErrorCategory)


def test_a_category_keeps_its_colour_whatever_else_failed() -> None:
    few = charts._errors_spec(1, ("auth", "stall"))["encoding"]["color"]["scale"]
    more = charts._errors_spec(1, ("auth", "quota", "stall"))["encoding"]["color"]["scale"]
    assert few["range"] == [more["range"][0], more["range"][2]]


def test_a_long_provider_name_gets_a_legend_row_of_its_own() -> None:
    assert charts._columns(("OpenAI", "Anthropic")) == 2
    assert charts._columns(("OpenAI", "Custom OpenAI-compatible endpoint")) == 1


def test_a_chart_brings_no_data_of_its_own() -> None:
    names = ("OpenAI",)
    for spec in (
        charts._ttft_spec(names, True, True),
        charts._speed_spec(names, False),
        charts._pointer_spec("hour", names, 3),
        charts._errors_spec(1, ("auth",)),
    ):
        assert all("data" not in part for part in (spec, *spec.get("layer", [])))


def course(n: int, start: str = "2026-11-02") -> pd.DataFrame:
    """Two lines: one of n hours, one of a single hour."""
    long = pd.DataFrame({"bucket_at": pd.date_range(start, periods=n, freq="h", tz="UTC")})
    return pd.concat([long.assign(label="OpenAI"), long[1:2].assign(label="Offline")])


def test_a_long_line_has_no_dots_and_a_single_point_is_seen_all_the_same() -> None:
    table = course(charts.MOST_DOTS + 1)
    assert charts._dotted(table).tolist() == [*[False] * (charts.MOST_DOTS + 1), True]
    assert charts._dotted(course(charts.MOST_DOTS)).all()


def test_a_pointer_over_a_bucket_is_told_of_every_line_there() -> None:
    rows = charts._pointed_at(course(2), ["first", "second", "other"])
    assert rows == [
        {"bucket_at": "2026-11-02T00:00:00Z", "line0": "–", "line1": "first"},
        {"bucket_at": "2026-11-02T01:00:00Z", "line0": "other", "line1": "second"},
    ]


def test_both_percentiles_are_drawn_from_the_rows_of_the_chart() -> None:
    layers = charts._ttft_spec(("OpenAI",), True, True)["layer"]
    drawn = [(one["mark"]["type"], one["encoding"]["y"]["field"]) for one in layers]
    assert drawn == [("line", "p50_s"), ("point", "p50_s"), ("line", "p95_s"), ("point", "p95_s")]
