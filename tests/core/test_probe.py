"""Test connection: one short request, seen by the server, and what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from specforge_core import (
    ConnectionTest,
    Forge,
    InvalidInput,
    Policy,
    ProviderPolicy,
    Settings,
    SpecForgeError,
)
from specforge_core.clock import Clock
from specforge_core.events import StreamMode
from specforge_core.generation.plan import Target
from specforge_core.generation.probe import probe
from specforge_core.generation.single_call import unlimited
from specforge_core.providers.connect import Connections
from tests.core.wire_calls import environment
from tests.loopback import (
    Gate,
    LoopbackProvider,
    Reply,
    anthropic_stream,
    chat_error,
    chat_stream,
    gemini_stream,
)

COUNTED = ["one, ", "two, ", "three, ", "four, ", "five"]


@pytest.fixture
def forge(
    server: LoopbackProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Forge]:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    with Forge.open(Settings(data_dir=tmp_path / "data", between_content_s=0.3)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("provider", "stream", "model"),
    [
        ("openai", chat_stream, "gpt-6-luna"),
        ("anthropic", anthropic_stream, "claude-haiku-5-5"),
        ("google", gemini_stream, "gemini-3.1-flash-lite"),
    ],
)
def test_a_good_key_is_told_with_speed_and_cost(
    forge: Forge,
    server: LoopbackProvider,
    provider: str,
    stream: Callable[..., Reply],
    model: str,
) -> None:
    server.reply(stream(COUNTED, usage=(20, 50), delay_s=0.04))
    found = forge.test_connection(provider).result(30)
    assert found.ok and found.message == "" and found.category is None
    assert (found.provider, found.model) == (provider, model), "the cheap one"
    assert found.ttft_s is not None and 0.04 <= found.ttft_s < found.duration_s
    assert found.decode_tps is not None and found.decode_tps > 20
    assert (found.output_tokens, found.token_source) == (50, "provider")
    assert found.cost_usd is not None and 0 < found.cost_usd < 0.001
    assert found.stream_mode is StreamMode.NATIVE
    assert found.request_id is not None and found.request_id.startswith("req_loopback")
    assert len(server.requests) == 1


def test_a_short_answer_has_no_speed_and_a_named_model_is_asked(
    forge: Forge, server: LoopbackProvider
) -> None:
    server.reply(chat_stream(["Yes."], usage=None))
    found = forge.test_connection("openai", "gpt-4.1").result(30)
    assert found.ok and found.decode_tps is None and found.token_source == "tokenizer"
    assert server.requests[0].body["model"] == "gpt-4.1"
    assert server.requests[0].body["max_completion_tokens"] <= 200


@pytest.mark.parametrize("mode", [StreamMode.SIMULATED, StreamMode.CONTINUED])
def test_an_endpoint_that_does_not_stream_is_asked_for_a_whole_answer(
    forge: Forge, server: LoopbackProvider, mode: StreamMode
) -> None:
    forge.set_policy(Policy(providers={"openai": ProviderPolicy(stream_mode=mode)}))
    server.reply(chat_stream(["one, two, three, four, five, six"]))
    found = forge.test_connection("openai").result(30)
    assert found.ok and found.stream_mode is mode and server.requests[0].body["stream"] is False
    assert found.decode_tps is None, "a replay has no speed of a model"


@pytest.mark.parametrize(
    ("reply", "category", "status"),
    [
        (chat_error(401, "Incorrect API key", code="invalid_api_key"), "auth", 401),
        (chat_error(503, "Busy"), "overloaded", 503),
        (chat_stream(COUNTED).cut_after(4), "truncated_stream", None),
        (chat_stream(COUNTED).stall_after(3, keep_alive=True), "stall", None),
    ],
)
def test_a_failure_is_a_sentence_and_is_not_tried_again(
    forge: Forge, server: LoopbackProvider, reply: Reply, category: str, status: int | None
) -> None:
    server.reply(reply, chat_stream(["Never."]))
    found = forge.test_connection("openai").result(30)
    assert not found.ok and (found.category, found.status) == (category, status)
    assert found.message.startswith("OpenAI") and "SECRET" not in found.message
    assert len(server.requests) == 1


def test_one_that_is_not_configured_says_what_to_set(forge: Forge) -> None:
    with pytest.raises(InvalidInput, match="MISTRAL_API_KEY="):
        forge.test_connection("mistral")
    with pytest.raises(InvalidInput, match="There is no provider"):
        forge.test_connection("nobody")


def test_a_test_that_takes_too_long_ends_and_one_that_writes_slowly_works(
    forge: Forge, server: LoopbackProvider
) -> None:
    async def ask() -> ConnectionTest:
        connections = Connections(Settings())
        target = Target("openai", "OpenAI", "gpt-6-luna")
        try:
            return await probe(target, unlimited(connections), Clock(), longest_s=1.5)
        finally:
            await connections.aclose()

    server.reply(chat_stream(COUNTED).stall_after(0, keep_alive=True))
    silent = asyncio.run(ask())
    assert not silent.ok and silent.category == "timeout" and silent.ttft_s is None
    assert "1.5 seconds" in silent.message and silent.output_tokens is None
    server.reply(chat_stream(COUNTED).stall_after(3, keep_alive=True))
    slow = asyncio.run(ask())
    assert slow.ok and slow.token_source == "estimate" and slow.ttft_s is not None
    server.wait_gone(count=2)


def test_a_test_is_cancelled_when_specforge_ends(forge: Forge, server: LoopbackProvider) -> None:
    gate = Gate()
    server.reply(chat_stream(COUNTED).gate_after(2, gate))
    test = forge.test_connection("openai")
    assert gate.reached.wait(5) and not test.done()
    forge.close()
    with pytest.raises(CancelledError):
        test.result(5)
    server.wait_gone()
    with pytest.raises(SpecForgeError, match="has stopped"):
        forge.test_connection("openai")
