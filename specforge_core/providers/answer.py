"""One response read to its end: bytes in, a wire's events out. The same for every network wire."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from itertools import groupby
from json import JSONDecoder
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from specforge_core.errors import ProviderError
from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.client import Rests, shared
from specforge_core.providers.failure_shapes import is_failure, request_id_in
from specforge_core.providers.failures import asked_at, check, from_body, malformed, translated
from specforge_core.providers.rows import Provider
from specforge_core.providers.scrub import one_line
from specforge_core.providers.sse import events
from specforge_core.providers.thinking import SurrogatePairs
from specforge_core.providers.values import MAX_NAME, name
from specforge_core.providers.wire import Endpoint

LATE_S = 2.0  # waiting for usage after the finish reason
DRAIN_S = 0.05  # waiting for the end of a body that is already whole

_text = attrgetter("text")
_decode = JSONDecoder().raw_decode

# What reading JSON of an unexpected shape raises; RecursionError: it is nested too deeply.
NONSENSE = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


class Answer(ABC):
    """One answer as it grows. Each wire says what its messages mean.

    terminated: the wire's terminator was seen. reopened: text came after a finish reason.
    """

    def __init__(self, provider: Provider, endpoint: Endpoint) -> None:
        self.provider = provider
        self.endpoint = endpoint
        self.terminated = False
        self.reopened = False
        self._finish: FinishReason | None = None
        self._model: str | None = None
        self._request_id: str | None = None
        self._failure: ProviderError | None = None
        self._pairs = SurrogatePairs()

    def start(self, headers: httpx2.Headers) -> None:
        self._request_id = name(request_id_in(headers))

    def feed(self, data: str, found: list[WireEvent]) -> None:
        """Add to `found` the events in one message of the wire.

        `ProviderError` for an error or nonsense in it; what stands beside an error
        has been added then.
        """
        if data[:1] != "{":
            data = data.strip()
            if data in ("", "[DONE]"):
                self.terminated = data == "[DONE]"
                return
        try:
            message, stop = _decode(data)
            if data[stop:].strip():
                raise ValueError("more than one document")
            had, known = self._finish is not None, len(found)
            found += self._events(message)
            if had and any(type(event) is TextDelta for event in found[known:]):
                self.reopened = True
        except NONSENSE as exc:
            nonsense = malformed(self.provider, self.endpoint, data, self._request_id)
            raise self._failure or nonsense from exc
        if self._failure is not None:
            raise self._failure

    def finish(self) -> Iterable[WireEvent]:
        """What was held back in the hope of more; of a broken answer it may be half a tag."""
        return self._text(self._pairs.finish())

    @property
    @abstractmethod
    def end(self) -> StreamEnd | None:
        """Of an answer that met the provider's terminator rule; None for one that was cut."""

    @abstractmethod
    def _events(self, message: Any) -> Iterable[WireEvent]:
        """What a message means; one of an unexpected shape may raise any of `NONSENSE`."""

    def _text(self, text: str) -> Iterable[WireEvent]:
        text = self._pairs.feed(text)
        return (TextDelta(text),) if text else ()

    def _note_failure(self, told: object) -> None:
        """Have the error in it, if there is one, raised after the rest of the message was read."""
        if self._failure is None and is_failure(told):
            self._failure = from_body(
                told, self.provider, self.endpoint, request_id=self._request_id
            )


def aimed(endpoint: Endpoint, asked: str) -> Endpoint:
    """The endpoint of a request to that address, with a key as it was meant.

    A copied key often has a blank at its end.
    """
    return replace(endpoint, api_key=endpoint.api_key.strip(), asked=asked.partition("?")[0])


def without_query(url: str) -> tuple[str, dict[str, str]]:
    """A base URL and its query, such as Azure's `?api-version=…`, which belongs behind the path."""
    base, _, query = url.partition("?")
    return base, dict(parse_qsl(query))


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
            endpoint.trace.request_id = _without_key(request_id_in(response.headers), endpoint)
            with shared(endpoint).reading(response) as rests:
                body = _body(response, answer, rests)
                async with aclosing(body) as found:
                    async for event in found:
                        yield event


def _without_key(told: str | None, endpoint: Endpoint) -> str | None:
    """A name that a provider told; a gateway may send the key back in any of them."""
    return one_line(told or "", endpoint.api_key)[:MAX_NAME] or None


async def _body(
    response: httpx2.Response, answer: Answer, rests: Rests
) -> AsyncGenerator[WireEvent]:
    label, address = answer.provider.label, asked_at(answer.provider, answer.endpoint)
    async with (
        aclosing(response.aiter_bytes()) as chunks,
        aclosing(events(chunks, label=label, address=address)) as reads,
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
            yield replace(
                end,
                request_id=_without_key(end.request_id, answer.endpoint),
                model=_without_key(end.model, answer.endpoint),
            )


def _feed(answer: Answer, messages: Iterable[str], found: list[WireEvent]) -> None:
    """Add to `found` what the messages hold, up to the terminator or an error."""
    for data in messages:
        answer.feed(data, found)
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

    A server may keep such a stream open for ever, or reset it: after `LATE_S` without news
    it is at its end. Some models and gateways send a finish reason with every piece: where
    text has come after one, only the end of the body is an end.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + LATE_S
    while not answer.terminated:
        try:
            # The guard looks after an answer that has no time limit here.
            async with asyncio.timeout_at(None if answer.reopened else due):
                messages = await anext(reads)
        except (StopAsyncIteration, TimeoutError):
            return
        except httpx2.HTTPError:
            if answer.reopened:
                raise
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
