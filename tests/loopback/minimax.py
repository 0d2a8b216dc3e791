"""Streams as MiniMax writes them: thinking in three places, an end without `[DONE]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.loopback.chunks import READ, THOUGHT, WRITTEN, Json, choice, frames
from tests.loopback.replies import Reply


def minimax_chunk(choices: list[Json], **more: Any) -> Json:
    return {
        "id": "05dc90a2730ea35969d3adad208b70fc",
        "choices": choices,
        "created": 1795000000,
        "model": "MiniMax-M3",
        "object": "chat.completion.chunk",
        "usage": None,
        "input_sensitive": False,
        "output_sensitive": False,
        "input_sensitive_type": 0,
        "output_sensitive_type": 0,
        "output_sensitive_int": 0,
        **more,
    }


MINIMAX_USAGE = {
    "total_tokens": READ + WRITTEN,
    "total_characters": 0,
    "prompt_tokens": READ,
    "completion_tokens": WRITTEN,
    "completion_tokens_details": {"reasoning_tokens": THOUGHT},
}
MINIMAX_OK = {"status_code": 0, "status_msg": ""}


def minimax_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Thinking inline, an empty role, the finish twice, counts at the end, no `[DONE]`."""
    inline = ["<think>\n", *reasoning, "\n</think>\n\n"] if reasoning else []

    def chunk(delta: Json, finish: str | None = None) -> Json:
        one = {"index": 0, "delta": delta}
        return minimax_chunk([one | {"finish_reason": finish} if finish else one])

    return frames(
        *(chunk({"content": text, "role": "assistant"}) for text in inline),
        *(chunk({"content": text, "role": ""}) for text in texts),
        chunk({"content": "", "role": ""}, finish),
        chunk({"content": "", "role": ""}, finish),
        minimax_chunk([], usage=MINIMAX_USAGE, base_resp=MINIMAX_OK),
        headers={"minimax-request-id": "request_minimax", "trace-id": "trace_minimax"},
    )


def minimax_split_stream(
    texts: Sequence[str],
    *,
    reasoning: Sequence[str] = (),
    finish: str = "stop",
    cumulative: bool = False,
    inline: bool = False,
) -> Reply:
    """The same thinking in two fields, of which one may be cumulative, or even inline as well."""
    found: list[Json] = []
    for number, text in enumerate(reasoning):
        said = "".join(reasoning[: number + 1]) if cumulative else text
        details = [{"type": "reasoning.text", "id": "reasoning-text-1", "index": 0, "text": said}]
        delta: Json = {"role": "assistant", "reasoning_content": said, "reasoning_details": details}
        if inline:
            delta["content"] = f"<think>{text}" if number == 0 else text
        found.append(minimax_chunk([{"index": 0, "delta": delta}]))
    first = ["</think>\n\n"] if inline and reasoning else []
    for text in (*first, *texts):
        delta = {"role": "", "content": text, "reasoning_content": ""}
        zero = {"total_tokens": 0, "total_characters": 0}
        found.append(minimax_chunk([{"index": 0, "delta": delta}], usage=zero))
    last = minimax_chunk([choice({"role": "", "content": ""}, finish)])
    end = minimax_chunk([], usage=MINIMAX_USAGE, base_resp=MINIMAX_OK)
    return frames(*found, last, end)


def minimax_v2_stream(
    texts: Sequence[str],
    *,
    reasoning: Sequence[str] = (),
    finish: str = "stop",
    usage: bool = True,
    after: str = "",
    repeated: bool = True,
) -> Reply:
    """The native v2: after the deltas the whole answer once more, as a `chat.completion`.

    after: what the whole answer has at its end besides. usage: whether it has counts.
    """

    def chunk(**delta: str) -> Json:
        return minimax_chunk([{"index": 0, "delta": {"role": "assistant", **delta}}])

    message: Json = {"role": "assistant", "name": "MiniMax AI", "audio_content": ""}
    message |= {"content": "".join(texts) + after, "reasoning_content": "".join(reasoning)}
    whole = minimax_chunk(
        [{"finish_reason": finish, "index": 0, "message": message}],
        object="chat.completion",
        usage=MINIMAX_USAGE if usage else None,
        base_resp=MINIMAX_OK,
    )
    deltas = [chunk(content=text) for text in texts] if repeated else []
    return frames(*(chunk(reasoning_content=text) for text in reasoning), *deltas, whole)
