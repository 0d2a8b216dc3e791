"""Who answers: every wire and every vendor, each with a stream as it writes it.

A wire or vendor that shall hold what all others hold is one more row of `LINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.rows import Provider
from tests.loopback import Reply, anthropic_stream, gemini_stream
from tests.loopback.vendors import VENDORS


@dataclass(frozen=True)
class Line:
    """One way to be answered: a provider and a stream as it writes it.

    begin: what comes before the first text. thinking: the name of the argument of
    `stream` for it.
    """

    provider: Provider
    stream: Callable[..., Reply]
    begin: str = ""
    thinking: str = "reasoning"


LINES: Mapping[str, Line] = {
    **{
        name: Line(PROVIDERS[vendor.row], vendor.stream, vendor.begin)
        for name, vendor in VENDORS.items()
    },
    "anthropic": Line(PROVIDERS["anthropic"], anthropic_stream, thinking="thinking"),
    "gemini": Line(PROVIDERS["google"], gemini_stream),
}
WIRES = {name: LINES[name] for name in ("openai", "anthropic", "gemini")}

EVERY_LINE = pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
EVERY_WIRE = pytest.mark.parametrize("line", WIRES.values(), ids=WIRES.keys())
