"""What the streams of all chat vendors are made of: events, choices and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.loopback.replies import EVENT_STREAM, Reply, Send
from tests.loopback.wires import dumps

Json = dict[str, Any]

READ, WRITTEN, THOUGHT, CACHED = 11, 7, 2, 4  # the tokens of every stream here
DONE = "[DONE]"


def frames(
    *parts: Json | str, headers: Mapping[str, str] | None = None, content_type: str = ""
) -> Reply:
    """Events of exactly these chunks; a string that begins with ":" is a comment."""
    known = {**EVENT_STREAM, **(headers or {})}
    if content_type:
        known["content-type"] = content_type
    return Reply([Send(_frame(part)) for part in parts], headers=known)


def _frame(part: Json | str) -> bytes:
    if isinstance(part, str):
        return part.encode() + b"\n\n" if part[:1] == ":" else f"data: {part}\n\n".encode()
    return b"data: " + dumps(part) + b"\n\n"


def choice(delta: Json | None, finish: str | None = None, **more: Any) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish, **more}


def counts(**details: Any) -> Json:
    total = {"total_tokens": READ + WRITTEN}
    return {"prompt_tokens": READ, "completion_tokens": WRITTEN, **total, **details}
