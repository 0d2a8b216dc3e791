"""The Gemini wire: its request, its answers and its errors, byte for byte over a real socket."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.client import SharedClient
from specforge_core.providers.gemini import FINISH_REASONS, request_body, request_url
from specforge_core.providers.wire import CompletionRequest, Endpoint
from tests.core.lines import LINES
from tests.core.reading import read_bytes
from tests.core.wire_calls import (
    KEY,
    NO_COUNTS,
    REQUEST,
    TEXTS,
    call,
    collect,
    endpoint,
    open_stream,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import (
    Gate,
    LoopbackProvider,
    Reply,
    Send,
    gemini_answer,
    gemini_array,
    gemini_events,
    gemini_message,
    gemini_stream,
    json_reply,
)

GOOGLE = PROVIDERS["google"]
MODEL = "gemini-3.8-flash"


def ask(server: LoopbackProvider, request: CompletionRequest, reply: Reply) -> list[WireEvent]:
    """The bare wire's events, without the guard."""
    server.reply(reply)

    async def main() -> list[WireEvent]:
        async with endpoint(server) as at:
            at = replace(at, base_url=server.root_url)
            async with aclosing(GOOGLE.wire.stream(GOOGLE, at, request)) as events:
                return [event async for event in events]

    return asyncio.run(main())


# --- the request -------------------------------------------------------------


def test_the_gemini_request_is_exactly_this_and_the_key_is_in_a_header_only(
    server: LoopbackProvider,
) -> None:
    call(server, GOOGLE, gemini_stream(["a"]), base_url=server.root_url)
    (request,) = server.requests
    assert request.method == "POST"
    assert request.path == "/v1beta/models/model-1:streamGenerateContent?alt=sse"
    assert request.headers["x-goog-api-key"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert request.body == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hello?"}]},
            {"role": "model", "parts": [{"text": "Yes."}]},
            {"role": "user", "parts": [{"text": "Go on."}]},
        ],
        "generationConfig": {"maxOutputTokens": 300, "temperature": 0.4},
    }


def test_a_model_that_thinks_gets_room_and_its_switch() -> None:
    asked = replace(REQUEST, model=MODEL, system="", temperature=9.0, thinking=True)
    body = request_body(GOOGLE, asked)
    assert "systemInstruction" not in body
    assert body["generationConfig"] == {
        "maxOutputTokens": 8_300,
        "thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True},
        "temperature": 2.0,
    }
    quiet = request_body(GOOGLE, replace(asked, thinking=False))
    assert quiet["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "low"}
    assert quiet["generationConfig"]["maxOutputTokens"] == 8_300  # it thinks a little all the same


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("http://h", "http://h/v1beta/models/m"),
        ("http://h/", "http://h/v1beta/models/m"),
        ("http://h/v1beta", "http://h/v1beta/models/m"),
        ("http://h/v1beta/", "http://h/v1beta/models/m"),
        ("http://h/v1", "http://h/v1/models/m"),
        ("http://h/gateway/gemini", "http://h/gateway/gemini/v1beta/models/m"),
        ("http://h/v1/publishers/google", "http://h/v1/publishers/google/models/m"),
        ("http://v1/api", "http://v1/api/v1beta/models/m"),
    ],
)
def test_the_version_is_added_where_the_base_url_names_none(base_url: str, path: str) -> None:
    url = request_url(Endpoint(base_url, KEY), replace(REQUEST, model="m"))
    assert url == f"{path}:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("model", "quoted"),
    [("models/gemini-x", "gemini-x"), ("a/../b?key=1#c", "a%2F..%2Fb%3Fkey%3D1%23c")],
)
def test_a_model_name_cannot_change_the_address(
    server: LoopbackProvider, model: str, quoted: str
) -> None:
    ask(server, replace(REQUEST, model=model), gemini_stream(["a"]))
    assert server.requests[0].path == f"/v1beta/models/{quoted}:streamGenerateContent?alt=sse"


# --- answers -----------------------------------------------------------------


def test_a_cut_after_every_element_of_an_array_keeps_the_text_and_is_truncated(
    server: LoopbackProvider,
) -> None:
    whole = gemini_array(TEXTS, finish=None)
    ending = gemini_array(TEXTS).steps[len(TEXTS)]

    async def main() -> None:
        async with endpoint(server) as at:
            for number in range(len(TEXTS) + 1):
                server.reply(whole.cut_after(number))
                events, error = await collect(GOOGLE, at)
                assert error is not None, number
                assert error.category is ErrorCategory.TRUNCATED_STREAM
                assert text_of(events) == "".join(TEXTS[:number])
            # The finish reason makes it whole, without the end of the array too.
            server.reply(replace(whole, steps=[*whole.steps[: len(TEXTS)], ending]))
            events, error = await collect(GOOGLE, at)
            assert (error, text_of(events)) == (None, "".join(TEXTS))

    asyncio.run(main())


def test_thoughts_and_text_of_one_message_keep_their_order(server: LoopbackProvider) -> None:
    mixed = gemini_message({"text": "h", "thought": True}, {"text": "a"}, finish="STOP")
    events, _ = call(server, GOOGLE, gemini_events(mixed))
    assert events[:2] == [ReasoningDelta("h"), TextDelta("a")]


def test_a_stream_without_usage_ends_well_too(server: LoopbackProvider) -> None:
    events, error = call(server, GOOGLE, gemini_stream(["a"], usage=None))
    assert (error, text_of(events)) == (None, "a")
    assert not [event for event in events if isinstance(event, Usage)]


def test_usage_that_comes_after_the_finish_reason_counts(server: LoopbackProvider) -> None:
    late = {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3}}
    reply = gemini_events(gemini_message({"text": "a"}, finish="STOP"), late)
    events, error = call(server, GOOGLE, reply)
    assert (error, usage_of(events)) == (None, Usage(5, 3))


def test_the_first_and_the_last_counts_are_told_and_a_missing_one_keeps_its_value() -> None:
    counts = [
        {"promptTokenCount": 9, "totalTokenCount": 9},
        {"promptTokenCount": 9, "totalTokenCount": 9},
        {"promptTokenCount": 9, "thoughtsTokenCount": 5},
        {"promptTokenCount": 9, "candidatesTokenCount": 4},
    ]
    messages = [gemini_message({"text": "a"}, usageMetadata=count) for count in counts]
    reply = gemini_events(*messages, gemini_message(finish="STOP"))
    reads = [step.data for step in reply.steps if isinstance(step, Send)]
    events, error = read_bytes(LINES["gemini"], reply, reads)
    assert error is None
    usages = [event for event in events if isinstance(event, Usage)]
    assert usages == [Usage(9), Usage(9, 9, 5)]


@pytest.mark.parametrize("odd", NO_COUNTS, ids=str)
def test_a_gemini_count_that_is_none_is_left_out_and_the_answer_kept(
    server: LoopbackProvider, odd: Any
) -> None:
    counts = {"promptTokenCount": 3, "candidatesTokenCount": odd, "thoughtsTokenCount": odd}
    for usage in (odd, counts):
        reply = gemini_events(gemini_message({"text": "a"}, finish="STOP", usageMetadata=usage))
        events, error = call(server, GOOGLE, reply)
        assert (error, text_of(events)) == (None, "a")
        assert {event for event in events if isinstance(event, Usage)} <= {Usage(3)}


def test_parts_fields_and_candidates_that_nobody_asked_for_are_skipped(
    server: LoopbackProvider,
) -> None:
    odd = gemini_message(
        {"functionCall": {"name": "f", "args": {"text": "no"}}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"text": "", "thoughtSignature": "EtsC"},
        {"text": "a"},
        novelty={"deep": [1]},
    )
    second = {"content": {"parts": [{"text": "no"}]}, "index": 1, "finishReason": "SAFETY"}
    odd["candidates"].append(second)
    reply = gemini_events(
        {"promptFeedback": {}}, odd, {"candidates": None}, gemini_message(finish="STOP")
    )
    events, error = call(server, GOOGLE, reply)
    assert (error, text_of(events)) == (None, "a")


def test_half_a_character_waits_for_its_other_half(server: LoopbackProvider) -> None:
    halves = [
        gemini_message({"text": "a\ud83d"}),
        gemini_message({"text": "\ude00"}, finish="STOP"),
    ]
    lines = [f"data: {json.dumps(half)}\r\n\r\n" for half in halves]
    events, error = call(server, GOOGLE, gemini_events(*lines))
    assert (error, text_of(events)) == (None, "a😀")


def test_a_gemini_answer_asked_for_at_once_is_whole(server: LoopbackProvider) -> None:
    request = replace(REQUEST, stream=False)
    events = ask(server, request, gemini_answer("All of it.", reasoning=["hm"]))
    assert server.requests[0].path == "/v1beta/models/model-1:generateContent"
    assert (text_of(events), thought_of(events)) == ("All of it.", "hm")
    assert usage_of(events) == Usage(11, 7, 2, 4)
    assert events[-1] == StreamEnd(FinishReason.STOP, "req_loopback_gemini", MODEL, whole=True)


def test_an_array_instead_of_events_is_read_as_it_grows(server: LoopbackProvider) -> None:
    gate = Gate()
    server.reply(gemini_array(["a", "b"], reasoning=["h"]).gate_after(2, gate))

    async def main() -> list[WireEvent]:
        seen: list[WireEvent] = []
        async with endpoint(server) as at, aclosing(open_stream(GOOGLE, at)) as events:
            async for event in events:
                seen.append(event)
                if event == TextDelta("a"):
                    gate.open()  # the rest is sent only now
        return seen

    events = asyncio.run(main())
    assert (text_of(events), thought_of(events)) == ("ab", "h")
    assert usage_of(events) == Usage(11, 7, 2, 4)
    end = events[-1]
    assert isinstance(end, StreamEnd) and not end.whole


# --- how an answer ends ------------------------------------------------------


@pytest.mark.parametrize(
    ("finish", "category"),
    [
        ("STOP", None),
        ("MAX_TOKENS", None),
        ("SAFETY", ErrorCategory.CONTENT_FILTER),
        ("RECITATION", ErrorCategory.CONTENT_FILTER),
        ("LANGUAGE", ErrorCategory.CONTENT_FILTER),
        ("BLOCKLIST", ErrorCategory.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", ErrorCategory.CONTENT_FILTER),
        ("SPII", ErrorCategory.CONTENT_FILTER),
        ("IMAGE_SAFETY", ErrorCategory.CONTENT_FILTER),
        ("OTHER", ErrorCategory.SERVER),
        ("MALFORMED_FUNCTION_CALL", ErrorCategory.SERVER),
        ("FINISH_REASON_UNSPECIFIED", ErrorCategory.SERVER),
        ("SOMETHING_NEW", ErrorCategory.SERVER),
    ],
)
def test_only_stop_and_the_length_limit_are_no_failure(
    server: LoopbackProvider, finish: str, category: ErrorCategory | None
) -> None:
    events, error = call(server, GOOGLE, gemini_stream(["a"], finish=finish))
    assert text_of(events) == "a"
    assert usage_of(events).input_tokens == 11
    if category is None:
        assert error is None
        end = events[-1]
        assert isinstance(end, StreamEnd)
        assert end.finish_reason is FINISH_REASONS[finish]
    else:
        assert error is not None
        assert error.category is category
        assert error.request_id == "req_loopback_gemini"


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_blocked_prompt_is_told_with_its_reason_and_its_usage(
    server: LoopbackProvider, stream: bool
) -> None:
    body = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8},
        "responseId": "r1",
    }
    events, error = call(server, GOOGLE, gemini_events(body) if stream else json_reply(body))
    assert error is not None
    assert (error.category, error.request_id) == (ErrorCategory.CONTENT_FILTER, "r1")
    assert "safety filter refused the request" in str(error)
    assert "PROHIBITED_CONTENT" in str(error)
    assert events == [Usage(8)]


# --- the loopback server's own ------------------------------------------------


def test_the_server_writes_a_section_for_gemini_and_lists_its_models(
    server: LoopbackProvider,
) -> None:
    events, error = call(server, GOOGLE, base_url=server.root_url)
    assert error is None
    assert text_of(events).startswith("### Part 1")

    async def main() -> Any:
        client = SharedClient()
        try:
            return (await client.get().get(f"{server.root_url}/v1beta/models")).json()
        finally:
            await client.aclose()

    assert asyncio.run(main())["models"][0]["name"] == "models/loopback"
