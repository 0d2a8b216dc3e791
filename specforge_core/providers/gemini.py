"""The wire of Google Gemini: `streamGenerateContent`, native.

The shared HTTP client makes the request; every message has the same shape, streamed
or whole: candidates with parts, and the counts so far.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

# Imported here, off the event loop: the first request would load it.
import httpx2

from specforge_core.errors import ProviderError
from specforge_core.events import FinishReason, ReasoningDelta, StreamEnd, Usage, WireEvent
from specforge_core.providers.answer import Answer, aimed, read, without_query
from specforge_core.providers.client import http
from specforge_core.providers.failures import blocked
from specforge_core.providers.rows import Provider
from specforge_core.providers.values import count, mapping, name, thought
from specforge_core.providers.wire import CompletionRequest, Endpoint

VERSION = "v1beta"  # used where the base URL names none
_MODEL_IN_BASE = re.compile(r"/models(/[^/]*)?/?$")  # people paste whole addresses
_VERSIONED = re.compile(r"(?<!/)/v\d\w*(/|$)")

COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
)
ROLES: Mapping[str, str] = {"assistant": "model"}

# `STOP` is the only natural end, so an unknown word is a failure.
FINISH_REASONS: Mapping[str, FinishReason] = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "LANGUAGE": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
    "MODEL_ARMOR": FinishReason.CONTENT_FILTER,
    "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "IMAGE_RECITATION": FinishReason.CONTENT_FILTER,
    "OTHER": FinishReason.ERROR,
    "IMAGE_OTHER": FinishReason.ERROR,
    "NO_IMAGE": FinishReason.ERROR,
    "MALFORMED_FUNCTION_CALL": FinishReason.ERROR,
    "MALFORMED_RESPONSE": FinishReason.ERROR,
    "UNEXPECTED_TOOL_CALL": FinishReason.ERROR,
    "TOO_MANY_TOOL_CALLS": FinishReason.ERROR,
    "MISSING_THOUGHT_SIGNATURE": FinishReason.ERROR,
    "FINISH_REASON_UNSPECIFIED": FinishReason.ERROR,
}


class GeminiWire:
    """Streams one answer. Events follow `Wire`; failures are `ProviderError`s."""

    def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]:
        url = request_url(endpoint, request)
        endpoint = aimed(endpoint, url)
        opened = _opened(endpoint, url, request_body(provider, request))
        return read(provider, endpoint, opened, GeminiAnswer(provider, endpoint))


def request_url(endpoint: Endpoint, request: CompletionRequest) -> str:
    """The address of a request; the key is no part of it, because addresses are logged."""
    base, query = without_query(endpoint.base_url.strip())
    base = _MODEL_IN_BASE.sub("", base).rstrip("/")
    if not _VERSIONED.search(base):
        base = f"{base}/{VERSION}"
    query.pop("alt", None)
    if request.stream:
        query["alt"] = "sse"
    method = "streamGenerateContent" if request.stream else "generateContent"
    model = quote(request.model.removeprefix("models/"), safe="")
    return f"{base}/models/{model}:{method}{'?' if query else ''}{urlencode(query)}"


def request_body(provider: Provider, request: CompletionRequest) -> dict[str, Any]:
    """The JSON of a request; whether it streams is said by the address."""
    generation: dict[str, Any] = {
        provider.length_field: provider.length_for(request),
        **provider.thinking_for(request.model, request.thinking),
    }
    temperature = provider.temperature_for(request.model, request.temperature)
    if temperature is not None:
        generation["temperature"] = temperature
    body: dict[str, Any] = {
        "contents": [
            {"role": ROLES.get(message.role, message.role), "parts": [{"text": message.text}]}
            for message in request.messages
        ],
        "generationConfig": generation,
    }
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}]}
    return body


class GeminiAnswer(Answer):
    """An `Answer` made of `GenerateContentResponse`s, ended by a finish reason and no more."""

    def __init__(self, provider: Provider, endpoint: Endpoint) -> None:
        super().__init__(provider, endpoint)
        self._blocked: ProviderError | None = None
        self._counts: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._streams = False
        self._messages = 0

    def start(self, headers: httpx2.Headers) -> None:
        super().start(headers)
        self._streams = headers.get("content-type", "").startswith("text/event-stream")

    @property
    def end(self) -> StreamEnd | None:
        if self._finish is None:
            return None
        whole = self._messages == 1 and not self._streams
        return StreamEnd(self._finish, self._request_id, self._model, whole)

    def finish(self) -> Iterable[WireEvent]:
        if self._blocked is not None:
            raise self._blocked
        return super().finish()

    def _events(self, message: Any) -> list[WireEvent]:
        if "candidates" not in message or "error" in message:
            self._note_failure(message)
        self._messages += 1
        self._model = name(message.get("modelVersion")) or self._model
        self._request_id = self._request_id or name(message.get("responseId"))
        found: list[WireEvent] = []
        candidates = message.get("candidates") or []
        for candidate in candidates:
            if not candidate.get("index"):  # one answer was asked for
                found += self._candidate(candidate)
        if not candidates:
            self._check(mapping(message.get("promptFeedback")))
        return found + self._new_usage(message.get("usageMetadata"))

    def _check(self, feedback: Mapping[str, Any]) -> None:
        """Note that the prompt was blocked; it is told at the end, after the usage."""
        if reason := name(feedback.get("blockReason")):
            detail = name(feedback.get("blockReasonMessage")) or reason
            self._finish = FinishReason.CONTENT_FILTER
            self._blocked = blocked(self.provider, self.endpoint, detail, self._request_id)

    def _candidate(self, candidate: dict[str, Any]) -> list[WireEvent]:
        found: list[WireEvent] = []
        for part in (candidate.get("content") or {}).get("parts") or ():
            text = part.get("text")
            if not text:
                continue  # a signature, or a kind of part that nobody asked for
            if part.get("thought"):
                found += [ReasoningDelta(text)] if (text := thought(text)) else []
            else:
                found += self._text(text)
        if reason := candidate.get("finishReason"):
            self._finish = FINISH_REASONS.get(reason, FinishReason.ERROR)
        return found

    def _new_usage(self, sent: object) -> list[WireEvent]:
        """Counts are cumulative and come with every piece: the first and the last ones are told.

        One that is missing leaves the earlier one.
        """
        if type(sent) is dict:
            self._counts.update(sent)
        last = self._finish is not None or self._failure is not None
        if self._usage is not None and not last:
            return []
        read, text, thoughts, cached = (count(self._counts.get(kind)) for kind in COUNTS)
        known = text is not None or thoughts is not None
        written = count((text or 0) + (thoughts or 0)) if known else None
        usage = Usage(read, written, reasoning_tokens=thoughts, cached_tokens=cached)
        if usage in (self._usage, Usage()):
            return []
        self._usage = usage
        return [usage]


@asynccontextmanager
async def _opened(
    endpoint: Endpoint, url: str, body: dict[str, Any]
) -> AsyncGenerator[httpx2.Response]:
    """The response to a request; `httpx2.HTTPStatusError`, its body read, for any but a success."""
    headers = {"x-goog-api-key": endpoint.api_key}
    async with http(endpoint).stream("POST", url, headers=headers, json=body) as response:
        if not response.is_success:
            await response.aread()
            response.raise_for_status()
        yield response
