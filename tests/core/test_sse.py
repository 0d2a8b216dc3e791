"""The SSE reader: any split of the bytes gives the same events."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Iterable

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.providers.sse import MAX_EVENT_BYTES, MAX_STREAM_BYTES, events
from tests.growth import in_linear_time

TEXT = "naïve 日本語 🎉 \u2028 \u2029 \u0085 end"
RECORDING = (
    b": OPENROUTER PROCESSING\n\n"
    b"event: ping\ndata: {}\n\n"
    + b"data: "
    + json.dumps({"t": TEXT}, ensure_ascii=False).encode()
    + b"\n\n"
    b"id: 7\nretry: 10\ndata: one\ndata: two\n\n"
    b"data:no space\n\n\n\n"
    b"data\n\n"
    b"data: [DONE]\n\n"
)
EXPECTED = [
    "{}",
    json.dumps({"t": TEXT}, ensure_ascii=False),
    "one\ntwo",
    "no space",
    "",
    "[DONE]",
]


async def _chunks(chunks: Iterable[bytes]) -> AsyncGenerator[bytes]:
    for chunk in chunks:
        yield chunk


async def collect(*chunks: bytes) -> list[str]:
    return [data async for completed in events(_chunks(chunks)) for data in completed]


def read(*chunks: bytes) -> list[str]:
    return asyncio.run(collect(*chunks))


def line_ends(kind: bytes) -> bytes:
    return RECORDING.replace(b"\n", kind)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_split_in_two_gives_the_same_events(end: bytes) -> None:
    recording = line_ends(end)

    async def all_splits() -> None:
        for at in range(len(recording) + 1):
            assert await collect(recording[:at], recording[at:]) == EXPECTED, at

    asyncio.run(all_splits())


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_single_bytes_and_random_splits_give_the_same_events(end: bytes) -> None:
    recording = line_ends(end)
    assert read(*(recording[i : i + 1] for i in range(len(recording)))) == EXPECTED
    chance = random.Random(7)
    for _ in range(50):
        cuts = sorted(chance.sample(range(len(recording)), 9))
        spans = zip([0, *cuts], [*cuts, len(recording)], strict=True)
        assert read(*(recording[a:b] for a, b in spans)) == EXPECTED


def test_mixed_line_ends_are_understood() -> None:
    assert read(b"data: a\r\n\ndata: b\r\rdata: c\n\r\n") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("block", "data"),
    [
        (b"event: delta\ndata: a", "a"),
        (b"event: data: b\ndata: a", "a"),
        (b"event: data\ndata:b\ndata: a", "b\na"),
        (b"data:b\ndata: a", "b\na"),
        (b"data\ndata: a", "\na"),
        (b"data: a data: b", "a data: b"),
        (b"metadata: b\ndata: a", "a"),
        (b"data: a\nid: 1", "a"),
        (b"data:  a\ndatabase: b", " a"),
    ],
)
def test_only_the_lines_of_data_are_taken(block: bytes, data: str) -> None:
    assert read(block + b"\n\n") == [data]


@pytest.mark.parametrize("block", [b"metadata: b", b"event: data: b", b": data: b", b"id: 1"])
def test_a_block_without_a_line_of_data_is_no_event(block: bytes) -> None:
    assert read(block + b"\n\n") == []


def test_what_one_chunk_completes_comes_at_once() -> None:
    async def completed() -> list[list[str]]:
        return [
            found async for found in events(_chunks([b"data: a\n\ndata: b\n\nda", b"ta: c\n\n"]))
        ]

    assert asyncio.run(completed()) == [["a", "b"], ["c"]]


def test_an_unfinished_last_event_is_not_an_event() -> None:
    assert read(b"data: whole\n\ndata: half") == ["whole"]
    assert read(b"data: whole\n\ndata: half\n") == ["whole"]


@pytest.mark.parametrize("at", range(4))
def test_a_byte_order_mark_is_skipped_wherever_it_is_split(at: int) -> None:
    body = b"\xef\xbb\xbfdata: a\n\n"
    assert read(body[:at], body[at:]) == ["a"]


def test_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    assert read(b"data: a\xffb\n\n") == ["a\ufffdb"]


def test_an_empty_body_has_no_events() -> None:
    assert read() == []
    assert read(b"", b"\n", b"\n\n") == []


def test_a_json_body_is_yielded_whole() -> None:
    assert read(b' {"error"', b': "no"}\n') == ['{"error": "no"}\n']


def test_a_web_page_is_an_error_that_names_the_base_url() -> None:
    with pytest.raises(ProviderError, match=r"web page.*base URL") as failed:
        read(b"<!doctype html>", b"<p>Welcome</p>")
    assert failed.value.category is ErrorCategory.MALFORMED_STREAM


# --- a JSON array instead of a stream ----------------------------------------

ELEMENTS = [
    json.dumps({"t": TEXT, "list": [1, [2, {}]]}, ensure_ascii=False),
    json.dumps({"t": 'a "quoted" ]}[{ \\ \\" end\\', "u": "\U0001f389"}),
    json.dumps({"deep": {"a": {"b": []}}}, indent=2),
    "[1, 2]",
]
ARRAY = ("[" + "\n,\r\n".join(ELEMENTS) + "\n]\r\n").encode()


def test_every_split_of_an_array_gives_the_same_elements() -> None:
    async def all_splits() -> None:
        for at in range(len(ARRAY) + 1):
            assert await collect(ARRAY[:at], ARRAY[at:]) == ELEMENTS, at
        for size in (1, 2, 3, 7):
            chunks = (ARRAY[at : at + size] for at in range(0, len(ARRAY), size))
            assert await collect(*chunks) == ELEMENTS, size
        assert await collect(b"\xef\xbb\xbf \r\n", ARRAY) == ELEMENTS

    asyncio.run(all_splits())


def test_an_array_is_read_as_it_grows_and_what_was_whole_survives_a_cut() -> None:
    async def completed() -> list[list[str]]:
        chunks = (ARRAY[at : at + 1] for at in range(len(ARRAY)))
        return [found async for found in events(_chunks(chunks))]

    assert asyncio.run(completed()) == [[element] for element in ELEMENTS]
    ends = [ARRAY.index(element.encode()) + len(element.encode()) for element in ELEMENTS]
    for at in range(len(ARRAY)):
        whole = sum(end <= at for end in ends)
        assert read(ARRAY[:at]) == ELEMENTS[:whole], at


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b"[]", []),
        (b" [ \n ] ", []),
        (b"[", []),
        (b"[1, 2]", ["1, 2"]),
        (b'["a]", {"b": 1}]', ['"a]", {"b": 1}']),
        (b'[{"a": 1}, nonsense]', ['{"a": 1}', "nonsense"]),
        (b'[{"a": 1}] and more', ['{"a": 1}']),
        (b'[{"a": 1}\n{"error": 2}', ['{"a": 1}', '{"error": 2}']),
        (b'[{"a": "\xff"}]', ['{"a": "\ufffd"}']),
    ],
)
def test_an_array_of_other_things_hides_nothing(body: bytes, elements: list[str]) -> None:
    assert read(body) == elements
    assert read(*(body[at : at + 1] for at in range(len(body)))) == elements


@pytest.mark.parametrize(
    ("begin", "piece", "end", "count"),
    [(b'{"a":"', b"x", b'"}', 100_000), (b"", b"[", b"]", 4_000)],
    ids=["text", "deep"],
)
def test_a_huge_element_costs_linear_time(
    begin: bytes, piece: bytes, end: bytes, count: int
) -> None:
    """A reader that starts anew with every chunk would need the square of it."""

    def element(count: int) -> bytes:
        return begin + piece * count + end * (1 if begin else count)

    async def found(element: bytes) -> list[list[str]]:
        body = b"[" + element + b"]"
        chunks = _chunks(body[at : at + 64] for at in range(0, len(body), 64))
        return [found async for found in events(chunks)]

    huge, (elements,) = in_linear_time(lambda huge: asyncio.run(found(huge)), element, count)
    assert elements == [huge.decode()]


def test_an_endless_array_is_bounded() -> None:
    element = b'{"a":"' + b"x" * 2**20 + b'"},'

    async def consume() -> int:
        taken = 0
        async for found in events(_chunks(b"[" if n == 0 else element for n in range(2**20))):
            taken += len(found[0])
            assert taken <= MAX_STREAM_BYTES
        return taken

    with pytest.raises(ProviderError, match="more than one answer can hold"):
        asyncio.run(consume())


# --- plain JSON between events -----------------------------------------------

ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n"], ids=["bare", "line", "block"])
@pytest.mark.parametrize("bare", [ERROR, [ERROR]], ids=["object", "list"])
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "lines"])
def test_json_outside_the_framing_is_an_event_however_it_is_split(
    end: str, last: str, bare: object, indent: int | None
) -> None:
    text = json.dumps(bare, indent=indent)
    body = ("data: a\n\n" + text + last).replace("\n", end).encode()

    async def all_splits() -> None:
        for at in range(len(body) + 1):
            assert await collect(body[:at], body[at:]) == ["a", text], at
        assert await collect(*(body[at : at + 1] for at in range(len(body)))) == ["a", text]

    asyncio.run(all_splits())


def test_json_outside_the_framing_that_is_cut_is_no_event() -> None:
    body = b'data: a\n\n{"error": {"code": 503'
    for at in range(len(b"data: a\n\n"), len(body) + 1):
        assert read(body[:at]) == ["a"]


# --- limits ------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [b"data: ", b"{", b": ", b"[", b'["'],
    ids=["event", "json", "comment", "array", "text"],
)
def test_an_event_without_end_is_bounded(first: bytes) -> None:
    taken = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal taken
        yield first
        while True:
            taken += 2**16
            yield b"x" * 2**16

    async def consume() -> None:
        async for _ in events(endless()):
            pass

    with pytest.raises(ProviderError, match="more than one answer can hold") as failed:
        asyncio.run(consume())
    assert failed.value.category is ErrorCategory.MALFORMED_STREAM
    assert taken <= MAX_EVENT_BYTES + 2**17
