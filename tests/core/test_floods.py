"""Answers without end, or far larger than they look: each is given up early."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tracemalloc
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.providers.guard import LEAST_LIMIT
from specforge_core.providers.sse import MAX_EVENT_BYTES, MAX_STREAM_BYTES
from tests.core.lines import EVERY_WIRE, Line
from tests.core.reading import read_bytes
from tests.core.wire_calls import (
    OPENAI,
    TEXTS,
    Outcome,
    collect,
    endpoint,
    failure,
    text_in,
    text_of,
    thought_of,
)
from tests.loopback import LoopbackProvider, Reply, Send

MIB = 2**20
ROOM = 4 * MAX_EVENT_BYTES  # bytes that reading may hold: the event, and copies on its way
TOO_MUCH = "more than one answer can hold"


def held(line: Line, chunks: Iterator[bytes], **headers: str) -> tuple[Outcome, int]:
    """What came of the chunks, and the most bytes of memory that were held at once."""
    reply = Reply([], headers={"content-type": "text/event-stream", **headers})
    tracemalloc.start()
    try:
        found = read_bytes(line, reply, chunks)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def counted(chunk: bytes, first: bytes = b"") -> tuple[Iterator[bytes], list[int]]:
    """A chunk for ever, and how many bytes of it were asked for."""
    taken = [0]

    def chunks() -> Iterator[bytes]:
        yield first
        while True:
            taken[0] += len(chunk)
            yield chunk

    return chunks(), taken


@EVERY_WIRE
@pytest.mark.parametrize("first", [b'data: {"a":"', b"{", b": ", b"event: ", b"[{"], ids=repr)
def test_an_event_without_end_is_given_up_early(line: Line, first: bytes) -> None:
    chunks, taken = counted(b"a" * 65_536, first)
    (_, error), most = held(line, chunks)
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert TOO_MUCH in str(error)
    assert taken[0] <= MAX_EVENT_BYTES + 65_536
    assert most < ROOM


@EVERY_WIRE
def test_fifty_megabytes_in_one_chunk_are_refused(line: Line) -> None:
    one = b'data: {"choices":[{"delta":{"content":"' + b"a" * 50 * MIB + b'"}}]}\n\n'
    (events, error), most = held(line, iter([one]))
    assert error is not None
    assert (error.category, events) == (ErrorCategory.MALFORMED_STREAM, [])
    assert most < 2 * len(one) + ROOM


@EVERY_WIRE
def test_comments_without_end_are_given_up(line: Line) -> None:
    chunks, taken = counted((b": " + b"x" * 32_766 + b"\n\n") * 8)
    (_, error), most = held(line, chunks)
    assert error is not None
    assert TOO_MUCH in str(error)
    assert taken[0] <= MAX_STREAM_BYTES + MIB
    assert most < ROOM


@EVERY_WIRE
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_packed_answer_that_grows_a_thousandfold_is_given_up(line: Line, layers: int) -> None:
    """Each layer could make a thousand of one: three of them a gigabyte of a kilobyte."""
    bomb = b"data: " + b"a" * (32 * MIB)
    for _ in range(layers):
        bomb = gzip.compress(bomb)
    packed = {"content-encoding": ", ".join(["gzip"] * layers)}
    (_, error), most = held(line, iter([bomb]), **packed)
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert TOO_MUCH in str(error)
    assert most < ROOM


@asynccontextmanager
async def raw_server(first: bytes, more: bytes) -> AsyncGenerator[str]:
    """A server that answers with these bytes, the last of them for ever; yields its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            while True:
                writer.write(more)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"a" * 1_000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nx-long: ", b"a" * 1_000),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"", b"nonsense"),
    ],
    ids=["headers", "header", "hints", "nonsense"],
)
def test_headers_without_end_are_given_up(
    server: LoopbackProvider, first: bytes, more: bytes
) -> None:
    """One wire for all: the HTTP client reads headers, and there is one."""

    async def main() -> Outcome:
        async with raw_server(first, more) as url, endpoint(server) as at:
            at = replace(at, base_url=url + "/v1")
            return await collect(OPENAI, at, first=0.5)

    events, error = asyncio.run(main())
    assert events == []
    assert error is not None
    assert error.category in (ErrorCategory.NETWORK, ErrorCategory.TIMEOUT)
    assert error.retryable


@EVERY_WIRE
@pytest.mark.parametrize(
    ("text", "thinking"),
    [("four", False), ("    ", False), ("four", True)],
    ids=["text", "blanks", "thinking"],
)
def test_a_stream_without_end_is_stopped(line: Line, text: str, thinking: bool) -> None:
    reply = line.stream([], **{line.thinking: [text]}) if thinking else line.stream([text])
    event = next(step.data for step in reply.steps if text_in(step.data, text))
    found, error = read_bytes(line, reply, itertools.repeat(event * 200), most_chars=1_000)
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert "far more text than was asked for" in str(error)
    assert LEAST_LIMIT - 1_000 < len(text_of(found)) + len(thought_of(found)) <= 2**19


@EVERY_WIRE
def test_comments_without_end_do_not_keep_a_stream_alive(
    server: LoopbackProvider, line: Line
) -> None:
    flood = Send(b": still here\n\n" * 2_000)
    reply = replace(line.stream(TEXTS), steps=[flood] * 100_000)
    error = failure(server, line.provider, reply, first=0.3)
    assert error.category is ErrorCategory.TIMEOUT
