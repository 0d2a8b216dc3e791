"""However a socket cuts the bytes, the events are the same; wherever it ends, the text is kept."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from specforge_core.errors import ErrorCategory
from specforge_core.events import StreamEnd, Usage
from tests.core.lines import EVERY_LINE, WIRES, Line
from tests.core.reading import in_process, read_bytes
from tests.core.wire_calls import TEXTS, Outcome, collect, endpoint, text_of, thought_of, told
from tests.loopback import LoopbackProvider, Reply

THINKS = ["why", " 日本", " not"]
ODD_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00<"), min_size=1, max_size=12
)
QUICK = settings(max_examples=20, database=None, suppress_health_check=list(HealthCheck))
SERVED = settings(QUICK, max_examples=3)


def reply_of(line: Line, texts: list[str] | None = None) -> Reply:
    return line.stream(texts or TEXTS, **{line.thinking: THINKS})


def pieces(body: bytes, offsets: list[int]) -> list[bytes]:
    ends = [0, *sorted(at % (len(body) + 1) for at in offsets), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(ends)]


def last_counts(outcome: Outcome) -> list[object]:
    """The last counts and the end: counts in between may be passed on or not."""
    events, _ = outcome
    usages = [event for event in events if isinstance(event, Usage)]
    return [*usages[-1:], *(event for event in events if isinstance(event, StreamEnd))]


@EVERY_LINE
@QUICK
@given(offsets=st.lists(st.integers(0, 50_000), max_size=60))
@example(offsets=[])
@example(offsets=list(range(20_000)))
def test_any_split_of_the_bytes_gives_the_same_events(line: Line, offsets: list[int]) -> None:
    reply = reply_of(line)
    whole = read_bytes(line, reply, [reply.body])
    assert whole[1] is None
    assert text_of(whole[0]) == line.begin + "".join(TEXTS)
    found = read_bytes(line, reply, pieces(reply.body, offsets))
    assert told(found)[:2] == told(whole)[:2]
    assert found[1] is None
    assert last_counts(found) == last_counts(whole)


@EVERY_LINE
@QUICK
@given(texts=st.lists(ODD_TEXT, min_size=1, max_size=6), size=st.integers(1, 40))
def test_any_text_arrives_as_it_was_written(line: Line, texts: list[str], size: int) -> None:
    reply = reply_of(line, ["# A", *texts])
    found = read_bytes(line, reply, pieces(reply.body, list(range(size, len(reply.body), size))))
    assert found[1] is None
    assert text_of(found[0]) == line.begin + "# A" + "".join(texts)


@EVERY_LINE
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_any_line_end_gives_the_same_events(line: Line, ending: bytes) -> None:
    reply = reply_of(line)
    whole = read_bytes(line, reply, [reply.body])
    body = reply.body.replace(b"\r\n", b"\n").replace(b"\n", ending)
    for size in (1, 3, 1_000):
        found = read_bytes(line, reply, pieces(body, list(range(size, len(body), size))))
        assert found[1] is None
        assert told(found)[:2] == told(whole)[:2]
        assert last_counts(found) == last_counts(whole)


@EVERY_LINE
def test_a_cut_at_any_byte_keeps_a_prefix_and_is_told(line: Line) -> None:
    """Every byte, and so every half of an event, a line end or a character.

    Of vendors that share a reader, every seventh: together they meet all of them.
    """
    texts = ["# Día", " 日本🎉\n"]  # short: each byte of the body is a body to read
    reply = reply_of(line, texts)
    step = 1 if line in WIRES.values() else 7
    text = line.begin + "".join(texts)
    thoughts = thought_of(read_bytes(line, reply, [reply.body])[0])

    async def main() -> None:
        lengths: list[int] = []
        for end in [*range(0, len(reply.body) - 1, step), len(reply.body) - 1]:
            found = await in_process(line.provider, [reply.body[:end]], reply.headers)
            kept, error = text_of(found[0]), found[1]
            assert text.startswith(kept)
            assert thoughts.startswith(thought_of(found[0]))
            lengths.append(len(kept))
            if error is None:  # its finish reason was there, and no more was to come
                assert kept == text
            else:
                assert error.category is ErrorCategory.TRUNCATED_STREAM, (end, str(error))
                assert error.retryable
        assert lengths == sorted(lengths)
        assert lengths[-1] == len(text)

    asyncio.run(main())


@EVERY_LINE
@SERVED
@given(data=st.data())
def test_over_a_socket_a_split_or_a_cut_is_no_different(line: Line, data: st.DataObject) -> None:
    reply = reply_of(line)
    body = reply.body
    offsets = sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=12)))
    split = reply.split_at(*offsets)
    events = data.draw(st.integers(0, len(split.steps)))
    with LoopbackProvider() as server:
        server.reply(split, split.cut_after(events))

        async def main() -> tuple[Outcome, Outcome]:
            async with endpoint(server) as at:
                return await collect(line.provider, at), await collect(line.provider, at)

        whole, cut = asyncio.run(main())
    assert whole[1] is None
    assert text_of(whole[0]) == line.begin + "".join(TEXTS)
    sent = body[: ([0, *offsets, len(body)])[events]]
    expected = read_bytes(line, reply, [sent])
    assert told(cut)[:2] == told(expected)[:2]
    assert (cut[1] is None) == (expected[1] is None)
    assert cut[1] is None or cut[1].category is ErrorCategory.TRUNCATED_STREAM
