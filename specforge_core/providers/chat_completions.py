"""The wire of OpenAI's chat completions and of everything that speaks it.

The `openai` SDK makes the request and maps the status; the body goes to our own
reader, because the SDK's iterator costs 89 µs per event and takes a cut stream
for a whole one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from json import JSONDecoder
from typing import TYPE_CHECKING, Any

import openai

# Imported here, off the event loop: the SDK would load it at the first request.
import openai.resources.chat.completions

from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.answer import NONSENSE, count, name, read, thought, trimmed
from specforge_core.providers.catalog import Provider
from specforge_core.providers.client import http
from specforge_core.providers.failures import from_body, malformed, mapping
from specforge_core.providers.thinking import InlineThinking, SurrogatePairs
from specforge_core.providers.wire import CompletionRequest, Endpoint

if TYPE_CHECKING:
    import httpx2

_decode = JSONDecoder().raw_decode

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


class ChatCompletionsWire:
    """Streams one answer. Events follow `Wire`; failures are `ProviderError`s."""

    def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]:
        endpoint = trimmed(endpoint)
        opened = _opened(provider, endpoint, request_body(provider, request))
        return read(provider, endpoint, opened, ChatAnswer(provider, endpoint))


def request_body(provider: Provider, request: CompletionRequest) -> dict[str, Any]:
    """The JSON of a request, as the provider's row and the model's want it."""
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "stream": request.stream,
        provider.length_field: provider.length_for(
            request.model, request.max_tokens, request.thinking
        ),
        **provider.thinking_for(request.model, request.thinking),
    }
    temperature = provider.temperature_for(request.model, request.temperature)
    if temperature is not None:
        body["temperature"] = temperature
    if provider.stream_options and request.stream:
        body["stream_options"] = {"include_usage": True}
    return body


class ChatAnswer:
    """An `Answer` made of `chat.completion.chunk`s, ended by `[DONE]`."""

    def __init__(self, provider: Provider, endpoint: Endpoint) -> None:
        self._provider = provider
        self._endpoint = endpoint
        self._thinking = InlineThinking()
        self._pairs = SurrogatePairs()
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._model: str | None = None
        self._wrote = False
        self._refused = False
        self._whole = False
        self._at_once = False
        self._request_id: str | None = None
        self.terminated = False

    def start(self, headers: httpx2.Headers) -> None:
        self._request_id = headers.get("x-request-id")

    @property
    def end(self) -> StreamEnd | None:
        over = self.terminated or self._whole or not self._provider.terminator
        if self._finish is None or not over:
            return None
        reason = FinishReason.REFUSAL if self._refused else self._finish
        return StreamEnd(reason, self._request_id, self._model, self._at_once)

    def feed(self, data: str) -> list[WireEvent]:
        if data[:1] != "{":
            data = data.strip()
            if data in ("", "[DONE]"):
                self.terminated = data != ""
                return []
        try:
            chunk, stop = _decode(data)
            if data[stop:].strip():
                raise ValueError("more than one document")
            return self._events(chunk)
        except NONSENSE as exc:
            raise malformed(self._provider, self._endpoint, data) from exc

    def finish(self) -> list[WireEvent]:
        return [*self._text(self._pairs.finish()), *self._thinking.finish()]

    def _events(self, chunk: Any) -> list[WireEvent]:
        if "error" in chunk or "base_resp" in chunk or isinstance(chunk, list):
            self._check(chunk)
        found: list[WireEvent] = []
        usage = chunk.get("usage")
        for choice in chunk.get("choices") or ():
            found += self._delta(choice.get("delta") or self._message(choice))
            if reason := choice.get("finish_reason"):
                self._finish = FINISH_REASONS.get(reason.lower(), FinishReason.STOP)
                self._model = name(chunk.get("model"))
            usage = usage or choice.get("usage")
        if usage := usage or mapping(chunk.get("x_groq")).get("usage"):
            found += self._new_usage(mapping(usage))
        return found

    def _new_usage(self, counts: Mapping[str, Any]) -> list[WireEvent]:
        if not counts or (counted := _usage(counts)) == self._usage:
            return []
        self._usage = counted
        return [counted]

    def _check(self, chunk: Any) -> None:
        failed = isinstance(chunk, list) or bool(chunk.get("error"))
        if failed or (chunk.get("base_resp") or {}).get("status_code"):
            raise from_body(chunk, self._provider, self._endpoint)

    def _message(self, choice: Any) -> dict[str, Any]:
        """A whole message instead of a delta; one that only repeats the deltas counts as empty."""
        message = choice.get("message")
        if not message:
            return {}
        self._whole = True
        self._at_once = not self._wrote
        return message if self._at_once else {}

    def _delta(self, delta: dict[str, Any]) -> Iterable[WireEvent]:
        found: list[WireEvent] = []
        if thinking := thought(delta.get("reasoning_content") or delta.get("reasoning")):
            found.append(ReasoningDelta(thinking))
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
        return (TextDelta(text),) if self._thinking.settled else self._thinking.feed(text)


def _usage(counts: Mapping[str, Any]) -> Usage:
    written = mapping(counts.get("completion_tokens_details"))
    read = mapping(counts.get("prompt_tokens_details"))
    return Usage(
        input_tokens=count(counts.get("prompt_tokens")),
        output_tokens=count(counts.get("completion_tokens")),
        reasoning_tokens=count(written.get("reasoning_tokens")),
        cached_tokens=count(read.get("cached_tokens", counts.get("prompt_cache_hit_tokens"))),
    )


@asynccontextmanager
async def _opened(
    provider: Provider, endpoint: Endpoint, body: dict[str, Any]
) -> AsyncGenerator[httpx2.Response]:
    """The response to a request, sent once more without `stream_options` where that is refused."""
    create = _sdk(provider, endpoint).chat.completions.with_streaming_response.create
    headers = {} if endpoint.api_key else {"Authorization": openai.Omit()}
    # The SDK knows OpenAI's fields only, and fewer than other vendors have.
    known = {name: body.pop(name) for name in ("model", "messages", "stream")}
    async with AsyncExitStack() as stack:
        try:
            response = await stack.enter_async_context(
                create(**known, extra_headers=headers, extra_body=body)
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
            if "stream_options" not in body or "stream_options" not in exc.response.text:
                raise
            del body["stream_options"]
            response = await stack.enter_async_context(
                create(**known, extra_headers=headers, extra_body=body)
            )
        yield response.http_response


def _sdk(provider: Provider, endpoint: Endpoint) -> openai.AsyncOpenAI:
    """An SDK client on the shared connections: 40 µs, so one per call.

    The SDK reads OpenAI's organisation, project and headers from the environment;
    they are none of another provider's business.
    """
    key = endpoint.api_key or "none"
    headers: dict[str, Any] = {"Authorization": f"Bearer {key}"}
    if provider.key_var != "OPENAI_API_KEY":
        headers |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=endpoint.base_url,
        default_headers=headers,
        http_client=http(endpoint),
        max_retries=0,
    )
