"""What people complain about in other clients, each as a test that it is not true of this one.

A wire or a vendor that must not have these faults either is one more row of `LINES`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory
from specforge_core.events import ReasoningDelta, StreamEnd, TextDelta, Usage
from specforge_core.generation.meter import Meter
from specforge_core.providers.wire import Endpoint
from tests.core.reading import LINES, Line, read_bytes
from tests.core.wire_calls import (
    TEXTS,
    Outcome,
    call,
    chat_events,
    collect,
    delta,
    endpoint,
    failure,
    open_stream,
    text_in,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import (
    Gate,
    LoopbackProvider,
    Reply,
    Send,
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    gemini_events,
    gemini_stream,
    json_reply,
)
from tests.loopback.vendors import minimax_stream

EVERY = pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
# Each wire, with and without a terminator; where a test takes time, vendors differ in nothing more.
KINDS = {name: LINES[name] for name in ("openai", "minimax", "anthropic", "gemini")}
EACH_KIND = pytest.mark.parametrize("line", KINDS.values(), ids=KINDS.keys())
ONE_PER_WIRE = pytest.mark.parametrize("name", ["openai", "minimax", "anthropic", "gemini"])
SEED = 4


def first_text(line: Line, reply: Reply) -> int:
    """How many steps until the first text was sent."""
    return next(n for n, step in enumerate(reply.steps, 1) if text_in(step.data, TEXTS[0]))


# --- 1: usage is lost: it comes without a choice, or after the finish ----------


@EVERY
def test_1_usage_is_not_lost_wherever_it_stands(server: LoopbackProvider, line: Line) -> None:
    reply = line.stream(TEXTS)
    for sent in (reply, reply.in_chunks_of(len(reply.body)), reply.in_chunks_of(1)):
        events, error = call(server, line.provider, sent)
        assert error is None
        usage = usage_of(events)
        assert (usage.input_tokens, usage.output_tokens) == (11, 7)
        assert isinstance(events[-1], StreamEnd)


# --- 2: it hangs on a stall, as keep-alives re-arm the timer --------------------


@EACH_KIND
@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept alive", "silent"])
def test_2_a_stall_ends_within_the_deadline_on_content(
    server: LoopbackProvider, line: Line, keep_alive: bool
) -> None:
    reply = line.stream(TEXTS)
    events, error = call(
        server,
        line.provider,
        reply.stall_after(first_text(line, reply), keep_alive=keep_alive),
        between=0.15,
    )
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.STALL, True)
    assert text_of(events) == line.begin + TEXTS[0]
    server.wait_gone()

    late = failure(server, line.provider, reply.stall_after(0, keep_alive=keep_alive), first=0.15)
    assert (late.category, late.retryable) == (ErrorCategory.TIMEOUT, True)


# --- 3: a truncated stream is reported as a success ----------------------------


@EVERY
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


@EVERY
def test_4_an_error_in_the_middle_is_typed_and_keeps_the_text(
    server: LoopbackProvider, line: Line
) -> None:
    reply = line.stream(TEXTS)
    count = first_text(line, reply)
    steps = [*reply.steps[:count], *IN_THE_MIDDLE[line.provider.wire_name]]
    for sent in (replace(reply, steps=steps), replace(reply, steps=steps).in_chunks_of(10**6)):
        events, error = call(server, line.provider, sent)
        assert error is not None
        assert (error.category, error.retryable) == (ErrorCategory.OVERLOADED, True)
        assert text_of(events) == line.begin + TEXTS[0]
        assert "Wait a moment, then try again." in str(error)


# --- 7: a cancel leaks the connection, and the provider writes and bills on -----


@EACH_KIND
def test_7_fifty_cancelled_streams_leave_nothing_behind(
    server: LoopbackProvider, line: Line
) -> None:
    runs, chance = 50, random.Random(SEED)
    reply = line.stream(TEXTS)
    gates = [Gate() for _ in range(runs)]
    points = [chance.randint(0, len(reply.steps) - 1) for _ in gates]
    server.reply(*(reply.gate_after(at, gate) for at, gate in zip(points, gates, strict=True)))

    async def main() -> None:
        async with endpoint(server) as at:
            tasks = [asyncio.create_task(collect(line.provider, at)) for _ in gates]
            for gate in gates:
                assert await asyncio.to_thread(gate.reached.wait, 20)
            chance.shuffle(tasks)
            for task in tasks:
                await asyncio.sleep(0.001 * chance.random())
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ends)
            await asyncio.to_thread(server.wait_gone, 20, count=runs)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert open_connections(at) == 0

    asyncio.run(main())
    assert len(server.requests) == runs


def open_connections(at: Endpoint) -> int:
    assert at.client is not None
    transport: Any = at.client.get()._transport
    return len(transport._pool.connections)


# --- 8: usage is lost on a cancel or an error, or is a placeholder --------------


@EVERY
def test_8_the_tokens_of_a_cancelled_call_are_an_estimate_that_says_so(line: Line) -> None:
    reply = line.stream(["# A heading", " and some text of the model."])

    found, _ = read_bytes(line, reply, [reply.body[: len(reply.body) * 2 // 3]])
    meter = Meter(Clock(), prompt_bytes=400)
    text = 0
    for event in found:
        match event:
            case TextDelta(piece):
                text += len(piece)
                meter.text(len(piece))
            case ReasoningDelta(piece):
                meter.reasoning(len(piece))
            case Usage():
                meter.usage = event
    assert text
    reading = meter.read(whole=False)
    assert reading.token_source == "estimate"
    assert reading.usage.output_tokens == -(-text // 4)
    assert reading.usage.input_tokens in (11, 100)  # the provider's if it was told, else ours


# --- 9: an empty or blocked answer is a success --------------------------------

EMPTY: dict[str, tuple[str, Reply, ErrorCategory, str]] = {
    "stop": ("openai", chat_stream([]), ErrorCategory.MALFORMED_STREAM, "answered nothing"),
    "blanks": ("zai", LINES["zai"].stream([]), ErrorCategory.MALFORMED_STREAM, "answered nothing"),
    "only thinking": (
        "minimax",
        minimax_stream([], reasoning=["hm"]),
        ErrorCategory.MALFORMED_STREAM,
        "answered nothing",
    ),
    "length": (
        "openai",
        chat_stream([], finish="length"),
        ErrorCategory.BAD_REQUEST,
        "used up the answer's length limit for thinking",
    ),
    "length in thinking": (
        "minimax",
        minimax_stream([], reasoning=["hm"], finish="length"),
        ErrorCategory.BAD_REQUEST,
        "used up the answer's length limit for thinking",
    ),
    "filter": (
        "openai",
        chat_stream([], finish="content_filter"),
        ErrorCategory.CONTENT_FILTER,
        "safety filter",
    ),
    "refusal": (
        "openai",
        chat_stream([], refusal="I cannot."),
        ErrorCategory.CONTENT_FILTER,
        "declined",
    ),
    "no body": ("openai", Reply([]), ErrorCategory.TRUNCATED_STREAM, "broke off"),
    "empty JSON": ("openai", json_reply({}), ErrorCategory.TRUNCATED_STREAM, "broke off"),
    "anthropic stop": (
        "anthropic",
        anthropic_stream([]),
        ErrorCategory.MALFORMED_STREAM,
        "answered nothing",
    ),
    "anthropic refusal": (
        "anthropic",
        anthropic_stream([], stop="refusal"),
        ErrorCategory.CONTENT_FILTER,
        "declined",
    ),
    "anthropic length": (
        "anthropic",
        anthropic_stream([], stop="max_tokens", thinking=["hm"]),
        ErrorCategory.BAD_REQUEST,
        "used up the answer's length limit for thinking",
    ),
    "gemini stop": (
        "gemini",
        gemini_stream([]),
        ErrorCategory.MALFORMED_STREAM,
        "answered nothing",
    ),
    "gemini safety": (
        "gemini",
        gemini_stream([], finish="SAFETY"),
        ErrorCategory.CONTENT_FILTER,
        "safety filter",
    ),
    "gemini prompt": (
        "gemini",
        gemini_events({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        ErrorCategory.CONTENT_FILTER,
        "safety filter",
    ),
    "gemini length": (
        "gemini",
        gemini_stream([], finish="MAX_TOKENS"),
        ErrorCategory.BAD_REQUEST,
        "used up the answer's length limit for thinking",
    ),
}


@pytest.mark.parametrize("case", EMPTY.values(), ids=EMPTY.keys())
def test_9_an_empty_or_blocked_answer_says_what_it_is(
    server: LoopbackProvider, case: tuple[str, Reply, ErrorCategory, str]
) -> None:
    name, reply, category, words = case
    events, error = call(server, LINES[name].provider, reply)
    assert error is not None
    assert error.category is category
    assert words in str(error)
    assert not [event for event in events if isinstance(event, StreamEnd)]


# --- 10: CPU per chunk, and joins that grow with the square ---------------------

MOST_US = 50


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_10_a_delta_costs_the_same_however_many_came_before(name: str) -> None:
    line = LINES[name]

    def cost_us(deltas: int) -> float:
        reply = line.stream(["word "] * deltas)
        body = reply.body
        chunks = [body[at : at + 4_096] for at in range(0, len(body), 4_096)]
        start = time.process_time()
        events, error = read_bytes(line, reply, chunks)
        spent = time.process_time() - start
        assert error is None
        assert len(text_of(events)) == 5 * deltas
        return 1e6 * spent / deltas

    few, many = cost_us(2_000), cost_us(40_000)
    assert many < MOST_US
    assert many < 3 * few + 5  # a join of everything at each delta would make it twenty times


# --- 11: thinking leaks into the text -------------------------------------------

THINKERS = [name for name in LINES if name != "azure"]


@pytest.mark.parametrize("name", THINKERS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 16])
def test_11_thinking_stays_out_of_the_text_however_it_is_split(name: str, size: int) -> None:
    line = LINES[name]
    thinking = "Why not? </thin"
    pieces = [thinking[at : at + size] for at in range(0, len(thinking), size)]
    reply = line.stream(["# A", " b"], **{line.thinking: pieces})
    events, error = read_bytes(line, reply, [bytes([one]) for one in reply.body])
    assert error is None
    assert text_of(events) == line.begin + "# A b"
    assert thought_of(events).strip() == thinking


@pytest.mark.parametrize("at", range(1, 24))
def test_11_inline_tags_may_be_split_at_any_character(at: int) -> None:
    whole = "<think>hm</think>\n\n# A"
    line = LINES["minimax"]
    reply = minimax_stream([piece for piece in (whole[:at], whole[at:]) if piece])
    events, error = read_bytes(line, reply, [reply.body])
    assert (error, text_of(events), thought_of(events)) == (None, "# A", "hm")


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
        json_reply(
            {
                "error": {
                    "code": 429,
                    "message": "Your prepayment credits are depleted.",
                    "status": "RESOURCE_EXHAUSTED",
                }
            },
            429,
        ),
    ),
}


@pytest.mark.parametrize("case", SPENT.values(), ids=SPENT.keys())
def test_13_an_empty_account_is_no_limit_to_wait_for(
    server: LoopbackProvider, case: tuple[str, Reply]
) -> None:
    name, reply = case
    error = failure(server, LINES[name].provider, reply)
    assert (error.category, error.retryable) == (ErrorCategory.QUOTA, False)
    assert "Top it up, or choose another provider." in str(error)
    assert len(server.requests) == 1


# --- 14: one set of parameters for all ------------------------------------------


@EVERY
def test_14_no_provider_is_sent_a_field_of_another(server: LoopbackProvider, line: Line) -> None:
    provider = line.provider
    assert call(server, provider, line.stream(TEXTS))[1] is None
    body = server.requests[0].body
    text = str(body)
    limits = {"max_tokens", "max_completion_tokens", "maxOutputTokens"}
    assert [limit for limit in limits if f"'{limit}'" in text] == [provider.length_field]
    assert ("stream_options" in body) == provider.stream_options
    assert ("temperature" in text) == (provider.temperature is not None)
    assert "thinking" not in text.lower().replace("thinkingconfig", "")


# --- absurd input ----------------------------------------------------------------


def tiny_events(name: str, kind: str) -> Iterator[bytes]:
    """Events without end, as small as they come."""
    sent = {
        "text": chat_events(delta("x")),
        "thinking": chat_events(delta(reasoning_content="x")),
        "blanks": chat_events(delta(" ")),
    }[kind]
    if name == "anthropic":
        key = "thinking" if kind == "thinking" else "text"
        text = " " if kind == "blanks" else "x"
        one = f'{{"type":"content_block_delta","delta":{{"type":"{key}_delta","{key}":"{text}"}}}}'
        sent = Reply([Send(f"data: {one}\n\n".encode())])
    if name == "gemini":
        part: dict[str, Any] = {"text": " " if kind == "blanks" else "x"}
        part |= {"thought": True} if kind == "thinking" else {}
        sent = gemini_events({"candidates": [{"content": {"parts": [part]}}]})
    chunk = sent.body * 200
    while True:
        yield chunk


@ONE_PER_WIRE
@pytest.mark.parametrize("kind", ["text", "thinking", "blanks"])
def test_a_stream_without_end_is_stopped(name: str, kind: str) -> None:
    line = LINES[name]
    reply = line.stream(["a"])

    def count(outcome: Outcome) -> int:
        return len(text_of(outcome[0])) + len(thought_of(outcome[0]))

    found = read_bytes(line, reply, tiny_events(name, kind), most_chars=1_000)
    assert found[1] is not None
    assert found[1].category is ErrorCategory.MALFORMED_STREAM
    assert "far more text than was asked for" in str(found[1])
    assert count(found) <= 2**19


@EACH_KIND
def test_comments_without_end_do_not_keep_a_stream_alive(
    server: LoopbackProvider, line: Line
) -> None:
    flood = Send(b": still here\n\n" * 2_000)
    reply = replace(line.stream(TEXTS), steps=[flood] * 100_000)
    error = failure(server, line.provider, reply, first=0.3)
    assert error.category is ErrorCategory.TIMEOUT


@EACH_KIND
def test_a_stream_that_is_left_early_is_closed(server: LoopbackProvider, line: Line) -> None:
    reply = line.stream(TEXTS)
    server.reply(*(reply for _ in range(3)))

    async def main() -> None:
        async with endpoint(server) as at:
            for events in range(3):
                async with aclosing(open_stream(line.provider, at)) as stream:
                    for _ in range(events):
                        await anext(stream)
            if closing := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(closing, timeout=5)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert open_connections(at) == 0

    asyncio.run(main())
