"""Chunks of HTTP that came together are handed on together; nothing else changes."""

from __future__ import annotations

import h11
import pytest
from h11._readers import READERS

from specforge_core.providers.chunked import join_chunks

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b"5\r\nfirst\r\n1;x=y\r\n \r\n6\r\nsecond\r\n"
END = b"0\r\n\r\n"


@pytest.fixture(autouse=True)
def joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READERS, h11.SEND_BODY, {**READERS[h11.SEND_BODY]})
    join_chunks()


def connection() -> h11.Connection:
    one = h11.Connection(h11.CLIENT)
    one.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    one.send(h11.EndOfMessage())
    one.receive_data(HEAD)
    assert isinstance(one.next_event(), h11.Response)
    return one


def events(one: h11.Connection, data: bytes) -> list[object]:
    """What the data brings: texts, and the type of anything else."""
    one.receive_data(data)
    found: list[object] = []
    while (event := one.next_event()) is not h11.NEED_DATA:
        found.append(bytes(event.data) if isinstance(event, h11.Data) else type(event))
        if isinstance(event, h11.EndOfMessage):
            break
    return found


def test_all_chunks_of_one_read_are_one_piece_and_the_end_follows() -> None:
    assert events(connection(), BODY + END) == [b"first second", h11.EndOfMessage]


def test_a_connection_serves_the_next_answer() -> None:
    one = connection()
    assert events(one, BODY + END)
    one.start_next_cycle()
    one.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    one.send(h11.EndOfMessage())
    assert events(one, HEAD + BODY + END) == [h11.Response, b"first second", h11.EndOfMessage]


@pytest.mark.parametrize("cut", range(1, len(BODY + END)))
def test_any_split_gives_the_same_text(cut: int) -> None:
    one, whole = connection(), BODY + END
    found = events(one, whole[:cut]) + events(one, whole[cut:])
    assert found.pop() is h11.EndOfMessage
    assert b"".join(found) == b"first second"  # type: ignore[arg-type]


def test_text_before_a_broken_chunk_is_handed_on_before_the_error() -> None:
    one = connection()
    one.receive_data(BODY + b"not a length\r\n")
    assert bytes(one.next_event().data) == b"first second"  # type: ignore[union-attr]
    with pytest.raises(h11.RemoteProtocolError, match="illegal chunk header"):
        one.next_event()


def test_a_body_that_breaks_off_is_an_error_after_its_text() -> None:
    one = connection()
    assert events(one, BODY) == [b"first second"]
    one.receive_data(b"")
    with pytest.raises(h11.RemoteProtocolError, match="incomplete chunked read"):
        one.next_event()
