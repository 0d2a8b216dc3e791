"""Every failure of a provider, translated once into a `ProviderError` with a sentence for a person.

The words come from `failure_tables`; a provider's own message is added where it
helps, as `scrub` leaves it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.providers.catalog import Provider
from specforge_core.providers.failure_tables import (
    BAD_KEY,
    BAD_URL,
    BY_BASE_RESP,
    BY_CODE,
    BY_PHRASE,
    BY_STATUS,
    MOVED,
    NO_KEY,
    NOT_FOUND,
    UNREACHABLE,
    WORDS,
)
from specforge_core.providers.scrub import one_line
from specforge_core.providers.wire import Endpoint

LONGEST_WAIT_S = 86_400.0  # a provider that asks for more than a day does not mean it

# The own words of a provider help here; elsewhere they say nothing new, or repeat the key.
_QUOTED = frozenset(WORDS) - {ErrorCategory.AUTH, ErrorCategory.NETWORK}


@contextmanager
def translated(provider: Provider, endpoint: Endpoint) -> Iterator[None]:
    """Turn what SDKs and the HTTP client raise into `ProviderError`; all else passes unchanged.

    The chain is cut: those exceptions quote what the provider sent, which may be the
    key, and a log prints the whole chain. What helps is in the new sentence, scrubbed.
    """
    try:
        yield
    except Exception as exc:
        error = _from_exception(exc, provider, endpoint)
        if error is None:
            raise
        raise error from None


def check(provider: Provider, endpoint: Endpoint) -> None:
    """Raise what is known before the request: no address, no key, a key no header can hold."""
    if not _host(endpoint.base_url):
        raise _error(ErrorCategory.BAD_REQUEST, provider, endpoint, words=BAD_URL)
    if provider.key_var and not endpoint.api_key and not provider.key_optional:
        raise _error(ErrorCategory.AUTH, provider, endpoint, words=NO_KEY)
    # h11 would quote such a key in its own error message.
    if not (endpoint.api_key.isascii() and endpoint.api_key.isprintable()):
        raise _error(ErrorCategory.AUTH, provider, endpoint, words=BAD_KEY)


def from_body(
    body: object,
    provider: Provider,
    endpoint: Endpoint,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProviderError:
    """The error that a body describes, whichever of the known shapes it has.

    `{"error": {message, type, code}}`, `{"error": "text"}`, a flat `{message, type,
    code}`, `{"detail": …}`, a list around one of them, or MiniMax's `base_resp`.
    """
    headers = headers or {}
    outer = mapping(body[0] if isinstance(body, list) and body else body)
    inner = mapping(outer.get("error")) or outer
    base_resp = mapping(outer.get("base_resp"))
    number, code = base_resp.get("status_code"), inner.get("code")
    if status is None and isinstance(code, int) and 400 <= code <= 599:
        status = code  # gateways put the HTTP status into a 200's error
    detail = _detail(outer, inner, base_resp)
    category = BY_BASE_RESP.get(number) if isinstance(number, int) else None
    category = category or _category(str(code), str(inner.get("type")), status, detail)
    words = NOT_FOUND if status == 404 else MOVED if status and 300 <= status < 400 else ""
    return _error(
        category,
        provider,
        endpoint,
        words=words,
        detail=detail,
        status=status,
        retry_after_s=_retry_after(headers),
        request_id=_request_id(headers, outer),
    )


def malformed(provider: Provider, endpoint: Endpoint, detail: str = "") -> ProviderError:
    """The error for bytes that are no message of the wire."""
    return _error(ErrorCategory.MALFORMED_STREAM, provider, endpoint, detail=detail)


def _from_exception(exc: Exception, provider: Provider, endpoint: Endpoint) -> ProviderError | None:
    import httpx2

    response = getattr(exc, "response", None)
    if isinstance(response, httpx2.Response):
        return from_body(
            _json(response),
            provider,
            endpoint,
            status=response.status_code,
            headers=response.headers,
        )
    # Both SDKs wrap what failed before the first byte of the answer.
    cause = exc if isinstance(exc, httpx2.HTTPError | httpx2.InvalidURL) else exc.__cause__
    match cause:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            words, category, detail = UNREACHABLE, ErrorCategory.NETWORK, str(cause)
        case httpx2.TimeoutException():
            words, category, detail = "", ErrorCategory.TIMEOUT, ""
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL() | httpx2.LocalProtocolError():
            words, category, detail = BAD_URL, ErrorCategory.BAD_REQUEST, ""
        case httpx2.DecodingError():
            words, category, detail = "", ErrorCategory.MALFORMED_STREAM, ""
        case httpx2.HTTPError():
            words, category, detail = "", ErrorCategory.NETWORK, ""
        case _:
            return None
    return _error(category, provider, endpoint, words=words, detail=detail)


def _category(code: str, kind: str, status: int | None, detail: str) -> ErrorCategory:
    if named := BY_CODE.get(code) or BY_CODE.get(kind):
        return named
    lowered = detail.lower()
    if status in (None, 400, 422):
        for phrase, category in BY_PHRASE.items():
            if phrase in lowered:
                return category
    if status is None:
        known = kind == "invalid_request_error"
        return ErrorCategory.BAD_REQUEST if known else ErrorCategory.UNKNOWN
    other = ErrorCategory.SERVER if status >= 500 else ErrorCategory.BAD_REQUEST
    return BY_STATUS.get(status, other)


def _error(
    category: ErrorCategory,
    provider: Provider,
    endpoint: Endpoint,
    *,
    words: str = "",
    detail: str = "",
    status: int | None = None,
    retry_after_s: float | None = None,
    request_id: str | None = None,
) -> ProviderError:
    wait = "a moment" if retry_after_s is None else f"{max(1, round(retry_after_s))} seconds"
    message = (words or WORDS[category]).format(
        label=provider.label,
        status=f" ({status})" if status else "",
        key=provider.key_var or "the key",
        url=provider.url_var or "the base URL",
        host=_host(endpoint.base_url),
        wait=wait,
    )
    quote = one_line(detail, endpoint.api_key)
    if quote and (category in _QUOTED or words is UNREACHABLE):
        message += f" It said: “{quote}”."
    return ProviderError(
        category,
        message,
        status=status,
        retry_after_s=retry_after_s,
        request_id=one_line(request_id or "", endpoint.api_key) or None,
    )


def _host(base_url: str) -> str:
    """Host and port of a web address without its user and password; "" for anything else."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and host
    return parts.netloc.rpartition("@")[2] if web else ""


def _detail(*places: Mapping[str, Any]) -> str:
    """The first text that one of the mappings has under a usual name."""
    for place in reversed(places):
        for name in ("message", "status_msg", "detail", "error"):
            if value := place.get(name):
                return value if isinstance(value, str) else _shown(value)
    return ""


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # nested so deeply that it could just be read
        return ""


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is a JSON object, else an empty one: providers send anything."""
    return value if isinstance(value, Mapping) else {}


def _json(response: Any) -> object:
    try:
        return response.json()
    except (ValueError, RuntimeError):  # not JSON, nested too deeply, or never read
        return {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms`, or `retry-after` as a number or a date; a day at most."""
    for name, unit in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return min(float(value) / unit, LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    wait_s = (moment - datetime.now(UTC)).total_seconds()
    return min(max(0.0, wait_s), LONGEST_WAIT_S)


def _request_id(headers: Mapping[str, str], body: Mapping[str, Any]) -> str | None:
    names = ("x-request-id", "request-id", "mistral-correlation-id")
    found = next((headers[name] for name in names if name in headers), body.get("request_id"))
    return found if isinstance(found, str) else None
