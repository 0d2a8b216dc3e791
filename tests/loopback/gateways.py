"""Streams of gateways and of servers on one's own machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.loopback.chunks import CACHED, DONE, READ, THOUGHT, WRITTEN, Json, choice, counts, frames
from tests.loopback.replies import Reply


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

    usage = counts(
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
    usage = counts(
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
    usage = counts(completion_tokens_details={"reasoning_tokens": THOUGHT}) | times
    return frames(
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_groq", "seed": 1}),
        *(chunk({"reasoning": text, "channel": "analysis"}) for text in reasoning),
        *(chunk({"content": text}) for text in texts),
        chunk({}, finish, x_groq={"id": "req_groq", "usage": usage}),
        DONE,
        headers={"x-request-id": "req_groq", "x-groq-region": "fra"},
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
        chunk([], usage=counts(), **more),
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
