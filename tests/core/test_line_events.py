"""Hand-made servers that end an event with one line end, and leave the blank line out."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator

import pytest

from specforge_core.errors import ErrorCategory
from specforge_core.providers.sse import events
from tests.core.lines import EVERY_WIRE, Line
from tests.core.reading import read_bytes
from tests.core.wire_calls import TEXTS, told
from tests.growth import in_linear_time


def lines_only(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n\n", b"\n")


async def read(*chunks: bytes) -> list[list[str]]:
    """The data of the events, by the chunk that completed them."""

    async def sent() -> AsyncGenerator[bytes]:
        for chunk in chunks:
            yield chunk

    return [found async for found in events(sent())]


@EVERY_WIRE
@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_events_of_one_line_are_read_like_any_others(line: Line, size: int) -> None:
    reply = line.stream(TEXTS)
    body = lines_only(reply.body)
    found = read_bytes(line, reply, [body[at : at + size] for at in range(0, len(body), size)])
    assert told(found) == told(read_bytes(line, reply, [reply.body]))
    assert found[1] is None


@EVERY_WIRE
def test_events_of_one_line_that_are_cut_keep_their_text_and_are_told(line: Line) -> None:
    reply = line.stream(TEXTS)
    body = lines_only(reply.body)
    for end in range(0, len(body), 3):
        text, _, _, error = told(read_bytes(line, reply, [body[:end]]))
        assert "".join(TEXTS).startswith(text)
        if error is None:  # its finish reason was there, and no more was to come
            assert text == "".join(TEXTS)
        else:
            assert error.category is ErrorCategory.TRUNCATED_STREAM


def test_an_event_of_one_line_is_read_as_soon_as_it_is_whole() -> None:
    assert asyncio.run(read(b'data: {"a":', b" 1}\n", b'data: {"b": 2}\n: x\nda', b"ta: {}")) == [
        ['{"a": 1}'],
        ['{"b": 2}'],
        ["{}"],
    ]


@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_json_that_goes_on_over_several_lines_of_data_stays_one_event(size: int) -> None:
    data = '{\n"a": [{}\n,\n{}\n]\n}'
    event = "".join(f"data: {line}\n" for line in data.split("\n")) + "\n"
    body = (event + "data: one\ndata: {}\n\n" + event).encode()
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    found = itertools.chain.from_iterable(asyncio.run(read(*chunks)))
    assert list(found) == [data, "one\n{}", data]


def test_a_huge_event_of_many_lines_costs_linear_time() -> None:
    """A reader that tried the first line again with every chunk would need the square of it."""

    def chunks(lines: int) -> list[bytes]:
        body = b"data: [" + b"1," * 16 * lines + b"\n" + b"data: {}\n" * lines
        return [body[at : at + 64] for at in range(0, len(body), 64)]

    _, found = in_linear_time(lambda chunks: asyncio.run(read(*chunks)), chunks, 700)
    assert found == []
