"""US dollars as people read them, and what calls have cost in one line. Pure functions.

A dollar sign opens a formula in markdown: what goes there must be escaped.
"""

from __future__ import annotations

from collections.abc import Iterable

from specforge_core import Cost

LEAST_USD = 0.0001  # below it only that it is little matters


def money(usd: float, *, about: bool = False) -> str:
    """`$1,234.50`, `$0.042`, `$0.0004`, `under $0.0001`: never $0.00 for what costs something.

    `about`: `≈$0.042`.
    """
    if usd == 0:
        return "$0"
    if usd < LEAST_USD:
        return f"under ${LEAST_USD}"
    digits = 2 if usd >= 0.1 else 3 if usd >= 0.01 else 4
    return f"{'≈' if about else ''}${usd:,.{digits}f}"


def rate(usd: float | None) -> str:
    """A price per million tokens: `$1.25`, `$0.0028`, `free`; None is `unknown`."""
    if usd is None:
        return "unknown"
    if usd == 0:
        return "free"
    exact = f"{usd:,.4f}".rstrip("0")
    return f"${exact}" if len(exact.partition(".")[2]) >= 2 else f"${usd:,.2f}"


def spent(costs: Iterable[Cost]) -> str:
    """The sum in words: `$0.31`, `≈$0.31`, `$0.31 and 2 calls of unknown cost`, `no cost`.

    `≈`: calls in it were not counted by the provider. "" when nothing was called.
    """
    calls, usd, unknown, estimated = 0, 0.0, 0, 0
    for cost in costs:
        calls += cost.calls
        usd += cost.usd
        unknown += cost.unknown
        estimated += cost.estimated
    return total(calls, usd, unknown, estimated)


def total(calls: int, usd: float, unknown: int, estimated: int) -> str:
    """What so many calls have cost, in the words of `spent`."""
    if not calls:
        return ""
    unpriced = f"{unknown} {'call' if unknown == 1 else 'calls'}"
    if unknown and not usd:
        return f"cost unknown ({unpriced})"
    if not usd:
        return "no cost"
    known = money(usd, about=estimated > 0)
    return f"{known} and {unpriced} of unknown cost" if unknown else known
