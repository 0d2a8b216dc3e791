"""The Anthropic wire: its request, its errors and its counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import Usage
from tests.core.wire_calls import ANTHROPIC, KEY, NO_COUNTS, call, failure, text_of
from tests.loopback import LoopbackProvider, Send, anthropic_error, anthropic_stream, json_reply


def test_the_anthropic_request_is_exactly_this(server: LoopbackProvider) -> None:
    call(server, ANTHROPIC, anthropic_stream(["a"]))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert KEY in (request.headers.get("authorization", "") + request.headers.get("x-api-key", ""))
    assert request.headers["anthropic-version"]
    assert request.body == {
        "model": "model-1",
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Hello?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "Go on."},
        ],
        "stream": True,
        "max_tokens": 300,
    }


def test_unknown_anthropic_events_are_skipped(server: LoopbackProvider) -> None:
    reply = anthropic_stream(["a"])
    odd = Send(b'event: novelty\ndata: {"type":"novelty","delta":{"text":"no"}}\n\n')
    events, error = call(server, ANTHROPIC, replace(reply, steps=[odd, *reply.steps]))
    assert (error, text_of(events)) == (None, "a")


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "content_block_delta", "index": 0, "delta": None},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": None}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "novelty_delta", "x": 1}},
        {"type": "content_block_start", "index": 0, "content_block": None},
        {"type": "message_start", "message": None},
        {"type": "message_delta", "delta": None, "usage": None},
        {"type": "novelty"},
        {},
    ],
    ids=str,
)
def test_an_anthropic_event_that_says_nothing_is_skipped(
    server: LoopbackProvider, odd: dict[str, Any]
) -> None:
    reply = anthropic_stream(["a", "b"])
    step = Send(f"event: odd\ndata: {json.dumps(odd)}\n\n".encode())
    middle = next(n for n, one in enumerate(reply.steps, 1) if b'"a"' in one.data)
    steps = [step, *reply.steps[:middle], step, *reply.steps[middle:]]
    events, error = call(server, ANTHROPIC, replace(reply, steps=steps))
    assert (error, text_of(events)) == (None, "ab")


def test_the_first_output_count_of_anthropic_is_a_placeholder_and_not_told(
    server: LoopbackProvider,
) -> None:
    reply = anthropic_stream(["a"])
    assert b'"output_tokens":1' in reply.body
    events, error = call(server, ANTHROPIC, reply.cut_after(4))
    assert error is not None
    assert [event for event in events if isinstance(event, Usage)] == [Usage(11, None, None, 3)]


@pytest.mark.parametrize(
    ("status", "kind", "category"),
    [
        (401, "authentication_error", ErrorCategory.AUTH),
        (402, "billing_error", ErrorCategory.QUOTA),
        (404, "not_found_error", ErrorCategory.BAD_REQUEST),
        (413, "request_too_large", ErrorCategory.CONTEXT_LENGTH),
        (429, "rate_limit_error", ErrorCategory.RATE_LIMIT),
        (500, "api_error", ErrorCategory.SERVER),
        (504, "timeout_error", ErrorCategory.TIMEOUT),
        (529, "overloaded_error", ErrorCategory.OVERLOADED),
    ],
)
def test_anthropic_errors_are_typed(
    server: LoopbackProvider, status: int, kind: str, category: ErrorCategory
) -> None:
    reply = anthropic_error(status, kind, f"About {KEY}", {"retry-after": "3600"})
    error = failure(server, ANTHROPIC, reply)
    assert (error.category, error.status) == (category, status)
    assert error.request_id == "req_loopback_error"
    assert error.retry_after_s == 3600
    assert len(server.requests) == 1


def test_an_anthropic_error_event_is_typed_and_keeps_the_text(server: LoopbackProvider) -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    whole = anthropic_stream(["a"])
    steps = [*whole.steps[:4], Send(b"event: error\ndata: " + body + b"\n\n")]
    events, error = call(server, ANTHROPIC, replace(whole, steps=steps))
    assert error is not None
    assert error.category is ErrorCategory.OVERLOADED
    assert text_of(events) == "a"


@pytest.mark.parametrize("odd", NO_COUNTS, ids=str)
def test_an_anthropic_count_that_is_none_is_left_out_and_the_answer_kept(
    server: LoopbackProvider, odd: Any
) -> None:
    counts = {"input_tokens": 3, "output_tokens": odd, "cache_read_input_tokens": odd}
    for usage in (odd, {**counts, "output_tokens_details": odd}):
        answer = {"content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn"}
        reply = json_reply({"type": "message", "usage": usage, "model": odd, **answer})
        events, error = call(server, ANTHROPIC, reply)
        assert (error, text_of(events)) == (None, "a")
        assert {e for e in events if isinstance(e, Usage)} <= {Usage(3)}
