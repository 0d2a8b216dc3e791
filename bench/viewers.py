"""Many viewers of one live run: headless clients that do what Streamlit's frontend does.

Thirty pages of Chromium would measure Chromium. A client here speaks the same
websocket protocol: it asks for the page of a run, keeps the timers that the
server asks for, and remembers the messages that the server may send as a hash.
`python -m bench.viewers URL COUNT SECONDS` runs them in a process of their own.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench.browser import chromium, generate, wait_until
from bench.processes import ROOT, App, Cpu, Provider, data_folder, seed
from bench.provider import Script
from bench.results import Row, single, spread

_MARKER = re.compile(rb"m(\d{13})x")
_KEPT_RUNS = 2  # how many script runs the frontend remembers a message


def viewers(quick: bool) -> Iterator[Row]:
    """Server CPU and memory by the number of viewers of one run, 40 KB and 50 tokens/s."""
    seconds = 5.0 if quick else 10.0
    with data_folder() as folder, Provider() as provider:
        (project,) = seed(folder, 1)
        provider.play(Script(40, 4, 50, seconds=45 + 4 * seconds))
        with App(folder, **provider.environment) as app:
            url = app.phase_url(project)
            with chromium() as browser, browser.page() as page:
                generate(page, url)
                wait_until(page, "Object.keys(bench.markers).length > 0", 60)
            time.sleep(2)  # the closed page's last ticks
            yield single("no viewer, one run at work: server CPU", _cpu(app, seconds), "%")
            for count, most in ((1, None), (10, 30), (30, 60)):
                yield from _look(app, url, count, seconds, most)


def _cpu(app: App, seconds: float) -> float:
    cpu = Cpu(app.measured)
    time.sleep(seconds)
    return cpu.percent()


def _look(app: App, url: str, count: int, seconds: float, most: float | None) -> Iterator[Row]:
    before = app.rss_mb()
    clients = subprocess.Popen(
        [sys.executable, "-m", "bench.viewers", url, str(count), str(seconds + 1)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert clients.stdout is not None
    clients.stdout.readline()  # all of them have drawn the page
    cpu = _cpu(app, seconds)
    grown = app.rss_mb() - before
    seen = json.loads(clients.stdout.readline())
    clients.wait(timeout=20)
    name = f"{count} viewer{'s'[: count > 1]}"
    yield single(f"{name} of one run: server CPU", cpu, "%", most=most)
    yield spread(f"  token received → sent to {name}", seen["lags"])
    yield single(f"  to each of {name}", seen["bytes"] / 1000 / seen["seconds"] / count, "KB/s")
    if count == 30:
        yield single("memory per extra viewer", grown / count, "MB", most=1)


@dataclass
class _Viewer:
    """One browser tab's end of the websocket."""

    url: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    received: int = 0
    lags: list[float] = field(default_factory=list)
    _last: int = 0
    _page: str = ""
    _runs: int = 0
    _cached: dict[str, int] = field(default_factory=dict)
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)

    async def watch(self) -> None:
        where = urlsplit(self.url)
        address = f"ws://{where.netloc}/_stcore/stream"
        async with connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(f"http://{where.netloc}"),
            max_size=None,
            compression=None,
        ) as socket:
            await self._rerun(socket)
            try:
                async for data in socket:
                    assert isinstance(data, bytes)
                    self.received += len(data)
                    self._handle(socket, ForwardMsg.FromString(data), data)
            finally:
                self._stop(list(self._timers))

    async def _rerun(self, socket: ClientConnection, fragment: str = "") -> None:
        where, message = urlsplit(self.url), BackMsg()
        state = message.rerun_script
        state.query_string = where.query
        state.page_name = "" if self._page else PurePosixPath(where.path).name
        state.page_script_hash = self._page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.cached_message_hashes.extend(self._cached)
        await socket.send(message.SerializeToString())

    def _handle(self, socket: ClientConnection, message: ForwardMsg, data: bytes) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable or kind == "ref_hash":
            self._cached[message.ref_hash or message.hash] = self._runs
        if kind == "new_session":
            self._page = message.new_session.page_script_hash or self._page
            if not message.metadata.run.fragment_ids:
                self._stop(list(self._timers))
        elif kind == "auto_rerun":
            self._tick(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._stop(list(message.stop_auto_rerun.fragment_ids))
        elif kind == "script_finished":
            self._runs += 1
            self._cached = {
                key: run for key, run in self._cached.items() if run >= self._runs - _KEPT_RUNS
            }
        elif kind == "delta":
            self._look(data)

    def _look(self, data: bytes) -> None:
        now = time.time() * 1000
        markers = [int(found) for found in _MARKER.findall(data)]
        if markers and not self._last:
            self.ready.set()
        elif markers:
            self.lags += [now - sent for sent in markers if sent > self._last]
        self._last = max([self._last, *markers])

    def _tick(self, socket: ClientConnection, fragment: str, interval: float) -> None:
        known = self._timers.get(fragment)
        if known is not None and known[0] == interval:
            return
        self._stop([fragment])
        self._timers[fragment] = (
            interval,
            asyncio.create_task(self._ticks(socket, fragment, interval)),
        )

    async def _ticks(self, socket: ClientConnection, fragment: str, interval: float) -> None:
        due = time.monotonic()
        while True:
            due += interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._rerun(socket, fragment)

    def _stop(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()


async def _main(url: str, count: int, seconds: float) -> None:
    clients = [_Viewer(url) for _ in range(count)]
    watching = []
    for client in clients:
        watching.append(asyncio.create_task(client.watch()))
        await asyncio.sleep(0.05)  # thirty people do not come in the same millisecond
    await asyncio.gather(*(asyncio.wait_for(client.ready.wait(), 60) for client in clients))
    print("ready", flush=True)
    before = sum(client.received for client in clients)
    for client in clients:
        client.lags.clear()
    await asyncio.sleep(seconds)
    received = sum(client.received for client in clients) - before
    lags = [lag for client in clients for lag in client.lags]
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    print(json.dumps({"bytes": received, "seconds": seconds, "lags": lags}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
