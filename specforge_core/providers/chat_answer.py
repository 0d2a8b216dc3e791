"""An answer of the chat completions wire, whichever of its many vendors wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.answer import Answer
from specforge_core.providers.rows import Provider
from specforge_core.providers.thinking import InlineThinking, Thoughts
from specforge_core.providers.values import count, mapping, name, thought
from specforge_core.providers.wire import Endpoint

# What vendors send, in lower case. An unknown word is an end like `stop`.
FINISH_REASONS: Mapping[str, FinishReason] = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
    "recitation": FinishReason.CONTENT_FILTER,
    "prohibited_content": FinishReason.CONTENT_FILTER,
    "refusal": FinishReason.REFUSAL,
    "error": FinishReason.ERROR,
    "abort": FinishReason.ERROR,
    "network_error": FinishReason.ERROR,
    "insufficient_system_resource": FinishReason.ERROR,
}


class ChatAnswer(Answer):
    """An `Answer` made of `chat.completion.chunk`s, ended by `[DONE]`."""

    def __init__(self, provider: Provider, endpoint: Endpoint) -> None:
        super().__init__(provider, endpoint)
        self._thoughts = Thoughts()
        self._inline = InlineThinking()
        self._usage = Usage()
        self._wrote = False
        self._refused = False
        self._whole = False
        self._at_once = False

    @property
    def end(self) -> StreamEnd | None:
        over = self.terminated or self._whole or not self.provider.terminator
        if self._finish is None or not over:
            return None
        reason = FinishReason.REFUSAL if self._refused else self._finish
        return StreamEnd(reason, self._request_id, self._model, self._at_once)

    def finish(self) -> list[WireEvent]:
        rest = self._thoughts.finish()
        return [
            *([ReasoningDelta(rest)] if rest else ()),
            *self._text(self._pairs.finish()),
            *self._sorted(self._inline.finish()),
        ]

    def _events(self, chunk: Any) -> list[WireEvent]:
        if "choices" not in chunk or "error" in chunk or "base_resp" in chunk:
            self._note_failure(chunk)
        found: list[WireEvent] = []
        usage = chunk.get("usage")
        for choice in chunk.get("choices") or ():
            if choice.get("index"):  # one answer was asked for
                continue
            found += self._delta(choice.get("delta") or self._message(choice))
            if reason := choice.get("finish_reason"):
                self._stop(reason, choice, chunk)
            usage = usage or choice.get("usage")  # Moonshot
        if "x_groq" in chunk:
            told = mapping(chunk["x_groq"])
            self._note_failure(told)
            usage = usage or told.get("usage")
        if usage:
            found += self._new_usage(mapping(usage))
        return found

    def _stop(self, reason: str, choice: dict[str, Any], chunk: dict[str, Any]) -> None:
        self._finish = FINISH_REASONS.get(reason.lower(), FinishReason.STOP)
        self._model = name(chunk.get("model"))
        named = name(chunk.get("request_id")) or name(chunk.get("id"))
        self._request_id = self._request_id or named
        if self._finish is FinishReason.ERROR and choice.get("error"):
            self._note_failure(choice)  # OpenRouter, where the model's own provider failed

    def _new_usage(self, counts: Mapping[str, Any]) -> list[WireEvent]:
        counted = _usage(counts, self._usage)
        if counted == self._usage:
            return []
        self._usage = counted
        return [counted]

    def _message(self, choice: Any) -> dict[str, Any]:
        """A whole message instead of a delta; one that only repeats the deltas counts as empty."""
        message = choice.get("message")
        if not message:
            return {}
        self._whole = True
        if self._wrote:
            return {}
        self._at_once = not self._thoughts.field
        return message if self._at_once else {"content": message.get("content")}

    def _delta(self, delta: dict[str, Any]) -> Iterable[WireEvent]:
        found: list[WireEvent] = []
        sent = delta.get("reasoning_content") or delta.get("reasoning")
        if (sent or "reasoning_details" in delta) and (new := self._thoughts.feed(delta)):
            found.append(ReasoningDelta(new))
        if delta.get("refusal"):
            self._refused = True
        content = delta.get("content")
        if type(content) is str:
            found += self._text(content)
        elif content:
            for part in content:
                found += self._part(part)
        return found

    def _part(self, part: dict[str, Any]) -> Iterable[WireEvent]:
        """Mistral's content is a list when the model thinks."""
        if part["type"] == "text":
            return self._text(part["text"])
        if part["type"] == "thinking":
            thoughts = (thought(piece.get("text")) for piece in part["thinking"])
            return [ReasoningDelta(text) for text in thoughts if text]
        return ()

    def _text(self, text: str) -> Iterable[WireEvent]:
        text = self._pairs.feed(text)
        if not text:
            return ()
        self._wrote = True
        if self._inline.settled:
            return (TextDelta(text),)
        return self._sorted(self._inline.feed(text))

    def _sorted(self, found: Iterable[TextDelta | ReasoningDelta]) -> list[WireEvent]:
        """MiniMax-M3 may say its thinking inline as well as in a field: once is enough."""
        said = self._thoughts.field != ""
        return [event for event in found if not (said and type(event) is ReasoningDelta)]


def _usage(counts: Mapping[str, Any], before: Usage) -> Usage:
    """The counts, which are cumulative; one that is missing or none at all is as before."""
    written = mapping(counts.get("completion_tokens_details"))
    read = mapping(counts.get("prompt_tokens_details"))
    hits = counts.get("prompt_cache_hit_tokens", counts.get("cached_tokens"))  # DeepSeek, Moonshot
    prompt = count(counts.get("prompt_tokens"))
    output = count(counts.get("completion_tokens"))
    reasoning = count(written.get("reasoning_tokens"))
    if prompt is not None and output is not None and reasoning:
        # xAI counts the thinking apart from the answer; its total tells.
        apart = count(counts.get("total_tokens")) == prompt + output + reasoning
        output = count(output + reasoning) if apart else output
    return Usage(
        _known(prompt, before.input_tokens),
        _known(output, before.output_tokens),
        _known(reasoning, before.reasoning_tokens),
        _known(count(read.get("cached_tokens", hits)), before.cached_tokens),
    )


def _known(now: int | None, before: int | None) -> int | None:
    return before if now is None else now
