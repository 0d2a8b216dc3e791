"""The wire of OpenAI's chat completions and of everything that speaks it.

The `openai` SDK makes the request and maps the status; the body goes to our own
reader, because the SDK's iterator costs 89 µs per event and takes a cut stream
for a whole one.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai

# Imported here, off the event loop: the SDK would load it at the first request.
import openai.resources.chat.completions

from specforge_core.events import WireEvent
from specforge_core.providers.answer import aimed, read, without_query
from specforge_core.providers.chat_answer import ChatAnswer
from specforge_core.providers.client import http
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import CompletionRequest, Endpoint

if TYPE_CHECKING:
    import httpx2

_PATH = "/chat/completions"
_PATH_IN_BASE = re.compile(_PATH + r"/?(?=\?|$)")

# What a request can do without, where an endpoint or one of its models refuses it.
_OPTIONAL = ("stream_options", "temperature", "reasoning_effort")


class ChatCompletionsWire:
    """Streams one answer. Events follow `Wire`; failures are `ProviderError`s."""

    def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]:
        # The SDK adds the path; people paste whole addresses, as Azure's portal shows them.
        base_url = _PATH_IN_BASE.sub("", endpoint.base_url)
        address = base_url.partition("?")[0].rstrip("/") + _PATH
        endpoint = aimed(replace(endpoint, base_url=base_url), address)
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
        provider.length_field: provider.length_for(request),
        **provider.thinking_for(request.model, request.thinking),
    }
    temperature = provider.temperature_for(request.model, request.temperature)
    if temperature is not None:
        body["temperature"] = temperature
    if provider.stream_options and request.stream:
        body["stream_options"] = {"include_usage": True}
    return body


@asynccontextmanager
async def _opened(
    provider: Provider, endpoint: Endpoint, body: dict[str, Any]
) -> AsyncGenerator[httpx2.Response]:
    """The response to a request; sent again, changed, where an endpoint names what it refuses."""
    create = _sdk(provider, endpoint).chat.completions.with_streaming_response.create
    headers = {} if endpoint.api_key else {"Authorization": openai.Omit()}
    # The SDK knows OpenAI's fields only, and fewer than other vendors have.
    known = {name: body.pop(name) for name in ("model", "messages", "stream")}
    async with AsyncExitStack() as stack:
        while True:
            try:
                response = await stack.enter_async_context(
                    create(**known, extra_headers=headers, extra_body=body)
                )
                break
            except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
                if not _without_refused(body, exc.response.text):
                    raise
        yield response.http_response


def _without_refused(body: dict[str, Any], refusal: str) -> bool:
    """Whether a field could be taken out or renamed, so that the body may be accepted.

    Azure's reasoning models and others behind one base URL want another length field.
    """
    for field in _OPTIONAL:
        if field in body and field in refusal:
            del body[field]
            return True
    if "max_tokens" in body and "max_completion_tokens" in refusal:
        body["max_completion_tokens"] = body.pop("max_tokens")
        return True
    return False


def _sdk(provider: Provider, endpoint: Endpoint) -> openai.AsyncOpenAI:
    """An SDK client on the shared connections: 40 µs, so one per call.

    The SDK reads OpenAI's organisation, project and headers from the environment;
    they are none of another provider's business.
    """
    key = endpoint.api_key or "none"
    base_url, query = without_query(endpoint.base_url)
    headers: dict[str, Any] = {"Authorization": f"Bearer {key}"}
    if provider.key_var != "OPENAI_API_KEY":
        lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
        named = [line.partition(":")[0].strip() for line in lines if ":" in line]
        foreign = ["OpenAI-Organization", "OpenAI-Project", *named]
        headers = dict.fromkeys(foreign, openai.Omit()) | headers
    return openai.AsyncOpenAI(
        api_key=key,
        base_url=base_url,
        default_query=query,
        default_headers=headers,
        http_client=http(endpoint),
        max_retries=0,
    )
