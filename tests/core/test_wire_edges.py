"""What outsiders found: streams, addresses and surroundings that are a little off."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import FinishReason, StreamEnd, Usage
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.rows import Provider
from tests.core.lines import EVERY_WIRE, Line
from tests.core.wire_calls import (
    ANTHROPIC,
    CUSTOM,
    OPENAI,
    TEXTS,
    call,
    chat_events,
    delta,
    failure,
    open_traced,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import (
    LoopbackProvider,
    Reply,
    Send,
    anthropic_stream,
    chat_error,
    chat_stream,
)
from tests.loopback.gemini import gemini_events, gemini_message

GOOGLE = PROVIDERS["google"]


@EVERY_WIRE
def test_a_last_event_without_its_empty_line_is_read(server: LoopbackProvider, line: Line) -> None:
    whole = line.stream(["All ", "of it."], usage=(20, 9))
    for blanks in (1, 2):
        short = whole.with_body(whole.body.rstrip() + b"\n" * (blanks - 1))
        events, error = call(server, line.provider, short)
        assert error is None and text_of(events) == "All of it."
        assert usage_of(events).output_tokens == 9


@EVERY_WIRE
def test_a_last_event_that_was_cut_is_not_read(server: LoopbackProvider, line: Line) -> None:
    whole = line.stream(["All ", "of it."])
    for cut in range(2, 30, 5):
        events, error = call(
            server, line.provider, whole.with_body(whole.body[:-cut].rstrip(b"\n"))
        )
        assert "All of it.".startswith(text_of(events))
        assert error is None or error.category is ErrorCategory.TRUNCATED_STREAM
        ended = any(isinstance(event, StreamEnd) for event in events)
        assert ended == (error is None)


BROKEN = (ErrorCategory.NETWORK, ErrorCategory.TRUNCATED_STREAM)
PIECES = {
    "chat": (CUSTOM, chat_events(*(delta(part, finish="stop") for part in TEXTS))),
    "gemini": (GOOGLE, gemini_events(*(gemini_message({"text": t}, finish="STOP") for t in TEXTS))),
}


@pytest.mark.parametrize(("provider", "reply"), PIECES.values(), ids=PIECES.keys())
def test_after_text_behind_a_finish_reason_only_the_end_of_the_body_is_an_end(
    server: LoopbackProvider, provider: Provider, reply: Reply
) -> None:
    events, error = call(server, provider, reply)
    assert error is None and text_of(events) == "".join(TEXTS)
    assert failure(server, provider, reply.reset_after(3)).category is ErrorCategory.NETWORK
    cut = reply.cut_after(3, clean=False)
    assert failure(server, provider, cut).category in BROKEN
    stalled = failure(server, provider, reply.stall_after(3), between=1.0)  # LATE_S is shorter
    assert stalled.category is ErrorCategory.STALL


def test_a_whole_message_that_repeats_an_anthropic_stream_is_told_once(
    server: LoopbackProvider,
) -> None:
    stream = anthropic_stream(["Hello ", "there"])
    for reason in ({}, {"stop_reason": "end_turn"}):
        told = [{"type": "text", "text": "Hello there"}]
        whole = {"type": "message", "role": "assistant", "content": told, **reason}
        line = Send(f"data: {json.dumps(whole)}\n\n".encode())
        steps = [*stream.steps[:-2], line, *([] if reason else stream.steps[-2:])]
        events, error = call(server, ANTHROPIC, replace(stream, steps=steps))
        assert error is None and text_of(events) == "Hello there"


def test_a_count_of_nothing_does_not_replace_one(server: LoopbackProvider) -> None:
    reply = anthropic_stream(["Yes."], usage=(20, 9))
    zeroed = re.sub(rb'("message_delta".*?"usage": ?\{)', rb'\1"input_tokens": 0, ', reply.body)
    assert zeroed != reply.body
    events, error = call(server, ANTHROPIC, reply.with_body(zeroed))
    assert error is None and usage_of(events).input_tokens == 20


@pytest.mark.parametrize(
    ("reply", "provider"),
    [
        (chat_stream(["Half "]).cut_after(2), OPENAI),
        (anthropic_stream(["Half "]).cut_after(4), ANTHROPIC),
        (chat_stream(["Half "]).stall_after(2), OPENAI),
    ],
    ids=["chat cut", "anthropic cut", "chat stall"],
)
def test_a_broken_answer_keeps_the_providers_request_id(
    server: LoopbackProvider, reply: Reply, provider: Provider
) -> None:
    error = open_traced(server, provider, reply)
    assert error.category in (ErrorCategory.TRUNCATED_STREAM, ErrorCategory.STALL)
    assert str(error.request_id).startswith("req_loopback")


def test_a_tag_of_thinking_that_was_cut_in_half_is_no_text(server: LoopbackProvider) -> None:
    events, error = call(server, CUSTOM, chat_events(delta("<thi")))
    assert error is not None and text_of(events) == "" and thought_of(events) == ""


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (["1", "10", " x"], "110 x"),
        (["\n", "\n\n", "go"], "\n\n\ngo"),
        ([".", ".", "."], "..."),
        (["Let me", "Let me see", "Let me see it"], "Let me see it"),
        (["Let me think", "Let me think twice"], "Let me think twice"),
        (["1", "10"], "110"),
    ],
)
def test_thinking_is_passed_on_whole_and_once(
    server: LoopbackProvider, pieces: list[str], told: str
) -> None:
    parts = [delta(reasoning_content=piece) for piece in pieces]
    events, error = call(server, CUSTOM, chat_events(*parts, delta("x", finish="stop"), "[DONE]"))
    assert error is None and thought_of(events) == told


def test_an_endpoint_that_wants_the_other_length_field_is_asked_again(
    server: LoopbackProvider,
) -> None:
    refusal = chat_error(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model."
        " Use 'max_completion_tokens' instead.",
        code="unsupported_parameter",
    )
    events, error = call(server, CUSTOM, refusal, chat_stream(["Yes."]))
    assert error is None and text_of(events) == "Yes."
    first, second = (request.body for request in server.requests)
    assert first["max_tokens"] == second["max_completion_tokens"] and "max_tokens" not in second


def test_a_second_choice_that_nobody_asked_for_is_left_out(server: LoopbackProvider) -> None:
    second = {"choices": [{"index": 1, "delta": {"content": "Z"}, "finish_reason": None}]}
    events, error = call(
        server, CUSTOM, chat_events(delta("A"), second, delta("B", finish="stop"), "[DONE]")
    )
    assert error is None and text_of(events) == "AB"


def test_a_server_that_goes_on_with_nothing_after_the_finish_does_not_spoil_the_answer(
    server: LoopbackProvider,
) -> None:
    reply = chat_events(delta("Whole."), delta(finish="stop"))
    open_ended = reply.stall_after(2, keep_alive=True)
    events, error = call(server, CUSTOM, open_ended, between=3.0)
    assert error is None and isinstance(events[-1], StreamEnd)


def test_a_reset_after_the_finish_does_not_spoil_an_answer_that_needs_no_terminator(
    server: LoopbackProvider,
) -> None:
    reply = chat_events(delta("Whole."), delta(finish="stop")).reset_after(2)
    events, error = call(server, CUSTOM, reply)
    assert error is None
    assert isinstance(events[-1], StreamEnd) and events[-1].finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("Content Exists Risk", ErrorCategory.CONTENT_FILTER),
        (
            "Trying to keep the first 9000 tokens when context the overflows. However, the"
            " model is loaded with context length of only 4096 tokens",
            ErrorCategory.CONTEXT_LENGTH,
        ),
    ],
)
def test_a_refusal_in_prose_is_told_apart(
    server: LoopbackProvider, message: str, category: ErrorCategory
) -> None:
    assert failure(server, CUSTOM, chat_error(400, message)).category is category


FAILED = {"error": {"code": 502, "message": "Provider returned error"}}
COUNTED = {"usage": {"prompt_tokens": 20, "completion_tokens": 9}}
BESIDE = {
    "chunk": delta("b", finish="error") | FAILED | COUNTED,
    "choice": {"choices": [delta("b", finish="error")["choices"][0] | FAILED], **COUNTED},
    "groq": delta("b") | {"x_groq": FAILED} | COUNTED,
    "gemini": gemini_message({"text": "b"}, usageMetadata={"promptTokenCount": 20}) | FAILED,
}


@pytest.mark.parametrize("last", BESIDE.values(), ids=BESIDE.keys())
def test_text_and_counts_beside_an_error_come_before_it(
    server: LoopbackProvider, last: dict[str, Any]
) -> None:
    google = "candidates" in last
    counted = gemini_message({"text": "a"}, usageMetadata={"promptTokenCount": 1})
    first = gemini_events(counted) if google else chat_events(delta("a"))
    failed = gemini_events(last) if google else chat_events(last)
    reply = replace(first, steps=[*first.steps, *failed.steps])
    for sent in (reply, reply.in_chunks_of(len(reply.body))):
        events, error = call(server, GOOGLE if google else CUSTOM, sent)
        assert text_of(events) == "ab"
        assert usage_of(events).input_tokens == 20
        assert error is not None
        assert (error.category, error.status) == (ErrorCategory.SERVER, 502)


@pytest.mark.parametrize("odd", [[None], "x", {"a": 1}, [{"delta": {"content": 5}}]], ids=str)
def test_an_error_is_told_whatever_stands_beside_it(server: LoopbackProvider, odd: Any) -> None:
    _, error = call(server, CUSTOM, chat_events(delta("a"), FAILED | {"choices": odd}))
    assert error is not None
    assert (error.category, error.status) == (ErrorCategory.SERVER, 502)


def test_a_gateway_may_end_an_anthropic_stream_as_openai_ends_its_own(
    server: LoopbackProvider,
) -> None:
    whole = anthropic_stream(["Yes."])
    done = replace(whole, steps=[*whole.steps[:-1], Send(b"data: [DONE]\n\n")])
    events, error = call(server, ANTHROPIC, done)
    assert error is None and text_of(events) == "Yes."
    early = replace(whole, steps=[*whole.steps[:-2], Send(b"data: [DONE]\n\n")])
    assert failure(server, ANTHROPIC, early).category is ErrorCategory.TRUNCATED_STREAM


@pytest.mark.parametrize("proxy", ["socks9://127.0.0.1:1", "foo://bar"])
def test_a_proxy_that_cannot_be_used_is_said(
    server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = failure(server, CUSTOM, chat_stream(["x"]))
    assert error.category is ErrorCategory.BAD_REQUEST and "ALL_PROXY" in str(error)


def test_a_broken_installation_is_not_called_the_proxys_fault(
    server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpcore2", None)
    error = failure(server, CUSTOM, chat_stream(["x"]))
    assert "PROXY" not in str(error) and "make run" in str(error)


def test_the_body_of_an_error_is_not_waited_for_long(
    server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specforge_core.providers.client.ERROR_BODY_S", 0.2)
    error = failure(server, CUSTOM, chat_error(500, "Broken").stall_after(0))
    assert error.category is ErrorCategory.SERVER and error.status == 500


def test_counts_of_a_refused_answer_are_the_providers(server: LoopbackProvider) -> None:
    events, error = call(server, OPENAI, chat_stream([], refusal="No.", usage=(50, 10)))
    assert error is not None and error.counted
    assert usage_of(events) == Usage(50, 10, 2, 4)
