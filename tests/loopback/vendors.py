"""Streams as each OpenAI-compatible vendor writes them: fields, comments, counts and terminators.

vendor = VENDORS["deepseek"]
server.reply(vendor.stream(["Hel", "lo"], reasoning=["hm"]))
# Point the provider `vendor.row` at the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.loopback.chunks import CACHED, DONE, READ, THOUGHT, WRITTEN, Json, choice, counts, frames
from tests.loopback.gateways import (
    azure_stream,
    groq_stream,
    llamacpp_stream,
    ollama_stream,
    openrouter_stream,
    vllm_stream,
)
from tests.loopback.minimax import minimax_split_stream, minimax_stream, minimax_v2_stream
from tests.loopback.replies import Reply
from tests.loopback.wires import chat_stream


@dataclass(frozen=True)
class Vendor:
    """row: its provider in the catalog. stream(texts, reasoning=(), finish="stop").

    counts: input, output, reasoning and cached tokens as its stream tells them, with
    thinking. done: whether `[DONE]` ends its stream. begin: what it writes before the
    first text.
    """

    row: str
    stream: Callable[..., Reply]
    counts: tuple[int | None, int | None, int | None, int | None]
    request_id: str | None
    done: bool = True
    begin: str = ""


def deepseek_chunk(choices: list[Json], usage: Json | None = None) -> Json:
    return {
        "id": "930c60df-bf64-41c9-a88e-3ec75f81e00e",
        "object": "chat.completion.chunk",
        "created": 1795000000,
        "model": "deepseek-v4-pro",
        "system_fingerprint": "fp_loopback_prod",
        "choices": choices,
        "usage": usage,
    }


def deepseek_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Comments while it queues; usage on the last choice; some gateways mislabel the body."""

    def delta(fields: Json, finish: str | None = None, usage: Json | None = None) -> Json:
        return deepseek_chunk([choice(fields, finish, logprobs=None)], usage)

    usage = counts(
        prompt_tokens_details={"cached_tokens": CACHED},
        completion_tokens_details={"reasoning_tokens": THOUGHT},
        prompt_cache_hit_tokens=CACHED,
        prompt_cache_miss_tokens=READ - CACHED,
    )
    return frames(
        ": keep-alive",
        ": keep-alive",
        delta({"role": "assistant", "content": None, "reasoning_content": ""}),
        *(delta({"content": None, "reasoning_content": text}) for text in reasoning),
        ": keep-alive",
        *(delta({"content": text, "reasoning_content": None}) for text in texts),
        delta({"content": "", "reasoning_content": None}, finish, usage),
        DONE,
        headers={"x-ds-trace-id": "trace_deepseek"},
        content_type="application/octet-stream",
    )


def mistral_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Content is a list while it thinks and may stay one; usage with the finish, un-asked."""

    def chunk(content: Any, finish: str | None = None, **more: Any) -> Json:
        delta = {"role": "assistant", "content": content} if not more else {"content": content}
        return {
            "id": "cmpl-loopback",
            "object": "chat.completion.chunk",
            "created": 1795000000,
            "model": "mistral-medium-latest",
            "choices": [choice(delta, finish)],
            **more,
        }

    thoughts = [
        [{"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": False}]
        for text in reasoning
    ]
    listed = [[{"type": "text", "text": text}] for text in texts[:1]] if reasoning else texts[:1]
    return frames(
        chunk(""),
        *(chunk(thought, p="abcdefgh") for thought in thoughts),
        *(chunk(text, p="abcd") for text in listed),
        *(chunk(text, p="abcdefghijkl") for text in texts[1:]),
        chunk("", finish, usage=counts(prompt_tokens_details={"cached_tokens": CACHED}), p="ab"),
        DONE,
        headers={"mistral-correlation-id": "correlation_mistral"},
    )


def zai_stream(
    texts: Sequence[str],
    *,
    reasoning: Sequence[str] = (),
    finish: str = "stop",
    cumulative: bool = True,
) -> Reply:
    """The answer begins with an empty line; through gateways the counts grow chunk by chunk."""

    def chunk(delta: Json, written: int | None, finish: str | None = None) -> Json:
        one: Json = {"index": 0, "delta": {"role": "assistant", **delta}}
        if finish:
            one["finish_reason"] = finish
        found = {
            "id": "20261112loopback",
            "created": 1795000000,
            "object": "chat.completion.chunk",
            "model": "glm-5.3",
            "choices": [one],
        }
        if written is None:
            return found
        counts = {"prompt_tokens": READ, "completion_tokens": written}
        total = {"total_tokens": READ + written}
        return found | {"usage": counts | total | {"prompt_tokens_details": {"cached_tokens": 4}}}

    deltas: list[Json] = [{"reasoning_content": text} for text in reasoning]
    deltas += [{"content": text} for text in ("\n", *texts)]
    return frames(
        *(chunk(one, min(n, WRITTEN) if cumulative else None) for n, one in enumerate(deltas, 1)),
        chunk({"content": ""}, WRITTEN, finish),
        DONE,
    )


def xai_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Counts on every chunk; the thinking is counted apart from the answer."""
    thought = THOUGHT if reasoning else 0

    def chunk(written: int, delta: Json, finish: str | None = None) -> Json:
        one: Json = {"index": 0, "delta": delta}
        usage = {
            "prompt_tokens": READ,
            "completion_tokens": written,
            "total_tokens": READ + written + thought,
            "prompt_tokens_details": {"text_tokens": READ, "cached_tokens": CACHED},
            "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
        }
        return {
            "id": "e409f4cc-6be8-4920-8de4-9849e7c66cd9",
            "object": "chat.completion.chunk",
            "created": 1795000000,
            "model": "grok-4.6",
            "choices": [one | {"finish_reason": finish} if finish else one],
            "usage": usage,
            "system_fingerprint": "fp_xai",
        }

    most = WRITTEN - thought
    return frames(
        *(chunk(0, {"role": "assistant", "reasoning_content": text}) for text in reasoning),
        *(chunk(min(n, most), {"content": text}) for n, text in enumerate(texts, 1)),
        chunk(most, {}, finish),
        DONE,
        headers={"x-request-id": "req_xai"},
    )


def moonshot_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """The counts are in the last choice."""

    def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
        return {
            "id": "cmpl-moonshot",
            "object": "chat.completion.chunk",
            "created": 1795000000,
            "model": "kimi-k3",
            "choices": [choice(delta, finish, **more)],
            "system_fingerprint": "fpv0_loopback",
        }

    return frames(
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"reasoning_content": text}) for text in reasoning),
        *(chunk({"content": text}) for text in texts),
        chunk({}, finish, usage=counts(cached_tokens=CACHED)),
        DONE,
        headers={"msh-request-id": "req_moonshot"},
    )


_ALL = (READ, WRITTEN, THOUGHT, CACHED)
_PLAIN = (READ, WRITTEN, None, None)

VENDORS: Mapping[str, Vendor] = {
    "openai": Vendor("openai", chat_stream, _ALL, "req_loopback_chat"),
    "deepseek": Vendor("deepseek", deepseek_stream, _ALL, "trace_deepseek"),
    "mistral": Vendor("mistral", mistral_stream, (READ, WRITTEN, None, 4), "correlation_mistral"),
    "zai": Vendor("zai", zai_stream, (READ, WRITTEN, None, 4), "20261112loopback", begin="\n"),
    "minimax": Vendor(
        "minimax", minimax_stream, (READ, WRITTEN, THOUGHT, None), "request_minimax", done=False
    ),
    "minimax split": Vendor(
        "minimax",
        minimax_split_stream,
        (READ, WRITTEN, THOUGHT, None),
        "05dc90a2730ea35969d3adad208b70fc",
        done=False,
    ),
    "minimax v2": Vendor(
        "minimax",
        minimax_v2_stream,
        (READ, WRITTEN, THOUGHT, None),
        "05dc90a2730ea35969d3adad208b70fc",
        done=False,
    ),
    "openrouter": Vendor("custom", openrouter_stream, _ALL, "gen-1795000000-loopback"),
    "azure": Vendor("custom", azure_stream, _ALL, "apim_azure"),
    "groq": Vendor("custom", groq_stream, (READ, WRITTEN, THOUGHT, None), "req_groq"),
    "xai": Vendor("custom", xai_stream, _ALL, "req_xai"),
    "moonshot": Vendor("custom", moonshot_stream, (READ, WRITTEN, None, 4), "req_moonshot"),
    "ollama": Vendor("custom", ollama_stream, _PLAIN, "chatcmpl-local"),
    "vllm": Vendor("custom", vllm_stream, _PLAIN, "chatcmpl-local"),
    "llama.cpp": Vendor("custom", llamacpp_stream, _PLAIN, "chatcmpl-local"),
}
