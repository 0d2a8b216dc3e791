"""Answers that break off, stall, fail or turn into nonsense on their way."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import TextDelta, WireEvent
from specforge_core.providers.rows import Provider
from specforge_core.providers.sse import MAX_EVENT_BYTES, MAX_STREAM_BYTES
from tests.core.reading import LINES, Line, read_bytes
from tests.core.wire_calls import (
    BOTH,
    CUSTOM,
    KEY,
    OPENAI,
    TEXTS,
    MakeStream,
    Outcome,
    assert_no_secret,
    call,
    chat_events,
    collect,
    delta,
    endpoint,
    failure,
    open_stream,
    text_in,
    text_of,
)
from tests.loopback import Gate, LoopbackProvider, Reply, Send, chat_stream, json_reply


@BOTH
def test_a_cut_at_every_event_keeps_the_text_and_is_truncated(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    whole = stream(TEXTS)

    async def main() -> None:
        async with endpoint(server) as at:
            for count in range(len(whole.steps)):
                server.reply(whole.cut_after(count))
                events, error = await collect(provider, at)
                assert error is not None, count
                assert error.category is ErrorCategory.TRUNCATED_STREAM
                assert error.retryable
                sent = [text for text in TEXTS if text_in(whole.cut_after(count).body, text)]
                assert text_of(events) == "".join(sent)

    asyncio.run(main())


@BOTH
def test_a_stall_is_found_in_time_although_the_connection_is_kept_alive(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    count = next(n for n, step in enumerate(stream(TEXTS).steps, 1) if text_in(step.data, TEXTS[0]))
    reply = stream(TEXTS).stall_after(count, keep_alive=True)
    events, error = call(server, provider, reply, between=0.2)
    assert error is not None
    assert error.category is ErrorCategory.STALL
    assert text_of(events) == TEXTS[0]
    server.wait_gone()


@BOTH
def test_silence_before_the_first_text_is_a_timeout(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    error = failure(server, provider, stream(TEXTS).stall_after(1, keep_alive=True), first=0.2)
    assert error.category is ErrorCategory.TIMEOUT


@BOTH
def test_a_lost_connection_is_a_network_error_that_keeps_the_text(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    async def main(reply: Reply, gate: Gate) -> Outcome:
        server.reply(reply)
        async with endpoint(server) as at:
            seen: list[WireEvent] = []
            try:
                async with aclosing(open_stream(provider, at)) as events:
                    async for event in events:
                        seen.append(event)
                        if isinstance(event, TextDelta):
                            gate.open()
            except ProviderError as error:
                return seen, error
            return seen, None

    whole = stream(["only"])
    count = next(n for n, step in enumerate(whole.steps, 1) if text_in(step.data, "only"))
    for broken in (whole.reset_after(count), whole.cut_after(count, clean=False)):
        gate = Gate()
        events, error = asyncio.run(main(broken.gate_after(count, gate), gate))
        assert error is not None
        assert error.category is ErrorCategory.NETWORK
        assert text_of(events) == "only"


@pytest.mark.parametrize(
    ("last", "category"),
    [
        ({"error": {"message": "Overloaded", "code": 503}}, ErrorCategory.OVERLOADED),
        ({"error": {"message": f"key {KEY}", "code": 429}}, ErrorCategory.RATE_LIMIT),
        ({"error": {"message": "x", "type": "server_error"}}, ErrorCategory.SERVER),
        ({"error": "model runner has crashed"}, ErrorCategory.UNKNOWN),
        ({"base_resp": {"status_code": 1008, "status_msg": "balance"}}, ErrorCategory.QUOTA),
        ({"base_resp": {"status_code": 1002, "status_msg": "slow"}}, ErrorCategory.RATE_LIMIT),
        (delta("", finish="error"), ErrorCategory.SERVER),
        (delta("", finish="network_error"), ErrorCategory.SERVER),
        ({"choices": "nonsense"}, ErrorCategory.MALFORMED_STREAM),
        ("{not json", ErrorCategory.MALFORMED_STREAM),
        ("[1]", ErrorCategory.UNKNOWN),
    ],
)
def test_an_error_inside_a_200_is_typed_and_keeps_the_text(
    server: LoopbackProvider, last: dict[str, Any] | str, category: ErrorCategory
) -> None:
    events, error = call(server, CUSTOM, chat_events(delta("a"), last, "[DONE]"))
    assert error is not None
    assert_no_secret(error)
    assert error.category is category
    assert text_of(events) == "a"


@BOTH
def test_a_json_error_instead_of_a_stream_is_typed(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    assert failure(server, provider, json_reply(body)).category is ErrorCategory.RATE_LIMIT


def test_an_error_in_the_same_read_as_the_text_keeps_the_text(server: LoopbackProvider) -> None:
    reply = chat_events(delta("a"), delta("b"), {"error": {"message": "x", "code": 503}})
    events, error = call(server, CUSTOM, reply.in_chunks_of(len(reply.body)))
    assert error is not None
    assert error.category is ErrorCategory.OVERLOADED
    assert events == [TextDelta("ab")]


def test_a_web_page_instead_of_a_stream_points_to_the_base_url(server: LoopbackProvider) -> None:
    page = Reply(
        [Send(b"<!doctype html><title>Sign in</title>")], 200, {"content-type": "text/html"}
    )
    error = failure(server, CUSTOM, page)
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert "base URL" in str(error)


def test_a_broken_compression_is_an_error(server: LoopbackProvider) -> None:
    reply = chat_stream(["a"])
    zipped = replace(reply, headers={**reply.headers, "content-encoding": "gzip"})
    assert failure(server, OPENAI, zipped).category is ErrorCategory.MALFORMED_STREAM


# --- nonsense and bombs ------------------------------------------------------


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000], ids=["lists", "objects"])
@BOTH
def test_json_nested_without_end_is_malformed_and_an_error_body_keeps_its_status(
    server: LoopbackProvider, provider: Provider, stream: MakeStream, deep: bytes
) -> None:
    error = failure(server, provider, Reply([Send(b"data: " + deep + b"\n\n")]))
    assert error.category is ErrorCategory.MALFORMED_STREAM
    body = Reply([Send(b'{"error":' + deep)], 500, {"content-type": "application/json"})
    assert failure(server, provider, body).category is ErrorCategory.SERVER


@BOTH
def test_no_answer_is_asked_to_be_packed_and_a_packed_one_is_limited_unpacked(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    bomb = gzip.compress(b"data: " + b"a" * 16 * 2**20)
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    error = failure(server, provider, Reply([Send(bomb)], 200, headers))
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert "more than one answer can hold" in str(error)
    assert server.requests[-1].headers["accept-encoding"] == "identity"


MIB = 2**20
ROOM = 4 * MAX_EVENT_BYTES  # bytes that reading may hold: the event, and copies on its way
PER_WIRE = pytest.mark.parametrize(
    "line",
    [LINES[name] for name in ("openai", "anthropic", "gemini")],
    ids=lambda one: one.provider.name,
)
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


@PER_WIRE
@pytest.mark.parametrize("first", [b'data: {"a":"', b"{", b": ", b"event: ", b"[{"], ids=repr)
def test_an_event_without_end_is_given_up_early(line: Line, first: bytes) -> None:
    chunks, taken = counted(b"a" * 65_536, first)
    (_, error), most = held(line, chunks)
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert TOO_MUCH in str(error)
    assert taken[0] <= MAX_EVENT_BYTES + 65_536
    assert most < ROOM


@PER_WIRE
def test_fifty_megabytes_in_one_chunk_are_refused(line: Line) -> None:
    one = b'data: {"choices":[{"delta":{"content":"' + b"a" * 50 * MIB + b'"}}]}\n\n'
    (events, error), most = held(line, iter([one]))
    assert error is not None
    assert (error.category, events) == (ErrorCategory.MALFORMED_STREAM, [])
    assert most < 2 * len(one) + ROOM


@PER_WIRE
def test_comments_without_end_are_given_up(line: Line) -> None:
    chunks, taken = counted((b": " + b"x" * 4_094 + b"\n\n") * 64)
    (_, error), most = held(line, chunks)
    assert error is not None
    assert TOO_MUCH in str(error)
    assert taken[0] <= MAX_STREAM_BYTES + MIB
    assert most < ROOM


@PER_WIRE
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
