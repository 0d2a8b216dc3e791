"""`doctor`: who can be asked, how fast, and what to do about the others."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from specforge_core.__main__ import main
from specforge_core.providers.catalog import PROVIDERS
from tests.core.wire_calls import KEY
from tests.loopback import (
    Gate,
    LoopbackProvider,
    anthropic_stream,
    chat_error,
    chat_stream,
    json_reply,
)

COUNTED = ["one, ", "two, ", "three, ", "four, ", "five"]
CATALOG = list(PROVIDERS)
Doctor = Callable[..., SimpleNamespace]


@pytest.fixture
def doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctor:
    """The command in this process: .code, .rows by the provider's name, .err."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPECFORGE_OFFLINE_TPS", "500")

    def called(*arguments: str) -> Any:
        code = main(["doctor", *arguments])
        out, err = capsys.readouterr()
        assert "SECRET" not in out + err
        assert list(tmp_path.iterdir()) == [], "it stores nothing"
        lines = out.splitlines()
        if "--json" in arguments:
            rows = {row["provider"]: row for row in map(json.loads, lines)}
        else:
            rows = {line.split()[0]: line for line in lines}
        return SimpleNamespace(code=code, rows=rows, err=err)

    return called


@pytest.fixture
def openai(server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch) -> LoopbackProvider:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    return server


def test_every_provider_has_a_line_and_those_without_a_key_say_what_to_set(
    doctor: Doctor, openai: LoopbackProvider
) -> None:
    openai.reply(chat_stream(COUNTED, usage=(20, 50), delay_s=0.04))
    done = doctor()
    assert done.code == 0 and done.err == "" and list(done.rows) == CATALOG
    assert "ok" in done.rows["offline"].split()
    row = done.rows["openai"]
    assert row.split()[1:3] == ["ok", "gpt-6-luna"]
    assert re.search(r"first token after \d+\.\d+ s, [\d.,]+ tokens/s", row)
    for words in ("50 tokens (provider)", "$0.0000", "native"):
        assert words in row
    assert "not configured" in done.rows["zai"] and "ZAI_API_KEY=" in done.rows["zai"]
    assert "CUSTOM_BASE_URL=" in done.rows["custom"]


def test_one_that_fails_says_what_to_do_and_spoils_the_exit_code(
    doctor: Doctor, openai: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_BASE_URL", openai.base_url)
    openai.reply(chat_error(401, "Incorrect API key", code="invalid_api_key"))
    done = doctor()
    assert done.code == 1 and done.rows["openai"].split()[1] == "failed"
    assert "Check OPENAI_API_KEY" in done.rows["openai"]
    assert "(request req_loopback_error)" in done.rows["openai"]
    assert done.rows["custom"].split()[1] == "failed" and "Name the model" in done.rows["custom"]
    assert len(openai.requests) == 1


def test_only_the_named_one_is_asked(doctor: Doctor, openai: LoopbackProvider) -> None:
    openai.reply(chat_stream(["Yes."]))
    done = doctor("--provider", "openai", "--model", "gpt-4.1")
    assert done.code == 0 and list(done.rows) == ["openai"]
    assert openai.requests[0].body["model"] == "gpt-4.1"
    assert "too short for a speed" in done.rows["openai"]
    assert doctor("--provider", "mistral").code == 1, "a named one must be configured"
    assert doctor("--provider", "offline", "--model", "drill-auth").code == 1
    nobody = doctor("--provider", "nobody")
    assert nobody.code == 1 and "Choose one of: offline" in nobody.err
    whose = doctor("--model", "gpt-4.1")
    assert whose.code == 1 and "--provider" in whose.err


def test_json_has_the_same_keys_for_every_provider(
    doctor: Doctor, openai: LoopbackProvider
) -> None:
    message = {"role": "assistant", "content": "one, two"}
    openai.reply(json_reply({"choices": [{"message": message, "finish_reason": "stop"}]}))
    done = doctor("--json")
    assert done.code == 0 and list(done.rows) == CATALOG
    assert len({frozenset(row) for row in done.rows.values()}) == 1
    row = done.rows["openai"]
    assert row["ok"] is True and row["configured"] is True and row["ttft_s"] > 0
    assert (row["stream_mode"], row["decode_tps"]) == ("simulated", None), "it came whole"
    assert (row["output_tokens"], row["token_source"]) == (3, "tokenizer")
    unset = done.rows["mistral"]
    assert unset["ok"] is False and unset["configured"] is False
    assert unset["ttft_s"] is None and "MISTRAL_API_KEY=" in unset["message"]


def test_all_are_asked_at_once(
    doctor: Doctor, openai: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    def open_when_the_other_was_asked() -> None:
        other.wait_requests()
        gate.open()

    with LoopbackProvider() as other:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", other.root_url)
        openai.reply(chat_stream(COUNTED).gate_after(1, gate))
        other.reply(anthropic_stream(COUNTED))
        opening = threading.Thread(target=open_when_the_other_was_asked)
        opening.start()
        done = doctor()
        opening.join(30)
    assert done.code == 0
    assert [done.rows[name].split()[1] for name in ("openai", "anthropic")] == ["ok", "ok"]
