"""Where the bodies and headers of a failure say what they say: every vendor has a shape of its own.

`outer` is the whole body, `inner` the object in its `error`, or the body itself where
it is flat.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from specforge_core.providers.failure_details import LONGEST_WAIT_S
from specforge_core.providers.values import mapping

# OpenAI, Azure, Groq, xAI · Anthropic · Mistral · DeepSeek · MiniMax · Moonshot · Azure · Google
REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "mistral-correlation-id",
    "x-ds-trace-id",
    "minimax-request-id",
    "msh-request-id",
    "apim-request-id",
    "x-goog-request-id",
    "trace-id",
)
_MINIMAX = re.compile(r"\((\d{4})\)\s*$")
_WAIT = re.compile(
    r"\b(?:try again|retry) (?:in|after) (?=\d)"
    r"(?:(\d{1,5}) ?h)?(?:(\d{1,5}) ?m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?) ?(ms|s))?",
    re.IGNORECASE,
)


def is_failure(message: object) -> bool:
    """Whether a message of a stream is an error instead of a part of the answer."""
    if isinstance(message, list):
        return True
    told = mapping(message)
    return bool(
        told.get("error")
        or "detail" in told
        or told.get("success") is False
        or "error" in (told.get("object"), told.get("type"))
        or mapping(told.get("base_resp")).get("status_code")
    )


def outer_and_inner(body: object) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """`outer` and `inner` of a body; of a list its first element."""
    outer = mapping(body[0] if isinstance(body, list) and body else body)
    return outer, mapping(outer.get("error")) or outer


def number_in(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> int | None:
    """MiniMax's number of a failure: in `base_resp`, or at the end of the message."""
    number = mapping(outer.get("base_resp")).get("status_code")
    if isinstance(number, int):
        return number
    found = _MINIMAX.search(str(inner.get("message"))) if "http_code" in inner else None
    return int(found[1]) if found else None


def status_in(inner: Mapping[str, Any]) -> int | None:
    """The HTTP status that a gateway put into the error of a 200."""
    for name in ("code", "http_code", "raw_status_code", "status"):
        value = inner.get(name)
        number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{3}", value) else value
        if isinstance(number, int) and 400 <= number <= 599:
            return number
    return None


def detail_in(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    """The provider's own words, with those of the provider behind it where it is a gateway."""
    for place in (mapping(outer.get("base_resp")), inner, outer):
        for name in ("message", "status_msg", "detail", "error", "msg"):
            if value := place.get(name):
                raw = mapping(place.get("metadata")).get("raw")
                return _words(value) + (f": {raw}" if isinstance(raw, str) and raw else "")
    return ""


def wait_in_words(detail: str) -> float | None:
    """Seconds in "try again in 7m12.5s", "in 860ms" or "retry after 26 seconds"."""
    found = _WAIT.search(detail)
    if found is None or not found[0][-1:].isalnum():
        return None
    hours, minutes, seconds, unit = found.groups()
    last_s = float(seconds or 0) / (1_000 if unit == "ms" else 1)
    wait_s = 3_600 * int(hours or 0) + 60 * int(minutes or 0) + last_s
    return min(wait_s, LONGEST_WAIT_S)


def request_id_in(headers: Mapping[str, str], *bodies: Mapping[str, Any]) -> str | None:
    """What a provider's support asks for: from a header, else from a body."""
    known = [headers.get(name) for name in REQUEST_ID_HEADERS]
    known += [body.get("request_id") for body in bodies]
    return next((found for found in known if isinstance(found, str) and found), None)


def _words(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return "; ".join(_complaints(value)) or json.dumps(value, ensure_ascii=False)
    except RecursionError:  # nested so deeply that it could just be read
        return ""


def _complaints(value: object) -> Iterator[str]:
    """Mistral and vLLM tell of each field that they did not like: where it is, and why."""
    listed = value if isinstance(value, list) else mapping(value).get("detail")
    for one in listed if isinstance(listed, list) else ():
        place, why = mapping(one).get("loc"), mapping(one).get("msg")
        if isinstance(why, str):
            names = map(str, place) if isinstance(place, list) else ()
            yield ": ".join([*filter(None, [".".join(names)]), why])
