"""Prices: known where the table knows them, unknown elsewhere, and never fetched."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import pytest

from specforge_core.events import Usage
from specforge_core.providers import prices
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.prices import FREE, Price, as_of, cost_usd, price

NIGHT = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)  # a Wednesday, off-peak everywhere
PEAK = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # 10:00 in Beijing
MILLION = Usage(1_000_000, 1_000_000)
SMALL = Usage(1_000, 1_000)

PRICED = [
    (row.name, model.name) for row in PROVIDERS.values() if row.price_id for model in row.models
]


@pytest.mark.parametrize(("provider", "model"), PRICED, ids="/".join)
def test_every_model_of_the_catalog_has_a_price(provider: str, model: str) -> None:
    found = price(provider, model, NIGHT)
    assert found is not None, (
        f"{provider}/{model} has no price: correct the model's name or its provider's price_id "
        "in catalog.py, update genai-prices, or add a row to providers/tables/prices.toml"
    )
    assert found == FREE or (found.input_usd > 0 and found.output_usd > 0)


def test_a_price_id_is_missing_only_where_there_is_no_price_list() -> None:
    assert {row.name for row in PROVIDERS.values() if not row.price_id} == {"offline", "custom"}


# What the vendors' pages said in November 2026: input, output, cached.
@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "gpt-6.1-terra", Price(1, 5, 0.05)),
        ("anthropic", "claude-sonnet-5-5", Price(2, 10, 0.10)),
        ("deepseek", "deepseek-v4-pro", Price(0.66, 1.98, 0.022)),
        ("mistral", "mistral-medium-latest", Price(1.5, 7.5, 0.15)),
        ("zai", "glm-5.3", Price(1.4, 4.4, 0.26)),
        ("minimax", "MiniMax-M3", Price(0.3, 1.2, 0.06)),
        ("google", "gemini-3.8-flash", Price(0.75, 3.75, 0.075)),
    ],
)
def test_the_default_models_cost_what_their_vendors_ask(
    provider: str, model: str, expected: Price
) -> None:
    assert PROVIDERS[provider].default_model == model
    assert price(provider, model, NIGHT) == expected


def test_a_call_costs_its_input_its_cached_input_and_its_output() -> None:
    usage = Usage(10_000, 2_000, reasoning_tokens=1_500, cached_tokens=4_000)
    expected = (6_000 * 2 + 4_000 * 0.10 + 2_000 * 10) / 1e6
    assert cost_usd("anthropic", "claude-sonnet-5-5", usage, NIGHT) == pytest.approx(expected)


def test_a_long_prompt_is_charged_at_its_tier() -> None:
    long = Usage(300_000, 1_000)
    expected = (300_000 * 2 + 1_000 * 7.5) / 1e6
    assert cost_usd("openai", "gpt-6.1-terra", long, NIGHT) == pytest.approx(expected)


def test_peak_hours_cost_more_and_not_on_a_weekend() -> None:
    saturday = PEAK + timedelta(days=3)
    assert cost_usd("deepseek", "deepseek-flash", MILLION, NIGHT) == pytest.approx(0.75)
    assert cost_usd("deepseek", "deepseek-flash", MILLION, PEAK) == pytest.approx(1.5)
    assert cost_usd("deepseek", "deepseek-flash", MILLION, saturday) == pytest.approx(0.75)


def test_the_hour_is_that_of_the_provider_whatever_zone_the_moment_has() -> None:
    local = PEAK.astimezone(timezone(timedelta(hours=-8)))
    assert local.date() != PEAK.date()
    assert price("deepseek", "deepseek-flash", local) == Price(0.3, 1.2, 0.006)


def test_a_promotion_ends_on_its_day() -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert price("google", "gemini-3.8-flash", new_year - timedelta(seconds=1)) == Price(
        0.75, 3.75, 0.075
    )
    assert price("google", "gemini-3.8-flash", new_year) == Price(1.5, 7.5, 0.15)


@pytest.mark.parametrize(
    ("provider", "answered", "asked"),
    [
        ("openai", "gpt-6.1-terra-2026-10-01", "gpt-6.1-terra"),
        ("anthropic", "claude-sonnet-5-5-20261001", "claude-sonnet-5-5"),
        ("google", "models/gemini-3.8-flash", "gemini-3.8-flash"),
        ("google", "gemini-3.1-flash-lite-001", "gemini-3.1-flash-lite"),
        ("deepseek", "deepseek-flash-2026-09-10", "deepseek-flash"),
        ("zai", "GLM-5.3-20260901", "glm-5.3"),
        ("zai", "glm-4.7-flash-20260101", "glm-4.7-flash"),
        ("minimax", "MiniMax-M3-20260801", "MiniMax-M3"),
        ("mistral", "mistral-medium-2604", "mistral-medium-latest"),
    ],
)
def test_the_dated_name_that_a_provider_answers_with_has_the_price_of_its_model(
    provider: str, answered: str, asked: str
) -> None:
    found = price(provider, answered, NIGHT)
    assert found is not None
    assert found == price(provider, asked, NIGHT)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99"),
        ("openai", "claude-sonnet-5-5"),
        ("custom", "llama-4"),
        ("custom", "gpt-6.1-terra"),
        ("gone", "gpt-6.1-terra"),
        ("mistral", "mistral-large-2512-2601"),
        ("openai", "omni-moderation-latest"),
        ("openai", ""),
    ],
)
def test_an_unknown_price_is_unknown_and_not_zero(provider: str, model: str) -> None:
    assert price(provider, model, NIGHT) is None
    assert cost_usd(provider, model, SMALL, NIGHT) is None


@pytest.mark.parametrize("usage", [Usage(None, 5), Usage(5, None), Usage()])
def test_a_cost_is_unknown_while_a_count_is(usage: Usage) -> None:
    assert cost_usd("openai", "gpt-6.1-terra", usage, NIGHT) is None
    own = {"custom/llama-4": Price(1, 1)}
    assert cost_usd("custom", "llama-4", usage, NIGHT, own) is None


@pytest.mark.parametrize(
    ("provider", "model"), [("offline", "rules-1"), ("zai", "glm-4.7-flash")], ids="/".join
)
def test_what_is_free_costs_nothing_whatever_was_counted(provider: str, model: str) -> None:
    assert price(provider, model, NIGHT) == FREE
    for usage in (MILLION, Usage()):
        assert cost_usd(provider, model, usage, NIGHT) == 0.0


def test_an_empty_call_of_a_paid_model_costs_nothing() -> None:
    assert cost_usd("openai", "gpt-6.1-terra", Usage(0, 0), NIGHT) == 0.0


def test_a_price_of_ones_own_wins_over_the_table() -> None:
    own = {"openai/gpt-6.1-terra": Price(3, 6), "custom/llama-4": Price(1, 2, 0.5)}
    usage = Usage(1_000_000, 1_000_000, cached_tokens=400_000)
    assert cost_usd("openai", "gpt-6.1-terra", usage, NIGHT, own) == pytest.approx(9)
    assert cost_usd("openai", "gpt-6.1-terra-2026-10-01", usage, NIGHT, own) == pytest.approx(9)
    assert cost_usd("custom", "llama-4", usage, NIGHT, own) == pytest.approx(0.6 + 0.2 + 2)
    assert price("openai", "gpt-6-luna", NIGHT, own) == Price(0.1, 0.5, 0.01)


def test_more_cached_than_sent_is_charged_as_all_cached() -> None:
    wrong = Usage(1_000_000, 0, cached_tokens=2_000_000)
    assert cost_usd("anthropic", "claude-sonnet-5-5", wrong, NIGHT) == pytest.approx(0.10)


def test_the_day_of_the_prices_belongs_to_the_installed_table() -> None:
    """When this fails, `tables/prices.toml` says what to do about a new genai-prices."""
    assert prices._supplement()["version"] == version("genai-prices")
    assert date(2026, 11, 1) <= as_of() <= datetime.now(UTC).date()


def test_prices_reach_no_network_and_load_only_when_asked(tmp_path: Path) -> None:
    code = """
import sys

def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(event)

sys.addaudithook(refuse)
from datetime import UTC, datetime
from specforge_core.events import Usage
from specforge_core.providers.prices import cost_usd
moment = datetime(2026, 11, 18, tzinfo=UTC)
assert cost_usd("offline", "rules-1", Usage(), moment) == 0
assert cost_usd("custom", "llama-4", Usage(1, 1), moment) is None
assert "genai_prices" not in sys.modules
print(cost_usd("openai", "gpt-6.1-terra", Usage(1_000_000, 1), moment))
print(cost_usd("openai", "gpt-99", Usage(1, 1), moment))
import threading
assert threading.active_count() == 1
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2.0000075", "None"]
    assert not list(tmp_path.iterdir())
