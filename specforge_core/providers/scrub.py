"""What a provider says, made fit to be shown, stored and logged: one short line without keys."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlsplit

MAX_LINE = 300
SHORTEST_PART = 8  # characters of a key; fewer of them tell nobody anything

_SECRET = re.compile(r"(?i)\b(?:bearer\s+\S+|(?:sk|pk|key|gsk|xai)[-_][\w*.-]{6,}|aiza[\w-]{10,})")


def one_line(text: str, key: str) -> str:
    """A provider's text as one short printable line without keys; "" for a web page."""
    if text.lstrip()[:1] == "<":
        return ""  # an error page of some proxy tells a person nothing
    text = without_key(text[: 4 * MAX_LINE], key)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _SECRET.sub("[key]", line)
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def shown(url: str) -> str:
    """An address without what may be a secret in it: user, password, query; "" for none at all."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def without_key(text: str, key: str) -> str:
    """The text with every run of `SHORTEST_PART` or more characters of the key taken out.

    Providers quote keys cut short, as part of a URL, or inside escaped JSON; upper
    and lower case count as the same.
    """
    if not key:
        return text
    size = min(SHORTEST_PART, len(key))
    forms = {key, quote(key, safe=""), json.dumps(key)[1:-1], key.replace("/", "\\/")}
    parts = {
        form[at : at + size] for form in map(_lower, forms) for at in range(len(form) - size + 1)
    }
    lowered, kept, clear = _lower(text), [], 0  # before `clear` nothing is left to be kept
    for at in range(len(text)):
        if lowered[at : at + size] in parts:
            if at >= clear:
                kept.append("[key]")
            clear = at + size
        elif at >= clear:
            kept.append(text[at])
    return "".join(kept)


def _lower(text: str) -> str:
    """ASCII in lower case; the rest keeps its length, which `str.lower` does not promise."""
    return "".join(c.lower() if c.isascii() else c for c in text)
