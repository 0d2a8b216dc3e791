"""One request over a wire to the loopback provider, and what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ProviderError
from specforge_core.events import ReasoningDelta, TextDelta, Usage, WireEvent
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.client import SharedClient
from specforge_core.providers.connect import Connections
from specforge_core.providers.guard import guarded
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import CompletionRequest, Endpoint, Message
from specforge_core.settings import Settings
from tests.loopback import LoopbackProvider, Reply, Send

KEY = "sk-proj-SECRETSECRETSECRET1234"
OPENAI, ANTHROPIC, CUSTOM = (PROVIDERS[name] for name in ("openai", "anthropic", "custom"))
TEXTS = ["# Día", " 日本", "語 🎉", " a\u2028b\u2029c\u0085d", "\n\nend"]
REQUEST = CompletionRequest(
    model="model-1",
    system="Be brief.",
    messages=(Message("user", "Hello?"), Message("assistant", "Yes."), Message("user", "Go on.")),
    max_tokens=300,
    temperature=0.4,
)
Outcome = tuple[list[WireEvent], ProviderError | None]
NO_COUNTS = ["many", 10**30, float("nan"), [1], -5, True, 5.5, {"a": 1}]


def environment(server: LoopbackProvider, **more: str) -> dict[str, str]:
    """Variables with which a command asks the server on every wire."""
    roots = dict.fromkeys(("ANTHROPIC", "GOOGLE"), server.root_url) | {"OPENAI": server.base_url}
    return {
        **{f"{name}_BASE_URL": url for name, url in roots.items()},
        **{f"{name}_API_KEY": KEY for name in roots},
        "SPECFORGE_RETRY_WAIT_S": "0.01",
        **more,
    }


@asynccontextmanager
async def endpoint(server: LoopbackProvider, key: str = KEY) -> AsyncGenerator[Endpoint]:
    client = SharedClient()
    try:
        yield Endpoint(server.root_url + "/v1", key, client)
    finally:
        await client.aclose()


def open_traced(server: LoopbackProvider, provider: Provider, reply: Reply) -> ProviderError:
    """The failure of an answer as the application asks for it, with its short deadlines."""
    settings = Settings(first_content_s=2, between_content_s=0.3)
    server.reply(reply)

    async def main() -> None:
        connections = Connections(settings)
        try:
            async with aclosing(connections.connect(provider.name)(REQUEST)) as events:
                async for _ in events:
                    pass
        finally:
            await connections.aclose()

    with pytest.MonkeyPatch.context() as patch:
        root = server.root_url if provider is ANTHROPIC else server.base_url
        patch.setenv(provider.url_var, root)
        patch.setenv(provider.key_var, KEY)
        with pytest.raises(ProviderError) as caught:
            asyncio.run(main())
    return caught.value


def open_stream(
    provider: Provider, at: Endpoint, *, first: float = 5.0, between: float = 5.0
) -> AsyncGenerator[WireEvent]:
    if provider.wire_name == "anthropic_messages":
        at = replace(at, base_url=at.base_url.removesuffix("/v1"))
    return guarded(
        provider.wire.stream(provider, at, REQUEST),
        first_content_s=first,
        between_content_s=between,
        label=provider.label,
    )


async def collect(provider: Provider, at: Endpoint, **limits: float) -> Outcome:
    seen: list[WireEvent] = []
    try:
        async with aclosing(open_stream(provider, at, **limits)) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        return seen, error
    return seen, None


def call(
    server: LoopbackProvider,
    provider: Provider,
    *replies: Reply,
    key: str = KEY,
    base_url: str = "",
    **limits: float,
) -> Outcome:
    server.reply(*replies)

    async def main() -> Outcome:
        async with endpoint(server, key) as at:
            at = replace(at, base_url=base_url) if base_url else at
            return await collect(provider, at, **limits)

    return asyncio.run(main())


def failure(
    server: LoopbackProvider, provider: Provider, reply: Reply, **more: Any
) -> ProviderError:
    _, error = call(server, provider, reply, **more)
    assert error is not None
    assert_no_secret(error)
    return error


def assert_no_secret(error: ProviderError) -> None:
    assert "SECRET" not in f"{error} {error.request_id}"
    assert "\n" not in str(error)


def text_of(events: list[WireEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thought_of(events: list[WireEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def usage_of(events: list[WireEvent]) -> Usage:
    return [event for event in events if isinstance(event, Usage)][-1]


def told(outcome: Outcome) -> tuple[str, str, list[WireEvent], ProviderError | None]:
    """Text, thinking, all other events and the error, however the socket cut the text.

    Of counts the last ones: they are cumulative, and those of one read are told once.
    """
    events, error = outcome
    others = [one for one in events if not isinstance(one, TextDelta | ReasoningDelta | Usage)]
    others += [one for one in events if isinstance(one, Usage)][-1:]
    return text_of(events), thought_of(events), others, error


def chat_events(*chunks: dict[str, Any] | str) -> Reply:
    """A chat stream of exactly these chunks; a string is sent as it is."""
    lines = (chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks)
    return Reply([Send(f"data: {line}\n\n".encode()) for line in lines])


def delta(content: Any = None, *, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    inner = fields if content is None else {"content": content, **fields}
    return {"choices": [{"index": 0, "delta": inner, "finish_reason": finish}]}


def text_in(body: bytes, text: str) -> bool:
    return json.dumps(text, ensure_ascii=False).encode() in body


def first_text(reply: Reply) -> int:
    """How many steps until the first of `TEXTS` was sent."""
    return next(
        number
        for number, step in enumerate(reply.steps, 1)
        if isinstance(step, Send) and text_in(step.data, TEXTS[0])
    )


def open_connections(at: Endpoint) -> int:
    assert at.client is not None
    transport: Any = at.client.get()._transport
    return len(transport._pool.connections)
