"""Answers that never begin: refused, unreachable, of any shape."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.providers.client import MAX_ERROR_BYTES, SharedClient
from specforge_core.providers.wire import Endpoint
from tests.core.lines import EVERY_WIRE, Line
from tests.core.wire_calls import (
    ANTHROPIC,
    CUSTOM,
    KEY,
    OPENAI,
    Outcome,
    call,
    collect,
    endpoint,
    failure,
)
from tests.loopback import LoopbackProvider, Reply, Send, anthropic_error, chat_error, json_reply


@pytest.mark.parametrize(
    ("reply", "category", "words"),
    [
        (
            chat_error(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
            ErrorCategory.AUTH,
            "OpenAI refused the key (401). Check OPENAI_API_KEY in .env or the environment,"
            " then try again.",
        ),
        (
            chat_error(404, "The model `gpt-9` does not exist", code="model_not_found"),
            ErrorCategory.BAD_REQUEST,
            "does not know this model or address (404). Check the model and OPENAI_BASE_URL.",
        ),
        (
            chat_error(429, "Slow down", code="rate_limit_exceeded", headers={"retry-after": "12"}),
            ErrorCategory.RATE_LIMIT,
            "Wait 12 seconds, then try again.",
        ),
        (
            chat_error(429, "You exceeded your quota", code="insufficient_quota"),
            ErrorCategory.QUOTA,
            "out of credit",
        ),
        (
            chat_error(400, "too long", code="context_length_exceeded"),
            ErrorCategory.CONTEXT_LENGTH,
            "too long for the model (400)",
        ),
        (chat_error(500, "oops", kind="server_error"), ErrorCategory.SERVER, "OpenAI failed (500)"),
        (chat_error(503, "busy", kind=""), ErrorCategory.OVERLOADED, "overloaded (503)"),
        (
            Reply([Send(b"<html>Bad gateway</html>")], 502, {"content-type": "text/html"}),
            ErrorCategory.SERVER,
            "OpenAI failed (502). Wait a moment, then try again.",
        ),
        (
            Reply([], 307, {"location": "http://127.0.0.1:1/v1"}),
            ErrorCategory.BAD_REQUEST,
            "redirect (307). Set OPENAI_BASE_URL",
        ),
        (
            json_reply({"detail": f"Bad key\n{KEY}"}, 400),
            ErrorCategory.BAD_REQUEST,
            "It said: “Bad key [key]”.",
        ),
    ],
)
def test_chat_errors_are_told_in_one_sentence(
    server: LoopbackProvider, reply: Reply, category: ErrorCategory, words: str
) -> None:
    error = failure(server, OPENAI, reply)
    assert words in str(error)
    assert (error.category, error.status) == (category, reply.status)
    assert error.request_id == reply.headers.get("x-request-id")
    assert len(server.requests) == 1  # the SDK must not retry


def test_milliseconds_of_retry_after_win(server: LoopbackProvider) -> None:
    headers = {"retry-after-ms": "1500", "retry-after": "2"}
    assert failure(server, OPENAI, chat_error(429, "", headers=headers)).retry_after_s == 1.5


def test_prose_of_a_400_is_understood(server: LoopbackProvider) -> None:
    for message, category in {
        "prompt is too long: 1200000 tokens": ErrorCategory.CONTEXT_LENGTH,
        "Your credit balance is too low to access the API": ErrorCategory.QUOTA,
    }.items():
        reply = anthropic_error(400, "invalid_request_error", message)
        assert failure(server, ANTHROPIC, reply).category is category


@EVERY_WIRE
def test_an_unreachable_host_is_named_with_the_variable_that_sets_it(
    server: LoopbackProvider, line: Line
) -> None:
    _, error = call(server, line.provider, base_url="http://127.0.0.1:9")
    assert error is not None
    assert error.category is ErrorCategory.NETWORK
    assert f"{line.provider.label} could not be reached at 127.0.0.1:9" in str(error)
    assert line.provider.url_var in str(error)


@EVERY_WIRE
@pytest.mark.parametrize(
    ("key", "words"),
    [("", "needs a key"), ("sk-…é", "characters that a key cannot have"), ("sk\n1", "characters")],
)
def test_an_unusable_key_is_told_before_any_request(
    server: LoopbackProvider, line: Line, key: str, words: str
) -> None:
    _, error = call(server, line.provider, key=key)
    assert error is not None
    assert error.category is ErrorCategory.AUTH
    assert words in str(error)
    assert line.provider.key_var in str(error)
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["", "localhost:8000/v1", "ftp://host/v1", "http://[::1/v1", "http://"]
)
def test_an_unusable_base_url_is_told_with_the_variable(server: LoopbackProvider, url: str) -> None:
    async def main() -> Outcome:
        client = SharedClient()
        try:
            return await collect(CUSTOM, Endpoint(url, "", client))
        finally:
            await client.aclose()

    _, error = asyncio.run(main())
    assert error is not None
    assert "CUSTOM_BASE_URL" in str(error)
    assert not error.retryable


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("9" * 400, 86_400),
        ("90000", 86_400),
        ("inf", None),
        ("nan", None),
        ("-5", None),
        ("Mon, 01 Jan 9999 00:00:00 GMT", 86_400),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_an_absurd_retry_after_is_a_day_or_none(
    server: LoopbackProvider, sent: str, seconds: float | None
) -> None:
    error = failure(server, OPENAI, chat_error(429, "x", headers={"retry-after": sent}))
    assert (error.category, error.retry_after_s) == (ErrorCategory.RATE_LIMIT, seconds)


@pytest.mark.parametrize(
    "body",
    [
        {"base_resp": {"status_code": [1], "status_msg": "x"}},
        {"error": {"message": ["a"], "code": {"a": 1}, "type": ["x"]}, "request_id": {"a": 1}},
        [[[]]],
        {"detail": json.loads("[" * 900 + "]" * 900)},
    ],
    ids=["base_resp", "error", "lists", "deep"],
)
@EVERY_WIRE
def test_an_error_body_of_any_shape_is_told_by_its_status(
    server: LoopbackProvider, line: Line, body: Any
) -> None:
    assert failure(server, line.provider, json_reply(body, 500)).category is ErrorCategory.SERVER


# --- limits ------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_of_an_error_body_only_the_beginning_is_read(
    server: LoopbackProvider, packed: bool
) -> None:
    body = b"a" * 4 * 2**20
    headers = {"content-type": "text/plain"} | ({"content-encoding": "gzip"} if packed else {})
    server.reply(Reply([Send(gzip.compress(body) if packed else body)], 500, headers))

    async def main() -> int:
        async with endpoint(server) as at:
            assert at.client is not None
            response = await at.client.get().post(at.base_url + "/x", json={})
            return len(response.content)

    assert asyncio.run(main()) == MAX_ERROR_BYTES


def test_a_packed_error_is_understood_and_a_badly_packed_one_keeps_its_status(
    server: LoopbackProvider,
) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    body = gzip.compress(json.dumps({"error": {"code": "insufficient_quota"}}).encode())
    error = failure(server, OPENAI, Reply([Send(body)], 429, headers))
    assert error.category is ErrorCategory.QUOTA
    error = failure(server, OPENAI, Reply([Send(b"not gzip")], 401, headers))
    assert (error.category, error.status) == (ErrorCategory.AUTH, 401)
