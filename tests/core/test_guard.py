"""The guard: every ending that is not that of a whole answer is a typed error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import (
    FinishReason,
    ReasoningDelta,
    StreamEnd,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.providers.guard import LEAST_LIMIT, THINKING_LIMIT, guarded

STOP = StreamEnd(FinishReason.STOP, request_id="req_1")
FOREVER = object()

Step = WireEvent | float | Exception | object


class Script:
    """A wire that yields events, sleeps for numbers, raises exceptions, and knows of its end."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.closed = False

    async def stream(self) -> AsyncGenerator[WireEvent]:
        try:
            for step in self.steps:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, Exception):
                    raise step
                elif step is FOREVER:
                    await asyncio.Event().wait()
                else:
                    yield step  # type: ignore[misc]
        finally:
            self.closed = True


Consumer = Callable[[], Awaitable[None]]


async def pull(
    script: Script,
    *,
    first: float = 5.0,
    between: float = 5.0,
    after_each: Consumer | None = None,
    may_be_empty: bool = False,
    most_chars: int | None = None,
) -> tuple[list[WireEvent], ProviderError | None]:
    seen: list[WireEvent] = []
    guard = guarded(
        script.stream(),
        first_content_s=first,
        between_content_s=between,
        label="Acme",
        may_be_empty=may_be_empty,
        most_chars=most_chars,
    )
    try:
        async with aclosing(guard) as events:
            async for event in events:
                seen.append(event)
                if after_each is not None:
                    await after_each()
    except ProviderError as error:
        return seen, error
    finally:
        assert script.closed
    return seen, None


def failure(script: Script, **limits: Any) -> ProviderError:
    _, error = asyncio.run(pull(script, **limits))
    assert error is not None
    return error


def test_a_whole_answer_passes_unchanged() -> None:
    steps = (ReasoningDelta("hm"), TextDelta("a"), Usage(output_tokens=1), STOP)
    assert asyncio.run(pull(Script(*steps))) == (list(steps), None)


def test_nothing_comes_after_the_end() -> None:
    seen, error = asyncio.run(pull(Script(TextDelta("a"), STOP, TextDelta("b"))))
    assert (seen, error) == ([TextDelta("a"), STOP], None)


def test_a_stream_without_an_end_is_truncated_and_its_text_was_passed_on() -> None:
    seen, error = asyncio.run(pull(Script(TextDelta("a"))))
    assert seen == [TextDelta("a")]
    assert error is not None
    assert error.category is ErrorCategory.TRUNCATED_STREAM
    assert str(error).startswith("Acme broke off")
    assert error.retryable


def test_no_first_content_in_time_is_a_timeout() -> None:
    error = failure(Script(FOREVER), first=0.05)
    assert error.category is ErrorCategory.TIMEOUT
    assert "0.05 seconds" in str(error)


def test_usage_does_not_count_as_content() -> None:
    beats: list[Step] = [0.01, Usage(output_tokens=1)] * 100
    assert failure(Script(*beats, STOP), first=0.1).category is ErrorCategory.TIMEOUT


def test_a_pause_between_contents_is_a_stall_even_where_usage_goes_on() -> None:
    beats: list[Step] = [0.01, Usage(output_tokens=1)] * 100
    error = failure(Script(TextDelta("a"), *beats, STOP), between=0.1)
    assert error.category is ErrorCategory.STALL


def test_content_in_time_postpones_the_deadline() -> None:
    steps: list[Step] = [0.1, TextDelta("a"), 0.1, ReasoningDelta("b")] * 4
    seen, error = asyncio.run(pull(Script(*steps, STOP), first=0.5, between=0.5))
    assert error is None
    assert len(seen) == 9


def test_the_time_a_consumer_takes_does_not_count() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.08)

    script = Script(TextDelta("a"), TextDelta("b"), STOP)
    seen, error = asyncio.run(pull(script, between=0.03, after_each=slow))
    assert (len(seen), error) == (3, None)


def test_a_stall_after_a_slow_consumer_is_still_found() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.08)

    script = Script(TextDelta("a"), FOREVER)
    _, error = asyncio.run(pull(script, between=0.03, after_each=slow))
    assert error is not None
    assert error.category is ErrorCategory.STALL


@pytest.mark.parametrize(
    ("events", "category", "words"),
    [
        ([STOP], ErrorCategory.MALFORMED_STREAM, "answered nothing"),
        ([TextDelta(" \n"), STOP], ErrorCategory.MALFORMED_STREAM, "answered nothing"),
        (
            [ReasoningDelta("hm"), StreamEnd(FinishReason.LENGTH)],
            ErrorCategory.BAD_REQUEST,
            "SPECFORGE_SECTION_TOKENS",
        ),
        ([StreamEnd(FinishReason.REFUSAL)], ErrorCategory.CONTENT_FILTER, "declined"),
        (
            [TextDelta("a"), StreamEnd(FinishReason.CONTENT_FILTER)],
            ErrorCategory.CONTENT_FILTER,
            "safety filter",
        ),
        ([TextDelta("a"), StreamEnd(FinishReason.ERROR)], ErrorCategory.SERVER, "failed"),
    ],
)
def test_an_end_that_is_no_answer_is_an_error(
    events: list[WireEvent], category: ErrorCategory, words: str
) -> None:
    error = failure(Script(*events))
    assert error.category is category
    assert words in str(error)


def test_the_length_limit_with_text_is_for_generation_to_handle() -> None:
    end = StreamEnd(FinishReason.LENGTH)
    assert asyncio.run(pull(Script(TextDelta("a"), end))) == ([TextDelta("a"), end], None)


@pytest.mark.parametrize("events", [(), (TextDelta("\n\n"),), (ReasoningDelta("hm"),)])
def test_an_answer_that_may_be_empty_is_whole_without_text(events: tuple[WireEvent, ...]) -> None:
    script = Script(*events, STOP)
    assert asyncio.run(pull(script, may_be_empty=True)) == ([*events, STOP], None)


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        (FinishReason.LENGTH, ErrorCategory.BAD_REQUEST),
        (FinishReason.REFUSAL, ErrorCategory.CONTENT_FILTER),
        (FinishReason.ERROR, ErrorCategory.SERVER),
    ],
)
def test_what_may_be_empty_may_still_not_fail(
    reason: FinishReason, category: ErrorCategory
) -> None:
    assert failure(Script(StreamEnd(reason)), may_be_empty=True).category is category


def test_text_past_the_limit_is_stopped_and_never_passed_on() -> None:
    most = LEAST_LIMIT + 10
    whole, more = TextDelta("x" * most), TextDelta("y")
    assert asyncio.run(pull(Script(whole, STOP), most_chars=most)) == ([whole, STOP], None)
    seen, error = asyncio.run(pull(Script(whole, more, FOREVER), most_chars=most))
    assert seen == [whole]
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert "far more text than was asked for" in str(error)


def test_thinking_past_its_own_larger_limit_is_stopped_too() -> None:
    most = LEAST_LIMIT + 10
    thoughts = ReasoningDelta("x" * (most + THINKING_LIMIT))
    whole = (thoughts, TextDelta("x" * most), STOP)
    assert asyncio.run(pull(Script(*whole), most_chars=most)) == ([*whole], None)
    seen, error = asyncio.run(pull(Script(thoughts, ReasoningDelta("y"), STOP), most_chars=most))
    assert seen == [thoughts]
    assert error is not None
    assert "far more text than was asked for" in str(error)


def test_a_small_limit_still_leaves_every_answer_some_room() -> None:
    text = TextDelta("x" * LEAST_LIMIT)
    assert asyncio.run(pull(Script(text, STOP), most_chars=1)) == ([text, STOP], None)


def test_an_error_of_the_wire_passes_unchanged() -> None:
    original = ProviderError(ErrorCategory.AUTH, "no")
    assert failure(Script(TextDelta("a"), original)) is original


def test_cancelling_closes_the_wire_and_stays_a_cancellation() -> None:
    script = Script(TextDelta("a"), FOREVER)

    async def main() -> None:
        waiting = asyncio.Event()

        async def reached() -> None:
            waiting.set()

        task = asyncio.create_task(pull(script, after_each=reached))
        await waiting.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert script.closed


def test_a_cancellation_in_the_same_moment_as_the_deadline_wins() -> None:
    async def main() -> None:
        async def consume() -> None:
            stream = Script(FOREVER).stream()
            async with aclosing(
                guarded(stream, first_content_s=0.05, between_content_s=1)
            ) as events:
                async for _ in events:
                    pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0)
        # Blocks the loop past the deadline, so that both happen in one turn.
        asyncio.get_running_loop().call_later(0.05, lambda: (time.sleep(0.02), task.cancel()))
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())


def test_after_a_timeout_the_task_is_not_left_cancelled() -> None:
    async def main() -> None:
        _, error = await pull(Script(FOREVER), first=0.02)
        assert error is not None
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await asyncio.sleep(0)

    asyncio.run(main())


def test_a_consumer_that_stops_early_closes_the_wire() -> None:
    async def main() -> None:
        script = Script(TextDelta("a"), FOREVER)
        stream = guarded(script.stream(), first_content_s=5, between_content_s=5)
        async with aclosing(stream) as events:
            async for _ in events:
                break
        assert script.closed

    asyncio.run(main())
