"""A wire's reader in process: bytes in, events out, without a socket or a request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx2

from specforge_core.errors import ProviderError
from specforge_core.events import WireEvent
from specforge_core.providers.answer import Answer, read
from specforge_core.providers.anthropic_messages import MessageAnswer
from specforge_core.providers.chat_answer import ChatAnswer
from specforge_core.providers.client import SharedClient
from specforge_core.providers.gemini import GeminiAnswer
from specforge_core.providers.guard import guarded
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import Endpoint
from tests.core.lines import Line
from tests.core.wire_calls import KEY, Outcome
from tests.loopback import Reply

ANSWERS: Mapping[str, Callable[[Provider, Endpoint], Answer]] = {
    "chat_completions": ChatAnswer,
    "anthropic_messages": MessageAnswer,
    "gemini": GeminiAnswer,
}
HERE = Endpoint("http://127.0.0.1:9/v1", KEY, SharedClient())  # which never opens a connection


async def in_process(
    provider: Provider, chunks: Iterable[bytes], headers: Mapping[str, str], **limits: Any
) -> Outcome:
    """What the wire and the guard make of a body that comes in these chunks."""

    async def body() -> AsyncGenerator[bytes]:
        for chunk in chunks:
            yield chunk

    @asynccontextmanager
    async def opened() -> AsyncGenerator[httpx2.Response]:
        async with aclosing(body()) as content:
            yield httpx2.Response(200, headers=headers, content=content)

    answer = ANSWERS[provider.wire_name](provider, HERE)
    stream = guarded(
        read(provider, HERE, opened(), answer),
        label=provider.label,
        first_content_s=limits.pop("first", 30.0),
        between_content_s=limits.pop("between", 30.0),
        **limits,
    )
    seen: list[WireEvent] = []
    try:
        async with aclosing(stream) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        return seen, error
    return seen, None


def read_bytes(line: Line, reply: Reply, chunks: Iterable[bytes], **limits: Any) -> Outcome:
    return asyncio.run(in_process(line.provider, chunks, reply.headers, **limits))
