"""CPU per delta: everything that a delta costs, against the least that could read its bytes."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.engine import only
from bench.processes import Provider, data_folder, in_child
from bench.provider import Script
from bench.readers import MAX_TOKENS, MODEL, WIRES, Ask, bare
from bench.results import Row, median, single
from specforge_core import Settings
from specforge_core.clock import Clock
from specforge_core.events import EndReason, Event, SectionText
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.generation.services import Services
from specforge_core.generation.writing import Writing
from specforge_core.providers.connect import Connections
from specforge_core.store.database import Database
from specforge_core.store.recorder import Recorder

DELTAS = 20_000


def cpu_per_delta(quick: bool) -> Iterator[Row]:
    """Wire and engine against a bare loop over the same bytes, sent as fast as they are read."""
    for provider, wire in WIRES.items():
        least, engine, stored = in_child(_compare, provider, 3 if quick else 7)
        what, note = "wire + engine CPU per delta", f"bare {least:.1f} µs"
        yield single(f"{what} ÷ bare loop, {wire.name}", engine / least, most=2, note=note)
        yield single(f"  {what}, {wire.name}", engine, "µs")
        note = f"{stored / least:.1f} × the bare loop"
        yield single("  the same, recorded in DuckDB", stored, "µs", note=note)


def _compare(provider: str, rounds: int) -> tuple[float, float, float]:
    """Medians in µs per delta, measured in turns."""
    with Provider() as loopback, data_folder() as folder:
        only(loopback)
        loopback.play(Script(burst=DELTAS))
        return asyncio.run(_turns(provider, rounds, folder))


async def _turns(provider: str, rounds: int, folder: Path) -> tuple[float, float, float]:
    connections = Connections(Settings(data_dir=folder))
    database = Database(folder, Clock(), "the benchmark")
    least, engine, stored = [], [], []
    async with bare(provider) as ask:
        for _ in range(rounds + 1):
            least.append(await timed(ask))
            engine.append(await _timed_engine(provider, connections))
            stored.append(await _timed_recorded(provider, connections, database))
    await connections.aclose()
    database.close()
    return median(least[1:]), median(engine[1:]), median(stored[1:])


async def timed(ask: Ask) -> float:
    """CPU in µs per delta of one answer, read to its end."""
    gc.collect()
    start = time.process_time()
    texts = [text async for text in ask()]
    used = time.process_time() - start
    assert len("".join(texts).split()) == DELTAS
    return 1e6 * used / DELTAS


async def _timed_engine(provider: str, connections: Connections) -> float:
    events: list[Event] = []
    gc.collect()
    start = time.process_time()
    reason = await _writing(provider, connections, "bare run", events.append).write()
    used = time.process_time() - start
    assert reason is EndReason.COMPLETE, events[-1]
    words = "".join(event.text for event in events if isinstance(event, SectionText)).split()
    assert len(words) == DELTAS
    return 1e6 * used / DELTAS


async def _timed_recorded(provider: str, connections: Connections, database: Database) -> float:
    recorder = Recorder(database, Clock(), 0.04)
    run_id = f"run {time.monotonic_ns()}"
    recorder.begin(run_id, 0)
    gc.collect()
    start = time.process_time()
    flushing = asyncio.create_task(recorder.run())
    reason = await _writing(provider, connections, run_id, recorder.record, recorder).write()
    recorder.stop()
    await flushing
    used = time.process_time() - start
    assert reason is EndReason.COMPLETE
    return 1e6 * used / DELTAS


def _writing(
    provider: str,
    connections: Connections,
    run_id: str,
    emit: Callable[[Event], None],
    sink: Recorder | None = None,
) -> Writing:
    async def room() -> None: ...

    services = Services(connect=lambda target: connections.connect(target.provider))
    return Writing(_plan(run_id, provider), services, emit, Clock(), sink.room if sink else room)


def _plan(run_id: str, provider: str) -> Plan:
    return Plan(
        run_id=run_id,
        attempt=1,
        phase="brief",
        phase_title="Brief",
        system="You write briefs.",
        targets=(Target(provider, provider, MODEL),),
        title="Vendor invoice approval",
        description="Invoices wait 9 days for approval.",
        answers=(),
        documents=(),
        sections=(SectionPlan("problem", "Problem", "Write it.", 200, 0, 1),),
        written=(),
        rest=EndReason.COMPLETE,
        max_tokens=MAX_TOKENS,
        continuations=0,
    )
