"""Base URLs as people write them, and what is said of one that leads nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.rows import Provider
from tests.core.wire_calls import ANTHROPIC, CUSTOM, OPENAI, call, failure
from tests.loopback import (
    LoopbackProvider,
    Reply,
    Send,
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    gemini_stream,
    json_reply,
)

GOOGLE = PROVIDERS["google"]
GENERATE = "/models/model-1:streamGenerateContent"
PAGE = b"<!doctype html><title>Sign in</title>"
LOST = {
    "ollama": Reply([Send(b"404 page not found")], 404, {"content-type": "text/plain"}),
    "vllm": json_reply({"detail": "Not Found"}, 404),
    "open-webui": json_reply({"detail": "Method Not Allowed"}, 405),
    "lm-studio": json_reply({"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
    "web page": Reply([Send(PAGE)], 200, {"content-type": "text/html"}),
    "web page of an error": Reply([Send(PAGE)], 404, {"content-type": "text/html"}),
}
EACH_LOST = pytest.mark.parametrize("reply", LOST.values(), ids=LOST.keys())


@EACH_LOST
@pytest.mark.parametrize("tail", ["", "/"])
def test_a_base_url_without_a_path_is_answered_by_what_to_add(
    server: LoopbackProvider, reply: Reply, tail: str
) -> None:
    error = failure(server, CUSTOM, reply, base_url=server.root_url + tail)
    assert (
        f" It was asked at {server.root_url}/chat/completions;"
        " most servers want /v1 at the end of CUSTOM_BASE_URL."
    ) in str(error)
    assert [request.path for request in server.requests] == ["/chat/completions"]


@EACH_LOST
def test_a_base_url_with_a_path_is_named_and_nothing_is_guessed(
    server: LoopbackProvider, reply: Reply
) -> None:
    error = failure(server, CUSTOM, reply, base_url=server.root_url + "/api/v2")
    assert f" It was asked at {server.root_url}/api/v2/chat/completions." in str(error)
    assert "/v1" not in str(error)


def test_the_address_that_is_named_holds_no_password_and_no_query(server: LoopbackProvider) -> None:
    url = server.root_url.replace("://", "://ann:SECRET1@") + "/v1?code=SECRET2"
    error = failure(server, CUSTOM, LOST["ollama"], base_url=url)
    assert f" It was asked at {server.root_url}/v1/chat/completions." in str(error)


def test_a_vendors_own_address_is_not_named(server: LoopbackProvider) -> None:
    unknown = chat_error(404, "The model `gpt-9` does not exist", code="model_not_found")
    row = replace(OPENAI, base_url=server.root_url)
    error = failure(server, row, unknown, base_url=server.root_url)
    assert str(error) == (
        "OpenAI does not know this model or address (404). Check the model and OPENAI_BASE_URL."
        " It said: “The model `gpt-9` does not exist”."
    )


def test_an_address_that_anthropics_gateway_does_not_know_is_named(
    server: LoopbackProvider,
) -> None:
    missing = anthropic_error(404, "not_found_error", "Not Found")
    error = failure(server, ANTHROPIC, missing, base_url=server.root_url + "/claude")
    assert f" It was asked at {server.root_url}/claude/v1/messages." in str(error)
    assert error.category is ErrorCategory.BAD_REQUEST


@pytest.mark.parametrize(
    ("provider", "pasted", "asked"),
    [
        (CUSTOM, "/v1", "/v1/chat/completions"),
        (CUSTOM, "/v1/chat/completions", "/v1/chat/completions"),
        (CUSTOM, "/v1/chat/completions/", "/v1/chat/completions"),
        (CUSTOM, "/d/chat/completions?api-version=1", "/d/chat/completions?api-version=1"),
        (CUSTOM, "/d?api-version=1", "/d/chat/completions?api-version=1"),
        (ANTHROPIC, "", "/v1/messages"),
        (ANTHROPIC, "/", "/v1/messages"),
        (ANTHROPIC, "/v1", "/v1/messages"),
        (ANTHROPIC, "/v1/", "/v1/messages"),
        (CUSTOM, "/chat/completions-proxy/v1", "/chat/completions-proxy/v1/chat/completions"),
        (ANTHROPIC, "/v1/messages", "/v1/messages"),
        (ANTHROPIC, "/claude/v1/messages/", "/claude/v1/messages"),
        (ANTHROPIC, "/v1/messages?beta=true", "/v1/messages?beta=true"),
        (ANTHROPIC, "/v1?x=1", "/v1/messages?x=1"),
        (GOOGLE, "", f"/v1beta{GENERATE}?alt=sse"),
        (GOOGLE, "/v1?x=1", f"/v1{GENERATE}?x=1&alt=sse"),
        (GOOGLE, "/v1beta/models", f"/v1beta{GENERATE}?alt=sse"),
        (GOOGLE, f"/v1beta{GENERATE}?alt=sse", f"/v1beta{GENERATE}?alt=sse"),
    ],
)
def test_a_base_url_may_hold_more_or_less_of_the_address(
    server: LoopbackProvider, provider: Provider, pasted: str, asked: str
) -> None:
    streams = {ANTHROPIC.name: anthropic_stream, GOOGLE.name: gemini_stream}
    reply = streams.get(provider.name, chat_stream)(["Yes."])
    _, error = call(server, provider, reply, base_url=server.root_url + pasted)
    assert error is None
    assert [request.path for request in server.requests] == [asked]
