"""A key reaches its provider and nobody else."""

from __future__ import annotations

import logging
import re
import traceback
from dataclasses import replace
from urllib.parse import quote

import pytest

from specforge_core.events import StreamEnd
from tests.core.lines import EVERY_WIRE, Line
from tests.core.wire_calls import CUSTOM, KEY, OPENAI, call, failure
from tests.loopback import LoopbackProvider, chat_error, chat_stream

OWN_KEY = "tok.SeCrEt/ABC+def=1234567890ZYXW"  # looks like no vendor's key


@pytest.mark.parametrize(
    "echo",
    [
        OWN_KEY,
        OWN_KEY[:20] + "... given",
        OWN_KEY[-12:],
        OWN_KEY.upper(),
        quote(OWN_KEY, safe=""),
        quote(OWN_KEY, safe="").replace("%2F", "%2f"),
        OWN_KEY.replace("/", "\\/"),
        OWN_KEY[:10] + "\n" + OWN_KEY[10:],
        "y" * 1190 + OWN_KEY,
    ],
)
@EVERY_WIRE
def test_no_part_of_a_key_is_told_stored_or_logged(
    server: LoopbackProvider,
    line: Line,
    echo: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"x-request-id": f"r-{OWN_KEY}", "request-id": f"r-{OWN_KEY}"}
    for status in (400, 401, 500):
        reply = chat_error(status, f"No: {echo}", headers=headers)
        _, error = call(server, line.provider, reply, key=OWN_KEY)
        assert error is not None
        everything = f"{''.join(traceback.format_exception(error))} {error.request_id}"
        everything = f"{everything} {caplog.text}".lower()
        forms = {OWN_KEY.lower(), quote(OWN_KEY, safe="").lower()}
        parts = {form[at : at + 8] for form in forms for at in range(len(form) - 7)}
        assert not [part for part in parts if part in everything]


@EVERY_WIRE
def test_a_key_that_comes_back_in_a_good_answer_is_not_told(
    server: LoopbackProvider, line: Line
) -> None:
    whole = line.stream(["Yes."])
    echoed = replace(whole, headers={**whole.headers, "x-request-id": OWN_KEY})
    events, error = call(server, line.provider, echoed, key=OWN_KEY)
    assert error is None
    end = events[-1]
    assert isinstance(end, StreamEnd) and end.request_id == "[key]"
    model = f'"model-{OWN_KEY}"'.encode()
    named = re.sub(rb'"(claude|gpt|gemini|model)-[^"]*"', model, whole.body)
    assert model in named
    events, error = call(server, line.provider, whole.with_body(named), key=OWN_KEY)
    assert error is None and OWN_KEY not in str(events)


def test_headers_for_openai_go_to_nobody_else(
    server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Portkey-Api-Key: pk-1\nX-Two: 2")
    for provider, sent in ((CUSTOM, None), (OPENAI, "pk-1")):
        call(server, provider, chat_stream(["Yes."]))
        assert server.requests[-1].headers.get("x-portkey-api-key") == sent


def test_what_is_no_key_is_quoted_unchanged(server: LoopbackProvider) -> None:
    error = failure(server, OPENAI, chat_error(400, "İzmir: field `n` is not known"), key=OWN_KEY)
    assert "It said: “İzmir: field `n` is not known”." in str(error)


@EVERY_WIRE
def test_blanks_around_a_key_are_not_part_of_it(server: LoopbackProvider, line: Line) -> None:
    _, error = call(server, line.provider, line.stream(["a"]), key=f" {KEY}\n")
    assert error is None
    sent = server.requests[-1].headers
    found = {sent.get(name) for name in ("authorization", "x-api-key", "x-goog-api-key")}
    assert found & {KEY, f"Bearer {KEY}"}
