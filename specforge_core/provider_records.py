"""What the facade hands out about providers: what can be asked, and what it has cost.

Durations in seconds, speeds in tokens per second, money in US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.errors import ErrorCategory
from specforge_core.events import StreamMode, TokenSource


@dataclass(frozen=True, slots=True)
class ModelOption:
    """A model to choose, its limits in tokens; 0 is unknown.

    tier: `fast`, `balanced`, `best`, or "" for none of them.
    """

    name: str
    label: str
    context_tokens: int = 0
    max_output_tokens: int = 0
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """Whether a provider can be used now, and what to set when it cannot.

    open_models: whether a model that is not in `models` may be asked for.
    """

    name: str
    label: str
    configured: bool
    hint: str  # exactly how to configure it; "" when configured
    key_var: str
    url_var: str
    base_url: str
    setup: str  # the lines for `.env`
    key_tail: str  # the last four characters of the key, or ""
    models: tuple[ModelOption, ...]
    open_models: bool


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """One short request to a provider. Times in seconds, speed in tokens per second.

    message: "" when it answered, else the sentence that says what to do. category: of the
    error. decode_tps None: the answer was too short to measure a speed.
    """

    provider: str
    label: str
    model: str
    ok: bool
    ttft_s: float | None
    duration_s: float
    decode_tps: float | None
    stream_mode: StreamMode
    output_tokens: int | None
    token_source: TokenSource
    cost_usd: float | None
    message: str
    category: ErrorCategory | None
    status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What the calls for one section of a run to one model have cost, in US dollars.

    unknown: how many calls have no known price and so are not in `usd`. estimated: how
    many of the paid calls were not counted by the provider.
    """

    phase: str
    run_id: str
    section: str
    provider: str
    model: str
    calls: int
    usd: float
    unknown: int
    estimated: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What all ended calls of a time have cost together. `unknown`, `estimated`: as in `Cost`."""

    calls: int
    usd: float
    unknown: int
    estimated: int
