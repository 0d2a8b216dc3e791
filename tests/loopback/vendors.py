"""Streams as each OpenAI-compatible vendor writes them: fields, comments, counts and terminators.

vendor = VENDORS["deepseek"]
server.reply(vendor.stream(["Hel", "lo"], reasoning=["hm"]))
# Point the provider `vendor.row` at the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.loopback.replies import EVENT_STREAM, Reply, Send
from tests.loopback.wires import _dumps, chat_stream

Json = dict[str, Any]

READ, WRITTEN, THOUGHT, CACHED = 11, 7, 2, 4  # the tokens of every stream here
DONE = "[DONE]"


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
    return b"data: " + _dumps(part) + b"\n\n"


def choice(delta: Json | None, finish: str | None = None, **more: Any) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish, **more}


def _counts(**details: Any) -> Json:
    total = {"total_tokens": READ + WRITTEN}
    return {"prompt_tokens": READ, "completion_tokens": WRITTEN, **total, **details}


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

    usage = _counts(
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
        chunk("", finish, usage=_counts(prompt_tokens_details={"cached_tokens": CACHED}), p="ab"),
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


def openrouter_chunk(choices: list[Json], **more: Any) -> Json:
    return {
        "id": "gen-1795000000-loopback",
        "provider": "Z.AI",
        "model": "z-ai/glm-5.3",
        "object": "chat.completion.chunk",
        "created": 1795000000,
        "choices": choices,
        **more,
    }


def openrouter_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Comments, thinking in two fields, and the counts on one more choice without a finish."""

    def chunk(content: str, thought: str = "", finish: str | None = None) -> Json:
        delta: Json = {"role": "assistant", "content": content}
        if thought:
            detail = {"type": "reasoning.text", "text": thought, "format": None, "index": 0}
            delta |= {"reasoning": thought, "reasoning_details": [detail]}
        return openrouter_chunk(
            [choice(delta, finish, native_finish_reason=finish, logprobs=None)],
        )

    usage = _counts(
        cost=0.0001,
        is_byok=False,
        prompt_tokens_details={"cached_tokens": CACHED},
        completion_tokens_details={"reasoning_tokens": THOUGHT, "image_tokens": 0},
    )
    return frames(
        ": OPENROUTER PROCESSING",
        ": OPENROUTER PROCESSING",
        *(chunk("", text) for text in reasoning),
        *(chunk(text) for text in texts),
        chunk("", finish=finish),
        chunk("") | {"usage": usage},
        DONE,
    )


def azure_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """The verdict on the prompt first, without a choice; verdicts on each text; then OpenAI's."""
    safe = {"filtered": False, "severity": "safe"}
    verdicts = dict.fromkeys(("hate", "self_harm", "sexual", "violence"), safe)

    def chunk(choices: list[Json], **more: Any) -> Json:
        return {
            "choices": choices,
            "created": 1795000000,
            "id": "chatcmpl-azure",
            "model": "gpt-6.1-terra-2026-10-01",
            "object": "chat.completion.chunk",
            "system_fingerprint": "fp_azure",
            **more,
        }

    prompt = [{"prompt_index": 0, "content_filter_results": verdicts}]
    usage = _counts(
        prompt_tokens_details={"cached_tokens": CACHED},
        completion_tokens_details={"reasoning_tokens": THOUGHT},
    )
    first = chunk([], created=0, id="", model="", object="", prompt_filter_results=prompt)
    return frames(
        first,
        chunk([choice({"role": "assistant", "content": "", "refusal": None}, logprobs=None)]),
        *(chunk([choice({"content": one}, content_filter_results=verdicts)]) for one in texts),
        chunk([choice({}, finish, content_filter_results={})]),
        chunk([], usage=usage),
        DONE,
        headers={"apim-request-id": "apim_azure", "x-ms-region": "Sweden Central"},
    )


def groq_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    """Its id first, the counts in `x_groq` of the last choice."""

    def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
        return {
            "id": "chatcmpl-groq",
            "object": "chat.completion.chunk",
            "created": 1795000000,
            "model": "openai/gpt-oss-120b",
            "system_fingerprint": "fp_groq",
            "choices": [choice(delta, finish, logprobs=None)],
            **more,
        }

    times = {"queue_time": 0.05, "prompt_time": 0.001, "completion_time": 0.2, "total_time": 0.201}
    usage = _counts(completion_tokens_details={"reasoning_tokens": THOUGHT}) | times
    return frames(
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_groq", "seed": 1}),
        *(chunk({"reasoning": text, "channel": "analysis"}) for text in reasoning),
        *(chunk({"content": text}) for text in texts),
        chunk({}, finish, x_groq={"id": "req_groq", "usage": usage}),
        DONE,
        headers={"x-request-id": "req_groq", "x-groq-region": "fra"},
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
        chunk({}, finish, usage=_counts(cached_tokens=CACHED)),
        DONE,
        headers={"msh-request-id": "req_moonshot"},
    )


def _local_stream(
    texts: Sequence[str],
    first: Json,
    field: str,
    reasoning: Sequence[str],
    finish: str,
    **more: Any,
) -> Reply:
    def chunk(choices: list[Json], **also: Any) -> Json:
        frame = {"id": "chatcmpl-local", "object": "chat.completion.chunk", "created": 1795000000}
        return frame | {"model": "qwen4:8b", "choices": choices} | also

    deltas: Iterable[Json] = [first, *({field: text} for text in reasoning)]
    return frames(
        *(chunk([choice(delta)]) for delta in deltas),
        *(chunk([choice({"content": text})]) for text in texts),
        chunk([choice({}, finish)]),
        chunk([], usage=_counts(), **more),
        DONE,
    )


def ollama_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    first = {"role": "assistant", "content": ""}
    more = {"system_fingerprint": "fp_ollama"}
    return _local_stream(texts, first, "reasoning", reasoning, finish, **more)


def vllm_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    first = {"role": "assistant", "content": "", "reasoning": None, "reasoning_content": None}
    return _local_stream(texts, first, "reasoning", reasoning, finish, prompt_token_ids=None)


def llamacpp_stream(
    texts: Sequence[str], *, reasoning: Sequence[str] = (), finish: str = "stop"
) -> Reply:
    first = {"role": "assistant", "content": None}
    timings = {"cache_n": 0, "prompt_n": READ, "predicted_n": WRITTEN, "predicted_per_second": 40.1}
    return _local_stream(texts, first, "reasoning_content", reasoning, finish, timings=timings)


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
