"""Both wires through the real SDKs, against a server that speaks them byte for byte."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import aclosing

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.events import FinishReason, ReasoningDelta, StreamEnd, TextDelta, Usage
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import Endpoint
from tests.core.wire_calls import (
    ANTHROPIC,
    BOTH,
    OPENAI,
    TEXTS,
    MakeStream,
    Outcome,
    call,
    collect,
    endpoint,
    failure,
    open_stream,
    text_of,
    thought_of,
    told,
    usage_of,
)
from tests.loopback import Gate, LoopbackProvider, anthropic_stream, chat_stream, json_reply


@BOTH
def test_text_usage_and_end_arrive_as_sent(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    events, error = call(server, provider, stream(TEXTS, usage=(20, 9)))
    assert error is None
    assert text_of(events) == "".join(TEXTS)
    reasoning = 2 if provider is OPENAI else None
    cached = 4 if provider is OPENAI else 3
    assert usage_of(events) == Usage(20, 9, reasoning, cached)
    end = events[-1]
    assert isinstance(end, StreamEnd)
    assert end.finish_reason is FinishReason.STOP
    assert (end.request_id or "").startswith("req_loopback")
    assert (end.model or "").startswith(("gpt-6.1", "claude-sonnet"))


@BOTH
def test_every_split_of_the_bytes_gives_the_same_events(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    whole = stream(["日本🎉", "b"])
    expected = told(call(server, provider, whole))
    assert expected[0] == "日本🎉b" and expected[-1] is None

    async def main() -> None:
        async with endpoint(server) as at:
            start = whole.body.index("日本🎉".encode())
            for offset in [*range(start - 3, start + 14)]:
                server.reply(whole.split_at(offset))
                assert told(await collect(provider, at)) == expected
            for size in (1, 7, 100):
                server.reply(whole.in_chunks_of(size))
                assert told(await collect(provider, at)) == expected
            server.reply(whole.with_body(whole.body.replace(b"\n", b"\r\n")).in_chunks_of(5))
            assert told(await collect(provider, at)) == expected

    asyncio.run(main())
    assert server.connections == 2  # one for each event loop: whole answers reuse theirs


@BOTH
def test_text_that_came_in_one_read_is_one_event_and_keeps_its_place(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    name = "reasoning" if provider is OPENAI else "thinking"
    whole = stream(["a", "b", "c"], **{name: ["h", "m"]})
    events, error = call(server, provider, whole.in_chunks_of(len(whole.body)))
    assert error is None
    pieces = [event for event in events if isinstance(event, TextDelta | ReasoningDelta)]
    assert pieces == [ReasoningDelta("hm"), TextDelta("abc")]


@BOTH
def test_reasoning_stays_out_of_the_document(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    name = "reasoning" if provider is OPENAI else "thinking"
    events, error = call(server, provider, stream(["a", "b"], **{name: ["hm", "m"]}))
    assert error is None
    assert (thought_of(events), text_of(events)) == ("hmm", "ab")


def test_a_refusal_is_an_error_that_says_what_to_do(server: LoopbackProvider) -> None:
    error = failure(server, OPENAI, chat_stream([], refusal="I cannot"))
    assert error.category is ErrorCategory.CONTENT_FILTER
    assert "declined" in str(error)
    error = failure(server, ANTHROPIC, anthropic_stream(["I"], stop="refusal"))
    assert error.category is ErrorCategory.CONTENT_FILTER


@BOTH
def test_a_plain_json_answer_is_read_too(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    chat = {
        "object": "chat.completion",
        "choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    message = {
        "type": "message",
        "content": [{"type": "text", "text": "whole"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    events, error = call(server, provider, json_reply(chat if provider is OPENAI else message))
    assert error is None
    assert [event for event in events if isinstance(event, TextDelta)] == [TextDelta("whole")]
    assert usage_of(events) == Usage(3, 2)


# --- cancellation and cost ---------------------------------------------------


@BOTH
def test_cancelling_closes_the_socket_and_leaves_nothing(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    runs = 20

    async def cancel_one(at: Endpoint) -> None:
        gate = Gate()
        server.reply(stream(TEXTS).gate_after(5, gate))
        task = asyncio.create_task(collect(provider, at))
        assert await asyncio.to_thread(gate.reached.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def main() -> None:
        async with endpoint(server) as at:
            for _ in range(runs):
                await cancel_one(at)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.to_thread(server.wait_gone, 10, count=runs)

    asyncio.run(main())


@BOTH
def test_closing_the_stream_early_closes_the_socket(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    server.reply(stream(TEXTS).stall_after(5))

    async def main() -> None:
        async with endpoint(server) as at:
            async with aclosing(open_stream(provider, at)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
            await asyncio.to_thread(server.wait_gone)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@BOTH
def test_many_streams_run_at_once_and_all_end(
    server: LoopbackProvider, provider: Provider, stream: MakeStream
) -> None:
    server.reply(*(stream(TEXTS) for _ in range(60)))

    async def main() -> list[Outcome]:
        async with endpoint(server) as at:
            return await asyncio.gather(*(collect(provider, at) for _ in range(60)))

    for events, error in asyncio.run(main()):
        assert (error, text_of(events)) == (None, "".join(TEXTS))


def test_offline_use_imports_no_sdk_and_no_http_client() -> None:
    program = (
        "import sys\n"
        "from specforge_core.providers import catalog, client, guard, sse\n"
        "catalog.PROVIDERS['offline'].wire\n"
        "client.SharedClient()\n"
        "print(sorted({'openai', 'anthropic', 'httpx2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
