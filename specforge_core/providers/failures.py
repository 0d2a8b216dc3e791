"""Every failure of a provider, translated once into a `ProviderError` with a sentence for a person.

The words come from `failure_tables`; a provider's own message is added where it
helps, as `scrub` leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from specforge_core.errors import ErrorCategory, InvalidSetting, ProviderError
from specforge_core.providers.failure_details import category_in, wait_in, wait_in_headers
from specforge_core.providers.failure_shapes import (
    detail_in,
    number_in,
    outer_and_inner,
    request_id_in,
    status_in,
    wait_in_words,
)
from specforge_core.providers.failure_tables import (
    ASKED_AT,
    ASKED_WITHOUT_V1,
    BAD_KEY,
    BAD_URL,
    BY_BASE_RESP,
    BY_CODE,
    BY_PHRASE,
    BY_STATUS,
    DECISIVE,
    MOVED,
    NO_KEY,
    NOT_FOUND,
    UNEXPECTED_ENDPOINT,
    UNREACHABLE,
    WORDS,
)
from specforge_core.providers.rows import Provider
from specforge_core.providers.scrub import one_line, shown
from specforge_core.providers.wire import Endpoint

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
    request_id: str | None = None,
) -> ProviderError:
    """The error that a body describes, whichever of the known shapes it has.

    `{"error": {message, type, code}}`, `{"error": "text"}`, a flat `{message, type,
    code}`, `{"detail": …}`, a list around one of them, or MiniMax's `base_resp`.
    Google's `details` decide where they are there. request_id: of the answer, for an
    error inside it.
    """
    headers = headers or {}
    outer, inner = outer_and_inner(body)
    if status is None:
        status = status_in(inner)
    detail = detail_in(outer, inner)
    category = BY_BASE_RESP.get(number_in(outer, inner) or 0)
    category = category or category_in(inner, detail) or _category(inner, status, detail, provider)
    waits = [wait_in_headers(headers)]
    if category is not ErrorCategory.QUOTA:  # a day's limit asks for seconds
        waits += [wait_in(inner, detail), wait_in_words(detail)]
    wait_s = next((wait for wait in waits if wait is not None), None)
    words = MOVED if status and 300 <= status < 400 else ""
    if status in (404, 405) or UNEXPECTED_ENDPOINT in detail.lower():
        words = NOT_FOUND + asked_at(provider, endpoint)
    return _error(
        category,
        provider,
        endpoint,
        words=words,
        detail=detail,
        status=status,
        retry_after_s=wait_s,
        request_id=request_id_in(headers, outer, inner) or request_id,
    )


def malformed(
    provider: Provider, endpoint: Endpoint, detail: str = "", request_id: str | None = None
) -> ProviderError:
    """The error for bytes that are no message of the wire."""
    return _error(
        ErrorCategory.MALFORMED_STREAM, provider, endpoint, detail=detail, request_id=request_id
    )


def blocked(
    provider: Provider, endpoint: Endpoint, detail: str, request_id: str | None
) -> ProviderError:
    """The error for a prompt that a filter kept from the model."""
    return _error(
        ErrorCategory.CONTENT_FILTER, provider, endpoint, detail=detail, request_id=request_id
    )


def asked_at(provider: Provider, endpoint: Endpoint) -> str:
    """A sentence that names the address of a request, "" where the vendor's own was asked."""
    if not endpoint.asked or endpoint.base_url == provider.base_url:
        return ""
    asked = shown(endpoint.asked)
    # So the base URL of a server that speaks OpenAI's wire has no path of its own.
    words = ASKED_WITHOUT_V1 if urlsplit(asked).path == "/chat/completions" else ASKED_AT
    return words.format(asked=one_line(asked, endpoint.api_key), url=provider.url_var)


def _from_exception(exc: Exception, provider: Provider, endpoint: Endpoint) -> ProviderError | None:
    import httpx2

    if isinstance(exc, InvalidSetting):
        return ProviderError(ErrorCategory.BAD_REQUEST, str(exc))
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


def _category(
    inner: Mapping[str, Any], status: int | None, detail: str, provider: Provider
) -> ErrorCategory:
    kind = str(inner.get("type") or inner.get("status"))
    said = detail.lower()
    if decided := _phrased(DECISIVE, said):
        return decided
    code = str(inner.get("code"))
    own = provider.error_codes if status is None or status < 500 else {}
    named = own.get(code) or BY_CODE.get(code) or BY_CODE.get(kind)
    if named is ErrorCategory.SERVER and status is not None:
        # Ollama calls every error of the request an `api_error`, OpenAI a 503 a `server_error`.
        named = BY_STATUS.get(status, named) if status >= 500 else None
    if named:
        return named
    if status in (None, 400, 403, 422) and (phrased := _phrased(BY_PHRASE, said)):
        return phrased
    if status is None:
        known = kind == "invalid_request_error"
        return ErrorCategory.BAD_REQUEST if known else ErrorCategory.UNKNOWN
    other = ErrorCategory.SERVER if status >= 500 else ErrorCategory.BAD_REQUEST
    return BY_STATUS.get(status, other)


def _phrased(table: Mapping[str, ErrorCategory], said: str) -> ErrorCategory | None:
    return next((category for phrase, category in table.items() if phrase in said), None)


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
        message += f" It said: “{quote.removesuffix('.')}”."
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
        base_url.encode()
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    web = parts.scheme in ("http", "https") and host
    return parts.netloc.rpartition("@")[2] if web else ""


def _json(response: Any) -> object:
    try:
        return response.json()
    except (ValueError, RuntimeError):  # not JSON, nested too deeply, or never read
        return {}
