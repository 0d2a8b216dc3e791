"""The one layer of checks above every wire, the offline one too: nothing ends silently."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import FinishReason, ReasoningDelta, StreamEnd, TextDelta, WireEvent
from specforge_core.providers.wire import Trace

NO_TRACE = Trace()
LEAST_LIMIT = 64 * 2**10  # characters that any answer may have, however small its `most_chars`
THINKING_LIMIT = 256 * 2**10  # characters of thinking besides: twice what a request leaves room for
_CONTENT = (TextDelta, ReasoningDelta)


async def guarded(
    stream: AsyncGenerator[WireEvent],
    *,
    first_content_s: float,
    between_content_s: float,
    label: str = "The provider",
    may_be_empty: bool = False,
    most_chars: int | None = None,
    trace: Trace = NO_TRACE,
) -> AsyncGenerator[WireEvent]:
    """Pass a wire's events on; `ProviderError` for every ending that is not that of an answer.

    Only text and reasoning count as content, so keep-alives and usage cannot
    postpone a deadline; the time the consumer takes does not count. TIMEOUT: no
    first content. STALL: content stopped. TRUNCATED_STREAM: no terminator. An
    empty, filtered, refused or failed answer is an error as well. `label` names
    the provider in the messages. `may_be_empty`: the request goes on from stored
    text, to which a model may have nothing to add. `most_chars`: more text than this,
    and than `LEAST_LIMIT`, is MALFORMED_STREAM, and so is thinking that is longer by
    `THINKING_LIMIT`. Consume it in one task, under `aclosing`.
    """
    most = math.inf if most_chars is None else max(most_chars, LEAST_LIMIT)
    room = {TextDelta: most, ReasoningDelta: most + THINKING_LIMIT}
    text = False
    content = False
    deadline = _Deadline(first_content_s)
    async with aclosing(stream):
        try:
            while True:
                event = await deadline.next(stream)
                if event is None:
                    raise _with_id(_truncated(label), trace)
                if isinstance(event, StreamEnd):
                    break
                if not isinstance(event, _CONTENT):
                    yield event
                else:
                    room[type(event)] -= len(event.text)
                    if room[type(event)] < 0:
                        raise _with_id(_endless(label), trace)
                    yield event
                    if not content:
                        deadline.rearm(between_content_s)
                    content = True
                    deadline.restart()
                    text = text or (isinstance(event, TextDelta) and not event.text.isspace())
        except TimeoutError as exc:
            limit_s = between_content_s if content else first_content_s
            raise _with_id((_stalled if content else _silent)(label, limit_s), trace) from exc
        finally:
            deadline.close()
        empty_stop = event.finish_reason is FinishReason.STOP and not text
        failure = None if empty_stop and may_be_empty else _verdict(event, text, label)
        if failure is not None:
            raise failure
        yield event


class _Deadline:
    """A deadline on `anext` that costs a clock reading per event instead of a timer.

    The one timer of the loop is re-armed when it fires too early, and only ever
    cancels the task while it waits for the stream, never the consumer's code.
    """

    def __init__(self, limit_s: float) -> None:
        self._task = cast("asyncio.Task[object]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._waiting = False
        self._expired = False
        self._handle: asyncio.TimerHandle | None = None
        self.rearm(limit_s)

    def rearm(self, limit_s: float) -> None:
        """Change the limit and start it now."""
        self.close()
        self._limit_s = limit_s
        self.restart()
        self._handle = self._loop.call_at(self._due, self._fire)

    def restart(self) -> None:
        self._due = self._loop.time() + self._limit_s

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    async def next(self, stream: AsyncGenerator[WireEvent]) -> WireEvent | None:
        """The next event, None at the end of the stream; TimeoutError past the deadline."""
        self._waiting = True
        try:
            return await anext(stream)
        except StopAsyncIteration:
            return None
        finally:
            self._waiting = False
            if self._expired:
                self._settle()

    def _fire(self) -> None:
        now = self._loop.time()
        if self._waiting and now >= self._due:
            self._expired = True
            self._task.cancel()
            return
        # While the consumer works, the next wait cannot be due before a full limit has passed.
        later = self._due if self._waiting else max(self._due, now + self._limit_s)
        self._handle = self._loop.call_at(later, self._fire)

    def _settle(self) -> None:
        """Take our own cancellation back; one from outside outweighs the deadline and goes on."""
        if self._task.uncancel() <= self._cancelling:
            raise TimeoutError


def _with_id(failure: ProviderError, trace: Trace) -> ProviderError:
    failure.request_id = trace.request_id
    return failure


def _silent(label: str, limit_s: float) -> ProviderError:
    return ProviderError(
        ErrorCategory.TIMEOUT,
        f"{label} sent no text within {limit_s:g} seconds."
        " Try again, or choose another model; SPECFORGE_FIRST_CONTENT_S sets the limit.",
    )


def _stalled(label: str, limit_s: float) -> ProviderError:
    return ProviderError(
        ErrorCategory.STALL,
        f"{label} stopped sending for {limit_s:g} seconds."
        " The text so far is kept; try again to go on from there.",
    )


def _truncated(label: str) -> ProviderError:
    return ProviderError(
        ErrorCategory.TRUNCATED_STREAM,
        f"{label} broke off before the end of its answer."
        " The text so far is kept; try again to go on from there.",
    )


def _endless(label: str) -> ProviderError:
    return ProviderError(
        ErrorCategory.MALFORMED_STREAM,
        f"{label} sent far more text than was asked for and was stopped;"
        " try again, or choose another model.",
    )


def _verdict(end: StreamEnd, text: bool, label: str) -> ProviderError | None:
    """The failure that an ending stands for; None for a whole or a full answer with text."""
    match end.finish_reason:
        case FinishReason.ERROR:
            category = ErrorCategory.SERVER
            message = f"{label} failed while writing. The text so far is kept; try again."
        case FinishReason.CONTENT_FILTER:
            category = ErrorCategory.CONTENT_FILTER
            message = (
                f"{label}'s safety filter stopped the answer."
                " Reword the description or the answers, or choose another model."
            )
        case FinishReason.REFUSAL:
            category = ErrorCategory.CONTENT_FILTER
            message = (
                f"{label}'s model declined to write this."
                " Reword the description or the answers, or choose another model."
            )
        case FinishReason.LENGTH if not text:
            # The same request would end the same way, so it is not one to retry.
            category = ErrorCategory.BAD_REQUEST
            message = (
                f"{label}'s model used up the answer's length limit for thinking and wrote no text."
                " Raise SPECFORGE_SECTION_TOKENS, or choose another model."
            )
        case FinishReason.STOP if not text:
            category = ErrorCategory.MALFORMED_STREAM
            message = f"{label} answered nothing. Try again, or choose another model."
        case _:
            return None
    return ProviderError(category, message, request_id=end.request_id, counted=True)
