"""A row of the table: what was measured, what it must hold, whether it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """`met` is "yes", "no, 12 ms over", or "" where there is no target."""

    what: str
    target: str
    measured: str
    met: str
    numbers: dict[str, float] = field(default_factory=dict)


def percentile(samples: Sequence[float], share: float) -> float:
    """Interpolated between the two nearest samples, as `percentile_cont` does."""
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(samples: Sequence[float]) -> float:
    return percentile(samples, 0.5)


def spread(
    what: str,
    samples: Sequence[float],
    *,
    p50: float | None = None,
    p95: float | None = None,
    unit: str = "ms",
) -> Row:
    """p50 / p95 of the samples against their limits."""
    if not samples:
        return Row(what, _targets(p50, p95, unit), "nothing was measured", "no")
    half, most = percentile(samples, 0.5), percentile(samples, 0.95)
    over = [
        f"{name} {_number(got - limit)} {unit} over"
        for name, got, limit in (("p50", half, p50), ("p95", most, p95))
        if limit is not None and got >= limit
    ]
    return Row(
        what,
        _targets(p50, p95, unit),
        f"{_number(half)} / {_number(most)} {unit} (n {len(samples)}, max {_number(max(samples))})",
        _met(over, p50 is not None or p95 is not None),
        {"p50": half, "p95": most, "max": max(samples), "n": len(samples)},
    )


def single(
    what: str, value: float, unit: str = "", *, most: float | None = None, note: str = ""
) -> Row:
    """One number against its upper limit, which itself is allowed."""
    over = [f"{_number(value - most)} {unit} over".replace("  ", " ")] if most is not None else []
    return Row(
        what,
        "" if most is None else f"≤ {_number(most)} {unit}".rstrip(),
        f"{_number(value)} {unit}".rstrip() + (f" ({note})" if note else ""),
        _met(over if most is not None and value > most else [], most is not None),
        {"value": value},
    )


def table(rows: Iterable[Row]) -> str:
    """Markdown, padded so that it reads as plain text too."""
    lines = [("what", "target", "measured (p50 / p95, or value)", "met")]
    lines += [(row.what, row.target, row.measured, row.met) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in (lines[0], rule, *lines[1:])
    )


def _targets(p50: float | None, p95: float | None, unit: str) -> str:
    parts = [
        f"{name} < {_number(limit)} {unit}"
        for name, limit in (("p50", p50), ("p95", p95))
        if limit is not None
    ]
    return ", ".join(parts)


def _met(over: list[str], has_target: bool) -> str:
    if not has_target:
        return ""
    return f"no, {', '.join(over)}" if over else "yes"


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
