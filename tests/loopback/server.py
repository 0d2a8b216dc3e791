"""The loopback provider: raw HTTP/1.1 on asyncio streams, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from tests.loopback.replies import Cut, Gate, Pause, Reply, Reset, Send, Stall, Step
from tests.loopback.section import is_content, models_reply, section_reply, wire_of

_LINGER_OFF = struct.pack("ii", 1, 0)


@dataclass
class Recorded:
    """One request as it came in. Times are `time.monotonic()`, readable from any thread.

    gone_at: when the client closed the connection while the answer was still
    being written; None when it stayed to the end. finished_at: the end of the answer.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    received_at: float = field(default_factory=time.monotonic)
    gone_at: float | None = None
    finished_at: float | None = None


class _Closed(Exception):
    """The connection is over and must not be used for another request."""


class LoopbackProvider:
    """A context manager that serves every wire on one port.

    Scripted replies come first, in order. Then, with neither left, a section of
    `size_kb` is written, `tokens_per_s` content events a second (None: at once).
    """

    def __init__(
        self, *, port: int = 0, tokens_per_s: float | None = None, size_kb: float = 2.0
    ) -> None:
        self.requests: list[Recorded] = []
        self.connections = 0
        self.tokens_per_s = tokens_per_s
        self.size_kb = size_kb
        self._replies: deque[Reply] = deque()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="loopback-provider", daemon=True)

    @property
    def base_url(self) -> str:
        """For CUSTOM_BASE_URL and OPENAI_BASE_URL; `root_url` is for the others'."""
        return f"{self.root_url}/v1"

    @property
    def root_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)

    def reply(self, *replies: Reply) -> None:
        """Script the next answers, one per request."""
        self._replies.extend(replies)

    def wait_requests(self, count: int = 1, timeout: float = 30.0) -> list[Recorded]:
        """The requests, once there are so many. Raises TimeoutError."""
        return self._wait(lambda: list(self.requests), count, timeout)

    def wait_gone(self, timeout: float = 30.0, *, count: int = 1) -> list[Recorded]:
        """The requests whose client left early, once there are so many. Raises TimeoutError."""
        return self._wait(
            lambda: [one for one in self.requests if one.gone_at is not None], count, timeout
        )

    def wait_finished(self, count: int = 1, timeout: float = 30.0) -> list[Recorded]:
        """The requests answered to the end, once there are so many. Raises TimeoutError."""
        return self._wait(
            lambda: [one for one in self.requests if one.finished_at is not None], count, timeout
        )

    def _wait(
        self, found: Callable[[], list[Recorded]], count: int, timeout: float
    ) -> list[Recorded]:
        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, timeout):
                raise TimeoutError(f"{len(found())} of {count} requests after {timeout} s")
            return found()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accepted, sock=self._socket, limit=2**24)
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await _Connection(self, reader, writer).serve()
        except (_Closed, asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def received(self, request: Recorded) -> Reply:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        if self._replies:
            return self._replies.popleft()
        if request.method == "GET":
            return models_reply(request.path)
        return section_reply(wire_of(request.path), self.size_kb)

    def pace(self, request: Recorded, reply: Reply) -> float | None:
        """Tokens per second for the default answer; a scripted one has pauses of its own."""
        default = reply is section_reply(wire_of(request.path), self.size_kb)
        return self.tokens_per_s if default else None

    def mark(self, request: Recorded, *, gone: bool) -> None:
        with self._changed:
            if gone:
                request.gone_at = time.monotonic()
            else:
                request.finished_at = time.monotonic()
            self._changed.notify_all()


class _Connection:
    """Requests and answers on one socket."""

    def __init__(
        self, server: LoopbackProvider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        while True:
            request = await self._request()
            reply = self._server.received(request)
            await self._answer(request, reply)

    async def _request(self) -> Recorded:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        raw = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Recorded(method, path, headers, json.loads(raw) if raw else None)

    async def _answer(self, request: Recorded, reply: Reply) -> None:
        """Write the answer, or stop at once when the client closes the connection."""
        writing = asyncio.ensure_future(self._write(reply, self._server.pace(request, reply)))
        # A client sends nothing while it is answered, so the only thing to read is its end.
        leaving = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not writing.done() or isinstance(writing.exception(), ConnectionError):
                self._server.mark(request, gone=True)
                raise _Closed
            self._server.mark(request, gone=False)
            writing.result()
        finally:
            writing.cancel()
            leaving.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, reply: Reply, tokens_per_s: float | None) -> None:
        headers = {"transfer-encoding": "chunked", **reply.headers}
        if reply.closes:
            headers["connection"] = "close"  # or the client's next request may meet the closing
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"HTTP/1.1 {reply.status} Loopback\r\n{lines}\r\n".encode("latin-1"))
        start, sent = asyncio.get_running_loop().time(), 0
        for step in reply.steps:
            if tokens_per_s is not None and is_content(step):
                due = start + sent / tokens_per_s
                sent += 1
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            await self._step(step)
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _step(self, step: Step) -> None:
        match step:
            case Send(data):
                await self._send(data)
            case Pause(seconds, keep_alive, every_s):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._keep_alive(keep_alive, every_s)
            case Stall(keep_alive, every_s):
                await self._keep_alive(keep_alive, every_s)
            case Gate():
                await self._writer.drain()
                await step.passed()
            case Cut(clean):
                self._writer.write(b"0\r\n\r\n" if clean else b"")
                await self._writer.drain()
                self._writer.close()
                raise _Closed
            case Reset():
                sock = self._writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
                self._writer.transport.abort()
                raise _Closed

    async def _keep_alive(self, data: bytes | None, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            if data:
                await self._send(data)

    async def _send(self, data: bytes) -> None:
        self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self._writer.drain()
        await asyncio.sleep(0)  # drain alone gives the loop no turn to see the client leave
