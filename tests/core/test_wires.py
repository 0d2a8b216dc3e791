"""Both wires through the real SDKs, against a server that speaks them byte for byte."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.catalog import PROVIDERS, Provider
from specforge_core.providers.client import MAX_ERROR_BYTES, SharedClient
from specforge_core.providers.guard import guarded
from specforge_core.providers.wire import CompletionRequest, Endpoint, Message
from tests.loopback import (
    Gate,
    LoopbackProvider,
    Reply,
    Send,
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    json_reply,
)

KEY = "sk-proj-SECRETSECRETSECRET1234"
OWN_KEY = "tok.SeCrEt/ABC+def=1234567890ZYXW"  # looks like no vendor's key
OPENAI, ANTHROPIC, CUSTOM = (PROVIDERS[name] for name in ("openai", "anthropic", "custom"))
BOTH = pytest.mark.parametrize(
    ("provider", "stream"),
    [(OPENAI, chat_stream), (ANTHROPIC, anthropic_stream)],
    ids=["chat", "anthropic"],
)
TEXTS = ["# Día", " 日本", "語 🎉", " a\u2028b\u2029c\u0085d", "\n\nend"]
REQUEST = CompletionRequest(
    model="model-1",
    system="Be brief.",
    messages=(Message("user", "Hello?"), Message("assistant", "Yes."), Message("user", "Go on.")),
    max_tokens=300,
    temperature=0.4,
)
MakeStream = Callable[..., Reply]
Outcome = tuple[list[WireEvent], ProviderError | None]


@pytest.fixture
def server() -> Iterator[LoopbackProvider]:
    with LoopbackProvider() as running:
        yield running


@asynccontextmanager
async def endpoint(server: LoopbackProvider, key: str = KEY) -> AsyncGenerator[Endpoint]:
    client = SharedClient()
    try:
        yield Endpoint(server.root_url + "/v1", key, client)
    finally:
        await client.aclose()


def open_stream(
    provider: Provider, at: Endpoint, *, first: float = 5.0, between: float = 5.0
) -> AsyncGenerator[WireEvent]:
    if provider.wire_name == "anthropic_messages":
        at = replace(at, base_url=at.base_url.removesuffix("/v1"))
    return guarded(
        provider.wire.stream(provider, at, REQUEST),
        first_content_s=first,
        between_content_s=between,
        label=provider.label,
    )


async def collect(provider: Provider, at: Endpoint, **limits: float) -> Outcome:
    seen: list[WireEvent] = []
    try:
        async with aclosing(open_stream(provider, at, **limits)) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        return seen, error
    return seen, None


def call(
    server: LoopbackProvider,
    provider: Provider,
    *replies: Reply,
    key: str = KEY,
    base_url: str = "",
    **limits: float,
) -> Outcome:
    server.reply(*replies)

    async def main() -> Outcome:
        async with endpoint(server, key) as at:
            at = replace(at, base_url=base_url) if base_url else at
            return await collect(provider, at, **limits)

    return asyncio.run(main())


def failure(
    server: LoopbackProvider, provider: Provider, reply: Reply, **more: Any
) -> ProviderError:
    _, error = call(server, provider, reply, **more)
    assert error is not None
    assert_no_secret(error)
    return error


def assert_no_secret(error: ProviderError) -> None:
    assert "SECRET" not in f"{error} {error.request_id}"
    assert "\n" not in str(error)


def text_of(events: list[WireEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thought_of(events: list[WireEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def usage_of(events: list[WireEvent]) -> Usage:
    return [event for event in events if isinstance(event, Usage)][-1]


def chat_events(*chunks: dict[str, Any] | str) -> Reply:
    """A chat stream of exactly these chunks; a string is sent as it is."""
    lines = (chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks)
    return Reply([Send(f"data: {line}\n\n".encode()) for line in lines])


def delta(content: Any = None, *, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    inner = fields if content is None else {"content": content, **fields}
    return {"choices": [{"index": 0, "delta": inner, "finish_reason": finish}]}


# --- a whole answer ----------------------------------------------------------


@BOTH
def test_text_usage_and_end_arrive_as_sent(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    events, error = call(server, provider, stream(TEXTS, usage=(20, 9)))
    assert error is None
    assert [event.text for event in events if isinstance(event, TextDelta)] == TEXTS
    reasoning = 2 if provider is OPENAI else None
    cached = 4 if provider is OPENAI else 3
    assert usage_of(events) == Usage(20, 9, reasoning, cached)
    end = events[-1]
    assert isinstance(end, StreamEnd)
    assert end.finish_reason is FinishReason.STOP
    assert (end.request_id or "").startswith("req_loopback")
    assert (end.model or "").startswith(("gpt-6.1", "claude-sonnet"))


@BOTH
def test_every_split_of_the_bytes_gives_the_same_events(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    whole = stream(["日本🎉", "b"])
    expected = call(server, provider, whole)
    assert expected[1] is None

    async def main() -> None:
        async with endpoint(server) as at:
            start = whole.body.index("日本🎉".encode())
            for offset in [*range(start - 3, start + 14)]:
                server.reply(whole.split_at(offset))
                assert await collect(provider, at) == expected
            for size in (1, 7, 100):
                server.reply(whole.in_chunks_of(size))
                assert await collect(provider, at) == expected
            server.reply(whole.with_body(whole.body.replace(b"\n", b"\r\n")).in_chunks_of(5))
            assert await collect(provider, at) == expected

    asyncio.run(main())
    assert server.connections == 2  # one for each event loop: whole answers reuse theirs


def test_the_chat_request_of_openai_is_exactly_this(server: LoopbackProvider) -> None:
    call(server, OPENAI, chat_stream(["a"]))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "model-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "Go on."},
        ],
        "stream": True,
        "max_completion_tokens": 300,
        "temperature": 0.4,
        "stream_options": {"include_usage": True},
    }


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


def test_a_row_decides_length_field_stream_options_and_temperature(
    server: LoopbackProvider,
) -> None:
    models = (replace(OPENAI.models[0], name="model-1", temperature=False),)
    row = replace(CUSTOM, models=models, stream_options=False)
    call(server, row, chat_stream(["a"]))
    body = server.requests[0].body
    assert body.keys() == {"model", "messages", "stream", "max_tokens"}


def test_a_keyless_endpoint_gets_no_key_and_nothing_of_openais_environment(
    server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-00000000")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-openai")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-of-openai-00000000")
    _, error = call(server, CUSTOM, chat_stream(["a"]), key="")
    assert error is None
    assert "authorization" not in server.requests[0].headers
    assert "of-openai" not in json.dumps(server.requests[0].headers)


def test_stream_options_are_left_out_where_the_endpoint_refuses_them(
    server: LoopbackProvider,
) -> None:
    refusal = chat_error(422, "Extra inputs are not permitted: stream_options")
    events, error = call(server, CUSTOM, refusal, chat_stream(["a"], usage=None))
    assert (error, text_of(events)) == (None, "a")
    first, second = server.requests
    assert "stream_options" in first.body
    assert second.body == {k: v for k, v in first.body.items() if k != "stream_options"}


def test_another_bad_request_is_not_sent_twice(server: LoopbackProvider) -> None:
    error = failure(server, CUSTOM, chat_error(400, "Unknown field foo"))
    assert error.category is ErrorCategory.BAD_REQUEST
    assert "Unknown field foo" in str(error)
    assert len(server.requests) == 1


# --- what vendors do differently ---------------------------------------------


@BOTH
def test_reasoning_stays_out_of_the_document(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    name = "reasoning" if provider is OPENAI else "thinking"
    events, error = call(server, provider, stream(["a", "b"], **{name: ["hm", "m"]}))
    assert error is None
    assert (thought_of(events), text_of(events)) == ("hmm", "ab")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_think_tags_at_the_start_are_reasoning_however_they_are_split(
    server: LoopbackProvider, size: int
) -> None:
    whole = "\n<think>why < not </thin</think>\n\n# Title <think>kept</think>"
    pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
    events, error = call(server, CUSTOM, chat_stream(pieces))
    assert error is None
    assert thought_of(events) == "why < not </thin"
    assert text_of(events) == "# Title <think>kept</think>"


@pytest.mark.parametrize("text", ["<", "<thin", "\n\n<b>", "  x", "a<think>b"])
def test_text_that_only_looks_like_a_think_tag_is_text(server: LoopbackProvider, text: str) -> None:
    events, error = call(server, CUSTOM, chat_stream(list(text)))
    assert (error, text_of(events)) == (None, text)


def test_list_content_of_mistral_is_understood(server: LoopbackProvider) -> None:
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
    reply = chat_events(
        delta(thinking), delta([{"type": "text", "text": "a"}]), delta("b", finish="stop"), "[DONE]"
    )
    events, error = call(server, CUSTOM, reply)
    assert (error, thought_of(events), text_of(events)) == (None, "hm", "ab")


def test_cumulative_usage_and_duplicate_finish_count_once(server: LoopbackProvider) -> None:
    counts = [{"prompt_tokens": 5, "completion_tokens": n} for n in (1, 2, 3)]
    reply = chat_events(
        delta("a") | {"usage": counts[0]},
        delta("b", finish="length") | {"usage": counts[1]},
        delta("", finish="length"),
        {"choices": [], "usage": counts[2], "base_resp": {"status_code": 0, "status_msg": ""}},
        "[DONE]",
    )
    events, error = call(server, CUSTOM, reply)
    assert error is None
    assert usage_of(events) == Usage(5, 3)
    ends = [event for event in events if isinstance(event, StreamEnd)]
    assert [end.finish_reason for end in ends] == [FinishReason.LENGTH]


def test_a_character_split_into_surrogate_halves_is_joined(server: LoopbackProvider) -> None:
    reply = chat_events(
        '{"choices":[{"delta":{"content":"a\\ud83d"}}]}',
        '{"choices":[{"delta":{"content":"\\ude00b"}}]}',
        '{"choices":[{"delta":{"content":"\\udc00 \\ud83d"},"finish_reason":"stop"}]}',
        "[DONE]",
    )
    events, error = call(server, CUSTOM, reply)
    assert (error, text_of(events)) == (None, "a😀b\ufffd \ufffd")


def test_a_whole_message_that_repeats_the_deltas_is_not_written_twice(
    server: LoopbackProvider,
) -> None:
    whole = {
        "object": "chat.completion",
        "choices": [{"message": {"content": "ab"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    events, error = call(server, CUSTOM, chat_events(delta("a"), delta("b"), whole))
    assert (error, text_of(events)) == (None, "ab")
    assert usage_of(events) == Usage(3, 2)


def test_an_end_without_done_is_an_end_only_where_the_row_allows_it(
    server: LoopbackProvider,
) -> None:
    reply = chat_stream(["a"], done=False)
    assert call(server, CUSTOM, reply)[1] is None
    strict = failure(server, OPENAI, reply)
    assert strict.category is ErrorCategory.TRUNCATED_STREAM


def test_a_stream_left_open_after_its_finish_reason_ends_with_its_usage(
    server: LoopbackProvider,
) -> None:
    whole = chat_stream(["a"], usage=(3, 2), done=False)
    events, error = call(server, CUSTOM, whole.stall_after(len(whole.steps), keep_alive=True))
    assert (error, text_of(events)) == (None, "a")
    assert usage_of(events).output_tokens == 2


def test_a_done_without_a_finish_reason_is_a_cut_that_a_gateway_hid(
    server: LoopbackProvider,
) -> None:
    error = failure(server, OPENAI, chat_stream(["a"], finish=None))
    assert error.category is ErrorCategory.TRUNCATED_STREAM


def test_a_refusal_is_an_error_that_says_what_to_do(server: LoopbackProvider) -> None:
    error = failure(server, OPENAI, chat_stream([], refusal="I cannot"))
    assert error.category is ErrorCategory.CONTENT_FILTER
    assert "declined" in str(error)
    error = failure(server, ANTHROPIC, anthropic_stream(["I"], stop="refusal"))
    assert error.category is ErrorCategory.CONTENT_FILTER


@BOTH
def test_a_plain_json_answer_is_read_too(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    chat = {
        "object": "chat.completion",
        "choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    message = {
        "type": "message",
        "content": [{"type": "text", "text": "whole"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    events, error = call(server, provider, json_reply(chat if provider is OPENAI else message))
    assert error is None
    assert [event for event in events if isinstance(event, TextDelta)] == [TextDelta("whole")]
    assert usage_of(events) == Usage(3, 2)


def test_unknown_anthropic_events_are_skipped(server: LoopbackProvider) -> None:
    reply = anthropic_stream(["a"])
    odd = Send(b'event: novelty\ndata: {"type":"novelty","delta":{"text":"no"}}\n\n')
    events, error = call(server, ANTHROPIC, replace(reply, steps=[odd, *reply.steps]))
    assert (error, text_of(events)) == (None, "a")


# --- failures before the answer ----------------------------------------------


@pytest.mark.parametrize(
    ("reply", "category", "words"),
    [
        (
            chat_error(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
            ErrorCategory.AUTH,
            "OpenAI refused the key (401). Check OPENAI_API_KEY, then Resume.",
        ),
        (
            chat_error(404, "The model `gpt-9` does not exist", code="model_not_found"),
            ErrorCategory.BAD_REQUEST,
            "does not know this model or address (404). Check the model and OPENAI_BASE_URL.",
        ),
        (
            chat_error(429, "Slow down", code="rate_limit_exceeded", headers={"retry-after": "12"}),
            ErrorCategory.RATE_LIMIT,
            "Wait 12 seconds, then Resume.",
        ),
        (
            chat_error(429, "You exceeded your quota", code="insufficient_quota"),
            ErrorCategory.QUOTA,
            "out of credit",
        ),
        (
            chat_error(400, "too long", code="context_length_exceeded"),
            ErrorCategory.CONTEXT_LENGTH,
            "too long for the model (400)",
        ),
        (chat_error(500, "oops", kind="server_error"), ErrorCategory.SERVER, "OpenAI failed (500)"),
        (chat_error(503, "busy", kind=""), ErrorCategory.OVERLOADED, "overloaded (503)"),
        (
            Reply([Send(b"<html>Bad gateway</html>")], 502, {"content-type": "text/html"}),
            ErrorCategory.SERVER,
            "OpenAI failed (502). Wait a moment, then Resume.",
        ),
        (
            Reply([], 307, {"location": "http://127.0.0.1:1/v1"}),
            ErrorCategory.BAD_REQUEST,
            "redirect (307). Set OPENAI_BASE_URL",
        ),
        (
            json_reply({"detail": f"Bad key\n{KEY}"}, 400),
            ErrorCategory.BAD_REQUEST,
            "It said: “Bad key [key]”.",
        ),
    ],
)
def test_chat_errors_are_told_in_one_sentence(
    server: LoopbackProvider, reply: Reply, category: ErrorCategory, words: str
) -> None:
    error = failure(server, OPENAI, reply)
    assert words in str(error)
    assert (error.category, error.status) == (category, reply.status)
    assert error.request_id == reply.headers.get("x-request-id")
    assert len(server.requests) == 1  # the SDK must not retry


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


def test_milliseconds_of_retry_after_win(server: LoopbackProvider) -> None:
    headers = {"retry-after-ms": "1500", "retry-after": "2"}
    assert failure(server, OPENAI, chat_error(429, "", headers=headers)).retry_after_s == 1.5


def test_prose_of_a_400_is_understood(server: LoopbackProvider) -> None:
    for message, category in {
        "prompt is too long: 1200000 tokens": ErrorCategory.CONTEXT_LENGTH,
        "Your credit balance is too low to access the API": ErrorCategory.QUOTA,
    }.items():
        reply = anthropic_error(400, "invalid_request_error", message)
        assert failure(server, ANTHROPIC, reply).category is category


@BOTH
def test_an_unreachable_host_is_named_with_the_variable_that_sets_it(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    _, error = call(server, provider, base_url="http://127.0.0.1:9")
    assert error is not None
    assert error.category is ErrorCategory.NETWORK
    assert f"{provider.label} could not be reached at 127.0.0.1:9" in str(error)
    assert provider.url_var in str(error)


@BOTH
@pytest.mark.parametrize(
    ("key", "words"),
    [("", "needs a key"), ("sk-…é", "characters that a key cannot have"), ("sk\n1", "characters")],
)
def test_an_unusable_key_is_told_before_any_request(
    server: LoopbackProvider, provider: Provider, stream: MakeStream, key: str, words: str
) -> None:
    _, error = call(server, provider, key=key)
    assert error is not None
    assert error.category is ErrorCategory.AUTH
    assert words in str(error)
    assert provider.key_var in str(error)
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["", "localhost:8000/v1", "ftp://host/v1", "http://[::1/v1", "http://"]
)
def test_an_unusable_base_url_is_told_with_the_variable(server: LoopbackProvider, url: str) -> None:
    async def main() -> Outcome:
        client = SharedClient()
        try:
            return await collect(CUSTOM, Endpoint(url, "", client))
        finally:
            await client.aclose()

    _, error = asyncio.run(main())
    assert error is not None
    assert "CUSTOM_BASE_URL" in str(error)
    assert not error.retryable


# --- failures inside the answer ----------------------------------------------


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


def text_in(body: bytes, text: str) -> bool:
    return json.dumps(text, ensure_ascii=False).encode() in body


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


def test_an_anthropic_error_event_is_typed_and_keeps_the_text(server: LoopbackProvider) -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    whole = anthropic_stream(["a"])
    steps = [*whole.steps[:4], Send(b"event: error\ndata: " + body + b"\n\n")]
    events, error = call(server, ANTHROPIC, replace(whole, steps=steps))
    assert error is not None
    assert error.category is ErrorCategory.OVERLOADED
    assert text_of(events) == "a"


@BOTH
def test_a_json_error_instead_of_a_stream_is_typed(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    assert failure(server, provider, json_reply(body)).category is ErrorCategory.RATE_LIMIT


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


# --- nonsense ----------------------------------------------------------------

NO_COUNTS = ["many", 10**30, float("nan"), [1], -5, True, 5.5, {"a": 1}]


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


@pytest.mark.parametrize("odd", NO_COUNTS, ids=str)
def test_a_chat_count_that_is_none_is_left_out_and_the_answer_kept(
    server: LoopbackProvider, odd: Any
) -> None:
    details = {"completion_tokens_details": odd, "prompt_tokens_details": {"cached_tokens": odd}}
    for usage in (odd, {"prompt_tokens": 3, "completion_tokens": odd, **details}):
        reply = chat_events(delta("a", finish="stop") | {"usage": usage, "x_groq": odd}, "[DONE]")
        events, error = call(server, CUSTOM, reply)
        assert (error, text_of(events)) == (None, "a")
        assert {e for e in events if isinstance(e, Usage)} <= {Usage(), Usage(3)}


@pytest.mark.parametrize("odd", [5, 1.5, {"a": 1}, ["a"], True], ids=str)
@pytest.mark.parametrize("field", ["content", "reasoning", "reasoning_content"])
def test_a_delta_of_another_type_is_never_a_failure_of_ours(
    server: LoopbackProvider, field: str, odd: Any
) -> None:
    last = {"model": {"a": 1}, **delta(None, finish="stop")}
    reply = chat_events(delta("a"), delta(**{field: odd}), last, "[DONE]")
    events, error = call(server, CUSTOM, reply)
    assert text_of(events) == "a"
    assert thought_of(events) == ""
    assert error is None or error.category is ErrorCategory.MALFORMED_STREAM
    assert (error is None) == (field != "content")


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000], ids=["lists", "objects"])
@BOTH
def test_json_nested_without_end_is_malformed_and_an_error_body_keeps_its_status(
    server: LoopbackProvider, provider: Provider, stream: MakeStream, deep: bytes
) -> None:
    error = failure(server, provider, Reply([Send(b"data: " + deep + b"\n\n")]))
    assert error.category is ErrorCategory.MALFORMED_STREAM
    body = Reply([Send(b'{"error":' + deep)], 500, {"content-type": "application/json"})
    assert failure(server, provider, body).category is ErrorCategory.SERVER


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("9" * 400, 86_400),
        ("90000", 86_400),
        ("inf", None),
        ("nan", None),
        ("-5", None),
        ("Mon, 01 Jan 9999 00:00:00 GMT", 86_400),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_an_absurd_retry_after_is_a_day_or_none(
    server: LoopbackProvider, sent: str, seconds: float | None
) -> None:
    error = failure(server, OPENAI, chat_error(429, "x", headers={"retry-after": sent}))
    assert (error.category, error.retry_after_s) == (ErrorCategory.RATE_LIMIT, seconds)


@pytest.mark.parametrize(
    "body",
    [
        {"base_resp": {"status_code": [1], "status_msg": "x"}},
        {"error": {"message": ["a"], "code": {"a": 1}, "type": ["x"]}, "request_id": {"a": 1}},
        [[[]]],
        {"detail": json.loads("[" * 900 + "]" * 900)},
    ],
    ids=["base_resp", "error", "lists", "deep"],
)
@BOTH
def test_an_error_body_of_any_shape_is_told_by_its_status(
    server: LoopbackProvider, provider: Provider, stream: MakeStream, body: Any
) -> None:
    assert failure(server, provider, json_reply(body, 500)).category is ErrorCategory.SERVER


# --- limits ------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@BOTH
def test_of_an_error_body_only_the_beginning_is_read(
    server: LoopbackProvider, provider: Provider, stream: MakeStream, packed: bool
) -> None:
    body = b"a" * 4 * 2**20
    headers = {"content-type": "text/plain"} | ({"content-encoding": "gzip"} if packed else {})
    server.reply(Reply([Send(gzip.compress(body) if packed else body)], 500, headers))

    async def main() -> int:
        async with endpoint(server) as at:
            assert at.client is not None
            response = await at.client.get().post(at.base_url + "/x", json={})
            return len(response.content)

    assert asyncio.run(main()) == MAX_ERROR_BYTES


def test_a_packed_error_is_understood_and_a_badly_packed_one_keeps_its_status(
    server: LoopbackProvider,
) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    body = gzip.compress(json.dumps({"error": {"code": "insufficient_quota"}}).encode())
    error = failure(server, OPENAI, Reply([Send(body)], 429, headers))
    assert error.category is ErrorCategory.QUOTA
    error = failure(server, OPENAI, Reply([Send(b"not gzip")], 401, headers))
    assert (error.category, error.status) == (ErrorCategory.AUTH, 401)


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


# --- keys --------------------------------------------------------------------


@pytest.mark.parametrize(
    "echo",
    [
        OWN_KEY,
        OWN_KEY[:20] + "... given",
        OWN_KEY[-12:],
        OWN_KEY.upper(),
        quote(OWN_KEY, safe=""),
        quote(OWN_KEY, safe="").replace("%2F", "%2f"),
        OWN_KEY.replace("/", "\\/"),
        OWN_KEY[:10] + "\n" + OWN_KEY[10:],
        "y" * 1190 + OWN_KEY,
    ],
)
@BOTH
def test_no_part_of_a_key_is_told_stored_or_logged(
    server: LoopbackProvider,
    provider: Provider,
    stream: MakeStream,
    echo: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"x-request-id": f"r-{OWN_KEY}", "request-id": f"r-{OWN_KEY}"}
    for status in (400, 401, 500):
        reply = chat_error(status, f"No: {echo}", headers=headers)
        _, error = call(server, provider, reply, key=OWN_KEY)
        assert error is not None
        everything = f"{''.join(traceback.format_exception(error))} {error.request_id}"
        everything = f"{everything} {caplog.text}".lower()
        forms = {OWN_KEY.lower(), quote(OWN_KEY, safe="").lower()}
        parts = {form[at : at + 8] for form in forms for at in range(len(form) - 7)}
        assert not [part for part in parts if part in everything]


def test_what_is_no_key_is_quoted_unchanged(server: LoopbackProvider) -> None:
    error = failure(server, OPENAI, chat_error(400, "İzmir: field `n` is not known"), key=OWN_KEY)
    assert "It said: “İzmir: field `n` is not known”." in str(error)


@BOTH
def test_blanks_around_a_key_are_not_part_of_it(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    _, error = call(server, provider, stream(["a"]), key=f" {KEY}\n")
    assert error is None
    sent = server.requests[-1].headers
    assert sent.get("x-api-key", sent.get("authorization")) in (KEY, f"Bearer {KEY}")


# --- cancellation and cost ---------------------------------------------------


@BOTH
def test_cancelling_closes_the_socket_and_leaves_nothing(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    runs = 20

    async def cancel_one(at: Endpoint) -> None:
        gate = Gate()
        server.reply(stream(TEXTS).gate_after(5, gate))
        task = asyncio.create_task(collect(provider, at))
        assert await asyncio.to_thread(gate.reached.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def main() -> None:
        async with endpoint(server) as at:
            for _ in range(runs):
                await cancel_one(at)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.to_thread(server.wait_gone, 10, count=runs)

    asyncio.run(main())


@BOTH
def test_closing_the_stream_early_closes_the_socket(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    server.reply(stream(TEXTS).stall_after(5))

    async def main() -> None:
        async with endpoint(server) as at:
            async with aclosing(open_stream(provider, at)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
            await asyncio.to_thread(server.wait_gone)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@BOTH
def test_many_streams_run_at_once_and_all_end(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    server.reply(*(stream(TEXTS) for _ in range(60)))

    async def main() -> list[Outcome]:
        async with endpoint(server) as at:
            return await asyncio.gather(*(collect(provider, at) for _ in range(60)))

    for events, error in asyncio.run(main()):
        assert (error, text_of(events)) == (None, "".join(TEXTS))


def test_offline_use_imports_no_sdk_and_no_http_client() -> None:
    program = (
        "import sys\n"
        "from specforge_core.providers import catalog, client, guard, sse\n"
        "catalog.PROVIDERS['offline'].wire\n"
        "client.SharedClient()\n"
        "print(sorted({'openai', 'anthropic', 'httpx2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
