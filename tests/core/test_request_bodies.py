"""What goes over the wire to ask for an answer: every provider, model family and wish, exactly."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import CompletionRequest, Message
from tests.core.wire_calls import CUSTOM, OPENAI, call, endpoint, failure, text_of
from tests.loopback import LoopbackProvider, Recorded, chat_error, chat_stream, json_reply

Json = dict[str, Any]
Wish = bool | None

TURNS: list[Json] = [
    {"role": "user", "content": "Hello?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "Go on."},
]
# Where the system prompt goes, on each wire.
CHAT: Json = {"messages": [{"role": "system", "content": "Be brief."}, *TURNS]}
ANTHROPIC: Json = {"system": "Be brief.", "messages": TURNS}

OFF, ON, ADAPTIVE = ({"type": kind} for kind in ("disabled", "enabled", "adaptive"))


@dataclass(frozen=True)
class Family:
    """What a model family is sent for a request of 300 tokens.

    thinking: the fields for the wish None, off, on. length: the limit for each of them.
    warmth: the temperature sent for a wish of 0, 0.4 and 1.8, None where it is not sent.
    """

    provider: str
    model: str
    path: str
    prompt: Json
    length_field: str
    length: tuple[int, int, int]
    thinking: tuple[Json, Json, Json]
    warmth: tuple[float, float, float] | None
    counts: Json


def family(
    provider: str,
    model: str,
    length: tuple[int, int, int],
    *,
    off: Json | None = None,
    on: Json | None = None,
    length_field: str = "max_tokens",
    warmth: tuple[float, float, float] | None = None,
    counts: Json | None = None,
    path: str = "/v1/chat/completions",
    prompt: Json = CHAT,
) -> Family:
    thinking = ({}, off or {}, on or {})
    return Family(
        provider, model, path, prompt, length_field, length, thinking, warmth, counts or {}
    )


THINKS, THINKS_UNLESS_OFF, NEVER = (8_300, 8_300, 8_300), (8_300, 300, 8_300), (300, 300, 300)
COUNTS: Json = {"stream_options": {"include_usage": True}}
COMPLETION = "max_completion_tokens"


def openai(model: str, off: str) -> Family:
    return family(
        "openai",
        model,
        THINKS_UNLESS_OFF if off == "none" else THINKS,
        off={"reasoning_effort": off},
        on={"reasoning_effort": "medium"},
        length_field=COMPLETION,
        counts=COUNTS,
    )


def anthropic(model: str) -> Family:
    return family(
        "anthropic",
        model,
        THINKS_UNLESS_OFF,
        off={"thinking": OFF},
        on={"thinking": ADAPTIVE},
        path="/v1/messages",
        prompt=ANTHROPIC,
    )


def typed(provider: str, model: str, warmth: tuple[float, float, float]) -> Family:
    off, on = {"thinking": OFF}, {"thinking": ON}
    return family(provider, model, THINKS_UNLESS_OFF, off=off, on=on, warmth=warmth)


def mistral(model: str) -> Family:
    return family("mistral", model, NEVER, warmth=(0, 0.4, 1.0))


MINIMAX_WARMTH = (0.01, 0.4, 1.0)
FAMILIES = (
    openai("gpt-6.1-terra", "none"),
    openai("gpt-6-luna", "none"),
    openai("gpt-6-astra", "low"),
    openai("gpt-6.1-sol", "none"),
    openai("gpt-5.6-luna", "none"),
    anthropic("claude-sonnet-5-5"),
    anthropic("claude-haiku-5-5"),
    anthropic("claude-opus-5-5"),
    anthropic("claude-fable-5-2"),
    typed("deepseek", "deepseek-v4-pro", (0, 0.4, 1.8)),
    typed("deepseek", "deepseek-flash", (0, 0.4, 1.8)),
    mistral("mistral-medium-latest"),
    mistral("mistral-small-latest"),
    mistral("mistral-large-4"),
    mistral("ministral-3b-latest"),
    family("zai", "glm-5.3", THINKS, warmth=(0, 0.4, 1.0)),
    typed("zai", "glm-5.3-flash", (0, 0.4, 1.0)),
    typed("zai", "glm-4.7-flash", (0, 0.4, 1.0)),
    family(
        "minimax",
        "MiniMax-M3",
        THINKS_UNLESS_OFF,
        off={"thinking": OFF},
        on={"thinking": ADAPTIVE},
        length_field=COMPLETION,
        warmth=MINIMAX_WARMTH,
    ),
    family("minimax", "MiniMax-M2.7", THINKS, length_field=COMPLETION, warmth=MINIMAX_WARMTH),
    family(
        "minimax", "MiniMax-M2.7-highspeed", THINKS, length_field=COMPLETION, warmth=MINIMAX_WARMTH
    ),
    family("custom", "llama4:8b", NEVER, warmth=(0, 0.4, 1.8), counts=COUNTS),
)
WISHES: tuple[Wish, ...] = (None, False, True)
WARMTHS = (0.0, 0.4, 1.8)


def request_for(model: str, **more: Any) -> CompletionRequest:
    return CompletionRequest(
        model=model,
        system="Be brief.",
        messages=tuple(Message(turn["role"], turn["content"]) for turn in TURNS),
        max_tokens=300,
        **more,
    )


def sent(
    server: LoopbackProvider, provider: Provider, *requests: CompletionRequest
) -> list[Recorded]:
    """Each request as it came in, all over one connection. The answers do not matter."""
    server.reply(*(json_reply({"choices": []}) for _ in requests))

    async def main() -> None:
        async with endpoint(server) as at:
            if provider.wire_name == "anthropic_messages":
                at = replace(at, base_url=server.root_url)
            for request in requests:
                async with aclosing(provider.wire.stream(provider, at, request)) as events:
                    async for _ in events:
                        pass

    asyncio.run(main())
    return server.requests[-len(requests) :]


@pytest.mark.parametrize("one", FAMILIES, ids=lambda one: f"{one.provider} {one.model}")
def test_the_body_of_a_request_is_exactly_this(server: LoopbackProvider, one: Family) -> None:
    wishes = list(itertools.product(range(3), (None, 0, 1, 2), (True, False)))
    requests = [
        request_for(
            one.model,
            thinking=WISHES[thinking],
            temperature=None if warmth is None else WARMTHS[warmth],
            stream=stream,
        )
        for thinking, warmth, stream in wishes
    ]
    found = sent(server, PROVIDERS[one.provider], *requests)
    for (thinking, warmth, stream), request in zip(wishes, found, strict=True):
        expected = {
            "model": one.model,
            "stream": stream,
            one.length_field: one.length[thinking],
            **one.prompt,
            **one.thinking[thinking],
            **(one.counts if stream else {}),
        }
        if warmth is not None and one.warmth is not None:
            expected["temperature"] = one.warmth[warmth]
        assert request.body == expected
        assert (request.method, request.path) == ("POST", one.path)


def test_every_model_of_the_catalog_has_a_golden_body() -> None:
    golden = {(one.provider, one.model) for one in FAMILIES}
    rows = [row for row in PROVIDERS.values() if row.wire_name not in ("offline", "gemini")]
    assert {(row.name, model.name) for row in rows for model in row.models} <= golden


def test_nothing_but_what_mistral_knows_is_sent_to_it(server: LoopbackProvider) -> None:
    request = request_for("mistral-large-4", thinking=True, temperature=0.4)
    (found,) = sent(server, PROVIDERS["mistral"], request)
    assert found.body.keys() == {"model", "messages", "stream", "max_tokens", "temperature"}


def test_no_system_prompt_is_sent_where_there_is_none(server: LoopbackProvider) -> None:
    for name in ("openai", "anthropic", "mistral"):
        request = replace(request_for("m"), system="")
        (found,) = sent(server, PROVIDERS[name], request)
        assert found.body["messages"] == TURNS
        assert "system" not in found.body


@pytest.mark.parametrize(
    ("provider", "model", "most"),
    [("openai", "gpt-6-luna", 128_000), ("deepseek", "deepseek-flash", 384_000)],
)
def test_the_room_for_thinking_ends_at_the_limit_of_the_model(
    server: LoopbackProvider, provider: str, model: str, most: int
) -> None:
    row = PROVIDERS[provider]
    request = replace(request_for(model), max_tokens=most - 1)
    (found,) = sent(server, row, request)
    assert found.body[row.length_field] == most


def test_a_field_that_the_sdk_does_not_know_arrives_at_the_top_of_the_body(
    server: LoopbackProvider,
) -> None:
    fields = {True: {"enable_thinking": True, "chat_template_kwargs": {"deep": [1, None, "é"]}}}
    row = replace(CUSTOM, thinking=fields)
    (found,) = sent(server, row, request_for("m", thinking=True))
    assert found.body == {
        "model": "m",
        "stream": True,
        "max_tokens": 300,
        **CHAT,
        **COUNTS,
        **fields[True],
    }


# --- models of OpenAI that are no row ---


@pytest.mark.parametrize(
    "model", ["gpt-4.1", "gpt-4o", "ft:gpt-4o-2024-08-06:org::id", "chatgpt-4o-latest", "gpt-4"]
)
def test_a_model_of_openai_that_does_not_think_is_sent_its_temperature(
    server: LoopbackProvider, model: str
) -> None:
    (found,) = sent(server, OPENAI, request_for(model, temperature=0.4))
    assert found.body["temperature"] == 0.4
    assert found.body[COMPLETION] == 300


@pytest.mark.parametrize(
    "model",
    ["o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5.5-mini", "gpt-6.2-sol", "ft:o4-mini:org::id"],
)
def test_one_that_thinks_is_sent_none_and_has_room_to_think(
    server: LoopbackProvider, model: str
) -> None:
    wishes = [request_for(model, temperature=0.4, thinking=wish) for wish in WISHES]
    bodies = [found.body for found in sent(server, OPENAI, *wishes)]
    assert [body[COMPLETION] for body in bodies] == [8_300] * 3
    assert [body.get("reasoning_effort") for body in bodies] == [None, "low", "medium"]
    assert not any("temperature" in body for body in bodies)


# --- what an endpoint refuses ----------------------------------------------------------

REFUSALS: Mapping[str, tuple[int, str]] = {
    "vllm": (400, "Unrecognized request argument supplied: stream_options"),
    "pydantic": (422, "body.stream_options: Extra inputs are not permitted"),
}


@pytest.mark.parametrize(("status", "words"), REFUSALS.values(), ids=REFUSALS.keys())
@pytest.mark.parametrize("row", [OPENAI, CUSTOM], ids=["openai", "custom"])
def test_a_refusal_of_stream_options_is_answered_once_by_a_request_without(
    server: LoopbackProvider, row: Provider, status: int, words: str
) -> None:
    refusal = chat_error(status, words)
    events, error = call(server, row, refusal, chat_stream(["a"], usage=None))
    assert (error, text_of(events)) == (None, "a")
    first, second = (request.body for request in server.requests)
    assert first == second | COUNTS
    assert "stream_options" not in second

    _, error = call(server, row, refusal, refusal)
    assert error is not None
    assert (error.category, error.status) == (ErrorCategory.BAD_REQUEST, status)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("row", "status", "words"),
    [
        ("custom", 401, "stream_options"),
        ("custom", 500, "stream_options"),
        ("custom", 400, "Unknown field foo"),
        ("mistral", 422, "stream_options"),
    ],
)
def test_no_other_refusal_is_asked_a_second_time(
    server: LoopbackProvider, row: str, status: int, words: str
) -> None:
    failure(server, PROVIDERS[row], chat_error(status, words))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("temperature", "Unsupported value: 'temperature' does not support 0.4 with this model."),
        ("reasoning_effort", "Unrecognized request argument supplied: reasoning_effort"),
    ],
)
def test_a_refused_wish_is_answered_once_by_a_request_without_it(
    server: LoopbackProvider, field: str, words: str
) -> None:
    row = replace(CUSTOM, thinking={None: {}, True: {"reasoning_effort": "high"}})
    refusal = chat_error(400, words, code="unsupported_value")
    server.reply(refusal, chat_stream(["a"]), refusal, refusal)
    request = request_for("m", temperature=0.4, thinking=True)

    async def ask() -> list[Any]:
        async with endpoint(server) as at, aclosing(row.wire.stream(row, at, request)) as events:
            return [event async for event in events]

    assert text_of(asyncio.run(ask())) == "a"
    first, second = (found.body for found in server.requests)
    assert field in first
    assert second == {name: value for name, value in first.items() if name != field}
    with pytest.raises(ProviderError, match=words[:20]):
        asyncio.run(ask())
    assert len(server.requests) == 4


def test_an_endpoint_may_refuse_one_field_after_the_other(server: LoopbackProvider) -> None:
    """As a model that thinks does behind Azure."""
    length = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    warmth = "Unsupported value: 'temperature' does not support 0.4 with this model."
    refusals = [chat_error(400, words) for words in (length, warmth, "stream_options?")]
    events, error = call(server, CUSTOM, *refusals, chat_stream(["a"]))
    assert (error, text_of(events)) == (None, "a")
    last = server.requests[-1].body
    assert last.keys() == {"model", "messages", "stream", COMPLETION}


def test_a_whole_answer_is_asked_for_without_stream_options(server: LoopbackProvider) -> None:
    body = {"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}
    server.reply(json_reply(body))

    async def main() -> list[Any]:
        async with endpoint(server) as at:
            request = request_for("m", stream=False)
            async with aclosing(CUSTOM.wire.stream(CUSTOM, at, request)) as events:
                return [event async for event in events]

    events = asyncio.run(main())
    assert text_of(events) == "whole"
    assert events[-1].whole
    assert server.requests[0].body == {
        "model": "m",
        "stream": False,
        "max_tokens": 300,
        **CHAT,
    }


def test_what_is_wrong_with_a_request_is_told_in_the_providers_words(
    server: LoopbackProvider,
) -> None:
    error: ProviderError = failure(
        server,
        OPENAI,
        chat_error(400, "Unsupported value: 'messages'", code="unsupported_value"),
    )
    assert "It said: “Unsupported value: 'messages'”." in str(error)


@pytest.mark.parametrize("name", ["custom", "openai", "anthropic", "google", "mistral"])
def test_a_model_that_is_no_row_is_asked_for_the_length_that_was_named(name: str) -> None:
    asked = CompletionRequest("house-model", "", (Message("user", "Hi"),), max_tokens=20_000)
    assert PROVIDERS[name].length_for(asked) == 20_000
