"""What a provider's JSON holds where something is expected: it may be of any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_COUNT = 2**53  # tokens; whole numbers are exact up to here in every reader of the database
MAX_NAME = 200


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def count(value: object) -> int | None:
    """A token count, None for whatever is none.

    What is no count here, such as "many", NaN or 10**30, could not be stored later.
    """
    return value if type(value) is int and 0 <= value < MAX_COUNT else None


def name(value: object) -> str | None:
    """A name, None for whatever is none."""
    return value[:MAX_NAME] if isinstance(value, str) and value else None


def thought(value: object) -> str:
    """A piece of thinking; no part of the document, so no error if odd."""
    return value if isinstance(value, str) else ""
