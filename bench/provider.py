"""The loopback provider as a process of its own, which writes what it is told to.

Started by `bench.processes.Provider`. Commands come as JSON lines on stdin (a
`Script` each, answered by {"playing": true}); each request whose client left
early is told on stdout with the time at which its socket was seen closed.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import count
from typing import Any, cast

from tests.loopback import Gate, LoopbackProvider, Pause, Recorded, Reply, Send
from tests.loopback.gemini import gemini_stream
from tests.loopback.replies import Step
from tests.loopback.section import wire_of
from tests.loopback.wires import anthropic_stream, chat_stream

_STREAMS: dict[str, Callable[..., Reply]] = {
    "chat": chat_stream,
    "anthropic": anthropic_stream,
    "gemini": gemini_stream,
}
_PIECE = re.compile(r"§|\s*[^\s§]{1,6}|\s+")  # about a token; § becomes a marker
_HOLE = b"@@"
MARKER = re.compile(r"m(\d{13})x")  # the moment of its emission, in ms since 1970
_TEXT = """\
The team reads every request§ on the day it arrives, **decides**§ within two days and then \
tells§ the person who asked for it.§ A decision that waits longer is§ shown in `open-decisions`, \
with its reason.§

- A request names who asks, what§ for and until when it waits.§
- A decision names who decided it§ and what it will cost us.§
- Nothing is ever closed without an§ answer to the one who asked.§

| part | owner | due |
|---|---|---|
| intake | product | week 1 |

```python
def due(request: Request) -> date:
    return request.received + timedelta(days=2)
```

"""


@dataclass(frozen=True)
class Script:
    """What the next requests get.

    fill_kb: text written at once, over the first `fill_sections` requests; then
    silence of `settle_s`. Then, in every answer, `seconds` of text at `tps`
    tokens/s with a marker (`m<ms since 1970>x`, the moment of its emission) every
    six words. burst: instead, so many deltas at
    once in every answer. plain: instead, unmarked text at `tps` in every answer.
    think_s: the time before the first byte of an answer, headers included; other
    requests wait meanwhile, so it is for one at a time.
    """

    fill_kb: float = 0.0
    fill_sections: int = 0
    tps: float = 50.0
    seconds: float = 600.0
    settle_s: float = 0.0
    burst: int = 0
    plain: bool = False
    think_s: float = 0.0


class BenchProvider(LoopbackProvider):
    """Answers by the script instead of by prepared replies."""

    def __init__(self) -> None:
        super().__init__(size_kb=1.0)
        self._script = Script()
        self._answered = 0

    def play(self, script: Script) -> None:
        self._script, self._answered = script, 0
        self.size_kb = script.seconds * script.tps * 5 / 1024 if script.plain else 1.0
        self.tokens_per_s = script.tps if script.plain else None

    def received(self, request: Recorded) -> Reply:
        default = super().received(request)
        script, wire = self._script, wire_of(request.path)
        self._answered += 1
        time.sleep(script.think_s)
        if script.plain:
            return default
        if script.burst:
            return burst(wire, script.burst)
        if self._answered <= script.fill_sections:
            return fill(wire, script.fill_kb / script.fill_sections)
        first = self._answered == script.fill_sections + 1
        return live(wire, script, script.settle_s if first else 0.0)

    def mark(self, request: Recorded, *, gone: bool) -> None:
        super().mark(request, gone=gone)
        if gone:
            tell({"gone": request.gone_at, "gone_ms": time.time() * 1000})


@cache
def burst(wire: str, deltas: int) -> Reply:
    """Many deltas as fast as possible, in pieces that a socket may give at once."""
    reply = _STREAMS[wire](["decide "] * deltas, usage=(800, deltas))
    body = reply.body
    return replace(
        reply, steps=[Send(body[start : start + 4096]) for start in range(0, len(body), 4096)]
    )


@cache
def fill(wire: str, size_kb: float) -> Reply:
    """A finished section at once: much prose, a few lists, and a table and code every 3 KB."""
    pieces: list[str] = []
    for number in count(1):
        if sum(map(len, pieces)) >= 1024 * size_kb:
            break
        plain, _, rest = _TEXT.replace("§", "").partition("| part")
        pieces += _PIECE.findall(f"### Chapter {number}\n\n{plain * 7}| part{rest}")
    return _STREAMS[wire](pieces)


def live(wire: str, script: Script, settle_s: float) -> Reply:
    whole = _STREAMS[wire]([_HOLE.decode()])
    return Reply(cast("list[Step]", _Live(whole.steps, script, settle_s)), 200, whole.headers)


class _Moment(Gate):
    """Opens by itself when it is due. A `Pause` costs so much that 200 answers would need a core.

    Both clocks are `time.monotonic()`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.due = 0.0

    async def passed(self) -> None:
        if (wait_s := self.due - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)


class _Live:
    """Steps made when they are due, because a marker carries the moment of its emission."""

    def __init__(self, steps: Any, script: Script, settle_s: float) -> None:
        place = next(
            index
            for index, step in enumerate(steps)
            if isinstance(step, Send) and _HOLE in step.data
        )
        self._head, self._tail = steps[:place], steps[place + 1 :]
        self._before, self._after = steps[place].data.split(_HOLE)
        self._script, self._settle_s = script, settle_s

    def __iter__(self) -> Iterator[Step]:
        yield from self._head
        yield Pause(self._settle_s)
        moment, start, tps = _Moment(), time.monotonic(), self._script.tps
        for number, piece in zip(range(int(tps * self._script.seconds)), _pieces(), strict=False):
            moment.due = start + number / tps
            yield moment
            text = b" m%dx" % (time.time() * 1000) if piece == "§" else _in_json(piece)
            yield Send(self._before + text + self._after)
        yield from self._tail


@cache
def _in_json(piece: str) -> bytes:
    return json.dumps(piece)[1:-1].encode()


def marked_share() -> float:
    """The share of the tokens of a live text that are markers."""
    pieces = _PIECE.findall(_TEXT)
    return pieces.count("§") / len(pieces)


def _pieces() -> Iterator[str]:
    for number in count(1):
        yield from _PIECE.findall(f"### Part {number}\n\n{_TEXT}")


def tell(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    with BenchProvider() as provider:
        tell({"root_url": provider.root_url})
        for line in sys.stdin:
            provider.play(Script(**json.loads(line)))
            tell({"playing": True})


def command(script: Script) -> str:
    return json.dumps(asdict(script)) + "\n"


if __name__ == "__main__":
    main()
