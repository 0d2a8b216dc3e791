"""What Gemini refuses, and what breaks on its way: each error typed, with the text so far."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.providers.catalog import PROVIDERS
from tests.core.wire_calls import (
    KEY,
    assert_no_secret,
    call,
    failure,
    text_of,
)
from tests.loopback import (
    LoopbackProvider,
    Reply,
    Send,
    gemini_error,
    gemini_error_body,
    gemini_events,
    gemini_message,
    json_reply,
    quota_detail,
    reason_detail,
    retry_detail,
)

GOOGLE = PROVIDERS["google"]
MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
EXCEEDED = "You exceeded your current quota, please check your plan and billing details."


@pytest.mark.parametrize("as_list", [False, True], ids=["object", "list"])
@pytest.mark.parametrize(
    ("reply", "category", "words"),
    [
        (
            (400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
            ErrorCategory.AUTH,
            "Google Gemini refused the key (400). Check GOOGLE_API_KEY in .env or the environment,"
            " then try again.",
        ),
        (
            (400, "Invalid value at 'contents'", "INVALID_ARGUMENT"),
            ErrorCategory.BAD_REQUEST,
            "did not accept the request (400)",
        ),
        (
            (
                400,
                "The input token count (2000000) exceeds the maximum number of tokens"
                " allowed (1048576).",
                "INVALID_ARGUMENT",
            ),
            ErrorCategory.CONTEXT_LENGTH,
            "too long for the model (400)",
        ),
        (
            (400, "User location is not supported for the API use.", "FAILED_PRECONDITION"),
            ErrorCategory.BAD_REQUEST,
            "User location is not supported",
        ),
        ((403, "Forbidden", "PERMISSION_DENIED"), ErrorCategory.AUTH, "refused the key (403)"),
        (
            (404, "models/m is not found for API version v1beta", "NOT_FOUND"),
            ErrorCategory.BAD_REQUEST,
            "does not know this model or address (404). Check the model and GOOGLE_BASE_URL.",
        ),
        ((500, "Internal", "INTERNAL"), ErrorCategory.SERVER, "Google Gemini failed (500)"),
        (
            (503, "The model is overloaded.", "UNAVAILABLE"),
            ErrorCategory.OVERLOADED,
            "overloaded (503)",
        ),
        ((504, "Deadline", "DEADLINE_EXCEEDED"), ErrorCategory.TIMEOUT, "took too long"),
    ],
)
def test_gemini_errors_are_told_in_one_sentence(
    server: LoopbackProvider,
    reply: tuple[int, str, str],
    category: ErrorCategory,
    words: str,
    as_list: bool,
) -> None:
    status, text, name = reply
    headers = {"x-goog-request-id": "goog-7"}
    sent = gemini_error(status, text, name=name, headers=headers, as_list=as_list)
    error = failure(server, GOOGLE, sent)
    assert words in str(error)
    assert (error.category, error.status, error.request_id) == (category, status, "goog-7")
    assert len(server.requests) == 1


def test_the_reason_of_a_bad_key_counts_more_than_its_message(server: LoopbackProvider) -> None:
    details = [reason_detail("API_KEY_INVALID")]
    for text in ("API key expired. Please renew the API key.", f"Not good: {KEY}"):
        error = failure(server, GOOGLE, gemini_error(400, text, details=details))
        assert (error.category, error.retryable) == (ErrorCategory.AUTH, False)


@pytest.mark.parametrize(
    ("text", "details", "category", "wait_s"),
    [
        (EXCEEDED, [quota_detail(MINUTE), retry_detail("48s")], ErrorCategory.RATE_LIMIT, 48.0),
        (EXCEEDED, [retry_detail("1.5s")], ErrorCategory.RATE_LIMIT, 1.5),
        (EXCEEDED, [quota_detail(MINUTE)], ErrorCategory.RATE_LIMIT, None),
        (f"{EXCEEDED}\nPlease retry in 8.26s.", [], ErrorCategory.RATE_LIMIT, 8.26),
        ("Resource has been exhausted (e.g. check quota).", [], ErrorCategory.RATE_LIMIT, None),
        (EXCEEDED, [retry_detail("999999999s")], ErrorCategory.RATE_LIMIT, 86_400.0),
        (EXCEEDED, [retry_detail("soon")], ErrorCategory.QUOTA, None),
        (EXCEEDED, [quota_detail(DAY), retry_detail("18s")], ErrorCategory.QUOTA, None),
        (EXCEEDED, [quota_detail(MINUTE, DAY), retry_detail("18s")], ErrorCategory.QUOTA, None),
        (
            f"{EXCEEDED}\n* Quota exceeded for metric: x, limit: 0, model: m\nPlease retry in 9s.",
            [quota_detail(MINUTE), retry_detail("9s")],
            ErrorCategory.QUOTA,
            None,
        ),
        (
            f"{EXCEEDED}\n* Quota exceeded for metric: x, limit: 0.5, model: m",
            [quota_detail(MINUTE), retry_detail("9s")],
            ErrorCategory.RATE_LIMIT,
            9.0,
        ),
        (EXCEEDED, [], ErrorCategory.QUOTA, None),
        ("Your prepayment credits are depleted.", [], ErrorCategory.QUOTA, None),
        ("Your project has exceeded its monthly spending cap.", [], ErrorCategory.QUOTA, None),
    ],
)
def test_a_limit_that_passes_is_a_rate_limit_and_one_that_stays_a_quota(
    server: LoopbackProvider,
    text: str,
    details: list[dict[str, Any]],
    category: ErrorCategory,
    wait_s: float | None,
) -> None:
    reply = gemini_error(429, text, name="RESOURCE_EXHAUSTED", details=details)
    error = failure(server, GOOGLE, reply)
    assert (error.category, error.retry_after_s) == (category, wait_s)
    assert error.retryable is (category is ErrorCategory.RATE_LIMIT)


def test_a_header_says_the_wait_before_the_body_does(server: LoopbackProvider) -> None:
    reply = gemini_error(
        503, "busy", name="UNAVAILABLE", details=[retry_detail("48s")], headers={"retry-after": "7"}
    )
    assert failure(server, GOOGLE, reply).retry_after_s == 7


@pytest.mark.parametrize(
    "details", ["x", [1], [{"violations": 5}], [{"violations": ["a"]}], [{"retryDelay": {"s": 1}}]]
)
def test_details_of_any_shape_leave_the_status_to_speak(
    server: LoopbackProvider, details: Any
) -> None:
    body = {"error": {"code": 429, "message": "x", "details": details}}
    error = failure(server, GOOGLE, json_reply(body, 429))
    assert (error.category, error.retry_after_s) == (ErrorCategory.RATE_LIMIT, None)


BODY = gemini_error_body(
    503, "The model is overloaded.", name="UNAVAILABLE", details=[retry_detail("3s")]
)


@pytest.mark.parametrize(
    "last",
    [
        BODY,
        json.dumps(BODY) + "\n",
        json.dumps(BODY, indent=2) + "\n",
        json.dumps(BODY, indent=2).replace("\n", "\r\n"),
        json.dumps(BODY, indent=2) + "\r\n\r\n",
        json.dumps([BODY], indent=2),
    ],
    ids=["event", "line", "lines", "CRLF", "block", "list"],
)
@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_an_error_in_the_middle_of_a_gemini_stream_is_typed_and_keeps_the_text(
    server: LoopbackProvider, last: dict[str, Any] | str, size: int
) -> None:
    reply = gemini_events(gemini_message({"text": "a"}), gemini_message({"text": "b"}), last)
    events, error = call(server, GOOGLE, reply.in_chunks_of(size))
    assert error is not None
    assert_no_secret(error)
    assert (error.category, error.status) == (ErrorCategory.OVERLOADED, 503)
    assert error.retry_after_s == 3
    assert text_of(events) == "ab"


@pytest.mark.parametrize("start", ["[", '[{"candidates": []}\n,\r\n'], ids=["first", "later"])
def test_an_error_inside_an_array_with_status_200_is_typed(
    server: LoopbackProvider, start: str
) -> None:
    body = start + json.dumps(BODY, indent=2) + "]"
    error = failure(server, GOOGLE, Reply([Send(body.encode())], 200, {}))
    assert error.category is ErrorCategory.OVERLOADED


@pytest.mark.parametrize(
    "data",
    [
        "{not json",
        "5",
        "{} {}",
        '{"candidates": [5]}',
        '{"candidates": [{"content": {"parts": [{"text": 5}]}}]}',
        '{"candidates": [{"finishReason": ["STOP"]}]}',
    ],
)
def test_what_is_no_gemini_message_is_malformed(server: LoopbackProvider, data: str) -> None:
    reply = gemini_events(gemini_message({"text": "a"}), f"data: {data}\r\n\r\n")
    events, error = call(server, GOOGLE, reply)
    assert error is not None
    assert error.category is ErrorCategory.MALFORMED_STREAM
    assert text_of(events) == "a"


def test_a_gemini_key_is_in_no_text_of_an_error(server: LoopbackProvider) -> None:
    text = f"consumer 'api_key:{KEY}' at http://h/v1beta/models/m?key={KEY}"
    for status in (400, 403, 429, 500):
        error = failure(server, GOOGLE, gemini_error(status, text))
        assert error.__cause__ is None
        assert "SECRET" not in repr(error)
    error = failure(server, GOOGLE, gemini_events({"error": {"code": 400, "message": text}}))
    assert "[key]" in str(error)
