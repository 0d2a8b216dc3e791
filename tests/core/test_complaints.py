"""What people complain about in other clients, each as a test that it is not true of this one.

The complaints are numbered; a test bears the numbers of those it answers:

     1 usage is lost                             8 usage is lost on a cancel or an error
     2 it hangs on a stall                       9 an empty or blocked answer is a success
     3 a truncated stream is a success          10 CPU per chunk, and joins that grow
     4 an error in the middle is swallowed      11 thinking leaks into the text
     5 text is doubled after a retry            12 no [DONE] is a failure, or is waited for
     6 failover only before the first chunk     13 an empty account is asked again
     7 a cancel leaks the connection            14 one set of parameters for all

3, 4, 9, 12 and 13 are in test_complaint_ends.py, about how an answer ends. 5 is
test_answering.py::test_a_break_at_any_place_loses_and_repeats_nothing, 6 is
test_answering.py::test_the_next_provider_of_the_list_goes_on_and_stays_for_the_later_sections.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory
from specforge_core.events import ReasoningDelta, StreamEnd, TextDelta, Usage
from specforge_core.generation.meter import Meter
from tests.core.lines import EVERY_LINE, EVERY_WIRE, LINES, Line
from tests.core.reading import read_bytes
from tests.core.wire_calls import (
    TEXTS,
    call,
    collect,
    endpoint,
    failure,
    first_text,
    open_connections,
    text_in,
    text_of,
    thought_of,
    usage_of,
)
from tests.growth import in_linear_time
from tests.loopback import Gate, LoopbackProvider, Send
from tests.loopback.minimax import minimax_stream

SEED = 4


# --- 1: usage is lost: it comes without a choice, or after the finish ----------


@EVERY_LINE
def test_1_usage_is_not_lost_wherever_it_stands(line: Line) -> None:
    reply = line.stream(TEXTS)
    body = reply.body
    events = [step.data for step in reply.steps if isinstance(step, Send)]
    for chunks in (events, [body], [bytes([one]) for one in body]):
        found, error = read_bytes(line, reply, chunks)
        assert error is None
        usage = usage_of(found)
        assert (usage.input_tokens, usage.output_tokens) == (11, 7)
        assert isinstance(found[-1], StreamEnd)


# --- 2: it hangs on a stall, as keep-alives re-arm the timer --------------------


@EVERY_WIRE
@pytest.mark.parametrize("keep_alive", [True, False], ids=["kept alive", "silent"])
def test_2_a_stall_ends_within_the_deadline_on_content(
    server: LoopbackProvider, line: Line, keep_alive: bool
) -> None:
    reply = line.stream(TEXTS)
    begun = first_text(reply)
    stalled = reply.stall_after(begun, keep_alive=keep_alive)
    events, error = call(server, line.provider, stalled, between=0.15)
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.STALL, True)
    assert text_of(events) == TEXTS[0]
    server.wait_gone()

    silent = reply.stall_after(begun - 1, keep_alive=keep_alive)
    late = failure(server, line.provider, silent, first=0.15)
    assert (late.category, late.retryable) == (ErrorCategory.TIMEOUT, True)


# --- 7: a cancel leaks the connection, and the provider writes and bills on -----


@EVERY_WIRE
def test_7_fifty_cancelled_streams_leave_nothing_behind(
    server: LoopbackProvider, line: Line
) -> None:
    runs, chance = 50, random.Random(SEED)
    reply = line.stream(TEXTS)
    gates = [Gate() for _ in range(runs)]
    points = [chance.randint(0, len(reply.steps) - 1) for _ in gates]
    server.reply(*(reply.gate_after(at, gate) for at, gate in zip(points, gates, strict=True)))

    async def main() -> None:
        async with endpoint(server) as at:
            tasks = [asyncio.create_task(collect(line.provider, at)) for _ in gates]
            for gate in gates:
                assert await asyncio.to_thread(gate.reached.wait, 20)
            chance.shuffle(tasks)
            for task in tasks:
                await asyncio.sleep(0.001 * chance.random())
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ends)
            await asyncio.to_thread(server.wait_gone, 20, count=runs)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert open_connections(at) == 0

    asyncio.run(main())
    assert len(server.requests) == runs


# --- 8: usage is lost on a cancel or an error, or is a placeholder --------------


@EVERY_LINE
def test_8_the_tokens_of_a_cancelled_call_are_an_estimate_that_says_so(line: Line) -> None:
    reply = line.stream(["# A heading", " and some text of the model."])

    found, _ = read_bytes(line, reply, [reply.body[: len(reply.body) * 2 // 3]])
    meter = Meter(Clock(), prompt_bytes=400)
    text = 0
    for event in found:
        match event:
            case TextDelta(piece):
                text += len(piece)
                meter.text(len(piece))
            case ReasoningDelta(piece):
                meter.reasoning(len(piece))
            case Usage():
                meter.usage = event
    assert text
    reading = meter.read(whole=False)
    assert reading.token_source == "estimate"
    assert reading.usage.output_tokens == -(-text // 4)
    assert reading.usage.input_tokens in (11, 100)  # the provider's if it was told, else ours


# --- 10: joins that grow with the square; CPU per chunk is measured by bench ----


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_10_a_delta_costs_the_same_however_many_came_before(name: str) -> None:
    line = LINES[name]
    reply = line.stream(["word "])
    delta = next(step.data for step in reply.steps if text_in(step.data, "word "))

    def chunks(deltas: int) -> list[bytes]:
        begin, end = reply.body.split(delta)
        return [begin, *[delta] * deltas, end]

    read, (events, error) = in_linear_time(
        lambda chunks: read_bytes(line, reply, chunks), chunks, 3_000
    )
    assert error is None
    assert text_of(events) == "word " * (len(read) - 2)


# --- 11: thinking leaks into the text -------------------------------------------


@pytest.mark.parametrize("name", [name for name in LINES if name != "azure"])
def test_11_thinking_stays_out_of_the_text_however_it_is_split(name: str) -> None:
    line = LINES[name]
    thinking = "Why not? </thin"
    for size in (1, 2, 3, 7, 16):
        pieces = [thinking[at : at + size] for at in range(0, len(thinking), size)]
        reply = line.stream(["# A", " b"], **{line.thinking: pieces})
        events, error = read_bytes(line, reply, [bytes([one]) for one in reply.body])
        assert error is None
        assert text_of(events) == line.begin + "# A b"
        assert thought_of(events).strip() == thinking


def test_11_inline_tags_may_be_split_at_any_character() -> None:
    whole = "<think>hm</think>\n\n# A"
    for at in range(1, len(whole) + 1):
        reply = minimax_stream([piece for piece in (whole[:at], whole[at:]) if piece])
        events, error = read_bytes(LINES["minimax"], reply, [reply.body])
        assert (error, text_of(events), thought_of(events)) == (None, "# A", "hm"), at


# --- 14: one set of parameters for all ------------------------------------------


@EVERY_LINE
def test_14_no_provider_is_sent_a_field_of_another(server: LoopbackProvider, line: Line) -> None:
    provider = line.provider
    assert call(server, provider, line.stream(TEXTS))[1] is None
    body = server.requests[0].body
    text = str(body)
    limits = {"max_tokens", "max_completion_tokens", "maxOutputTokens"}
    assert [limit for limit in limits if f"'{limit}'" in text] == [provider.length_field]
    assert ("stream_options" in body) == provider.stream_options
    assert ("temperature" in text) == (provider.temperature is not None)
    assert "thinking" not in text.lower().replace("thinkingconfig", "")
