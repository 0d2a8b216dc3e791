"""The wire of Anthropic's messages.

The `anthropic` SDK makes the request and maps the status; the body goes to our
own reader, because the SDK takes a cut stream for a whole one.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anthropic

# Imported here, off the event loop: the SDK would load it at the first request.
import anthropic.resources.messages

from specforge_core.events import FinishReason, ReasoningDelta, StreamEnd, Usage, WireEvent
from specforge_core.providers.answer import Answer, aimed, read, without_query
from specforge_core.providers.client import http
from specforge_core.providers.rows import Provider
from specforge_core.providers.values import count, mapping, name, thought
from specforge_core.providers.wire import CompletionRequest, Endpoint

if TYPE_CHECKING:
    import httpx2

# The SDK adds them; people paste one or both as part of the base URL.
_VERSION_AND_PATH = re.compile(r"/v1(/messages)?/?(?=\?|$)")

# An unknown word is an end like `end_turn`.
STOP_REASONS: Mapping[str, FinishReason] = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "pause_turn": FinishReason.LENGTH,
    "refusal": FinishReason.REFUSAL,
}


class AnthropicMessagesWire:
    """Streams one answer. Events follow `Wire`; failures are `ProviderError`s."""

    def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]:
        base_url = _VERSION_AND_PATH.sub("", endpoint.base_url)
        address = base_url.partition("?")[0].rstrip("/") + "/v1/messages"
        endpoint = aimed(replace(endpoint, base_url=base_url), address)
        opened = _opened(endpoint, request_body(provider, request))
        return read(provider, endpoint, opened, MessageAnswer(provider, endpoint))


def request_body(provider: Provider, request: CompletionRequest) -> dict[str, Any]:
    """The JSON of a request. Current models and the SDK refuse a temperature, so none is sent."""
    body: dict[str, Any] = {
        "model": request.model,
        provider.length_field: provider.length_for(request),
        **provider.thinking_for(request.model, request.thinking),
        "messages": [
            {"role": message.role, "content": message.text} for message in request.messages
        ],
        "stream": request.stream,
    }
    if request.system:
        body["system"] = request.system
    return body


class MessageAnswer(Answer):
    """An `Answer` made of typed events, ended by `message_stop`."""

    def __init__(self, provider: Provider, endpoint: Endpoint) -> None:
        super().__init__(provider, endpoint)
        self._counts: dict[str, int] = {}
        self._reasoning: int | None = None
        self._whole = False
        self._wrote = False

    @property
    def end(self) -> StreamEnd | None:
        if self._finish is None or not self.terminated:
            return None
        return StreamEnd(self._finish, self._request_id, self._model, self._whole)

    def _events(self, event: Any) -> Iterable[WireEvent]:
        match event.get("type"):
            case "content_block_delta":
                return self._block(event["delta"] or {})
            case "content_block_start":
                return self._block(event["content_block"] or {})
            case "message_start":
                return self._begin(event["message"] or {})
            case "message_delta":
                self._stop(event["delta"] or {})
                return self._usage(mapping(event.get("usage")))
            case "message_stop":
                self.terminated = True
            case "message":
                return self._message(event)
            case "error" | None:
                self._note_failure(event)
        return ()

    def _block(self, block: dict[str, Any]) -> Iterable[WireEvent]:
        match block.get("type"):
            case "text_delta" | "text":
                self._wrote = self._wrote or bool(block["text"])
                return self._text(block["text"] or "")
            case "thinking_delta" | "thinking" if thinking := thought(block["thinking"]):
                return (ReasoningDelta(thinking),)
        return ()

    def _begin(self, message: dict[str, Any]) -> list[WireEvent]:
        self._model = name(message.get("model"))
        # Its output count is a placeholder; on a cancel it would pass for the truth.
        return self._usage({**mapping(message.get("usage")), "output_tokens": None})

    def _stop(self, delta: dict[str, Any]) -> None:
        if reason := delta.get("stop_reason"):
            self._finish = STOP_REASONS.get(reason, FinishReason.STOP)

    def _message(self, message: dict[str, Any]) -> list[WireEvent]:
        """A whole message where a stream was asked for; one that repeats the stream is none."""
        if self._wrote:
            self._stop(message)
            self.terminated = self._finish is not None
            return self._usage(mapping(message.get("usage")))
        found = [event for block in message["content"] for event in self._block(block)]
        self._model = name(message.get("model"))
        self._stop(message)
        self.terminated = self._whole = True
        return [*found, *self._usage(mapping(message.get("usage")))]

    def _usage(self, sent: Mapping[str, Any]) -> list[WireEvent]:
        """Counts are cumulative; one that is missing, 0 or none at all leaves the earlier one."""
        known = self._counts
        for kind, told in sent.items():
            if (found := count(told)) is not None:
                known[kind] = found or known.get(kind, 0)
        cached = known.get("cache_read_input_tokens")
        read = [known.get("input_tokens"), cached, known.get("cache_creation_input_tokens")]
        details = mapping(sent.get("output_tokens_details"))
        self._reasoning = count(details.get("thinking_tokens")) or self._reasoning
        usage = Usage(
            input_tokens=None if read[0] is None else count(sum(part or 0 for part in read)),
            output_tokens=known.get("output_tokens"),
            reasoning_tokens=self._reasoning,
            cached_tokens=cached,
        )
        return [usage] if usage != Usage() else []


@asynccontextmanager
async def _opened(endpoint: Endpoint, body: dict[str, Any]) -> AsyncGenerator[httpx2.Response]:
    """The response to a request. An SDK client takes 35 µs to make, so there is one per call."""
    base_url, query = without_query(endpoint.base_url)
    sdk = anthropic.AsyncAnthropic(
        api_key=endpoint.api_key,
        base_url=base_url,
        default_query=query,
        http_client=http(endpoint),
        max_retries=0,
    )
    # With a time limit of its own, or the SDK refuses a long answer that does not stream.
    limit = http(endpoint).timeout
    async with sdk.messages.with_streaming_response.create(**body, timeout=limit) as response:
        yield response.http_response
