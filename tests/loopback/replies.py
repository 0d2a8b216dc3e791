"""What the loopback provider answers: a status, headers and steps that happen in order."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

EVENT_STREAM = {"content-type": "text/event-stream; charset=utf-8"}
CHAT_KEEP_ALIVE = b": keep-alive\n\n"
ANTHROPIC_KEEP_ALIVE = b'event: ping\ndata: {"type": "ping"}\n\n'


@dataclass(frozen=True)
class Send:
    """Bytes written as one HTTP chunk; the client may read several chunks at once."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    """Wait for some seconds; with `keep_alive`, send that every `every_s` meanwhile."""

    seconds: float
    keep_alive: bytes | None = None
    every_s: float = 0.02


@dataclass(frozen=True)
class Stall:
    """Send no more until the client goes away, except `keep_alive` every `every_s`."""

    keep_alive: bytes | None = None
    every_s: float = 0.02


@dataclass(frozen=True)
class Cut:
    """Close the connection without the end of the body; `clean` ends the body properly first."""

    clean: bool = True


@dataclass(frozen=True)
class Reset:
    """Reset the TCP connection."""


class Gate:
    """A step at which the server waits until the test calls `open`.

    `reached` is set, for any thread to wait on, when the server stands at the gate.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        with self._lock:
            self._opened.set()
            if self._waiting is not None:
                loop, event = self._waiting
                loop.call_soon_threadsafe(event.set)

    async def passed(self) -> None:
        """Called by the server's loop."""
        event = asyncio.Event()
        with self._lock:
            if self._opened.is_set():
                event.set()
            self._waiting = (asyncio.get_running_loop(), event)
        self.reached.set()
        await event.wait()


Step = Send | Pause | Stall | Cut | Reset | Gate


@dataclass(frozen=True)
class Reply:
    """One answer. `keep_alive` is what this wire sends to keep a connection open."""

    steps: Sequence[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: dict(EVENT_STREAM))
    keep_alive: bytes = CHAT_KEEP_ALIVE
    closes: bool = False  # it ends with a `Cut`, so the connection is good for no other answer

    @property
    def body(self) -> bytes:
        return b"".join(step.data for step in self.steps if isinstance(step, Send))

    def cut_after(self, events: int, *, clean: bool = True) -> Reply:
        """Only the first events, then the end of the body or (not `clean`) of the connection."""
        return replace(self._then(events, Cut(clean)), closes=True)

    def reset_after(self, events: int) -> Reply:
        return self._then(events, Reset())

    def stall_after(self, events: int, *, keep_alive: bool = False) -> Reply:
        return self._then(events, Stall(self.keep_alive if keep_alive else None))

    def gate_after(self, events: int, gate: Gate) -> Reply:
        """All events, with a gate after the first ones."""
        return replace(self, steps=[*self.steps[:events], gate, *self.steps[events:]])

    def split_at(self, *offsets: int) -> Reply:
        """The same bytes, in chunks that end at these offsets."""
        ends = [0, *offsets, len(self.body)]
        return self._chunked([self.body[a:b] for a, b in itertools.pairwise(ends)])

    def in_chunks_of(self, size: int) -> Reply:
        return self.split_at(*range(size, len(self.body), size))

    def with_body(self, body: bytes) -> Reply:
        return self._chunked([body])

    def paced(self, delay_s: float) -> Reply:
        """A pause before every chunk."""
        pauses = [(Pause(delay_s), step) for step in self.steps]
        return replace(self, steps=list(itertools.chain.from_iterable(pauses)))

    def _chunked(self, chunks: Iterable[bytes]) -> Reply:
        return replace(self, steps=[Send(chunk) for chunk in chunks if chunk])

    def _then(self, events: int, last: Step) -> Reply:
        return replace(self, steps=[*self.steps[:events], last])
