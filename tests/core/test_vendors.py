"""Every OpenAI-compatible vendor, with what it does differently from OpenAI and from its docs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import FinishReason, StreamEnd, TextDelta, Usage
from specforge_core.providers.catalog import PROVIDERS
from tests.core.wire_calls import (
    CUSTOM,
    OPENAI,
    TEXTS,
    Outcome,
    call,
    chat_events,
    delta,
    failure,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import LoopbackProvider, Reply, chat_error, json_reply
from tests.loopback.vendors import (
    DONE,
    READ,
    THOUGHT,
    VENDORS,
    WRITTEN,
    Json,
    Vendor,
    choice,
    deepseek_chunk,
    deepseek_stream,
    frames,
    groq_stream,
    minimax_chunk,
    minimax_split_stream,
    minimax_stream,
    minimax_v2_stream,
    openrouter_chunk,
    xai_stream,
    zai_stream,
)

DEEPSEEK, MISTRAL, ZAI, MINIMAX = (
    PROVIDERS[name] for name in ("deepseek", "mistral", "zai", "minimax")
)
EVERY = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
THINKS = ["why", " not", " why"]


def answered(server: LoopbackProvider, vendor: Vendor, reply: Reply) -> Outcome:
    return call(server, PROVIDERS[vendor.row], reply)


@EVERY
def test_text_thinking_counts_and_end_arrive_as_sent(
    server: LoopbackProvider, vendor: Vendor
) -> None:
    events, error = answered(server, vendor, vendor.stream(TEXTS, reasoning=THINKS))
    assert error is None
    assert text_of(events) == vendor.begin + "".join(TEXTS)
    thought = "" if vendor is VENDORS["azure"] else "".join(THINKS)  # it shows none
    assert thought_of(events).strip() == thought
    assert usage_of(events) == Usage(*vendor.counts)
    end = events[-1]
    assert isinstance(end, StreamEnd)
    assert (end.finish_reason, end.request_id) == (FinishReason.STOP, vendor.request_id)
    assert end.model
    assert not end.whole


@EVERY
def test_an_answer_without_thinking_arrives_too(server: LoopbackProvider, vendor: Vendor) -> None:
    events, error = answered(server, vendor, vendor.stream(["a", "b"]))
    assert (error, text_of(events), thought_of(events)) == (None, vendor.begin + "ab", "")
    assert usage_of(events).output_tokens == WRITTEN


@EVERY
def test_the_length_limit_is_told(server: LoopbackProvider, vendor: Vendor) -> None:
    events, error = answered(server, vendor, vendor.stream(["a"], finish="length"))
    assert error is None
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason is FinishReason.LENGTH


@EVERY
def test_the_terminator_is_awaited_exactly_where_the_vendor_sends_one(
    server: LoopbackProvider, vendor: Vendor
) -> None:
    whole = vendor.stream(["a", "b"])
    assert (b"[DONE]" in whole.body) == vendor.done
    strict = PROVIDERS[vendor.row].terminator
    events, error = answered(server, vendor, whole.cut_after(len(whole.steps) - 1))
    assert text_of(events) == vendor.begin + "ab"
    if strict or vendor is VENDORS["minimax v2"]:  # whose last message has the finish reason
        assert error is not None
        assert error.category is ErrorCategory.TRUNCATED_STREAM
    else:
        assert error is None


# --- DeepSeek ----------------------------------------------------------------


def test_deepseek_that_ran_out_of_machines_is_an_error_to_retry(server: LoopbackProvider) -> None:
    events, error = call(
        server, DEEPSEEK, deepseek_stream(["a"], finish="insufficient_system_resource")
    )
    assert text_of(events) == "a"
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.SERVER, True)


def test_the_cache_hits_of_deepseek_are_counted_without_details(server: LoopbackProvider) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 5}
    last = deepseek_chunk([choice({"content": "a"}, "stop")], usage)
    events, error = call(server, DEEPSEEK, frames(last, DONE))
    assert error is None
    assert usage_of(events) == Usage(9, 1, None, 5)


# --- Z.AI --------------------------------------------------------------------


def test_counts_that_grow_chunk_by_chunk_are_those_of_the_last(server: LoopbackProvider) -> None:
    for cumulative in (True, False):
        events, error = call(server, ZAI, zai_stream(["a", "b", "c"], cumulative=cumulative))
        assert error is None
        assert usage_of(events) == Usage(READ, WRITTEN, None, 4)


def test_a_later_chunk_that_counts_less_takes_nothing_back(server: LoopbackProvider) -> None:
    reply = chat_events(
        delta("a") | {"usage": {"prompt_tokens": 7, "completion_tokens": 2}},
        delta("b", finish="stop") | {"usage": {"completion_tokens": 3}},
        {"choices": [], "usage": {"total_tokens": 0, "total_characters": 0}},
        "[DONE]",
    )
    events, error = call(server, CUSTOM, reply)
    assert error is None
    assert usage_of(events) == Usage(7, 3)


@pytest.mark.parametrize(
    ("finish", "category"),
    [
        ("sensitive", ErrorCategory.CONTENT_FILTER),
        ("network_error", ErrorCategory.SERVER),
    ],
)
def test_a_finish_of_zai_that_is_a_failure_is_one_although_done_follows(
    server: LoopbackProvider, finish: str, category: ErrorCategory
) -> None:
    events, error = call(server, ZAI, zai_stream(["a"], finish=finish))
    assert text_of(events) == "\na"
    assert error is not None
    assert error.category is category
    assert error.request_id == "20261112loopback"


# --- MiniMax -----------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_inline_thinking_of_minimax_is_told_apart_however_it_is_cut(
    server: LoopbackProvider, size: int
) -> None:
    whole = "<think>\nWhy </thin not?\n</think>\n\n# Title\n<think>kept</think>"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    reply = minimax_stream(pieces)
    for sent in (reply, reply.in_chunks_of(1)):
        events, error = call(server, MINIMAX, sent)
        assert error is None
        assert thought_of(events) == "\nWhy </thin not?\n"
        assert text_of(events) == "# Title\n<think>kept</think>"


@pytest.mark.parametrize("cumulative", [False, True], ids=["pieces", "snapshots"])
@pytest.mark.parametrize("inline", [False, True], ids=["fields", "fields and text"])
def test_thinking_that_is_said_several_times_is_passed_on_once(
    server: LoopbackProvider, cumulative: bool, inline: bool
) -> None:
    reply = minimax_split_stream(["a", "b"], reasoning=THINKS, cumulative=cumulative, inline=inline)
    events, error = call(server, MINIMAX, reply)
    assert error is None
    assert thought_of(events) == "".join(THINKS)
    assert text_of(events) == "ab"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (["ha", "ha", "ha"], "hahaha"),
        (["a", "ab", "abc", "abc"], "abc"),
        (["a", "ab", "c", "abc"], "aabcabc"),
        (["\n", "\n", "x"], "\n\nx"),
    ],
    ids=str,
)
def test_a_piece_of_thinking_that_comes_twice_is_no_repetition_of_all(
    server: LoopbackProvider, sent: list[str], told: str
) -> None:
    parts = [delta(reasoning_content=text) for text in sent]
    events, error = call(server, CUSTOM, chat_events(*parts, delta("x", finish="stop"), "[DONE]"))
    assert (error, thought_of(events)) == (None, told)


def test_thinking_that_is_only_in_the_details_is_found(server: LoopbackProvider) -> None:
    parts: list[Json] = [
        minimax_chunk([choice({"reasoning_details": details})])
        for details in ([{"text": "why"}], [{"text": " not"}, "odd", {"text": 5}], None, 7)
    ]
    end = minimax_chunk([choice({"content": "a"}, "stop")])
    events, error = call(server, MINIMAX, frames(*parts, end))
    assert (error, thought_of(events), text_of(events)) == (None, "why not", "a")


@pytest.mark.parametrize("usage", [True, False], ids=["counts", "no counts"])
@pytest.mark.parametrize("after", ["", "\n", "  \n\n"], ids=repr)
def test_a_whole_message_at_the_end_is_not_written_a_second_time(
    server: LoopbackProvider, usage: bool, after: str
) -> None:
    reply = minimax_v2_stream(TEXTS, reasoning=THINKS, usage=usage, after=after)
    for sent in (reply, reply.in_chunks_of(len(reply.body)), reply.in_chunks_of(3)):
        events, error = call(server, MINIMAX, sent)
        assert error is None
        assert text_of(events) == "".join(TEXTS)
        assert thought_of(events) == "".join(THINKS)
        assert any(isinstance(event, Usage) for event in events) == usage
        assert events[-1] == StreamEnd(
            FinishReason.STOP, "05dc90a2730ea35969d3adad208b70fc", "MiniMax-M3"
        )


def test_a_whole_message_after_thinking_alone_is_the_answer(server: LoopbackProvider) -> None:
    reply = minimax_v2_stream(["a", "b"], reasoning=THINKS, repeated=False)
    events, error = call(server, MINIMAX, reply)
    assert (error, text_of(events), thought_of(events)) == (None, "ab", "".join(THINKS))


def test_a_minimax_stream_that_stays_open_ends_with_its_counts(server: LoopbackProvider) -> None:
    whole = minimax_stream(["a"])
    events, error = call(server, MINIMAX, whole.stall_after(len(whole.steps)))
    assert (error, text_of(events)) == (None, "a")
    assert usage_of(events).output_tokens == WRITTEN


# --- gateways and local servers ----------------------------------------------


def test_an_error_chunk_of_openrouter_says_which_provider_failed_and_how(
    server: LoopbackProvider,
) -> None:
    error = {"code": 502, "message": "Provider returned error"}
    metadata = {"metadata": {"raw": "upstream connect error", "provider_name": "Z.AI"}}
    for place in ("chunk", "choice"):
        ended = choice({"content": ""}, "error", native_finish_reason="error")
        if place == "choice":
            last = openrouter_chunk([ended | {"error": error | metadata}])
        else:
            last = openrouter_chunk([ended], error=error | metadata)
        events, failed = call(
            server, CUSTOM, frames(openrouter_chunk([choice({"content": "a"})]), last, DONE)
        )
        assert text_of(events) == "a"
        assert failed is not None
        assert (failed.category, failed.status) == (ErrorCategory.SERVER, 502)
        assert "Provider returned error: upstream connect error" in str(failed)


def test_an_error_of_groq_in_the_middle_is_typed(server: LoopbackProvider) -> None:
    whole = groq_stream(["a"])
    last = frames({"choices": [], "x_groq": {"id": "req_groq", "error": "over capacity"}})
    events, error = call(server, CUSTOM, replace(whole, steps=[*whole.steps[:2], *last.steps]))
    assert text_of(events) == "a"
    assert error is not None
    assert "over capacity" in str(error)
    assert error.request_id == "req_groq"


def test_thinking_that_xai_counts_apart_is_part_of_the_output(server: LoopbackProvider) -> None:
    events, _ = call(server, CUSTOM, xai_stream(["a"] * 9, reasoning=["hm"]))
    assert usage_of(events) == Usage(READ, WRITTEN, THOUGHT, 4)


def test_a_filter_of_azure_stops_the_answer(server: LoopbackProvider) -> None:
    reply = VENDORS["azure"].stream(["a"], finish="content_filter")
    events, error = call(server, CUSTOM, reply)
    assert text_of(events) == "a"
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.CONTENT_FILTER, False)


# --- shapes ------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": None},
        {"choices": [], "usage": None},
        {"choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"content": None, "reasoning": None}}]},
        {"choices": [{"index": 0}]},
        {"choices": [{"index": 0, "delta": None, "message": None}]},
        {"object": "chat.completion.novelty", "type": "ping", "novel": [1]},
        {},
        {"error": None, "choices": []},
        {"base_resp": None, "choices": []},
        {"base_resp": "odd", "choices": []},
        {"x_groq": None, "choices": []},
        {"choices": [{"delta": {"content": "", "tool_calls": None, "refusal": ""}}]},
    ],
    ids=str,
)
def test_a_chunk_that_says_nothing_is_skipped(server: LoopbackProvider, odd: Json) -> None:
    reply = chat_events(odd, delta("a"), odd, delta("b", finish="stop"), odd, "[DONE]")
    events, error = call(server, OPENAI, reply)
    assert (error, text_of(events)) == (None, "ab")


@pytest.mark.parametrize(
    "failed",
    [
        {"error": {"message": "too much", "code": "1302"}},
        {"object": "error", "message": "too much", "type": "rate_limited", "code": "1300"},
        {"object": "error", "message": "too much", "code": 429},
        {"type": "error", "error": {"type": "rate_limit_error", "message": "too much (1002)"}},
        {"error": {"message": "too much", "code": "429"}},
        {"error": {"message": "too much", "code": 429}},
        {"error": {"message": "too much (1002)", "http_code": "429"}},
        {"base_resp": {"status_code": 1002, "status_msg": "too much"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["first", "middle", "body"])
def test_a_rate_limit_inside_a_200_is_one_in_every_shape(
    server: LoopbackProvider, failed: Json, how: str
) -> None:
    reply = json_reply(failed) if how == "body" else chat_events(failed)
    if how == "middle":
        reply = chat_events(delta("a"), failed, "[DONE]")
    events, error = call(server, CUSTOM, reply)
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.RATE_LIMIT, True)
    assert "Wait a moment, then try again." in str(error)
    assert "too much" in str(error)
    assert events == ([TextDelta("a")] if how == "middle" else [])


@pytest.mark.parametrize(
    "failed",
    [
        {"detail": "Model is gone"},
        {"code": 500, "msg": "Model is gone", "success": False},
        {"type": "error", "message": "Model is gone"},
        {"error": "Model is gone"},
        [{"error": {"message": "Model is gone"}}],
    ],
    ids=str,
)
def test_an_error_of_another_shape_is_not_skipped(server: LoopbackProvider, failed: Any) -> None:
    events, error = call(server, CUSTOM, chat_events(delta("a"), failed, "[DONE]"))
    assert text_of(events) == "a"
    assert error is not None
    assert "It said: “Model is gone”." in str(error)


# --- errors of a status ------------------------------------------------------


def _flat(status: int, body: Json, **headers: str) -> Reply:
    return json_reply(body, status, headers)


def _zai(code: str, message: str, status: int = 429) -> Reply:
    return _flat(status, {"error": {"code": code, "message": message}})


def _minimax(status: int, kind: str, message: str) -> Reply:
    error = {"type": kind, "message": message, "http_code": str(status)}
    return _flat(status, {"type": "error", "error": error, "request_id": "req_mm"})


def _mistral(status: int, message: Any, kind: str, code: str | None) -> Reply:
    flat = {"object": "error", "message": message, "type": kind, "param": None, "code": code}
    return _flat(status, flat | {"raw_status_code": status}, **{"mistral-correlation-id": "c-1"})


EXTRA = [
    {
        "type": "extra_forbidden",
        "loc": ["body", "stream_options"],
        "msg": "Extra inputs are not permitted",
        "input": {},
    }
]
TOP_UP = "is out of credit or over its plan"
C = ErrorCategory
Case = tuple[str, Reply, ErrorCategory, str, str | None]
CASES: dict[str, Case] = {
    # vendor: row, answer, category, words that a person reads, request id
    "deepseek key": (
        "deepseek",
        chat_error(
            401,
            "Authentication Fails, Your api key: ****1234 is invalid",
            kind="authentication_error",
            code="invalid_request_error",
            headers={"x-request-id": "", "x-ds-trace-id": "t-1"},
        ),
        C.AUTH,
        "Check DEEPSEEK_API_KEY, then try again.",
        "t-1",
    ),
    "deepseek balance": (
        "deepseek",
        chat_error(402, "Insufficient Balance", kind="unknown_error", code="invalid_request_error"),
        C.QUOTA,
        f"The DeepSeek account {TOP_UP} (402). Top it up",
        "req_loopback_error",
    ),
    "deepseek field": (
        "deepseek",
        chat_error(422, "Failed to deserialize the JSON body: `foo`"),
        C.BAD_REQUEST,
        "It said: “Failed to deserialize",
        "req_loopback_error",
    ),
    "deepseek busy": (
        "deepseek",
        chat_error(503, "Service is too busy.", kind="service_unavailable_error"),
        C.OVERLOADED,
        "DeepSeek is overloaded (503). Wait a moment, then try again.",
        "req_loopback_error",
    ),
    "mistral key": (
        "mistral",
        _flat(401, {"detail": "Invalid API Key"}, **{"mistral-correlation-id": "c-1"}),
        C.AUTH,
        "Check MISTRAL_API_KEY, then try again.",
        "c-1",
    ),
    "mistral field": (
        "mistral",
        _mistral(422, {"detail": EXTRA}, "invalid_request_error", None),
        C.BAD_REQUEST,
        "It said: “body.stream_options: Extra inputs are not permitted”.",
        "c-1",
    ),
    "mistral model": (
        "mistral",
        _mistral(400, "Invalid model: mistral-huge", "invalid_model", "1500"),
        C.BAD_REQUEST,
        "Invalid model: mistral-huge",
        "c-1",
    ),
    "mistral rate": (
        "mistral",
        _mistral(429, "Rate limit exceeded", "rate_limited", "1300"),
        C.RATE_LIMIT,
        "Mistral allows no more requests right now (429). Wait a moment, then try again.",
        "c-1",
    ),
    "mistral length": (
        "mistral",
        _mistral(
            400,
            "Prompt contains 99 tokens, too large for model with 32 maximum context length",
            "invalid_request_prompt_too_long",
            "3051",
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        "c-1",
    ),
    "zai key": ("zai", _zai("1002", "Token invalid", 401), C.AUTH, "Check ZAI_API_KEY", None),
    "zai filter": (
        "zai",
        _zai("1301", "System detected potentially unsafe content", 400),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "zai length": ("zai", _zai("1261", "Prompt too long", 400), C.CONTEXT_LENGTH, "too long", None),
    "zai server": ("zai", _zai("500", "Internal error", 500), C.SERVER, "Z.AI failed (500)", None),
    **{
        f"zai {code}": ("zai", _zai(code, "Too much"), C.RATE_LIMIT, "Wait a moment", None)
        for code in ("1302", "1303", "1305")
    },
    **{
        f"zai {code}": (
            "zai",
            _zai(code, "Limit reached"),
            C.QUOTA,
            "choose another provider",
            None,
        )
        for code in ("1113", "1304", "1308", "1309", "1310", "1313", "1316", "1317")
    },
    "minimax key": (
        "minimax",
        _minimax(401, "authorized_error", "login fail: Please carry the API secret key (1004)"),
        C.AUTH,
        "Check MINIMAX_API_KEY",
        "req_mm",
    ),
    "minimax rate": (
        "minimax",
        _minimax(429, "rate_limit_error", "rate limit exceeded(RPM) (1002)"),
        C.RATE_LIMIT,
        "Wait a moment",
        "req_mm",
    ),
    "minimax balance": (
        "minimax",
        _minimax(429, "rate_limit_error", "insufficient balance (1008)"),
        C.QUOTA,
        TOP_UP,
        "req_mm",
    ),
    "minimax plan": (
        "minimax",
        _minimax(429, "rate_limit_error", "usage limit exceeded (2056)"),
        C.QUOTA,
        TOP_UP,
        "req_mm",
    ),
    "minimax server": (
        "minimax",
        _minimax(500, "api_error", "unknown error, 794 (1000)"),
        C.SERVER,
        "MiniMax failed (500). Wait a moment, then try again.",
        "req_mm",
    ),
    **{
        f"minimax 200 {number}": (
            "minimax",
            _flat(200, {"base_resp": {"status_code": number, "status_msg": "no"}}),
            category,
            "",
            None,
        )
        for number, category in {
            1000: C.SERVER,
            1001: C.TIMEOUT,
            1002: C.RATE_LIMIT,
            1004: C.AUTH,
            1008: C.QUOTA,
            1013: C.SERVER,
            1026: C.CONTENT_FILTER,
            1027: C.CONTENT_FILTER,
            1039: C.CONTEXT_LENGTH,
            2013: C.BAD_REQUEST,
            2049: C.AUTH,
            2056: C.QUOTA,
            2062: C.QUOTA,
        }.items()
    },
    "openai quota": (
        "openai",
        chat_error(429, "You exceeded your current quota", code="insufficient_quota"),
        C.QUOTA,
        TOP_UP,
        "req_loopback_error",
    ),
    "openai rate": (
        "openai",
        chat_error(
            429, "Rate limit reached. Please try again in 1.2s.", code="rate_limit_exceeded"
        ),
        C.RATE_LIMIT,
        "Wait 1 seconds, then try again.",
        "req_loopback_error",
    ),
    "openai too large": (
        "openai",
        chat_error(
            429,
            "Request too large for gpt-6-astra on tokens per min (TPM): Limit 30, Requested 40.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (429)",
        "req_loopback_error",
    ),
    "openrouter credit": (
        "custom",
        _flat(402, {"error": {"code": 402, "message": "Insufficient credits"}, "user_id": "u"}),
        C.QUOTA,
        TOP_UP,
        None,
    ),
    "openrouter moderation": (
        "custom",
        _flat(403, {"error": {"code": 403, "message": 'Your input was flagged for "x".'}}),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "openrouter upstream": (
        "custom",
        _flat(
            429,
            {
                "error": {
                    "code": 429,
                    "message": "Provider returned error",
                    "metadata": {"raw": "model is temporarily rate-limited upstream"},
                }
            },
        ),
        C.RATE_LIMIT,
        "temporarily rate-limited upstream",
        None,
    ),
    "azure rate": (
        "custom",
        _flat(
            429,
            {"error": {"code": "RateLimitReached", "message": "Retry after 26 seconds."}},
            **{"apim-request-id": "a-1", "retry-after-ms": "25500", "retry-after": "26"},
        ),
        C.RATE_LIMIT,
        "Wait 26 seconds, then try again.",
        "a-1",
    ),
    "azure filter": (
        "custom",
        _flat(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "message": "The response was filtered",
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                    "status": 400,
                }
            },
        ),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "groq rate": (
        "custom",
        chat_error(
            429,
            "Rate limit reached on tokens per day (TPD). Please try again in 7m12.5s.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        C.RATE_LIMIT,
        "Wait 432 seconds",
        "req_loopback_error",
    ),
    "groq capacity": (
        "custom",
        chat_error(498, "Flex tier capacity exceeded", code="capacity_exceeded"),
        C.OVERLOADED,
        "is overloaded (498)",
        "req_loopback_error",
    ),
    "xai key": (
        "custom",
        _flat(
            400,
            {
                "code": "Client specified an invalid argument",
                "error": "Incorrect API key provided: x",
            },
        ),
        C.AUTH,
        "Check CUSTOM_API_KEY",
        None,
    ),
    "xai credit": (
        "custom",
        _flat(
            429,
            {
                "code": "Some resource has been exhausted",
                "error": "Your team 1 has either used all available credits or reached its limit.",
            },
        ),
        C.QUOTA,
        TOP_UP,
        None,
    ),
    "moonshot credit": (
        "custom",
        _flat(
            429,
            {
                "error": {
                    "type": "exceeded_current_quota_error",
                    "message": "suspended, please recharge",
                    "request_id": "m-1",
                }
            },
        ),
        C.QUOTA,
        TOP_UP,
        "m-1",
    ),
    "moonshot busy": (
        "custom",
        _flat(429, {"error": {"type": "engine_overloaded_error", "message": "overloaded"}}),
        C.OVERLOADED,
        "is overloaded (429)",
        None,
    ),
    "ollama key": (
        "custom",
        chat_error(401, "unauthorized", kind="api_error"),
        C.AUTH,
        "Check CUSTOM_API_KEY",
        "req_loopback_error",
    ),
    "ollama model": (
        "custom",
        chat_error(404, 'model "x" not found, try pulling it first', kind="not_found_error"),
        C.BAD_REQUEST,
        "try pulling it first",
        "req_loopback_error",
    ),
    "vllm length": (
        "custom",
        _flat(
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 4096 tokens.",
                "type": "BadRequestError",
                "code": 400,
            },
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        None,
    ),
    "llama.cpp length": (
        "custom",
        _flat(
            400,
            {
                "error": {
                    "code": 400,
                    "message": "request (9 tokens) exceeds the available context size (4 tokens)",
                    "type": "exceed_context_size_error",
                }
            },
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        None,
    ),
    "llama.cpp loading": (
        "custom",
        _flat(
            503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
        ),
        C.OVERLOADED,
        "It said: “Loading model”.",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_error_of_a_vendor_is_typed_and_says_what_to_do(
    server: LoopbackProvider, case: Case
) -> None:
    row, reply, category, words, request_id = case
    error = failure(server, PROVIDERS[row], reply)
    assert error.category is category
    assert words in str(error)
    assert error.status == (None if reply.status == 200 else reply.status)
    assert error.request_id == request_id
    assert error.retryable == (
        category in {C.RATE_LIMIT, C.OVERLOADED, C.SERVER, C.TIMEOUT, C.NETWORK}
    )
    assert len(server.requests) == 1
    assert "ry again" in str(error) or "hoose" in str(error) or "Check the model" in str(error)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 860ms.", 0.86),
        ("Please try again in 1.2s. Visit", 1.2),
        ("Please try again in 7m12.5s.", 432.5),
        ("Please try again in 1h2m3s", 3723),
        ("Please retry after 26 seconds.", 26),
        ("Please retry after 5 minutes", 300),
        ("try again in 99999h", 86_400),
        ("Try again in 20 hours", 72_000),
        ("try again in a moment", None),
        ("try again in 5", None),
        ("retry after the 3rd", None),
        ("", None),
    ],
)
def test_the_wait_in_a_message_is_understood(
    server: LoopbackProvider, said: str, seconds: float | None
) -> None:
    error = failure(server, CUSTOM, chat_error(429, said, code="rate_limit_exceeded"))
    assert error.retry_after_s == pytest.approx(seconds) if seconds else not error.retry_after_s


def test_a_wait_in_a_header_outweighs_the_message(server: LoopbackProvider) -> None:
    headers = {"retry-after": "3"}
    error = failure(server, CUSTOM, chat_error(429, "try again in 50s", headers=headers))
    assert error.retry_after_s == 3


def test_an_error_inside_a_stream_carries_the_request_id_of_its_answer(
    server: LoopbackProvider,
) -> None:
    def failed(*chunks: Any) -> ProviderError:
        reply = replace(chat_events(*chunks), headers={"x-ds-trace-id": "t-9"})
        return failure(server, DEEPSEEK, reply)

    assert failed(delta("a"), {"error": {"message": "x"}}).request_id == "t-9"
    assert failed(delta("a"), "{nonsense").request_id == "t-9"
