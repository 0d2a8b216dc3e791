"""Every OpenAI-compatible vendor, with what it does differently from OpenAI and from its docs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import FinishReason, StreamEnd, Usage
from specforge_core.providers.catalog import PROVIDERS
from tests.core.lines import LINES
from tests.core.reading import read_bytes
from tests.core.wire_calls import (
    CUSTOM,
    OPENAI,
    TEXTS,
    Outcome,
    call,
    chat_events,
    delta,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import LoopbackProvider, Reply
from tests.loopback.chunks import DONE, READ, THOUGHT, WRITTEN, Json, choice, frames
from tests.loopback.gateways import groq_stream, openrouter_chunk
from tests.loopback.minimax import (
    minimax_chunk,
    minimax_split_stream,
    minimax_stream,
    minimax_v2_stream,
)
from tests.loopback.vendors import (
    VENDORS,
    Vendor,
    deepseek_chunk,
    deepseek_stream,
    xai_stream,
    zai_stream,
)

DEEPSEEK, MISTRAL, ZAI, MINIMAX = (
    PROVIDERS[name] for name in ("deepseek", "mistral", "zai", "minimax")
)
EVERY_VENDOR = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
THINKS = ["why", " not", " why"]


def answered(server: LoopbackProvider, vendor: Vendor, reply: Reply) -> Outcome:
    return call(server, PROVIDERS[vendor.row], reply)


@EVERY_VENDOR
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


@EVERY_VENDOR
def test_an_answer_without_thinking_arrives_too(server: LoopbackProvider, vendor: Vendor) -> None:
    events, error = answered(server, vendor, vendor.stream(["a", "b"]))
    assert (error, text_of(events), thought_of(events)) == (None, vendor.begin + "ab", "")
    assert usage_of(events).output_tokens == WRITTEN


@EVERY_VENDOR
def test_the_length_limit_is_told(server: LoopbackProvider, vendor: Vendor) -> None:
    events, error = answered(server, vendor, vendor.stream(["a"], finish="length"))
    assert error is None
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason is FinishReason.LENGTH


@EVERY_VENDOR
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
def test_inline_thinking_of_minimax_is_told_apart_however_it_is_cut(size: int) -> None:
    whole = "<think>\nWhy </thin not?\n</think>\n\n# Title\n<think>kept</think>"
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    reply = minimax_stream(pieces)
    for chunks in ([reply.body], [bytes([one]) for one in reply.body]):
        events, error = read_bytes(LINES["minimax"], reply, chunks)
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
