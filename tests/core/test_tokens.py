"""Token counts: right where the table is right, an estimate elsewhere, never from the network."""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiktoken
from tiktoken_ext import openai_public

from specforge_core.providers.tokens import (
    PIECE,
    TABLES,
    TOKENIZERS,
    Tokenizer,
    count_tokens,
    estimate_tokens,
)

WITHOUT_NETWORK = """
import sys

def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(event)

sys.addaudithook(refuse)
"""


def run_without_network(code: str, folder: Path) -> str:
    """What `code` prints, in a process of its own where every socket is refused."""
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": str(folder), "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK + code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped tables, to be damaged."""
    for path in TABLES.glob("o200k_base.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("お誕生日おめでとう", 8),
        ("antidisestablishmentarianism", 6),
        ("👩‍👩‍👧‍👦", 11),
    ],
)
def test_known_texts_have_their_known_number_of_tokens(text: str, tokens: int) -> None:
    assert count_tokens(text, "openai") == (tokens, "tokenizer")


def test_counting_reaches_no_network_and_loads_only_when_asked(tmp_path: Path) -> None:
    code = """
from specforge_core.providers.tokens import count_tokens
assert count_tokens("x" * 40, "anthropic") == (10, "estimate")
assert "tiktoken" not in sys.modules
print(count_tokens("hello world", "openai"), "requests" in sys.modules)
"""
    assert run_without_network(code, tmp_path) == "(2, 'tokenizer') False"
    assert not list(tmp_path.iterdir())  # no cache either


def test_a_refused_socket_fails_the_process_that_asks_for_one(tmp_path: Path) -> None:
    code = "import socket\ntry: socket.socket()\nexcept RuntimeError as exc: print(exc)"
    assert run_without_network(code, tmp_path) == "socket.__new__"


def test_the_table_and_the_pattern_are_those_of_the_installed_tiktoken() -> None:
    ours = TOKENIZERS["o200k_base"]._load()
    assert ours is not None
    expected: list[str | None] = []

    def table(url: str, expected_hash: str | None = None) -> dict[bytes, int]:
        expected.append(expected_hash)
        return ours._mergeable_ranks

    constructor = types.FunctionType(
        openai_public.o200k_base.__code__,
        {**vars(openai_public), "load_tiktoken_bpe": table},
    )
    theirs = tiktoken.Encoding(**constructor())
    assert f'sha256 = "{expected[0]}"' in (TABLES / "o200k_base.toml").read_text("utf-8")
    assert ours._pat_str == theirs._pat_str
    text = Path("README.md").read_text("utf-8")
    assert ours.encode_ordinary(text) == theirs.encode_ordinary(text)


def test_special_tokens_in_a_document_are_counted_as_the_text_they_are() -> None:
    plain, source = count_tokens("before <|endoftext|> after", "openai")
    assert source == "tokenizer"
    assert plain > 5  # as special tokens they would be one each


@pytest.mark.parametrize("provider", ["anthropic", "mistral", "zai", "google", "offline", "gone"])
def test_where_the_table_is_wrong_the_size_is_the_estimate(provider: str) -> None:
    assert count_tokens("é" * 10, provider) == (5, "estimate")


def test_half_a_character_is_counted_and_not_refused() -> None:
    assert count_tokens("a\ud800b", "openai")[0] > 0
    assert count_tokens("a\ud800b", "anthropic") == (2, "estimate")


@pytest.mark.parametrize("text", [" " * 1_000_000, "a" * 1_000_000, "| a | b — é |\n" * 70_000])
def test_a_megabyte_of_anything_is_counted(text: str) -> None:
    tokens, source = count_tokens(text, "openai")
    assert (source, tokens > len(text) / 200) == ("tokenizer", True)


def test_counting_in_pieces_adds_two_tokens_a_cut_at_most() -> None:
    encoding = TOKENIZERS["o200k_base"]._load()
    assert encoding is not None
    line = "| FR-7 | Die Rechnung wird genehmigt – approvals take `2 days` | 重要 | must |\n"
    text = f"{line}The deputy takes over after one working day, without anybody asking.\n" * 1_500
    whole = len(encoding.encode_ordinary(text))
    assert 0 <= count_tokens(text, "openai")[0] - whole <= 2 * (len(text) // PIECE)


def test_a_missing_table_is_warned_of_once_and_the_size_is_the_estimate(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "o200k_base.tiktoken.xz").unlink()
    tokenizers = {"o200k_base": Tokenizer("o200k_base", folder)}
    assert count_tokens("hello world", "openai", tokenizers) == (3, "estimate")
    assert count_tokens("hello world", "openai", tokenizers) == (3, "estimate")
    assert len(caplog.records) == 1
    assert "o200k_base.tiktoken.xz" in caplog.text


@pytest.mark.parametrize(
    "damaged",
    [lzma.compress(b"aGVsbG8= 0\n"), b"no table", b"", None],
    ids=["another table", "no archive", "empty", "cut short"],
)
def test_a_damaged_table_is_not_used(
    folder: Path, damaged: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "o200k_base.tiktoken.xz"
    path.write_bytes(path.read_bytes()[:500_000] if damaged is None else damaged)
    assert Tokenizer("o200k_base", folder).count("hello") is None
    assert "estimated" in caplog.text


def test_threads_that_count_at_once_load_the_table_once() -> None:
    loads = []

    class Counting(Tokenizer):
        def _read(self) -> tiktoken.Encoding | None:
            loads.append(1)
            return super()._read()

    tokenizer = Counting("o200k_base")
    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(tokenizer.count, ["hello world"] * 16))
    assert (set(counts), len(loads)) == ({2}, 1)


def test_the_estimate_rounds_up() -> None:
    assert [estimate_tokens(size) for size in (0, 1, 4, 5)] == [0, 1, 1, 2]
