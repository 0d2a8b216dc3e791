"""A wire alone, beside a bare reader and the vendor's SDK: CPU, added time, many streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing, suppress

from bench.cpu import DELTAS, timed
from bench.engine import only
from bench.imports import cold
from bench.processes import Provider, in_child
from bench.provider import MARKER, Script, marked_share
from bench.readers import WIRES, Ask, Reader, bare, specforge
from bench.results import Row, median, single, spread

STREAMS, TPS = 200, 50.0
LATEST_START_S = 8.0
THINK_S = 0.02  # before the first byte of an answer whose first text is waited for


def wires(quick: bool) -> Iterator[Row]:
    """Each network wire without the engine: CPU per delta, added TTFT, 200 streams at once."""
    yield from _alone(quick)
    yield from _first_texts(quick)
    yield from _many(quick)


# --- CPU per delta -------------------------------------------------------------------


def _alone(quick: bool) -> Iterator[Row]:
    for provider, wire in WIRES.items():
        least, ours, *theirs = in_child(_cpu, provider, 3 if quick else 7)
        note = f"bare {least:.1f} µs, {ours / least:.1f} × as much"
        yield single(f"wire CPU per delta, {wire.name}", ours, "µs", most=15, note=note)
        if wire.sdk:
            what = f"  the {wire.sdk[0]}'s own iterator on the same bytes"
            yield single(what, theirs[0], "µs", note=f"{theirs[0] / ours:.1f} × the wire")


def _cpu(provider: str, rounds: int) -> list[float]:
    """Medians in µs per delta, measured in turns: bare, SpecForge, the SDK if there is one."""
    with Provider() as loopback:
        only(loopback)
        loopback.play(Script(burst=DELTAS))
        return asyncio.run(_cpu_in_turns(provider, rounds))


async def _cpu_in_turns(provider: str, rounds: int) -> list[float]:
    sdk = WIRES[provider].sdk
    async with AsyncExitStack() as opened:
        readers = [bare, specforge, *([sdk[1]] if sdk else [])]
        asks = [await opened.enter_async_context(reader(provider)) for reader in readers]
        times = [[await timed(ask) for ask in asks] for _ in range(rounds + 1)]
    return [median(column) for column in zip(*times[1:], strict=True)]


# --- added TTFT ----------------------------------------------------------------------


def _first_texts(quick: bool) -> Iterator[Row]:
    for provider, wire in WIRES.items():
        least, added = in_child(_added, provider, 40 if quick else 200)
        yield spread(f"added TTFT, warm, {wire.name}", added)
        yield spread(f"  a bare request → first text, {1000 * THINK_S:.0f} ms of it waiting", least)
    with Provider() as loopback:
        loopback.play(Script(burst=3, think_s=THINK_S))
        for provider, wire in WIRES.items():
            least_s, ours_s = _cold_first_text(provider, loopback, 1 if quick else 3)
            note = f"bare, with its import, {least_s:.2f} s"
            name = f"first request of a process, SDK import included → first text, {wire.name}"
            yield single(name, ours_s, "s", note=note)


def _added(provider: str, times: int) -> tuple[list[float], list[float]]:
    """In ms, of pairs in alternating order: the bare requests, and how much longer ours took."""
    with Provider() as loopback:
        only(loopback)
        loopback.play(Script(burst=3, think_s=THINK_S))
        return asyncio.run(_pairs(provider, times))


async def _pairs(provider: str, times: int) -> tuple[list[float], list[float]]:
    least, added = [], []
    async with bare(provider) as bare_ask, specforge(provider) as our_ask:
        for number in range(-5, times):  # those below 0 warm up
            order = (bare_ask, our_ask) if number % 2 else (our_ask, bare_ask)
            took = {ask: await _first_text_ms(ask) for ask in order}
            if number >= 0:
                least.append(took[bare_ask])
                added.append(took[our_ask] - took[bare_ask])
    return least, added


async def _first_text_ms(ask: Ask) -> float:
    start, found = time.perf_counter(), list[float]()
    async for _ in ask():  # to the end, which leaves a warm connection
        found.append(time.perf_counter())
    return 1000 * (found[0] - start)


def _cold_first_text(provider: str, loopback: Provider, times: int) -> tuple[float, float]:
    """Medians in seconds, bare and ours, in processes that know only the core."""
    least, ours = [], []
    for _ in range(times):
        least.append(cold("bare", provider, **loopback.every_wire).step_s)
        ours.append(cold("specforge", provider, **loopback.every_wire).step_s)
    return median(least), median(ours)


# --- many streams at once ------------------------------------------------------------


def _many(quick: bool) -> Iterator[Row]:
    seconds = 4.0 if quick else 8.0
    for provider, wire in WIRES.items():
        readers: dict[str, Reader] = {"SpecForge": specforge}
        if not quick:
            readers["a bare reader"] = bare
        if wire.sdk and (not quick or provider == "custom"):
            readers[f"the {wire.sdk[0]}"] = wire.sdk[1]
        for through, reader in readers.items():
            lags, cpu, tps, begun = in_child(_streams, reader, provider, seconds)
            name = f"{STREAMS} streams, {wire.name} through {through}"
            yield spread(f"token sent → received, {name}", lags)
            note = f"{begun} had begun; {tps:.0f} of {TPS:.0f} tokens/s came, over all {STREAMS}"
            yield single(f"  CPU, {name}", cpu, "%", note=note)


Seen = tuple[list[float], float, float, int]


def _streams(reader: Reader, provider: str, seconds: float) -> Seen:
    """Lags in ms; CPU in percent of a core; mean tokens/s of a stream; streams that had begun."""
    with Provider() as loopback:
        only(loopback)
        loopback.play(Script(tps=TPS, seconds=40))
        return asyncio.run(_observe(reader, provider, seconds))


async def _observe(reader: Reader, provider: str, seconds: float) -> Seen:
    lags = list[float]()
    async with reader(provider) as ask, asyncio.TaskGroup() as group:
        begun = [asyncio.Event() for _ in range(STREAMS)]
        tasks = []
        with suppress(TimeoutError):  # a reader that cannot keep up does not begin them all
            async with asyncio.timeout(LATEST_START_S):
                for event in begun:
                    tasks.append(group.create_task(_listen(ask, event, lags)))
                    await asyncio.sleep(0.01)  # 200 people do not ask in the same millisecond
                await asyncio.gather(*(event.wait() for event in begun))
        await asyncio.sleep(1)  # the rush of the beginning is over
        lags.clear()
        used, start = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        used, took = time.process_time() - used, time.monotonic() - start
        seen, started = list(lags), sum(event.is_set() for event in begun)
        for task in tasks:
            task.cancel()
    tps = len(seen) / marked_share() / took / STREAMS
    return seen, 100 * used / took, tps, started


async def _listen(ask: Ask, begun: asyncio.Event, lags: list[float]) -> None:
    async with aclosing(ask()) as texts:
        async for text in texts:
            now = time.time() * 1000
            begun.set()
            lags.extend(now - int(sent) for sent in MARKER.findall(text))
