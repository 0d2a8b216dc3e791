"""`complete`: one question to a provider, told while the answer comes. It opens no database."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay

from specforge_core.clock import Clock
from specforge_core.console import DONE, FAILED, complain, read, say
from specforge_core.errors import ErrorCategory, InvalidInput, ProviderError, SpecForgeError
from specforge_core.events import Failure, FinishReason, ReasoningDelta, TextDelta
from specforge_core.generation.backoff import Backoff
from specforge_core.generation.calling import failure_of
from specforge_core.generation.plan import Target
from specforge_core.generation.services import Complete
from specforge_core.generation.single_call import SingleCall, unlimited
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.connect import Connections
from specforge_core.providers.wire import THINKING_ROOM, CompletionRequest, Message
from specforge_core.settings import Settings

PATIENCE_S = 10.0  # from the first request to the last try: a person waits at the terminal

# They have taken their time already.
_NOT_AGAIN = frozenset({ErrorCategory.STALL, ErrorCategory.TIMEOUT})

Tell = Callable[[str, dict[str, Any]], None]  # an event's name and its fields


def complete(options: argparse.Namespace) -> int:
    """Prints the answer; with `--json` everything, a failure too, is an event on stdout."""
    tell: Tell = _as_event if options.json else _Plain()
    try:
        settings = Settings.load()
        connections = Connections(settings)
        target, request = _question(options, settings, connections)
    except SpecForgeError as error:
        tell("error", asdict(Failure(_category(error, options), str(error), retryable=False)))
        return FAILED
    line = unlimited(connections).connect(target)  # an SDK's import, which Ctrl-C ends at once
    answer = _Answer(target, request, connections, tell)
    return asyncio.run(_closing(connections, answer.persist(line, settings)))


def _question(
    options: argparse.Namespace, settings: Settings, connections: Connections
) -> tuple[Target, CompletionRequest]:
    """Raises `InvalidInput` for what cannot be asked."""
    prompt: str = read(Path("-")) if options.prompt == "-" else options.prompt
    for option, text in (("prompt", prompt), ("system", options.system), ("model", options.model)):
        if not text.isascii() and text != text.encode("utf-8", "replace").decode():
            raise InvalidInput(
                option, f"--{option} holds bytes that are not UTF-8. Give it as text."
            )
    if not prompt.strip():
        raise InvalidInput("prompt", "There is nothing to ask. Give a text with --prompt.")
    if options.max_tokens is not None and options.max_tokens < 1:
        raise InvalidInput("max_tokens", "An answer needs room: --max-tokens must be 1 or more.")
    if options.temperature is not None and not 0 <= options.temperature <= 2:
        raise InvalidInput("temperature", "--temperature must be a number from 0 to 2.")
    provider, model = connections.choose(options.provider, options.model)
    thinking = None if options.thinking is None else options.thinking == "on"
    request = CompletionRequest(
        model,
        options.system,
        (Message("user", prompt),),
        max_tokens=options.max_tokens or settings.section_tokens,
        thinking_room=0 if options.max_tokens else THINKING_ROOM,  # who names a limit means it
        temperature=settings.temperature if options.temperature is None else options.temperature,
        thinking=thinking,
    )
    return Target(provider.name, provider.label, model, thinking=thinking), request


def _category(error: SpecForgeError, options: argparse.Namespace) -> ErrorCategory:
    """What was raised before any request: a provider that is there lacks its key."""
    row = PROVIDERS.get(options.provider)
    lacks = isinstance(error, InvalidInput) and error.field == "provider"
    no_key = lacks and row is not None and not row.key_optional
    return ErrorCategory.AUTH if no_key else ErrorCategory.BAD_REQUEST


async def _closing(connections: Connections, work: Coroutine[Any, Any, int]) -> int:
    try:
        return await work
    finally:
        await connections.aclose()


class _Answer:
    """The tries at one answer. Once text or thinking was told there is no further one."""

    def __init__(
        self, target: Target, request: CompletionRequest, connections: Connections, tell: Tell
    ) -> None:
        self._target = target
        self._request = request
        self._services = unlimited(connections)
        self._tell = tell
        self._call = self._new_call()

    async def persist(self, line: Complete, settings: Settings) -> int:
        """The exit code."""

        async def once() -> None:
            self._call = self._new_call()
            await self._call.hear(line)

        retrying = AsyncRetrying(
            stop=stop_after_attempt(1 + settings.retries)
            | stop_before_delay(min(PATIENCE_S, settings.retry_cap_s)),
            wait=Backoff(settings.retry_wait_s),
            retry=retry_if_exception(self._passes),
            reraise=True,
        )
        try:
            await retrying(once)
        except ProviderError as error:
            self._tell_usage()
            self._tell("error", asdict(failure_of(error)))
            return FAILED
        except asyncio.CancelledError:
            with suppress(BrokenPipeError):  # Ctrl-C ends a whole pipeline
                self._tell_usage()
            raise
        self._tell_usage()
        self._tell_end()
        return DONE

    def _new_call(self) -> SingleCall:
        return SingleCall(self._target, self._request, self._services, Clock(), self._tell_piece)

    def _passes(self, error: BaseException) -> bool:
        return (
            isinstance(error, ProviderError)
            and error.retryable
            and error.category not in _NOT_AGAIN
            and not self._call.begun
        )

    def _tell_piece(self, event: TextDelta | ReasoningDelta) -> None:
        kind = "text_delta" if isinstance(event, TextDelta) else "reasoning_delta"
        self._tell(kind, {"text": event.text})

    def _tell_usage(self) -> None:
        """Nothing for a request that was refused, or broke off, before there was an answer."""
        if self._call.worth_telling:
            reading = self._call.read()
            self._tell("usage", asdict(reading.usage) | {"token_source": reading.token_source})

    def _tell_end(self) -> None:
        end, reading = self._call.end, self._call.read()
        if end is not None:
            self._tell(
                "stream_end",
                asdict(end)
                | {
                    "ttft_s": reading.ttft_s,
                    "duration_s": reading.duration_s,
                    "decode_tps": reading.decode_tps,
                },
            )


def _as_event(name: str, fields: dict[str, Any]) -> None:
    # ASCII: U+2028 and its like would break lines for many a reader.
    say(json.dumps({"event": name} | fields) + "\n")


class _Plain:
    """The text alone, and a newline at its end."""

    def __init__(self) -> None:
        self._open = False  # text stands in the last line

    def __call__(self, name: str, fields: dict[str, Any]) -> None:
        if name == "text_delta":
            self._open = not fields["text"].endswith("\n")
            say(fields["text"])
            return
        if name != "reasoning_delta" and self._open:
            self._open = False
            say("\n")
        if name == "error":
            complain(fields["message"])
        elif fields.get("finish_reason") is FinishReason.LENGTH:
            complain("the answer was cut at its length limit; allow more with --max-tokens.")
