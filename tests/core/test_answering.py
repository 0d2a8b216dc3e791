"""What a run does when a provider fails: waits, goes on, moves on, or says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import pairwise

import pytest

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Event,
    FinishReason,
    ReasoningDelta,
    RunFinished,
    RunWaiting,
    SectionFinished,
    SectionText,
    StreamEnd,
    StreamMode,
    TextDelta,
    Usage,
    WireEvent,
)
from specforge_core.generation.plan import MOST_TURNS, Plan, SectionPlan, Target
from specforge_core.generation.services import Services
from specforge_core.generation.writing import Writing
from specforge_core.providers.wire import CompletionRequest

Answer = list[WireEvent | Exception]
STOP, LENGTH = StreamEnd(FinishReason.STOP), StreamEnd(FinishReason.LENGTH)
FIRST = Target("openai", "OpenAI", "m-1")
SECOND = Target("anthropic", "Anthropic", "m-2")
PLAN = Plan(
    run_id="run",
    attempt=1,
    phase="brief",
    phase_title="Brief",
    system="You are careful.",
    targets=(FIRST,),
    title="Invoices",
    description="Approve invoices.",
    answers=(),
    documents=(),
    sections=(SectionPlan("goals", "Goals", "Write goals.", 100, 0, 1),),
    written=(),
    rest=EndReason.COMPLETE,
    max_tokens=500,
    continuations=1,
    retries=2,
    retry_wait_s=0.01,
)


def failure(category: ErrorCategory, **more: object) -> ProviderError:
    return ProviderError(category, f"It failed: {category}.", **more)  # type: ignore[arg-type]


class Providers:
    """Answers every provider's requests from a script of its own."""

    def __init__(self, **answers: list[Answer]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, CompletionRequest]] = []

    def services(self, **more: object) -> Services:
        return Services(connect=self.connect, **more)  # type: ignore[arg-type]

    def connect(self, target: Target):  # type: ignore[no-untyped-def]
        async def complete(request: CompletionRequest) -> AsyncGenerator[WireEvent]:
            self.requests.append((target.provider, request))
            for event in self.answers[target.provider].pop(0):
                await asyncio.sleep(0)
                if isinstance(event, Exception):
                    raise event
                yield event

        return complete


async def no_wait() -> None:
    return


def write(plan: Plan, providers: Providers, **services: object) -> tuple[EndReason, list[Event]]:
    events: list[Event] = []
    writing = Writing(plan, providers.services(**services), events.append, Clock(), no_wait)
    return asyncio.run(writing.write()), events


def of(events: list[Event], kind: type) -> list:  # type: ignore[type-arg]
    return [event for event in events if isinstance(event, kind)]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in of(events, SectionText))


def waited_for(events: list[Event]) -> list[str]:
    return [event.reason for event in of(events, RunWaiting)]


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("rate_limit", "rate limit"),
        ("overloaded", "overloaded"),
        ("timeout", "no answer in time"),
        ("network", "no connection"),
        ("server", "server error"),
        ("truncated_stream", "answer broken off"),
        ("stall", "stopped sending"),
    ],
)
def test_a_passing_failure_is_tried_again_and_told_while_it_waits(
    category: str, words: str
) -> None:
    failed = failure(ErrorCategory(category), status=503)
    end, events = write(PLAN, Providers(openai=[[failed], [TextDelta("Whole."), STOP]]))
    assert end is EndReason.COMPLETE and text_of(events) == "Whole."
    ends = [call.end_reason for call in of(events, CallFinished)]
    assert ends == [EndReason.PROVIDER_ERROR, EndReason.COMPLETE]  # both are in the telemetry
    said = waited_for(events)
    assert said == [f"OpenAI: {words} (503). Next try (2 of 3)", ""]
    assert of(events, RunWaiting)[0].until is not None


@pytest.mark.parametrize(
    "category",
    ["auth", "quota", "bad_request", "context_length", "content_filter", "unknown"],
)
def test_a_failure_that_waiting_does_not_mend_is_asked_once(category: str) -> None:
    providers = Providers(openai=[[failure(ErrorCategory(category))]])
    end, events = write(PLAN, providers)
    assert end is EndReason.PROVIDER_ERROR and len(providers.requests) == 1
    assert of(events, RunFinished)[0].failure.category == category


def test_after_all_tries_the_last_failure_ends_the_run() -> None:
    failed = [[failure(ErrorCategory.SERVER, status=status)] for status in (500, 502, 503)]
    end, events = write(PLAN, Providers(openai=failed))
    assert end is EndReason.PROVIDER_ERROR
    assert of(events, RunFinished)[0].failure.status == 503
    assert len(of(events, CallFinished)) == 3


def test_the_wait_a_provider_asks_for_is_kept() -> None:
    failed = failure(ErrorCategory.RATE_LIMIT, retry_after_s=0.3)
    start = time.monotonic()
    end, _ = write(PLAN, Providers(openai=[[failed], [TextDelta("Whole."), STOP]]))
    assert end is EndReason.COMPLETE and time.monotonic() - start >= 0.3


def test_a_wait_longer_than_the_cap_ends_the_run_at_once() -> None:
    providers = Providers(openai=[[failure(ErrorCategory.RATE_LIMIT, retry_after_s=61)]])
    end, _ = write(PLAN, providers)
    assert end is EndReason.PROVIDER_ERROR and len(providers.requests) == 1


def test_waits_double_and_carry_jitter() -> None:
    plan = replace(PLAN, retries=4, retry_wait_s=0.05)
    failed = [[failure(ErrorCategory.SERVER)] for _ in range(5)]
    _, events = write(plan, Providers(openai=failed))
    waits = [
        (event.until - event.moment).total_seconds()
        for event in of(events, RunWaiting)
        if event.until
    ]
    assert len(waits) == 4
    assert all(0.05 * 2**n <= wait <= 0.05 * 2**n + 0.025 + 1e-3 for n, wait in enumerate(waits))
    assert all(b > a for a, b in pairwise(waits))


def test_a_break_after_the_first_text_is_gone_on_from_without_a_gap_or_a_repetition() -> None:
    start = "The team approves every invoice within two working days, and never later. "
    rest = "Whoever asks sees the reason."
    broken: Answer = [TextDelta(start), failure(ErrorCategory.NETWORK)]
    again: Answer = [TextDelta("two working days, and never later. "), TextDelta(rest), STOP]
    providers = Providers(openai=[broken, again])
    end, events = write(PLAN, providers)
    assert end is EndReason.COMPLETE and text_of(events) == start + rest
    assert start.strip() in providers.requests[1][1].messages[0].text  # asked to go on from it
    assert of(events, SectionFinished)[0].end_reason is EndReason.COMPLETE


def test_a_break_at_any_place_loses_and_repeats_nothing() -> None:
    words = [f"word{n} " for n in range(40)]
    whole = "".join(words)
    for cut in range(1, 40, 3):
        anchor = "".join(words[:cut])[-40:]
        anchor = anchor[anchor.find("w") :]
        broken: Answer = [*map(TextDelta, words[:cut]), failure(ErrorCategory.STALL)]
        again: Answer = [TextDelta(anchor), *map(TextDelta, words[cut:]), STOP]
        end, events = write(PLAN, Providers(openai=[broken, again]))
        assert end is EndReason.COMPLETE and text_of(events) == whole


def test_the_next_provider_of_the_list_goes_on_and_stays_for_the_later_sections() -> None:
    plan = replace(
        PLAN,
        retries=0,
        targets=(FIRST, SECOND),
        sections=(*PLAN.sections, SectionPlan("scope", "Scope", "Write it.", 100, 1, 1)),
    )
    providers = Providers(
        openai=[[TextDelta("Begun by one, "), failure(ErrorCategory.AUTH, status=401)]],
        anthropic=[[TextDelta("ended by two."), STOP], [TextDelta("Second."), STOP]],
    )
    end, events = write(plan, providers)
    assert end is EndReason.COMPLETE
    asked = [(call.section, call.provider, call.model) for call in of(events, CallStarted)]
    assert asked == [
        ("goals", "openai", "m-1"),
        ("goals", "anthropic", "m-2"),
        ("scope", "anthropic", "m-2"),
    ]
    assert text_of(events) == "Begun by one, ended by two.Second."
    assert "OpenAI: key refused (401). Anthropic goes on instead." in waited_for(events)


def test_what_one_provider_refused_to_write_is_not_asked_of_the_next() -> None:
    plan = replace(PLAN, targets=(FIRST, SECOND))
    providers = Providers(openai=[[failure(ErrorCategory.CONTENT_FILTER)]], anthropic=[])
    end, _ = write(plan, providers)
    assert end is EndReason.PROVIDER_ERROR and len(providers.requests) == 1


def test_a_cancel_while_it_waits_for_the_next_try_ends_the_run_at_once() -> None:
    plan = replace(PLAN, retry_wait_s=60.0)
    providers = Providers(openai=[[failure(ErrorCategory.SERVER)]])
    events: list[Event] = []

    async def main() -> None:
        waiting = asyncio.Event()

        def emit(event: Event) -> None:
            events.append(event)
            if isinstance(event, RunWaiting):
                waiting.set()

        writing = Writing(plan, providers.services(), emit, Clock(), no_wait)
        task = asyncio.create_task(writing.write())
        await asyncio.wait_for(waiting.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)

    asyncio.run(main())
    assert of(events, RunFinished)[0].end_reason is EndReason.CANCELLED


def test_thinking_is_said_until_the_text_begins() -> None:
    answer: Answer = [ReasoningDelta("Hm."), ReasoningDelta("So."), TextDelta("Text."), STOP]
    _, events = write(PLAN, Providers(openai=[answer]))
    assert waited_for(events) == ["m-1 is thinking.", ""]


def test_a_stream_that_came_whole_is_marked_simulated() -> None:
    answer: Answer = [TextDelta("All of it."), StreamEnd(FinishReason.STOP, whole=True)]
    _, events = write(PLAN, Providers(openai=[answer]))
    assert of(events, CallStarted)[0].stream_mode is StreamMode.NATIVE
    assert of(events, CallFinished)[0].stream_mode is StreamMode.SIMULATED


def test_an_endpoint_that_cannot_stream_is_asked_in_short_turns() -> None:
    target = replace(FIRST, stream_mode=StreamMode.CONTINUED)
    turns: list[Answer] = [[TextDelta(f"turn {n} "), LENGTH] for n in range(3)]
    providers = Providers(openai=[*turns, [TextDelta("and the end."), STOP]])
    end, events = write(replace(PLAN, targets=(target,), continuations=0), providers)
    assert end is EndReason.COMPLETE and text_of(events).endswith("and the end.")
    for _, request in providers.requests:
        assert not request.stream and 200 <= request.max_tokens <= 400
    assert {call.stream_mode for call in of(events, CallFinished)} == {StreamMode.CONTINUED}


def test_short_turns_end_after_twenty() -> None:
    target = replace(FIRST, stream_mode=StreamMode.CONTINUED)
    turns: list[Answer] = [[TextDelta(f"turn {n} "), LENGTH] for n in range(25)]
    providers = Providers(openai=turns)
    end, _ = write(replace(PLAN, targets=(target,)), providers)
    assert end is EndReason.TRUNCATED and len(providers.requests) == MOST_TURNS == 20


def test_a_budget_that_is_used_up_stops_before_the_next_request_and_keeps_the_text() -> None:
    usage = Usage(input_tokens=100, output_tokens=50)
    answers: list[Answer] = [[TextDelta("First half, "), usage, LENGTH], [TextDelta("no."), STOP]]
    providers = Providers(openai=answers)
    end, events = write(
        PLAN,
        providers,
        cost_usd=lambda target, usage, moment: 0.6,
        refusal=lambda spent: "The budget is used up. Raise it." if spent > 0.5 else "",
    )
    assert end is EndReason.INTERRUPTED and len(providers.requests) == 1
    assert text_of(events) == "First half, "
    ended = of(events, RunFinished)[0].failure
    assert ended.category is ErrorCategory.QUOTA and str(ended.message).startswith("The budget")


def test_counts_come_from_the_provider_then_a_tokenizer_then_an_estimate() -> None:
    def source(answer: Answer, counted: list[int] | None) -> tuple[str, int | None]:
        _, events = write(
            PLAN, Providers(openai=[answer]), count_tokens=lambda target, texts: counted
        )
        call = of(events, CallFinished)[0]
        return call.token_source, call.usage.output_tokens

    text = TextDelta("Twelve bytes")
    counts = Usage(input_tokens=9, output_tokens=5)
    assert source([text, counts, STOP], [8, 4]) == ("provider", 5)
    assert source([text, STOP], [8, 4]) == ("tokenizer", 4)
    assert source([text, STOP], None) == ("estimate", 3)
    # A call that failed was not counted to its end, whatever the provider said before.
    assert source([text, counts, failure(ErrorCategory.AUTH)], [8, 4]) == ("estimate", 3)


def test_a_request_that_was_refused_costs_nothing_and_a_broken_one_its_estimate() -> None:
    def costs(answer: Answer) -> list[float | None]:
        _, events = write(
            replace(PLAN, retries=0),
            Providers(openai=[answer]),
            cost_usd=lambda target, usage, moment: float(usage.output_tokens or 0),
        )
        return [call.cost_usd for call in of(events, CallFinished)]

    assert costs([failure(ErrorCategory.AUTH, status=401)]) == [0.0]
    assert costs([failure(ErrorCategory.NETWORK)]) == [0.0]  # it never arrived
    assert costs([TextDelta("Twelve bytes"), failure(ErrorCategory.NETWORK)]) == [3.0]
