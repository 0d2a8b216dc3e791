"""The one reader of server-sent events, on bytes, for every wire.

Lines end at LF, CRLF or CR and nowhere else: U+2028, U+2029 and U+0085 are
ordinary characters inside JSON. What one read of the socket completes is cut
out, decoded and passed on at once, which keeps an event well below a microsecond.
Names of events are left out: every wire says the same inside its JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator

from specforge_core.errors import ErrorCategory, ProviderError

MAX_EVENT_BYTES = 8 * 2**20
MAX_STREAM_BYTES = 256 * 2**20  # 128,000 tokens at 300 bytes each take 40 MB
_BOM = b"\xef\xbb\xbf"
# Gemini breaks a stream off with an error as plain JSON, outside the framing.
_BARE = ("{", "[{", "[\n")
_FIRST_DATA = re.compile(rb"^data: ?(.*)\n", re.MULTILINE)
_MARKS = re.compile(rb'["\\\[\]{}](?:(?<=\\).)?', re.DOTALL)  # a backslash takes the next byte


async def events(
    chunks: AsyncIterable[bytes], *, label: str = "The provider", address: str = ""
) -> AsyncGenerator[list[str]]:
    """Yield the data of all events that a chunk of bytes completes, if there are any.

    Bytes that are not UTF-8 become U+FFFD, as the standard says. A body that is
    one JSON object instead of a stream is yielded whole, as [body]; the elements
    of a JSON array are events. Raises `ProviderError(MALFORMED_STREAM)` for a web
    page, to whose sentence `address` is added, and for absurd sizes. The caller
    closes `chunks`.
    """
    stream = aiter(chunks)
    start = await _start(stream)
    if start[:1] == b"{":
        yield [await _whole(start, stream, label)]
        return
    if start[:1] == b"<":
        raise _malformed(
            f"{label} answered with a web page instead of a stream."
            f" Check its base URL, then try again.{address}"
        )
    splitter: _Splitter | _Elements = _Splitter(label)
    if start[:1] == b"[":
        splitter, start = _Elements(label), start[1:]
    if found := splitter.feed(start):
        yield found
    async for chunk in stream:
        if found := splitter.feed(chunk):
            yield found
    if found := splitter.finish():
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
    """Cuts a byte stream into events."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._buffer = bytearray()
        self._total = 0
        self._after_cr = False
        self._continues = False  # the data of the event under way takes several lines

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
        if cut < 0 and not self._continues:
            cut = self._end_of_line(searched)
        if cut < 0:
            return []
        self._continues = False
        # A whole event ends with a whole character.
        blocks = buffer[:cut].decode("utf-8", "replace").split("\n\n")
        # What is left of a blank line says nothing at the front of the next event.
        del buffer[: cut + 1]
        return [data for block in blocks for data in _data(block)]

    def _end_of_line(self, searched: int) -> int:
        """Where a stream without blank lines can be cut, as `_data` will understand; else -1."""
        end = self._buffer.rfind(b"}\n", searched)
        if end < 0 or not (first := _FIRST_DATA.search(self._buffer)):
            return -1
        if _is_json(first[1].decode("utf-8", "replace")):
            return end + 1
        self._continues = True  # asked once: one huge event must not be tried with every chunk
        return -1

    def finish(self) -> list[str]:
        """A last event without the blank line after it, if its data is whole.

        Where a stream was cut, its data is no JSON any more, and is left out.
        """
        found = map(str.strip, _data(self._buffer.decode("utf-8", "replace").strip()))
        return [data for data in found if data == "[DONE]" or _is_json(data)]


class _Elements:
    """Cuts a JSON array, from behind its first bracket, into elements as they are whole.

    Every byte is looked at once. An unfinished last element is never returned.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._buffer = bytearray()
        self._total = 0
        self._depth = 1
        self._in_string = False
        self._after_backslash = False
        self._over = False

    def feed(self, chunk: bytes) -> list[str]:
        """The elements that this chunk completes, without the commas and blanks between them."""
        if self._over or not chunk:
            return []
        before = len(self._buffer)
        self._buffer += chunk
        self._total += len(chunk)
        if len(self._buffer) > MAX_EVENT_BYTES or self._total > MAX_STREAM_BYTES:
            raise _too_large(self._label)
        found, done = [], 0
        for end in self._ends(chunk):
            found.append(self._buffer[done : before + end].decode("utf-8", "replace"))
            done = before + end
        del self._buffer[:done]
        return [text for element in found if (text := element.strip(", \t\r\n"))]

    def finish(self) -> list[str]:
        return []

    def _ends(self, chunk: bytes) -> Iterator[int]:
        """Where in the chunk an element ends; the array's last bracket ends what has none."""
        first = int(self._after_backslash)
        self._after_backslash = False
        for mark in _MARKS.finditer(chunk, first):
            token = mark[0]
            if token[:1] == b"\\":
                self._after_backslash = len(token) == 1
            elif token == b'"':
                self._in_string = not self._in_string
            elif self._in_string:
                continue
            elif token in (b"[", b"{"):
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    self._over = True
                    yield mark.start()
                    return
                if self._depth == 1:
                    yield mark.end()


def _data(block: str) -> list[str]:
    """The data of a block, or a bare JSON object; nothing for comments and blank lines.

    Hand-made servers end an event with one LF. A line that is JSON by itself cannot go on
    in the next one, so it is an event.
    """
    # Nearly every event has one line of data, on the Anthropic wire below its name.
    head, mark, data = block.partition("data: ")
    if mark and "\n" not in data and head[-1:] in ("", "\n") and "data" not in head:
        return [data]
    lines = [
        line[5:].removeprefix(" ") for line in block.split("\n") if line[:5] in ("data:", "data")
    ]
    if lines:
        return lines if len(lines) > 1 and _is_json(lines[0]) else ["\n".join(lines)]
    return [bare] if (bare := block.strip()).startswith(_BARE) else []


def _is_json(data: str) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return data[:1] in ("{", "[")


def _malformed(message: str) -> ProviderError:
    return ProviderError(ErrorCategory.MALFORMED_STREAM, message)


def _too_large(label: str) -> ProviderError:
    return _malformed(
        f"{label} sent more than one answer can hold, so it was stopped."
        " The text so far is kept; try again, or choose another model."
    )
