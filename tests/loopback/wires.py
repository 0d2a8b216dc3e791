"""Replies as the real providers write them, down to field order, padding and blank lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.loopback.replies import ANTHROPIC_KEEP_ALIVE, EVENT_STREAM, Reply, Send

Counts = tuple[int, int]  # input tokens, output tokens


def chat_stream(
    texts: Sequence[str],
    *,
    usage: Counts | None = (11, 7),
    finish: str | None = "stop",
    model: str = "gpt-6.1-terra-2026-10-01",
    reasoning: Sequence[str] = (),
    refusal: str | None = None,
    done: bool = True,
    delay_s: float = 0.0,
) -> Reply:
    """A chat completions stream: a role chunk, one chunk per text, finish, usage, `[DONE]`."""
    chunks = [_chat_chunk(model, {"role": "assistant", "content": "", "refusal": None})]
    chunks += [_chat_chunk(model, {"reasoning_content": text}) for text in reasoning]
    chunks += [_chat_chunk(model, {"content": text}) for text in texts]
    if refusal is not None:
        chunks.append(_chat_chunk(model, {"refusal": refusal}))
    if finish is not None:
        chunks.append(_chat_chunk(model, {}, finish))
    if usage is not None:
        chunks.append(_chat_usage(model, usage))
    events = [b"data: " + dumps(chunk) + b"\n\n" for chunk in chunks]
    if done:
        events.append(b"data: [DONE]\n\n")
    reply = Reply(
        [Send(event) for event in events],
        headers={**EVENT_STREAM, "x-request-id": "req_loopback_chat"},
    )
    return reply.paced(delay_s) if delay_s else reply


def _chat_chunk(model: str, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    text = delta.get("content") or ""
    padding = "x3Kf9aQzLm7TbW2"[: max(1, 15 - len(text))]
    return _chat_frame(model, [choice]) | {"usage": None, "obfuscation": padding}


def _chat_usage(model: str, usage: Counts) -> dict[str, Any]:
    read, written = usage
    counts = {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0},
    }
    return _chat_frame(model, []) | {"usage": counts, "obfuscation": "q8Rn0"}


def _chat_frame(model: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-Loopback1",
        "object": "chat.completion.chunk",
        "created": 1795000000,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": "fp_loopback",
        "choices": choices,
    }


def chat_error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json_reply(body, status, {"x-request-id": "req_loopback_error", **(headers or {})})


def anthropic_stream(
    texts: Sequence[str],
    *,
    usage: Counts = (11, 7),
    stop: str | None = "end_turn",
    model: str = "claude-sonnet-5-5-20261001",
    thinking: Sequence[str] = (),
    delay_s: float = 0.0,
) -> Reply:
    """An Anthropic stream: message_start, thinking and text blocks, message_delta, message_stop."""
    events = list(_anthropic_events(texts, usage, stop, model, thinking))
    reply = Reply(
        [Send(_anthropic_bytes(event)) for event in events],
        headers={**EVENT_STREAM, "request-id": "req_loopback_anthropic"},
        keep_alive=ANTHROPIC_KEEP_ALIVE,
    )
    return reply.paced(delay_s) if delay_s else reply


def _anthropic_events(
    texts: Sequence[str], usage: Counts, stop: str | None, model: str, thinking: Sequence[str]
) -> Iterator[dict[str, Any]]:
    read, written = usage
    counts = {
        "input_tokens": read - 5,
        "cache_creation_input_tokens": 2,
        "cache_read_input_tokens": 3,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    message = {
        "id": "msg_Loopback1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts,
    }
    yield {"type": "message_start", "message": message}
    blocks = _blocks(texts, thinking)
    yield from blocks[:1]
    yield {"type": "ping"}
    yield from blocks[1:]
    delta = {"stop_reason": stop, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": written}}
    yield {"type": "message_stop"}


def _blocks(texts: Sequence[str], thinking: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if thinking:
        deltas = [{"type": "thinking_delta", "thinking": text} for text in thinking]
        deltas.append({"type": "signature_delta", "signature": "EqQBCkYIB+loopback="})
        start = {"type": "thinking", "thinking": "", "signature": ""}
        found += _block(0, start, deltas)
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    return found + _block(1 if thinking else 0, {"type": "text", "text": ""}, deltas)


def _block(
    index: int, start: dict[str, Any], deltas: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _anthropic_bytes(event: dict[str, Any]) -> bytes:
    return b"event: " + event["type"].encode() + b"\ndata: " + dumps(event) + b"\n\n"


def anthropic_error(
    status: int, kind: str, message: str, headers: dict[str, str] | None = None
) -> Reply:
    body = {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": "req_loopback_error",
    }
    return json_reply(body, status, {"request-id": "req_loopback_error", **(headers or {})})


def json_reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(
        [Send(dumps(body))], status, {"content-type": "application/json", **(headers or {})}
    )


def dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
