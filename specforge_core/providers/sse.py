"""The one reader of server-sent events, on bytes, for every wire.

Lines end at LF, CRLF or CR and nowhere else: U+2028, U+2029 and U+0085 are
ordinary characters inside JSON. What one read of the socket completes is cut
out, decoded and passed on at once, which keeps an event well below a microsecond.
Names of events are left out: every wire says the same inside its JSON.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator

from specforge_core.errors import ErrorCategory, ProviderError

MAX_EVENT_BYTES = 8 * 2**20
MAX_STREAM_BYTES = 256 * 2**20  # 128,000 tokens at 300 bytes each take 40 MB
_BOM = b"\xef\xbb\xbf"


async def events(
    chunks: AsyncIterable[bytes], *, label: str = "The provider"
) -> AsyncGenerator[list[str]]:
    """Yield the data of all events that a chunk of bytes completes, if there are any.

    Bytes that are not UTF-8 become U+FFFD, as the standard says. A body that is
    one JSON document instead of a stream is yielded whole, as [body]. Raises
    `ProviderError(MALFORMED_STREAM)` for a web page and for absurd sizes. The
    caller closes `chunks`.
    """
    stream = aiter(chunks)
    start = await _start(stream)
    if start[:1] in (b"{", b"["):
        yield [await _whole(start, stream, label)]
        return
    if start[:1] == b"<":
        raise _malformed(
            f"{label} answered with a web page instead of a stream."
            " Check its base URL, then Resume."
        )
    splitter = _Splitter(label)
    if found := splitter.feed(start):
        yield found
    async for chunk in stream:
        if found := splitter.feed(chunk):
            yield found


async def _start(stream: AsyncIterator[bytes]) -> bytes:
    """The first bytes of the body, up to the first one that tells what it is, without a BOM."""
    start = b""
    async for chunk in stream:
        start += chunk
        if len(start) < len(_BOM) and _BOM.startswith(start):
            continue
        start = start.removeprefix(_BOM)
        if content := start.lstrip():
            return content if content[:1] in (b"{", b"[", b"<") else start
        start = start[-1:]  # blank lines say nothing, however many are sent
    return start


async def _whole(start: bytes, stream: AsyncIterator[bytes], label: str) -> str:
    body = bytearray(start)
    async for chunk in stream:
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise _too_large(label)
    return body.decode("utf-8", "replace")


class _Splitter:
    """Cuts a byte stream into events; an unfinished last one is never returned."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._buffer = bytearray()
        self._total = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of the events that this chunk completes."""
        buffer = self._buffer
        self._total += len(chunk)
        if self._after_cr and chunk:  # a CRLF split between two chunks is one line end
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        # Only new bytes are searched, so that one huge event costs linear time.
        searched = max(0, len(buffer) - 1)
        buffer += chunk
        if len(buffer) > MAX_EVENT_BYTES or self._total > MAX_STREAM_BYTES:
            raise _too_large(self._label)
        cut = buffer.rfind(b"\n\n", searched)
        if cut < 0:
            return []
        # A whole event ends with a whole character.
        blocks = buffer[:cut].decode("utf-8", "replace").split("\n\n")
        del buffer[: cut + 2]
        return [data for block in blocks if (data := _data(block)) is not None]


def _data(block: str) -> str | None:
    """The data lines of a block; None for comments, retry hints and blank lines."""
    # Nearly every event has one line of data, on the Anthropic wire below its name.
    head, mark, data = block.partition("data: ")
    if mark and "\n" not in data and head[-1:] in ("", "\n") and "data" not in head:
        return data
    lines = [
        line[5:].removeprefix(" ") for line in block.split("\n") if line[:5] in ("data:", "data")
    ]
    return "\n".join(lines) if lines else None


def _malformed(message: str) -> ProviderError:
    return ProviderError(ErrorCategory.MALFORMED_STREAM, message)


def _too_large(label: str) -> ProviderError:
    return _malformed(
        f"{label} sent more than one answer can hold, so it was stopped."
        " The text so far is kept; press Resume, or choose another model."
    )
