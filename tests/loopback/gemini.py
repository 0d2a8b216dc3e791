"""Replies as the real Gemini writes them: CRLF, blanks after colons, counts on every message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.loopback.replies import EVENT_STREAM, Reply, Send
from tests.loopback.wires import Counts

RESPONSE_ID = "req_loopback_gemini"
JSON = {"content-type": "application/json; charset=UTF-8"}


def gemini_stream(
    texts: Sequence[str],
    *,
    usage: Counts | None = (11, 7),
    finish: str | None = "STOP",
    model: str = "gemini-3.8-flash",
    reasoning: Sequence[str] = (),
    delay_s: float = 0.0,
) -> Reply:
    """A `streamGenerateContent?alt=sse` stream: thoughts, texts, a signature with the finish."""
    messages = _messages(texts, usage, finish, model, reasoning)
    events = [b"data: " + _dumps(message) + b"\r\n\r\n" for message in messages]
    reply = Reply([Send(event) for event in events], headers=dict(EVENT_STREAM))
    return reply.paced(delay_s) if delay_s else reply


def gemini_array(
    texts: Sequence[str],
    *,
    usage: Counts | None = (11, 7),
    finish: str | None = "STOP",
    model: str = "gemini-3.8-flash",
    reasoning: Sequence[str] = (),
) -> Reply:
    """The same without `alt=sse`: one JSON array, an element at a time."""
    messages = _messages(texts, usage, finish, model, reasoning)
    first, *rest = [json.dumps(message, ensure_ascii=False, indent=2) for message in messages]
    pieces = ["[" + first, *("\n,\r\n" + one for one in rest), "\n]\n"]
    return Reply([Send(piece.encode()) for piece in pieces], headers=JSON)


def gemini_answer(
    text: str, *, usage: Counts = (11, 7), finish: str = "STOP", reasoning: Sequence[str] = ()
) -> Reply:
    """A `generateContent` answer: one JSON object over many lines."""
    message = _message([*map(_thought, reasoning), {"text": text}], finish, usage)
    return Reply([Send(json.dumps(message, ensure_ascii=False, indent=2).encode())], headers=JSON)


def gemini_message(
    *parts: dict[str, Any], finish: str | None = None, **more: Any
) -> dict[str, Any]:
    """One message of a stream with these parts and fields."""
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    candidate |= {} if finish is None else {"finishReason": finish}
    return {"candidates": [candidate], **more}


def gemini_events(*messages: dict[str, Any] | str) -> Reply:
    """A stream of exactly these messages; a string is sent as it is, with no framing."""
    events = (
        one.encode() if isinstance(one, str) else b"data: " + _dumps(one) + b"\r\n\r\n"
        for one in messages
    )
    return Reply([Send(event) for event in events])


def gemini_error(
    status: int,
    message: str,
    *,
    name: str = "INVALID_ARGUMENT",
    details: Iterable[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
    as_list: bool = False,
) -> Reply:
    """An error as `generateContent` says it, or (`as_list`) a stream without `alt=sse`."""
    body: object = gemini_error_body(status, message, name=name, details=details)
    text = json.dumps([body] if as_list else body, indent=2)
    return Reply([Send(text.encode())], status, {**JSON, **(headers or {})})


def gemini_error_body(
    status: int, message: str, *, name: str, details: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    if listed := list(details):
        error["details"] = listed
    return {"error": error}


def reason_detail(reason: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def quota_detail(*limits: str) -> dict[str, Any]:
    """`limits`: `GenerateRequestsPerMinutePerProjectPerModel-FreeTier` and the like."""
    metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
    dimensions = {"location": "global", "model": "gemini-3.8-flash"}
    return {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [
            {"quotaMetric": metric, "quotaId": limit, "quotaDimensions": dimensions}
            for limit in limits
        ],
    }


def retry_detail(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def _messages(
    texts: Sequence[str],
    usage: Counts | None,
    finish: str | None,
    model: str,
    reasoning: Sequence[str],
) -> list[dict[str, Any]]:
    parts = [*map(_thought, reasoning), *({"text": text} for text in texts)]
    read, written = usage or (0, 0)
    found = []
    for number, part in enumerate(parts, 1):
        growing = (read, written * number // (len(parts) + 1)) if usage else None
        found.append(_message([part], None, growing, model))
    if finish is not None:
        signature = {"text": "", "thoughtSignature": "EtsCCtgCAXLI2nw="}
        found.append(_message([signature], finish, usage, model))
    return found


def _message(
    parts: list[dict[str, Any]],
    finish: str | None,
    usage: Counts | None,
    model: str = "gemini-3.8-flash",
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}}
    if finish is not None:
        candidate["finishReason"] = finish
    message: dict[str, Any] = {"candidates": [candidate | {"index": 0}]}
    if usage is not None:
        message["usageMetadata"] = _usage(*usage)
    return message | {"modelVersion": model, "responseId": RESPONSE_ID}


def _usage(read: int, written: int) -> dict[str, Any]:
    thoughts = min(2, written)
    return {
        "promptTokenCount": read,
        "candidatesTokenCount": written - thoughts,
        "totalTokenCount": read + written,
        "cachedContentTokenCount": 4,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": read}],
        "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
        "thoughtsTokenCount": thoughts,
    }


def _thought(text: str) -> dict[str, Any]:
    return {"text": text, "thought": True}


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ": ")).encode()
