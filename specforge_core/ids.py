"""Keys that sort by the time at which they were made."""

from __future__ import annotations

import re
import secrets
import time
from uuid import UUID


def is_id(text: str) -> bool:
    """Whether `text` can be a key; whatever else stands in an address finds nothing."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def new_id() -> str:
    """A UUID version 7 (RFC 9562 §5.7) as text: 48 bits of Unix milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64)
    return str(UUID(int=bits | (0b10 << 62) | secrets.randbits(62)))
