"""The meter: what it measures, and when it says nothing rather than nonsense."""

from __future__ import annotations

import pytest

from specforge_core.clock import Clock
from specforge_core.events import FinishReason, StreamEnd, Usage
from specforge_core.generation.meter import Meter, Reading

END = StreamEnd(FinishReason.STOP)


def reading(*deltas_at: float, usage: Usage | None = None) -> Reading:
    """The reading of a call whose deltas came at these seconds; it ends with the last one."""
    times = iter([0.0, *deltas_at, deltas_at[-1]])
    meter = Meter(Clock(monotonic=lambda: next(times)), prompt_bytes=40)
    for _ in deltas_at:
        meter.text(8)
    meter.usage = usage or Usage(10, 21)
    return meter.read(whole=True)


def test_the_speed_is_the_tokens_after_the_first_over_the_time_after_the_first() -> None:
    measured = reading(1.0, 2.0, 3.0)
    assert (measured.ttft_s, measured.duration_s, measured.decode_tps) == (1.0, 3.0, 10.0)


@pytest.mark.parametrize(
    "deltas_at",
    [(1.0,), (1.0, 1.000001), (1.0, 3.0), (1.0, 1.04, 1.09)],
    ids=["one delta", "one packet", "two deltas", "too short"],
)
def test_too_few_deltas_or_too_short_a_time_give_no_speed(deltas_at: tuple[float, ...]) -> None:
    assert reading(*deltas_at).decode_tps is None


def test_a_call_without_any_delta_gives_no_speed() -> None:
    measured = Meter(Clock(), prompt_bytes=40).read(whole=False)
    assert (measured.ttft_s, measured.decode_tps) == (None, None)
