"""CPU per delta: everything that a delta costs, against the least that could read its bytes."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.engine import only
from bench.processes import Provider, data_folder, in_child
from bench.provider import Script
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


@dataclass(frozen=True)
class _Wire:
    """How the bare loop asks for an answer and takes the pieces of text out of its lines."""

    name: str
    path: str
    texts: Callable[[list[bytes]], list[str]]


def _chat_texts(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(b"data: {"):
            choices = json.loads(line[6:])["choices"]
            if choices and (content := choices[0]["delta"].get("content")):
                found.append(content)
    return found


def _message_texts(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(b"data: {"):
            event = json.loads(line[6:])
            if event["type"] == "content_block_delta":
                found.append(event["delta"]["text"])
    return found


WIRES = {
    "custom": _Wire("chat completions", "/v1/chat/completions", _chat_texts),
    "anthropic": _Wire("Anthropic messages", "/v1/messages", _message_texts),
}


def cpu_per_delta(quick: bool) -> Iterator[Row]:
    """Both wires against a bare loop over the same bytes, sent as fast as they are read."""
    for provider, wire in WIRES.items():
        bare, engine, stored = in_child(_compare, provider, 3 if quick else 7)
        what, note = "wire + engine CPU per delta", f"bare {bare:.1f} µs"
        yield single(f"{what} ÷ bare loop, {wire.name}", engine / bare, most=2, note=note)
        yield single(f"  {what}, {wire.name}", engine, "µs")
        note = f"{stored / bare:.1f} × the bare loop"
        yield single("  the same, recorded in DuckDB", stored, "µs", note=note)


def _compare(provider: str, rounds: int) -> tuple[float, float, float]:
    """Medians in µs per delta, measured in turns."""
    with Provider() as loopback, data_folder() as folder:
        only(loopback)
        loopback.play(Script(burst=DELTAS))
        return asyncio.run(_turns(provider, rounds, loopback.root_url, folder))


async def _turns(
    provider: str, rounds: int, root_url: str, folder: Path
) -> tuple[float, float, float]:
    connections = Connections(Settings(data_dir=folder))
    database = Database(folder, Clock(), "the benchmark")
    bare, engine, stored = [], [], []
    for _ in range(rounds + 1):
        bare.append(await _timed_bare(WIRES[provider], root_url))
        engine.append(await _timed_engine(provider, connections))
        stored.append(await _timed_recorded(provider, connections, database))
    await connections.aclose()
    database.close()
    return median(bare[1:]), median(engine[1:]), median(stored[1:])


async def _timed_bare(wire: _Wire, root_url: str) -> float:
    import httpx2

    asked = {"model": "bench", "stream": True}
    async with httpx2.AsyncClient(timeout=60) as client:
        gc.collect()
        start = time.process_time()
        text: list[str] = []
        async with client.stream("POST", root_url + wire.path, json=asked) as answer:
            rest = b""
            async for data in answer.aiter_bytes():
                *lines, rest = (rest + data).split(b"\n")
                text += wire.texts(lines)
        assert len(text) == DELTAS
        return 1e6 * (time.process_time() - start) / DELTAS


async def _timed_engine(provider: str, connections: Connections) -> float:
    events: list[Event] = []
    gc.collect()
    start = time.process_time()
    reason = await _writing(provider, connections, "bare", events.append).write()
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
        targets=(Target(provider, provider, "bench"),),
        title="Vendor invoice approval",
        description="Invoices wait 9 days for approval.",
        answers=(),
        documents=(),
        sections=(SectionPlan("problem", "Problem", "Write it.", 200, 0, 1),),
        written=(),
        rest=EndReason.COMPLETE,
        max_tokens=400_000,
        continuations=0,
    )
