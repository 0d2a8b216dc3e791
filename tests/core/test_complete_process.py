"""`complete` as a process of its own: signals, pipes, a full disk, what it loads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.wire_calls import TEXTS, environment
from tests.loopback import LoopbackProvider, chat_stream, gemini_stream

COMMAND = [sys.executable, "-m", "specforge_core", "complete"]


def start(server: LoopbackProvider, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    source = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [*COMMAND, "--prompt", "Hello?", *arguments],
        env=os.environ | environment(server, PYTHONPATH=source, PYTHONUNBUFFERED=""),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        # What a shell has put into the background ignores Ctrl+C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_text_comes_at_once_and_ctrl_c_closes_the_socket_and_exits_130(
    server: LoopbackProvider, tmp_path: Path
) -> None:
    tmp_path.chmod(0o555)  # a folder in which nothing can be written
    server.reply(chat_stream(TEXTS).stall_after(2))
    with start(server, tmp_path, "--provider", "openai", "--json") as process:
        assert process.stdout and process.stderr
        assert json.loads(process.stdout.readline()) == {"event": "text_delta", "text": TEXTS[0]}
        process.send_signal(signal.SIGINT)
        server.wait_gone()
        rest, errors = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130 and errors == ""
    usage = json.loads(rest)
    assert usage["event"] == "usage" and usage["token_source"] == "estimate"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_ends_the_request_without_a_word(
    server: LoopbackProvider, tmp_path: Path
) -> None:
    text = chat_stream(["word "] * 400, delay_s=0.01)
    server.reply(text)
    with start(server, tmp_path, "--provider", "openai") as process:
        assert process.stdout and process.stderr
        assert process.stdout.read(4) == "word"
        process.stdout.close()
        server.wait_gone()
        assert process.stderr.read() == ""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
def test_a_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "--provider", "offline", "--prompt", "Hello?"],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": ""},
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1 and "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_request_loads_only_what_it_speaks_with(server: LoopbackProvider, tmp_path: Path) -> None:
    server.reply(gemini_stream(["Yes."]))
    program = (
        "import sys; from specforge_core.__main__ import main\n"
        "code = main(['complete', '--provider', 'google', '--prompt', 'x'])\n"
        "loaded = {'streamlit', 'openai', 'anthropic', 'duckdb', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment(server, PYTHONPATH=str(Path(__file__).parents[2])),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "Yes.\n"), done.stderr
