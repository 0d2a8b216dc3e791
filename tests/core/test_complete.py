"""`complete` as a script uses it: what it prints, in which order, and what it exits with."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from specforge_core import Forge
from specforge_core.__main__ import main
from specforge_core.providers.catalog import PROVIDERS
from tests.core.wire_calls import TEXTS, environment
from tests.loopback import (
    LoopbackProvider,
    Reply,
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    gemini_error,
    gemini_stream,
    json_reply,
    retry_detail,
)

USAGE = {"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "token_source"}
ERROR = {"category", "retryable", "retry_after_s", "status", "request_id", "message"}
WIRES = pytest.mark.parametrize(
    ("provider", "stream"),
    [("openai", chat_stream), ("anthropic", anthropic_stream), ("google", gemini_stream)],
)
ERRORS: dict[str, Callable[..., Reply]] = {
    "openai": lambda status, **more: chat_error(status, "No.", **more),
    "anthropic": lambda status, **more: anthropic_error(status, "api_error", "No.", **more),
    "google": lambda status, **more: gemini_error(status, "No.", name="X", **more),
}
Complete = Callable[..., SimpleNamespace]


@pytest.fixture
def complete(
    server: LoopbackProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Complete:
    """The command in this process: .code, .out, .err and, of NDJSON, .events."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)

    def called(*replies: Reply, provider: str = "openai", json_: bool = True, **more: str) -> Any:
        server.reply(*replies)
        given = {"model": "model-1", "prompt": "Hello?"} | more
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        start = time.monotonic()
        code = main(["complete", "--provider", provider, *arguments, *["--json"] * json_])
        took_s = time.monotonic() - start
        out, err = capsys.readouterr()
        assert "SECRET" not in out + err
        assert list(tmp_path.iterdir()) == [], "it stores nothing"
        events = [json.loads(line) for line in out.splitlines()] if json_ else []
        return SimpleNamespace(code=code, out=out, err=err, events=events, took_s=took_s)

    return called


def kinds(done: SimpleNamespace) -> list[str]:
    return [event["event"] for event in done.events]


def text_of(done: SimpleNamespace) -> str:
    return "".join(event["text"] for event in done.events if event["event"] == "text_delta")


def only(done: SimpleNamespace, kind: str) -> dict[str, Any]:
    [found] = [event for event in done.events if event["event"] == kind]
    return found


def failure(done: SimpleNamespace) -> dict[str, Any]:
    """The error, which is the last event, with every key."""
    assert done.code == 1 and done.err == ""
    error: dict[str, Any] = done.events[-1]
    assert error["event"] == "error" and set(error) >= ERROR
    return error


@WIRES
def test_the_text_is_printed_with_a_newline_at_its_end(
    complete: Complete, provider: str, stream: Callable[..., Reply]
) -> None:
    done = complete(stream(TEXTS), provider=provider, json_=False)
    assert (done.code, done.out, done.err) == (0, "".join(TEXTS) + "\n", "")
    done = complete(stream(["A line.\n"]), provider=provider, json_=False)
    assert done.out == "A line.\n"


@WIRES
def test_json_tells_text_then_usage_then_the_end(
    complete: Complete, provider: str, stream: Callable[..., Reply]
) -> None:
    done = complete(stream(TEXTS), provider=provider)
    assert done.code == 0 and done.err == ""
    assert text_of(done) == "".join(TEXTS)
    assert kinds(done)[-2:] == ["usage", "stream_end"] and set(kinds(done)[:-2]) == {"text_delta"}
    usage, end = only(done, "usage"), only(done, "stream_end")
    assert set(usage) - {"event"} == USAGE
    assert (usage["input_tokens"], usage["output_tokens"]) == (11, 7)
    assert usage["token_source"] == "provider"
    assert end["finish_reason"] == "stop" and end["ttft_s"] <= end["duration_s"]
    assert end["request_id"].startswith("req_loopback") and end["model"]


def test_thinking_is_told_apart_from_the_text(complete: Complete, server: LoopbackProvider) -> None:
    reply = chat_stream(["Yes."], reasoning=["Let me see. "])
    done = complete(reply, system="Be brief.", max_tokens="99", thinking="on", model="gpt-6-luna")
    assert kinds(done) == ["reasoning_delta", "text_delta", "usage", "stream_end"]
    assert text_of(done) == "Yes." and done.events[0]["text"] == "Let me see. "
    body = server.requests[0].body
    assert [one["content"] for one in body["messages"]] == ["Be brief.", "Hello?"]
    assert body["reasoning_effort"] == "medium" and body["stream"] is True
    done = complete(reply, json_=False)
    assert done.out == "Yes.\n"


def test_the_model_may_be_left_out_or_be_a_tier(
    complete: Complete, server: LoopbackProvider
) -> None:
    for model in ("", "fast"):
        complete(chat_stream(["Yes."]), model=model, max_tokens="99")
    assert [one.body["model"] for one in server.requests] == ["gpt-6.1-terra", "gpt-6-luna"]
    complete(chat_stream(["Yes."]), model="gpt-4.1", max_tokens="99")
    assert server.requests[2].body["max_completion_tokens"] == 99


def test_a_prompt_can_come_from_standard_input(
    complete: Complete, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Grüße\n".encode())))
    assert complete(chat_stream(["Yes."]), prompt="-").code == 0
    assert server.requests[0].body["messages"][0]["content"] == "Grüße\n"


@pytest.mark.parametrize(
    ("provider", "stream", "source"),
    [("openai", chat_stream, "tokenizer"), ("google", gemini_stream, "estimate")],
)
def test_tokens_that_the_provider_does_not_count_are_counted_here_and_marked(
    complete: Complete, provider: str, stream: Callable[..., Reply], source: str
) -> None:
    usage = only(complete(stream(["Hello, world."], usage=None), provider=provider), "usage")
    assert usage["token_source"] == source
    assert usage["input_tokens"] == 2 and usage["output_tokens"] == 4
    assert set(usage) - {"event"} == USAGE and usage["cached_tokens"] is None


def test_an_answer_cut_at_its_length_is_an_answer(complete: Complete) -> None:
    done = complete(chat_stream(["Half of"], finish="length"))
    assert done.code == 0 and only(done, "stream_end")["finish_reason"] == "length"
    done = complete(chat_stream(["Half of"], finish="length"), json_=False)
    assert (done.code, done.out) == (0, "Half of\n") and "--max-tokens" in done.err


@pytest.mark.parametrize(
    ("reply", "category"),
    [
        (chat_stream([], refusal="I cannot."), "content_filter"),
        (chat_stream(["A bit"], finish="content_filter"), "content_filter"),
        (chat_stream([], finish="length"), "bad_request"),
        (anthropic_stream([], stop="refusal"), "content_filter"),
    ],
)
def test_what_is_no_answer_is_an_error(complete: Complete, reply: Reply, category: str) -> None:
    provider = "anthropic" if b"message_start" in reply.body else "openai"
    error = failure(complete(reply, provider=provider))
    assert error["category"] == category and error["retryable"] is False


@pytest.mark.parametrize(
    ("provider", "reply", "category", "status"),
    [
        ("openai", chat_error(401, "Incorrect API key", code="invalid_api_key"), "auth", 401),
        ("openai", chat_error(429, "No credit", code="insufficient_quota"), "quota", 429),
        ("openai", chat_error(400, "Bad", code="unsupported_value"), "bad_request", 400),
        ("anthropic", anthropic_error(401, "authentication_error", "No"), "auth", 401),
        ("google", gemini_error(400, "API key not valid."), "auth", 400),
    ],
)
def test_what_no_waiting_mends_is_asked_once(
    complete: Complete,
    server: LoopbackProvider,
    provider: str,
    reply: Reply,
    category: str,
    status: int,
) -> None:
    error = failure(complete(reply, chat_stream(["Never."]), provider=provider))
    assert (error["category"], error["status"]) == (category, status)
    assert error["retryable"] is False and len(server.requests) == 1


@WIRES
def test_a_passing_failure_before_the_text_is_tried_again(
    complete: Complete, server: LoopbackProvider, provider: str, stream: Callable[..., Reply]
) -> None:
    done = complete(ERRORS[provider](503), stream(TEXTS), provider=provider)
    assert done.code == 0 and text_of(done) == "".join(TEXTS) and len(server.requests) == 2
    assert kinds(done).count("usage") == 1
    for _ in range(4):
        server.reply(ERRORS[provider](503))
    assert failure(complete(provider=provider))["status"] == 503
    assert len(server.requests) == 2 + 4, "three further tries, as the setting says"


def test_the_wait_a_provider_asks_for_is_kept_or_the_error_comes_at_once(
    complete: Complete, server: LoopbackProvider
) -> None:
    soon = chat_error(429, "Slow down", headers={"retry-after": "1"})
    done = complete(soon, chat_stream(["Yes."]))
    assert done.code == 0 and text_of(done) == "Yes." and done.took_s >= 1
    late = chat_error(429, "Slow down", headers={"retry-after": "600"})
    error = failure(complete(late))
    assert (error["category"], error["retryable"]) == ("rate_limit", True)
    assert error["retry_after_s"] == 600 and len(server.requests) == 3
    in_body = gemini_error(429, "No.", name="RESOURCE_EXHAUSTED", details=[retry_detail("48s")])
    assert failure(complete(in_body, provider="google"))["retry_after_s"] == 48


def test_a_person_does_not_wait_longer_than_ten_seconds_for_all_tries(
    complete: Complete, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECFORGE_RETRY_WAIT_S", "11")
    assert failure(complete(chat_error(503, "No.")))["status"] == 503
    assert len(server.requests) == 1


@WIRES
@pytest.mark.parametrize("events", [4, 5])
def test_a_cut_answer_is_a_prefix_and_a_typed_error_and_is_not_asked_again(
    complete: Complete,
    server: LoopbackProvider,
    provider: str,
    stream: Callable[..., Reply],
    events: int,
) -> None:
    done = complete(stream(TEXTS).cut_after(events), stream(["Never."]), provider=provider)
    error, text = failure(done), text_of(done)
    assert text and "".join(TEXTS).startswith(text)
    assert (error["category"], error["retryable"]) == ("truncated_stream", True)
    usage = only(done, "usage")
    assert usage["token_source"] == "estimate" and usage["output_tokens"] > 0
    assert kinds(done)[-2:] == ["usage", "error"] and len(server.requests) == 1


def test_a_failure_after_text_ends_the_line_and_says_one_sentence(complete: Complete) -> None:
    done = complete(chat_stream(TEXTS).reset_after(3), json_=False)
    assert done.code == 1 and done.out.endswith("\n") and done.out.strip()
    assert done.err.startswith("specforge: ") and done.err.count("\n") == 1


def test_an_error_in_a_200_is_an_error(complete: Complete) -> None:
    reply = json_reply({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}})
    assert failure(complete(reply))["category"] == "quota"


@WIRES
def test_a_stall_is_ended_in_time_and_not_asked_again(
    complete: Complete,
    server: LoopbackProvider,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    stream: Callable[..., Reply],
) -> None:
    monkeypatch.setenv("SPECFORGE_BETWEEN_CONTENT_S", "0.2")
    done = complete(stream(TEXTS).stall_after(5, keep_alive=True), provider=provider)
    assert failure(done)["category"] == "stall" and text_of(done)
    monkeypatch.setenv("SPECFORGE_FIRST_CONTENT_S", "1")  # the request is to arrive before
    done = complete(stream(TEXTS).stall_after(0, keep_alive=True), provider=provider)
    assert failure(done)["category"] == "timeout" and kinds(done) == ["error"]
    assert len(server.wait_gone(count=2)) == len(server.requests) == 2


@pytest.mark.parametrize(
    ("given", "category", "says"),
    [
        ({"provider": "nobody"}, "bad_request", "Choose one of: offline"),
        ({"provider": "mistral"}, "auth", "MISTRAL_API_KEY="),
        ({"provider": "custom"}, "bad_request", "CUSTOM_BASE_URL="),
        ({"provider": "offline"}, "bad_request", "has no model “model-1”"),
        ({"prompt": " "}, "bad_request", "--prompt"),
        ({"prompt": "a\udcff"}, "bad_request", "--prompt holds bytes that are not UTF-8"),
        ({"system": "a\udcff"}, "bad_request", "--system holds"),
        ({"max_tokens": "0"}, "bad_request", "--max-tokens"),
        ({"temperature": "nan"}, "bad_request", "--temperature"),
    ],
)
def test_what_cannot_be_asked_is_an_error_that_says_what_to_set(
    complete: Complete, server: LoopbackProvider, given: dict[str, str], category: str, says: str
) -> None:
    error = failure(complete(**given))
    assert error["category"] == category and says in error["message"]
    assert error["status"] is None and error["retryable"] is False
    done = complete(json_=False, **given)
    assert done.code == 1 and done.out == "" and says in done.err
    assert server.requests == []


@pytest.mark.parametrize("url", ["http://[::1/v1", "http://127.0.0.1:9/\udcff", "localhost:80"])
@WIRES
def test_a_base_url_that_is_none_is_an_error_and_hides_no_other_provider(
    complete: Complete,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    stream: Callable[..., Reply],
    url: str,
) -> None:
    name = f"{provider.upper()}_BASE_URL"
    monkeypatch.setenv(name, url)
    error = failure(complete(provider=provider))
    assert error["category"] == "bad_request" and f"Set {name}" in error["message"]
    assert len(Forge.providers()) == len(PROVIDERS)


def test_a_wrong_setting_is_an_error_too(
    complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECFORGE_RETRIES", "many")
    error = failure(complete())
    assert error["category"] == "bad_request" and "SPECFORGE_RETRIES=many" in error["message"]
