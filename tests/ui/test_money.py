"""How amounts and sums are said."""

from __future__ import annotations

import pytest

from pages.components.money import money, rate, spent
from specforge_core import Cost


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0.0, "$0"),
        (0.00000001, "under $0.0001"),
        (0.0004, "$0.0004"),
        (0.00996, "$0.0100"),
        (0.0417, "$0.042"),
        (0.314, "$0.31"),
        (1234.5, "$1,234.50"),
    ],
)
def test_small_amounts_keep_figures_that_say_something(usd: float, shown: str) -> None:
    assert money(usd) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(None, "unknown"), (0.0, "free"), (1.25, "$1.25"), (10.0, "$10.00"), (0.0028, "$0.0028")],
)
def test_a_price_is_exact_and_an_unknown_one_is_called_so(usd: float | None, shown: str) -> None:
    assert rate(usd) == shown


def cost(usd: float = 0.0, unknown: int = 0, estimated: int = 0, calls: int = 3) -> Cost:
    return Cost("brief", "r", "goals", "openai", "m", calls, usd, unknown, estimated, 9, 9)


@pytest.mark.parametrize(
    ("costs", "shown"),
    [
        ([], ""),
        ([cost(), cost()], "no cost"),
        ([cost(0.2), cost(0.3)], "$0.50"),
        ([cost(0.2, estimated=1), cost(0.3)], "≈$0.50"),
        ([cost(unknown=3)], "cost unknown (3 calls)"),
        ([cost(unknown=1, calls=1), cost()], "cost unknown (1 call)"),
        ([cost(0.2, unknown=1), cost(unknown=1)], "$0.20 and 2 calls of unknown cost"),
    ],
)
def test_a_sum_says_what_it_does_not_know(costs: list[Cost], shown: str) -> None:
    assert spent(costs) == shown
