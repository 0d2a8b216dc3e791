"""One response read to its end: bytes in, a wire's events out. The same for every network wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Protocol

import httpx2

from specforge_core.events import ReasoningDelta, StreamEnd, TextDelta, Usage, WireEvent
from specforge_core.providers.client import Rests, shared
from specforge_core.providers.failure_shapes import request_id_in
from specforge_core.providers.failures import check, translated
from specforge_core.providers.rows import Provider
from specforge_core.providers.scrub import one_line
from specforge_core.providers.sse import events
from specforge_core.providers.wire import Endpoint

LATE_S = 2.0  # waiting for usage after the finish reason
DRAIN_S = 0.05  # waiting for the end of a body that is already whole
MAX_COUNT = 2**53  # tokens; whole numbers are exact up to here in every reader of the database
MAX_NAME = 200

_text = attrgetter("text")

# What reading JSON of an unexpected shape raises; RecursionError: it is nested too deeply.
NONSENSE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


def trimmed(endpoint: Endpoint) -> Endpoint:
    """The endpoint with a key as it was meant: a copied one often has a blank at its end."""
    return replace(endpoint, api_key=endpoint.api_key.strip())


def count(value: object) -> int | None:
    """A token count out of a provider's JSON; None for whatever is none.

    What is no count here, such as "many", NaN or 10**30, could not be stored later.
    """
    return value if type(value) is int and 0 <= value < MAX_COUNT else None


def name(value: object) -> str | None:
    """A name out of a provider's JSON, None for whatever is none."""
    return value[:MAX_NAME] if isinstance(value, str) and value else None


def thought(value: object) -> str:
    """A piece of thinking out of a provider's JSON; no part of the document, so no error if odd."""
    return value if isinstance(value, str) else ""


class Answer(Protocol):
    """One answer as it grows.

    terminated: the wire's terminator was seen. `end`: the `StreamEnd` of an answer
    that met the provider's terminator rule, None for one that was cut.
    """

    terminated: bool

    def start(self, headers: httpx2.Headers) -> None: ...

    def feed(self, data: str) -> Iterable[WireEvent]:
        """The events in one message of the wire. `ProviderError` for an error or nonsense in it."""
        ...

    def finish(self) -> Iterable[WireEvent]:
        """What was held back in the hope of more; of a broken answer it may be half a tag."""
        ...

    @property
    def end(self) -> StreamEnd | None: ...


async def read(
    provider: Provider,
    endpoint: Endpoint,
    opened: AbstractAsyncContextManager[httpx2.Response],
    answer: Answer,
) -> AsyncGenerator[WireEvent]:
    """Send the request and yield the answer's events; a `StreamEnd` only if it came to its end.

    Text of one read of the socket is one event: it came at one moment, and every
    layer above pays for an event, not for a character.
    """
    check(provider, endpoint)
    with translated(provider, endpoint):
        async with opened as response:
            answer.start(response.headers)
            endpoint.trace.request_id = _request_id(response, endpoint)
            with shared(endpoint).reading(response) as rests:
                body = _body(provider, response, answer, rests)
                async with aclosing(body) as found:
                    async for event in found:
                        yield event


def _request_id(response: httpx2.Response, endpoint: Endpoint) -> str | None:
    """Without the key, which a gateway may send back in any header."""
    return one_line(request_id_in(response.headers) or "", endpoint.api_key)[:MAX_NAME] or None


async def _body(
    provider: Provider, response: httpx2.Response, answer: Answer, rests: Rests
) -> AsyncGenerator[WireEvent]:
    async with (
        aclosing(response.aiter_bytes()) as chunks,
        aclosing(events(chunks, label=provider.label)) as reads,
    ):
        async for messages in reads:
            found: list[WireEvent] = []
            try:
                _feed(answer, messages, found)
            finally:  # what came before an error is passed on before it
                for event in _joined(found):
                    yield event
            if answer.terminated or answer.end is not None:
                break
            rests.on = rests.on or found != []
        async with aclosing(_late(reads, answer)) as late:
            async for found in late:
                for event in _joined(found):
                    yield event
        if (end := answer.end) is not None:
            for event in answer.finish():
                yield event
            await _drain(chunks)
            yield end


def _feed(answer: Answer, messages: Iterable[str], found: list[WireEvent]) -> None:
    """Add to `found` what the messages hold, up to the terminator or an error."""
    for data in messages:
        found += answer.feed(data)
        if answer.terminated:
            return


def _joined(found: list[WireEvent]) -> list[WireEvent]:
    """The events, with neighbours of one kind of text as one, and the last counts at their end.

    Gemini counts anew with every piece of text.
    """
    if len(found) < 2:
        return found
    joined: list[WireEvent] = []
    for kind, group in groupby((one for one in found if type(one) is not Usage), type):
        if kind is TextDelta or kind is ReasoningDelta:
            joined.append(kind("".join(map(_text, group))))
        else:
            joined += group
    counts = [one for one in found if type(one) is Usage]
    return joined + counts[-1:]


async def _late(reads: AsyncIterator[list[str]], answer: Answer) -> AsyncGenerator[list[WireEvent]]:
    """What comes after a finish reason that no terminator must follow: usage, or even text.

    Some models and gateways send a finish reason with every piece. A server may keep
    such a stream open for ever, or reset it: after `LATE_S` without news it is at its end.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + LATE_S
    while not answer.terminated:
        try:
            async with asyncio.timeout_at(due):
                messages = await anext(reads)
        except (StopAsyncIteration, TimeoutError, httpx2.HTTPError):
            return
        found: list[WireEvent] = []
        try:
            _feed(answer, messages, found)
        finally:  # what came before an error is passed on before it
            yield found
        if found:
            due = loop.time() + LATE_S


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read a body to its very end, so that its connection can be used again.

    Almost always the end is there already. A server that keeps the body open
    gets `DRAIN_S`; then the connection is closed instead, which does no harm.
    """
    try:
        async with asyncio.timeout(DRAIN_S):
            async for _ in chunks:
                pass
    except TimeoutError:
        return
