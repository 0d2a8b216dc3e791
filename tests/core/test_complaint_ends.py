"""Complaints about how an answer ends: 3, 4, 9, 12 and 13 of the list in test_complaints.py."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import StreamEnd
from tests.core.lines import EVERY_LINE, LINES, Line
from tests.core.wire_calls import (
    TEXTS,
    call,
    chat_events,
    collect,
    endpoint,
    failure,
    first_text,
    text_in,
    text_of,
    usage_of,
)
from tests.loopback import (
    LoopbackProvider,
    Reply,
    Send,
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    gemini_error,
    gemini_events,
    gemini_stream,
    json_reply,
)
from tests.loopback.minimax import minimax_stream

# --- 3: a truncated stream is reported as a success ----------------------------


@EVERY_LINE
@pytest.mark.parametrize("clean", [True, False], ids=["end", "lost"])
def test_3_a_cut_after_any_event_is_told_and_keeps_the_text(
    server: LoopbackProvider, line: Line, clean: bool
) -> None:
    reply = line.stream(TEXTS)
    finish = next(
        n
        for n, step in enumerate(reply.steps)
        if any(one in step.data for one in (b'"stop"', b'"STOP"', b'"end_turn"'))
    )

    async def main() -> None:
        async with endpoint(server) as at:
            for count in range(finish + 1):
                server.reply(reply.cut_after(count, clean=clean))
                events, error = await collect(line.provider, at)
                assert error is not None, count
                assert error.category in (
                    {ErrorCategory.TRUNCATED_STREAM} if clean else {ErrorCategory.NETWORK}
                )
                assert error.retryable
                sent = reply.cut_after(count).body
                kept = text_of(events).removeprefix(line.begin)
                # What a lost connection took with it in the kernel is all that may be missing.
                texts = "".join(text for text in TEXTS if text_in(sent, text))
                assert texts == kept if clean else texts.startswith(kept)

    asyncio.run(main())


# --- 4: an error in the middle is swallowed, or has no type ---------------------

OVERLOADED: dict[str, Any] = {"error": {"message": "Overloaded", "code": 503}}
ANTHROPIC_ERROR = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
GOOGLE_ERROR = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
IN_THE_MIDDLE: dict[str, list[Send]] = {
    "chat_completions": [Send(step.data) for step in chat_events(OVERLOADED, "[DONE]").steps],
    "anthropic_messages": [Send(b"event: error\ndata: " + ANTHROPIC_ERROR + b"\n\n")],
    "gemini": [Send(step.data) for step in gemini_events(GOOGLE_ERROR).steps],
}


@EVERY_LINE
def test_4_an_error_in_the_middle_is_typed_and_keeps_the_text(
    server: LoopbackProvider, line: Line
) -> None:
    reply = line.stream(TEXTS)
    count = first_text(reply)
    steps = [*reply.steps[:count], *IN_THE_MIDDLE[line.provider.wire_name]]
    for sent in (replace(reply, steps=steps), replace(reply, steps=steps).in_chunks_of(10**6)):
        events, error = call(server, line.provider, sent)
        assert error is not None
        assert (error.category, error.retryable) == (ErrorCategory.OVERLOADED, True)
        assert text_of(events) == line.begin + TEXTS[0]
        assert "Wait a moment, then try again." in str(error)


# --- 9: an empty or blocked answer is a success --------------------------------

NOTHING = ErrorCategory.MALFORMED_STREAM, "answered nothing"
USED_UP = ErrorCategory.BAD_REQUEST, "used up the answer's length limit for thinking"
FILTERED = ErrorCategory.CONTENT_FILTER, "safety filter"
DECLINED = ErrorCategory.CONTENT_FILTER, "declined"
BROKEN = ErrorCategory.TRUNCATED_STREAM, "broke off"
BLOCKED: dict[str, Any] = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
EMPTY: dict[str, tuple[str, Reply, tuple[ErrorCategory, str]]] = {
    "stop": ("openai", chat_stream([]), NOTHING),
    "blanks": ("zai", LINES["zai"].stream([]), NOTHING),
    "only thinking": ("minimax", minimax_stream([], reasoning=["hm"]), NOTHING),
    "length": ("openai", chat_stream([], finish="length"), USED_UP),
    "length in thinking": (
        "minimax",
        minimax_stream([], reasoning=["hm"], finish="length"),
        USED_UP,
    ),
    "filter": ("openai", chat_stream([], finish="content_filter"), FILTERED),
    "refusal": ("openai", chat_stream([], refusal="I cannot."), DECLINED),
    "no body": ("openai", Reply([]), BROKEN),
    "empty JSON": ("openai", json_reply({}), BROKEN),
    "anthropic stop": ("anthropic", anthropic_stream([]), NOTHING),
    "anthropic refusal": ("anthropic", anthropic_stream([], stop="refusal"), DECLINED),
    "anthropic refusal after text": (
        "anthropic",
        anthropic_stream(["I"], stop="refusal"),
        DECLINED,
    ),
    "anthropic length": (
        "anthropic",
        anthropic_stream([], stop="max_tokens", thinking=["hm"]),
        USED_UP,
    ),
    "gemini stop": ("gemini", gemini_stream([]), NOTHING),
    "gemini stop without parts": (
        "gemini",
        gemini_events({"candidates": [{"finishReason": "STOP", "index": 0}]}),
        NOTHING,
    ),
    "gemini safety": ("gemini", gemini_stream([], finish="SAFETY"), FILTERED),
    "gemini prompt": ("gemini", gemini_events(BLOCKED), FILTERED),
    "gemini length": (
        "gemini",
        gemini_stream([], reasoning=["hm"], finish="MAX_TOKENS"),
        USED_UP,
    ),
}


@pytest.mark.parametrize(("name", "reply", "verdict"), EMPTY.values(), ids=EMPTY.keys())
def test_9_an_empty_or_blocked_answer_says_what_it_is(
    server: LoopbackProvider, name: str, reply: Reply, verdict: tuple[ErrorCategory, str]
) -> None:
    category, words = verdict
    events, error = call(server, LINES[name].provider, reply)
    assert error is not None
    assert error.category is category
    assert words in str(error)
    assert not [event for event in events if isinstance(event, StreamEnd)]


# --- 12: the absence of [DONE] is a failure, or is waited for -------------------


@pytest.mark.parametrize("name", ["minimax", "minimax v2", "gemini", "ollama"])
@pytest.mark.parametrize("stays_open", [False, True], ids=["closed", "open"])
def test_12_a_finish_and_the_end_of_the_body_are_enough_where_no_terminator_comes(
    server: LoopbackProvider, name: str, stays_open: bool
) -> None:
    line = LINES[name]
    whole = line.stream(TEXTS)
    steps = [step for step in whole.steps if step != Send(b"data: [DONE]\n\n")]
    reply = replace(whole, steps=steps)
    if stays_open:
        reply = reply.stall_after(len(steps), keep_alive=True)
    events, error = call(server, line.provider, reply)
    assert (error, text_of(events)) == (None, "".join(TEXTS))
    assert usage_of(events).output_tokens == 7


@pytest.mark.parametrize("name", ["openai", "deepseek", "mistral", "zai", "anthropic"])
def test_12_where_a_terminator_belongs_to_the_stream_its_absence_is_a_cut(
    server: LoopbackProvider, name: str
) -> None:
    line = LINES[name]
    whole = line.stream(TEXTS)
    error = failure(server, line.provider, whole.cut_after(len(whole.steps) - 1))
    assert error.category is ErrorCategory.TRUNCATED_STREAM


# --- 13: an empty account is asked again and again ------------------------------

SPENT: dict[str, tuple[str, Reply]] = {
    "openai": ("openai", chat_error(429, "quota", code="insufficient_quota")),
    "deepseek": ("deepseek", chat_error(402, "Insufficient Balance", kind="unknown_error")),
    "zai": ("zai", json_reply({"error": {"code": "1113", "message": "no balance"}}, 429)),
    "zai window": ("zai", json_reply({"error": {"code": "1308", "message": "limit"}}, 429)),
    "minimax": (
        "minimax",
        json_reply({"base_resp": {"status_code": 1008, "status_msg": "balance"}}),
    ),
    "minimax stream": (
        "minimax",
        chat_events({"base_resp": {"status_code": 2056, "status_msg": "plan"}}),
    ),
    "anthropic": (
        "anthropic",
        anthropic_error(400, "invalid_request_error", "Your credit balance is too low"),
    ),
    "anthropic 402": ("anthropic", anthropic_error(402, "billing_error", "pay")),
    "gemini": (
        "gemini",
        gemini_error(429, "Your prepayment credits are depleted.", name="RESOURCE_EXHAUSTED"),
    ),
}


@pytest.mark.parametrize(("name", "reply"), SPENT.values(), ids=SPENT.keys())
def test_13_an_empty_account_is_no_limit_to_wait_for(
    server: LoopbackProvider, name: str, reply: Reply
) -> None:
    error = failure(server, LINES[name].provider, reply)
    assert (error.category, error.retryable) == (ErrorCategory.QUOTA, False)
    assert "Top it up, or choose another provider." in str(error)
    assert len(server.requests) == 1
