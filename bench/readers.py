"""Three ways to read one answer: the least that could, SpecForge's wire, and the vendor's SDK.

A reader is opened once and then asks again and again on warm connections. Addresses
come from the environment. What only one reader needs is imported when it is opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from specforge_core import Settings
from specforge_core.events import TextDelta
from specforge_core.providers.connect import Connections
from specforge_core.providers.wire import CompletionRequest, Message

Ask = Callable[[], AsyncGenerator[str]]  # sends one request, yields the pieces of its text
Reader = Callable[[str], AbstractAsyncContextManager[Ask]]  # of a provider's name

MODEL = "bench"
PROMPT = "Write a section."
MAX_TOKENS = 400_000
TIMEOUT_S = 120
MESSAGES: list[Any] = [{"role": "user", "content": PROMPT}]


@dataclass(frozen=True)
class Wire:
    """How the bare loop asks for an answer and takes the pieces of text out of its lines.

    sdk: a name and the vendor's own iterator, None where no SDK is installed.
    """

    name: str
    url_var: str
    path: str
    texts: Callable[[list[bytes]], list[str]]
    sdk: tuple[str, Reader] | None = None


# --- the bare loop -------------------------------------------------------------------


def _chat_texts(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(b"data: {"):
            choices = json.loads(line[6:])["choices"]
            if choices and (content := choices[0]["delta"].get("content")):
                found.append(content)
    return found


def _message_texts(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(b"data: {"):
            event = json.loads(line[6:])
            if event["type"] == "content_block_delta":
                found.append(event["delta"]["text"])
    return found


def _gemini_texts(lines: list[bytes]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(b"data: {"):
            parts = json.loads(line[6:])["candidates"][0]["content"]["parts"]
            found.append(parts[0]["text"])
    return found


@asynccontextmanager
async def bare(provider: str) -> AsyncIterator[Ask]:
    """httpx2, `split`, `json.loads`: no check, and no event but the text of one read."""
    import httpx2

    wire = WIRES[provider]
    url, body = os.environ[wire.url_var] + wire.path, {"model": MODEL, "messages": MESSAGES}
    limits = httpx2.Limits(max_connections=1_000)
    async with httpx2.AsyncClient(timeout=TIMEOUT_S, limits=limits) as client:

        async def ask() -> AsyncGenerator[str]:
            async with client.stream("POST", url, json=body) as answer:
                rest = b""
                async for data in answer.aiter_bytes():
                    *lines, rest = (rest + data).split(b"\n")
                    if text := "".join(wire.texts(lines)):
                        yield text

        yield ask


# --- SpecForge -----------------------------------------------------------------------


@asynccontextmanager
async def specforge(provider: str) -> AsyncIterator[Ask]:
    """The wire and the checks above it, without the engine."""
    connections = Connections(Settings())
    complete = connections.connect(provider)
    request = CompletionRequest(MODEL, "", (Message("user", PROMPT),), MAX_TOKENS)

    async def ask() -> AsyncGenerator[str]:
        async with aclosing(complete(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    yield event.text

    try:
        yield ask
    finally:
        await connections.aclose()


# --- the SDKs' own iterators ---------------------------------------------------------


@asynccontextmanager
async def _openai(provider: str) -> AsyncIterator[Ask]:
    import openai

    url = os.environ[WIRES[provider].url_var]
    async with openai.AsyncOpenAI(
        base_url=url, api_key="bench", max_retries=0, timeout=TIMEOUT_S
    ) as client:

        async def ask() -> AsyncGenerator[str]:
            async with await client.chat.completions.create(
                model=MODEL, messages=MESSAGES, stream=True
            ) as chunks:
                async for chunk in chunks:
                    if chunk.choices and (text := chunk.choices[0].delta.content):
                        yield text

        yield ask


@asynccontextmanager
async def _anthropic(provider: str) -> AsyncIterator[Ask]:
    import anthropic

    url = os.environ[WIRES[provider].url_var]
    async with anthropic.AsyncAnthropic(
        base_url=url, api_key="bench", max_retries=0, timeout=TIMEOUT_S
    ) as client:

        async def ask() -> AsyncGenerator[str]:
            async with await client.messages.create(
                model=MODEL, messages=MESSAGES, max_tokens=MAX_TOKENS, stream=True
            ) as events:
                async for event in events:
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        yield event.delta.text

        yield ask


# One network provider for each wire.
WIRES = {
    "custom": Wire(
        "chat completions",
        "CUSTOM_BASE_URL",
        "/chat/completions",
        _chat_texts,
        ("openai SDK", _openai),
    ),
    "anthropic": Wire(
        "Anthropic messages",
        "ANTHROPIC_BASE_URL",
        "/v1/messages",
        _message_texts,
        ("anthropic SDK", _anthropic),
    ),
    "google": Wire(
        "Gemini",
        "GOOGLE_BASE_URL",
        f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse",
        _gemini_texts,
    ),
}
