"""Answers that break off, stall, fail or turn into nonsense on their way."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import TextDelta, WireEvent
from tests.core.lines import EVERY_WIRE, Line
from tests.core.wire_calls import (
    CUSTOM,
    KEY,
    OPENAI,
    Outcome,
    assert_no_secret,
    call,
    chat_events,
    delta,
    endpoint,
    failure,
    open_stream,
    text_in,
    text_of,
)
from tests.loopback import Gate, LoopbackProvider, Reply, Send, chat_stream, json_reply


@EVERY_WIRE
def test_a_lost_connection_is_a_network_error_that_keeps_the_text(
    server: LoopbackProvider, line: Line
) -> None:
    async def main(reply: Reply, gate: Gate) -> Outcome:
        server.reply(reply)
        async with endpoint(server) as at:
            seen: list[WireEvent] = []
            try:
                async with aclosing(open_stream(line.provider, at)) as events:
                    async for event in events:
                        seen.append(event)
                        if isinstance(event, TextDelta):
                            gate.open()
            except ProviderError as error:
                return seen, error
            return seen, None

    whole = line.stream(["only"])
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


@EVERY_WIRE
def test_a_json_error_instead_of_a_stream_is_typed(server: LoopbackProvider, line: Line) -> None:
    error = {"type": "rate_limit_error", "code": 429, "message": "slow"}  # as any of them has it
    reply = json_reply({"type": "error", "error": error})
    assert failure(server, line.provider, reply).category is ErrorCategory.RATE_LIMIT


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
@EVERY_WIRE
def test_json_nested_without_end_is_malformed_and_an_error_body_keeps_its_status(
    server: LoopbackProvider, line: Line, deep: bytes
) -> None:
    error = failure(server, line.provider, Reply([Send(b"data: " + deep + b"\n\n")]))
    assert error.category is ErrorCategory.MALFORMED_STREAM
    body = Reply([Send(b'{"error":' + deep)], 500, {"content-type": "application/json"})
    assert failure(server, line.provider, body).category is ErrorCategory.SERVER


@EVERY_WIRE
def test_no_answer_is_asked_to_be_packed_and_a_packed_one_is_limited_unpacked(
    server: LoopbackProvider, line: Line
) -> None:
    bomb = gzip.compress(b"data: " + b"a" * 16 * 2**20)
    headers = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    error = failure(server, line.provider, Reply([Send(bomb)], 200, headers))
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert "more than one answer can hold" in str(error)
    assert server.requests[-1].headers["accept-encoding"] == "identity"
