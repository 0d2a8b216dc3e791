"""What each OpenAI-compatible vendor refuses with: typed, in one sentence that says what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import TextDelta
from specforge_core.providers.catalog import PROVIDERS
from tests.core.vendor_errors import VENDOR_ERRORS
from tests.core.wire_calls import CUSTOM, call, chat_events, delta, failure, text_of
from tests.loopback import LoopbackProvider, Reply, chat_error, json_reply
from tests.loopback.chunks import Json

WAITING_HELPS = {
    ErrorCategory.RATE_LIMIT,
    ErrorCategory.OVERLOADED,
    ErrorCategory.SERVER,
    ErrorCategory.TIMEOUT,
}


@pytest.mark.parametrize(
    ("row", "reply", "category", "words", "request_id"),
    VENDOR_ERRORS.values(),
    ids=VENDOR_ERRORS.keys(),
)
def test_an_error_of_a_vendor_is_typed_and_says_what_to_do(
    server: LoopbackProvider,
    row: str,
    reply: Reply,
    category: ErrorCategory,
    words: str,
    request_id: str | None,
) -> None:
    error = failure(server, PROVIDERS[row], reply)
    assert error.category is category
    assert words in str(error)
    assert error.status == (None if reply.status == 200 else reply.status)
    assert error.request_id == request_id
    assert error.retryable == (category in WAITING_HELPS)
    assert len(server.requests) == 1
    assert "ry again" in str(error) or "hoose" in str(error) or "Check the model" in str(error)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 860ms.", 0.86),
        ("Please try again in 1.2s. Visit", 1.2),
        ("Please try again in 7m12.5s.", 432.5),
        ("Please try again in 1h2m3s", 3723),
        ("Please retry after 26 seconds.", 26),
        ("Please retry after 5 minutes", 300),
        ("try again in 99999h", 86_400),
        ("Try again in 20 hours", 72_000),
        ("try again in a moment", None),
        ("try again in 5", None),
        ("retry after the 3rd", None),
        ("", None),
    ],
)
def test_the_wait_in_a_message_is_understood(
    server: LoopbackProvider, said: str, seconds: float | None
) -> None:
    error = failure(server, CUSTOM, chat_error(429, said, code="rate_limit_exceeded"))
    assert error.retry_after_s == pytest.approx(seconds) if seconds else not error.retry_after_s


def test_a_wait_in_a_header_outweighs_the_message(server: LoopbackProvider) -> None:
    headers = {"retry-after": "3"}
    error = failure(server, CUSTOM, chat_error(429, "try again in 50s", headers=headers))
    assert error.retry_after_s == 3


def test_an_error_inside_a_stream_carries_the_request_id_of_its_answer(
    server: LoopbackProvider,
) -> None:
    def failed(*chunks: Any) -> ProviderError:
        reply = replace(chat_events(*chunks), headers={"x-ds-trace-id": "t-9"})
        return failure(server, PROVIDERS["deepseek"], reply)

    assert failed(delta("a"), {"error": {"message": "x"}}).request_id == "t-9"
    assert failed(delta("a"), "{nonsense").request_id == "t-9"


# --- inside a 200 -------------------------------------------------------------


@pytest.mark.parametrize(
    "failed",
    [
        {"error": {"message": "too much", "code": "1302"}},
        {"object": "error", "message": "too much", "type": "rate_limited", "code": "1300"},
        {"object": "error", "message": "too much", "code": 429},
        {"type": "error", "error": {"type": "rate_limit_error", "message": "too much (1002)"}},
        {"error": {"message": "too much", "code": "429"}},
        {"error": {"message": "too much", "code": 429}},
        {"error": {"message": "too much (1002)", "http_code": "429"}},
        {"base_resp": {"status_code": 1002, "status_msg": "too much"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["first", "middle", "body"])
def test_a_rate_limit_inside_a_200_is_one_in_every_shape(
    server: LoopbackProvider, failed: Json, how: str
) -> None:
    reply = json_reply(failed) if how == "body" else chat_events(failed)
    if how == "middle":
        reply = chat_events(delta("a"), failed, "[DONE]")
    events, error = call(server, CUSTOM, reply)
    assert error is not None
    assert (error.category, error.retryable) == (ErrorCategory.RATE_LIMIT, True)
    assert "Wait a moment, then try again." in str(error)
    assert "too much" in str(error)
    assert events == ([TextDelta("a")] if how == "middle" else [])


@pytest.mark.parametrize(
    "failed",
    [
        {"detail": "Model is gone"},
        {"code": 500, "msg": "Model is gone", "success": False},
        {"type": "error", "message": "Model is gone"},
        {"error": "Model is gone"},
        [{"error": {"message": "Model is gone"}}],
    ],
    ids=str,
)
def test_an_error_of_another_shape_is_not_skipped(server: LoopbackProvider, failed: Any) -> None:
    events, error = call(server, CUSTOM, chat_events(delta("a"), failed, "[DONE]"))
    assert text_of(events) == "a"
    assert error is not None
    assert "It said: “Model is gone”." in str(error)
