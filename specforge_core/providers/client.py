"""One HTTP client for all providers, so that connections are reused and limits are common."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import TYPE_CHECKING

from specforge_core.errors import InvalidSetting

if TYPE_CHECKING:
    import httpx2

    from specforge_core.providers.wire import Endpoint

CONNECT_S = 10.0
WRITE_S = 30.0
POOL_S = 10.0  # waiting for a free connection
MAX_CONNECTIONS = 1_000
IDLE_CONNECTIONS = 100
MAX_ERROR_BYTES = 64 * 2**10  # decoded; the SDKs read the whole body of an error
# Seconds that one of many readers leaves its socket alone before a read, for each of them. A
# read costs 200 µs in the HTTP client, however little it brings, so its number is what to save:
# with these, 200 answers at 60 tokens/s take 0.8 of a core, and text is 0.1 s late at most.
REST_S = 0.0008
LONGEST_REST_S = 0.1
FEW = 25  # answers at once that are read as they come
ERROR_BODY_S = 5.0  # for the body of an error; its status says enough
IDLE_S = 60.0  # how long an idle connection is kept: a section follows a section within seconds

# They log addresses and the headers of answers, either of which may hold a key.
TALKATIVE = ("httpx2", "httpcore2", "openai", "anthropic")


class Rests:
    """In the place of a connection's `read`: waits before it, so that a read brings more.

    Only here is it known that the socket is read: one read may hold many of an answer's
    chunks, and a rest between those would slow the answer down.
    """

    def __init__(
        self, read: Callable[..., Awaitable[bytes]], rest: Callable[[], Awaitable[None]]
    ) -> None:
        self._read = read
        self._rest = rest
        self.on = False

    async def __call__(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as what it stands for is called
    ) -> bytes:
        if self.on:
            await self._rest()
        return await self._read(max_bytes, timeout)


def _rests(response: httpx2.Response, rest: Callable[[], Awaitable[None]]) -> Rests:
    """Those of the response's connection, which keeps them for its later answers."""
    stream = response.extensions.get("network_stream")
    if stream is None:  # a transport without sockets
        return Rests(response.aread, rest)
    if not isinstance(stream.read, Rests):
        stream.read = Rests(stream.read, rest)
    found: Rests = stream.read
    return found


class SharedClient:
    """Owner of the one `httpx2.AsyncClient` of an event loop.

    The client comes to life on first use, because a process that stays offline
    should not pay for the import. Call `get` and `aclose` in the same loop.
    """

    def __init__(self) -> None:
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readers = 0

    @contextmanager
    def reading(self, response: httpx2.Response) -> Iterator[Rests]:
        """Counts an answer that is being read; its connection rests once `on` is set."""
        rests = _rests(response, self._rest)
        self._readers += 1
        try:
            yield rests
        finally:
            self._readers -= 1
            rests.on = False  # the next answer on this connection shall begin without a rest

    async def _rest(self) -> None:
        if self._readers > FEW:
            await asyncio.sleep(min(REST_S * self._readers, LONGEST_REST_S))

    def get(self) -> httpx2.AsyncClient:
        """The client of the running loop. A RuntimeError tells of use from a second loop."""
        loop = asyncio.get_running_loop()
        if self._client is None:
            self._client, self._loop = _made(), loop
        if self._loop is not loop:
            raise RuntimeError("A SharedClient belongs to the event loop that used it first.")
        return self._client

    async def aclose(self) -> None:
        """Close every connection. Harmless when nothing was opened; `get` then starts anew."""
        client, self._client, self._loop = self._client, None, None
        if client is not None:
            await client.aclose()


def _made() -> httpx2.AsyncClient:
    """Raises `InvalidSetting` for a broken installation, or a proxy that cannot be used."""
    try:
        import httpcore2  # noqa: F401
        import httpx2  # noqa: F401
    except ImportError as exc:
        raise InvalidSetting(
            f"The HTTP client cannot be loaded ({exc}). Remove .venv and start SpecForge with"
            " make run, which installs it anew."
        ) from exc
    try:
        return _new_client()
    except (ImportError, ValueError) as exc:
        raise InvalidSetting(
            "The proxy in ALL_PROXY, HTTPS_PROXY or HTTP_PROXY cannot be used"
            f" ({str(exc).partition('. ')[0]}). Set one that begins with http:// or"
            " socks5://."
        ) from exc


def _new_client() -> httpx2.AsyncClient:
    import httpx2

    from specforge_core.providers.chunked import join_chunks

    join_chunks()
    for logger in map(logging.getLogger, TALKATIVE):
        if logger.level == logging.NOTSET:  # who sets a level of its own means it
            logger.setLevel(logging.WARNING)
    return httpx2.AsyncClient(
        # No read timeout: keep-alive bytes would re-arm it for ever. The guard's
        # deadlines on content end a dead socket too.
        timeout=httpx2.Timeout(connect=CONNECT_S, read=None, write=WRITE_S, pool=POOL_S),
        limits=httpx2.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_S,
        ),
        # A redirect would carry the prompt to an address that nobody checked.
        follow_redirects=False,
        # Text is small; a packed body could grow a thousandfold after its size was checked.
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [_shorten_error]},
    )


async def _shorten_error(response: httpx2.Response) -> None:
    """Leave the SDK at most `MAX_ERROR_BYTES` of the body of whatever is no success.

    A body that breaks off, or was packed wrongly, keeps its status: that says more.
    """
    import httpx2

    if response.status_code < 300:
        return
    body = bytearray()
    whole = httpx2.Response(
        response.status_code,
        headers=response.headers,
        stream=response.stream,
        request=response.request,
    )
    with suppress(httpx2.RequestError, TimeoutError):
        async with asyncio.timeout(ERROR_BODY_S), aclosing(whole.aiter_bytes()) as chunks:
            async for chunk in chunks:
                body += chunk[: MAX_ERROR_BYTES - len(body)]
                if len(body) == MAX_ERROR_BYTES:
                    break
    response.headers.pop("content-encoding", None)
    response.stream = httpx2.ByteStream(bytes(body))


def shared(endpoint: Endpoint) -> SharedClient:
    if endpoint.client is None:
        raise ValueError("A wire that uses the network needs an Endpoint with a SharedClient.")
    return endpoint.client


def http(endpoint: Endpoint) -> httpx2.AsyncClient:
    """The HTTP client that a network wire is given."""
    return shared(endpoint).get()
