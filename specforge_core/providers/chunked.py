"""What one read of the socket brought of a chunked body, handed on as one piece.

Providers send each delta as an HTTP chunk of its own, and a chunk costs about 60 µs on its
way up through the HTTP client. h11 stays the one that reads them.
"""

from __future__ import annotations

from typing import cast

from h11 import SEND_BODY, Data, EndOfMessage, LocalProtocolError, RemoteProtocolError
from h11._readers import READERS, ChunkedReader
from h11._receivebuffer import ReceiveBuffer


class JoinedChunks(ChunkedReader):
    """In the place of h11's reader of chunked bodies."""

    def __init__(self) -> None:
        super().__init__()
        self._next: EndOfMessage | LocalProtocolError | RemoteProtocolError | None = None

    def __call__(self, buf: ReceiveBuffer) -> Data | EndOfMessage | None:
        """All the data in the buffer; what follows it, good or bad, comes with the next call."""
        if self._next is not None:
            event, self._next = self._next, None
            if isinstance(event, Exception):
                raise event
            return event
        first = super().__call__(buf)
        if not isinstance(first, Data):
            return first
        pieces = [first.data]
        try:
            while isinstance(more := super().__call__(buf), Data):
                pieces.append(more.data)
            self._next = more
        except (LocalProtocolError, RemoteProtocolError) as exc:
            self._next = exc
        return Data(data=b"".join(pieces))


def join_chunks() -> None:
    """For every connection of the process from now on: h11 lets nobody choose for one alone."""
    cast("dict[str, type[ChunkedReader]]", READERS[SEND_BODY])["chunked"] = JoinedChunks
