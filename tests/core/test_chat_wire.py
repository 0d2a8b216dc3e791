"""The chat completions wire: its request, and what its vendors do differently."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import FinishReason, StreamEnd, Usage
from tests.core.wire_calls import (
    CUSTOM,
    KEY,
    NO_COUNTS,
    OPENAI,
    call,
    chat_events,
    delta,
    failure,
    text_of,
    thought_of,
    usage_of,
)
from tests.loopback import LoopbackProvider, chat_error, chat_stream


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


def test_usage_in_the_same_read_as_the_finish_reason_is_not_lost(server: LoopbackProvider) -> None:
    whole = chat_stream(["a"], usage=(3, 2), done=False)
    events, error = call(server, CUSTOM, whole.in_chunks_of(len(whole.body)))
    assert error is None
    assert usage_of(events).output_tokens == 2


def test_a_done_without_a_finish_reason_is_a_cut_that_a_gateway_hid(
    server: LoopbackProvider,
) -> None:
    error = failure(server, OPENAI, chat_stream(["a"], finish=None))
    assert error.category is ErrorCategory.TRUNCATED_STREAM


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
