"""What every wire does, against a server that speaks it byte for byte."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from specforge_core.events import FinishReason, ReasoningDelta, StreamEnd, TextDelta, Usage
from tests.core.lines import EVERY_WIRE, LINES, Line
from tests.core.wire_calls import (
    TEXTS,
    Outcome,
    call,
    collect,
    endpoint,
    first_text,
    open_connections,
    open_stream,
    text_of,
    usage_of,
)
from tests.loopback import LoopbackProvider, Reply, gemini_answer, json_reply

COUNTS = {
    "openai": Usage(20, 9, 2, 4),
    "anthropic": Usage(20, 9, None, 3),
    "gemini": Usage(20, 9, 2, 4),
}
MODELS = {"openai": "gpt-6.1", "anthropic": "claude-sonnet", "gemini": "gemini-3.8"}


@pytest.mark.parametrize("name", COUNTS)
def test_text_usage_and_end_arrive_as_sent(server: LoopbackProvider, name: str) -> None:
    line = LINES[name]
    events, error = call(server, line.provider, line.stream(TEXTS, usage=(20, 9)))
    assert error is None
    assert text_of(events) == "".join(TEXTS)
    assert usage_of(events) == COUNTS[name]
    end = events[-1]
    assert isinstance(end, StreamEnd)
    assert end.finish_reason is FinishReason.STOP
    assert not end.whole
    assert (end.request_id or "").startswith("req_loopback")
    assert (end.model or "").startswith(MODELS[name])


@EVERY_WIRE
def test_whole_answers_reuse_their_connection(server: LoopbackProvider, line: Line) -> None:
    server.reply(*(line.stream(TEXTS) for _ in range(3)))

    async def main() -> None:
        async with endpoint(server) as at:
            for _ in range(3):
                assert (await collect(line.provider, at))[1] is None

    asyncio.run(main())
    assert server.connections == 1


@EVERY_WIRE
def test_text_that_came_in_one_read_is_one_event_and_keeps_its_place(
    server: LoopbackProvider, line: Line
) -> None:
    whole = line.stream(["a", "b", "c"], **{line.thinking: ["h", "m"]})
    events, error = call(server, line.provider, whole.in_chunks_of(len(whole.body)))
    assert error is None
    pieces = [event for event in events if isinstance(event, TextDelta | ReasoningDelta)]
    assert pieces == [ReasoningDelta("hm"), TextDelta("abc")]


WHOLE = {
    "openai": json_reply(
        {
            "object": "chat.completion",
            "choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2},
        }
    ),
    "anthropic": json_reply(
        {
            "type": "message",
            "content": [{"type": "text", "text": "whole"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 2},
        }
    ),
    "gemini": gemini_answer("whole", usage=(3, 2)),
}


@pytest.mark.parametrize(("name", "reply"), WHOLE.items(), ids=WHOLE.keys())
def test_a_plain_json_answer_is_read_too(server: LoopbackProvider, name: str, reply: Reply) -> None:
    events, error = call(server, LINES[name].provider, reply)
    assert error is None
    assert [event for event in events if isinstance(event, TextDelta)] == [TextDelta("whole")]
    usage = usage_of(events)
    assert (usage.input_tokens, usage.output_tokens) == (3, 2)


# --- leaving early, and all at once ------------------------------------------


@EVERY_WIRE
def test_a_stream_that_is_left_early_closes_its_socket(
    server: LoopbackProvider, line: Line
) -> None:
    reply = line.stream(TEXTS)
    server.reply(*(reply.stall_after(first_text(reply)) for _ in range(2)))

    async def main() -> None:
        async with endpoint(server) as at:
            async with aclosing(open_stream(line.provider, at)):
                pass  # before its first event, and so before its request
            for _ in range(2):
                async with aclosing(open_stream(line.provider, at)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            break
            await asyncio.to_thread(server.wait_gone, count=2)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert open_connections(at) == 0

    asyncio.run(main())
    assert len(server.requests) == 2


@EVERY_WIRE
def test_many_streams_run_at_once_and_all_end(server: LoopbackProvider, line: Line) -> None:
    server.reply(*(line.stream(TEXTS) for _ in range(60)))

    async def main() -> list[Outcome]:
        async with endpoint(server) as at:
            return await asyncio.gather(*(collect(line.provider, at, first=30) for _ in range(60)))

    for events, error in asyncio.run(main()):
        assert (error, text_of(events)) == (None, "".join(TEXTS))
