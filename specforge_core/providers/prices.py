"""What a call costs, in USD, from the price table of the genai-prices package.

The table is the one that is installed: nothing here updates it over the network. A price
that is not known is None, never 0.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specforge_core.events import Usage
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.rows import Provider

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PER = 1_000_000  # tokens


@dataclass(frozen=True, slots=True)
class Price:
    """USD per 1 million tokens; `cached_usd` None: cached input costs what other input does."""

    input_usd: float
    output_usd: float
    cached_usd: float | None = None

    def cost_usd(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """`input_tokens` includes `cached_tokens`."""
        cached_usd = self.input_usd if self.cached_usd is None else self.cached_usd
        fresh = input_tokens - cached_tokens
        total = (
            fresh * self.input_usd + cached_tokens * cached_usd + output_tokens * self.output_usd
        )
        return total / PER


Overrides = Mapping[str, Price]
"""A person's own prices by `provider/model`; they win over the table."""

FREE = Price(0.0, 0.0, 0.0)
NO_OVERRIDES: Overrides = {}

# DeepSeek's peak hours are Monday to Friday; the table knows the hours alone. On Chinese
# public holidays a peak price is still too high.
_PEAK_ON_WEEKDAYS = frozenset({"deepseek"})

# Providers answer with the dated name of what was asked for: -2026-10-01, -20261001, -001.
_DATE = re.compile(r"(?:[-@]20\d\d-?\d\d-?\d\d|-\d{3})$")


def price(
    provider: str, model: str, moment: datetime, overrides: Overrides = NO_OVERRIDES
) -> Price | None:
    """The rates of that moment for a prompt of ordinary length; a very long one may cost more."""
    found = _find(provider, model, moment, overrides)
    if found is None or isinstance(found, Price):
        return found
    cached = found.cache_read_mtok
    return Price(
        _rate(found.input_mtok),
        _rate(found.output_mtok),
        None if cached is None else _rate(cached),
    )


def cost_usd(
    provider: str,
    model: str,
    usage: Usage,
    moment: datetime,
    overrides: Overrides = NO_OVERRIDES,
) -> float | None:
    """What a call at that moment costs; None when its price, its input or its output is unknown.

    The first call loads the table (0.4 s): make it in a thread, not in the event loop.
    """
    found = _find(provider, model, moment, overrides)
    if found == FREE:
        return 0.0
    if found is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    if isinstance(found, Price):
        return found.cost_usd(usage.input_tokens, cached, usage.output_tokens)
    from genai_prices import Usage as Counts

    counts = Counts(
        input_tokens=usage.input_tokens,
        cache_read_tokens=cached,
        output_tokens=usage.output_tokens,
    )
    return float(found.calc_price(counts)["total_price"])


def load() -> None:
    """Read the table now (0.1-0.4 s), in a thread of the caller's choice."""
    price("openai", PROVIDERS["openai"].default_model, datetime.now(UTC))


def as_of() -> date:
    """The day of the newest price that the table knows."""
    day: date = _supplement()["as_of"]
    return day


def _find(
    provider: str, model: str, moment: datetime, overrides: Overrides
) -> Price | ModelPrice | None:
    row = PROVIDERS.get(provider)
    own = next((overrides[key] for key in _keys(provider, model) if key in overrides), None)
    if own or row is None:
        return own
    if not (row.base_url or row.url_var):
        return FREE  # no address: it makes no requests
    rates = _supplementary_rates()
    return _table_price(row, model, moment) or next(
        (rates[key] for key in _keys(provider, model) if key in rates), None
    )


def _table_price(row: Provider, model: str, moment: datetime) -> ModelPrice | None:
    """The row of the table that holds at that moment; None without prices for text."""
    if not row.price_id:
        return None
    from genai_prices.data_snapshot import get_snapshot

    for name in _names(model):
        try:
            _, entry = get_snapshot().find_provider_model(name, None, row.price_id, None)
        except LookupError:
            continue
        if entry.prices == []:
            return None
        found = entry.get_prices(_off_peak(row.price_id, moment))
        known = found.input_mtok is not None and found.output_mtok is not None
        return found if known else None
    return None


def _off_peak(price_id: str, moment: datetime) -> datetime:
    """The moment to look up: midnight UTC, which is off-peak, on a weekend without peaks."""
    utc = moment.astimezone(UTC)
    if price_id in _PEAK_ON_WEEKDAYS and utc.weekday() >= 5:
        return utc.replace(hour=0, minute=0, second=0, microsecond=0)
    return utc


def _names(model: str) -> Iterator[str]:
    """The name as it is, then without what providers put around it."""
    bare = model.removeprefix("models/")
    yield bare
    if (undated := _DATE.sub("", bare)) != bare:
        yield undated


def _keys(provider: str, model: str) -> Iterator[str]:
    return (f"{provider}/{name}" for name in (model, *_names(model)))


def _rate(value: Any) -> float:
    """Of a price, or of the first of its tiers."""
    return float(getattr(value, "base", value))


@cache
def _supplement() -> Mapping[str, Any]:
    path = Path(__file__).with_name("tables") / "prices.toml"
    return tomllib.loads(path.read_text("utf-8"))


@cache
def _supplementary_rates() -> Mapping[str, Price]:
    return {
        f"{row['provider']}/{row['name']}": Price(
            row["input_usd"], row["output_usd"], row.get("cached_usd")
        )
        for row in _supplement()["model"]
    }
