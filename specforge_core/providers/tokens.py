"""Counts tokens of a text: with the provider's own tokenizer where its table ships, else by size.

Nothing here reaches the network: tiktoken's own loader, which does, is not used.
"""

from __future__ import annotations

import hashlib
import logging
import lzma
import tomllib
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from specforge_core.events import TokenSource
from specforge_core.providers.catalog import PROVIDERS

if TYPE_CHECKING:
    from tiktoken import Encoding

log = logging.getLogger(__name__)

TABLES = Path(__file__).with_name("tables")
BYTES_PER_TOKEN = 4  # English markdown; -30 % … +30 % against real tokenizers
PIECE = 20_000  # characters; half a million blanks in one piece overflow tiktoken's regex


def estimate_tokens(size: int) -> int:
    """Tokens of `size` bytes of UTF-8."""
    return -(-size // BYTES_PER_TOKEN)


class Tokenizer:
    """A tokenizer whose table lies in `folder`, loaded at the first count (0.3-0.5 s, 85 MB)."""

    def __init__(self, name: str, folder: Path = TABLES) -> None:
        self._name = name
        self._folder = folder
        self._lock = Lock()
        self._loaded = False
        self._encoding: Encoding | None = None

    def count(self, text: str) -> int | None:
        """Tokens of `text`, special ones counted as text; None when the table is of no use."""
        encoding = self._load()
        if encoding is None:
            return None
        return sum(len(encoding.encode_ordinary(piece)) for piece in _pieces(text))

    def _load(self) -> Encoding | None:
        with self._lock:
            if not self._loaded:
                self._encoding = self._read()
                self._loaded = True
            return self._encoding

    def _read(self) -> Encoding | None:
        try:
            description = tomllib.loads((self._folder / f"{self._name}.toml").read_text("utf-8"))
            packed = (self._folder / f"{self._name}.tiktoken.xz").read_bytes()
            table = lzma.decompress(packed)
            if hashlib.sha256(table).hexdigest() != description["sha256"]:
                raise ValueError(f"{self._name}.tiktoken.xz is not the table that was shipped")
        except (OSError, lzma.LZMAError, ValueError, KeyError) as exc:
            log.warning(
                "Tokens are estimated from the size of the text: %s. Install SpecForge again "
                "to bring the table back.",
                exc,
            )
            return None
        return _encoding(self._name, "|".join(description["pattern"]), table)


def _encoding(name: str, pattern: str, table: bytes) -> Encoding:
    from tiktoken import Encoding

    lines = (line.split() for line in table.splitlines())
    ranks = {a2b_base64(token): int(rank) for token, rank in lines}
    # No special tokens: a document is text, whatever stands in it.
    return Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def _pieces(text: str) -> Iterator[str]:
    """A cut inside a word adds a token or two, of some five thousand in a piece."""
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


# The catalog says whose tokens it counts: it would find up to 74 % too few for Claude.
TOKENIZERS: Mapping[str, Tokenizer] = {name: Tokenizer(name) for name in ("o200k_base",)}


def count_tokens(
    text: str, provider: str, tokenizers: Mapping[str, Tokenizer] = TOKENIZERS
) -> tuple[int, TokenSource]:
    """Tokens of `text` for a provider (its name in the catalog), and where the count comes from.

    The first count loads a table and each megabyte takes 0.1 s or more: call it in a thread,
    never in the event loop.
    """
    row = PROVIDERS.get(provider)
    tokenizer = tokenizers.get(row.tokenizer) if row else None
    counted = tokenizer.count(text) if tokenizer else None
    if counted is None:
        return estimate_tokens(len(text.encode("utf-8", "surrogatepass"))), "estimate"
    return counted, "tokenizer"
