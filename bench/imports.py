"""What a provider costs a process that has not used it yet: time and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from bench.processes import ROOT, clean_environment
from bench.results import Row, median, single
from specforge_core.providers.catalog import PROVIDERS


@dataclass(frozen=True)
class Cold:
    """Seconds and MB of memory that each step of a fresh process added."""

    core_s: float
    core_mb: float
    step_s: float
    step_mb: float


def imports(quick: bool) -> Iterator[Row]:
    """`connect` to each provider in a fresh process: its SDK, wire and prices, but no request."""
    names = [name for name, row in PROVIDERS.items() if row.base_url]
    found = {name: list[Cold]() for name in names}
    for _ in range(1 if quick else 3):
        for name in names:
            found[name].append(cold("connect", name))
    every = [one for ones in found.values() for one in ones]
    yield single("cold `import specforge_core`", median([one.core_s for one in every]), "s")
    yield single("  its memory", median([one.core_mb for one in every]), "MB")
    for name, ones in found.items():
        label = PROVIDERS[name].label
        took_s = median([one.step_s for one in ones])
        yield single(f"cold import and connect after it, {label}", took_s, "s")
        yield single(f"  memory, {label}", median([one.step_mb for one in ones]), "MB")


def cold(step: str, provider: str, **environment: str) -> Cold:
    """A step of `bench.cold` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.cold", step, provider],
        cwd=ROOT,
        env=clean_environment(**environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _, empty_mb = _next(process)
    core_s, core_mb = _next(process)
    step_s, step_mb = _next(process)
    process.communicate(timeout=20)
    return Cold(float(core_s), core_mb - empty_mb, float(step_s), step_mb - core_mb)


def _next(process: subprocess.Popen[str]) -> tuple[str, float]:
    """What the process told, and its memory in MB at that moment; then it may go on."""
    assert process.stdin is not None and process.stdout is not None
    line = process.stdout.readline()
    memory_mb = psutil.Process(process.pid).memory_info().rss / 1e6
    process.stdin.write("\n")
    process.stdin.flush()
    return line, memory_mb
