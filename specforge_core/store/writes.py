"""How text and events become stored rows: one statement for each kind of them, for all runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Event,
    RunFinished,
    RunStarted,
    RunWaiting,
    SectionFinished,
    SectionStarted,
)
from specforge_core.ids import new_id
from specforge_core.intake import ANSWER_MAX
from specforge_core.store.sql import queries

Column = Callable[[Any], object]  # an event's value for a list parameter


@dataclass(slots=True)
class Chunk:
    """Text of one section that came between two commits. `received`: the first piece of it."""

    run_id: str
    seq: int
    section: str
    attempt: int
    received: datetime
    pieces: list[str] = field(default_factory=list)
    tokens: int = 0


def append_chunks(cursor: Any, chunks: Sequence[Chunk], moment: datetime) -> None:
    """`moment` is stored as the time at which they reached the disk."""
    if chunks:
        queries().append_chunks(
            cursor,
            run_ids=[chunk.run_id for chunk in chunks],
            seqs=[chunk.seq for chunk in chunks],
            sections=[chunk.section for chunk in chunks],
            attempts=[chunk.attempt for chunk in chunks],
            contents=["".join(chunk.pieces) for chunk in chunks],
            tokens=[chunk.tokens for chunk in chunks],
            received=[chunk.received for chunk in chunks],
            stored_at=moment,
        )


def apply(cursor: Any, events: Iterable[Event]) -> None:
    """Changes the rows of runs, sections and calls; their text must be stored before.

    Grouping by kind keeps the meaning of the order: of two events about the same
    row the one whose kind stands later in `WRITES` came later.
    """
    by_kind: defaultdict[type[Event], list[Any]] = defaultdict(list)
    for event in events:
        by_kind[type(event)].append(event)
    # Of all that a run waited for, only the last is true.
    by_kind[RunWaiting] = list({one.run_id: one for one in by_kind[RunWaiting]}.values())
    for kind, (query, columns) in WRITES.items():
        if found := by_kind[kind]:
            lists = {name: [value(event) for event in found] for name, value in columns.items()}
            getattr(queries(), query)(cursor, **lists)
    calls = [*by_kind[CallStarted], *by_kind[CallFinished]]
    latest: dict[tuple[str, str, int], str] = {}
    for call in calls:  # a later call has a greater id
        where = (call.run_id, call.section, call.attempt)
        latest[where] = max(call.call_id, latest.get(where, ""))
    if latest:
        queries().name_authors(cursor, call_ids=list(latest.values()))
    _log(cursor, by_kind[RunStarted], by_kind[RunFinished])
    _keep_suggestions(cursor, by_kind[SectionFinished])
    # A shutdown has no time for versions.
    ended = [one for one in by_kind[RunFinished] if one.end_reason is not EndReason.INTERRUPTED]
    keep_versions(cursor, {event.run_id: event.moment for event in ended})


@dataclass(frozen=True, slots=True)
class Change:
    """What a person did to a document: the kind of version it makes, who, and in what words."""

    kind: str
    author: str | None = None
    note: str | None = None


def keep_versions(
    cursor: Any, moments: Mapping[str, datetime], change: Change | None = None
) -> None:
    """The documents of runs, as they are now, become versions of their artifacts.

    `moments` by run. `change` None: their runs have written them.
    """
    if moments:
        version_ids = [new_id() for _ in moments]
        queries().keep_versions(
            cursor,
            version_ids=version_ids,
            run_ids=list(moments),
            moments=list(moments.values()),
            kind=change.kind if change else None,
            author=change.author if change else None,
            note=change.note if change else None,
        )
        queries().keep_version_sections(cursor, version_ids=version_ids, run_ids=list(moments))


def _keep_suggestions(cursor: Any, finished: list[SectionFinished]) -> None:
    """Of sections that have ended whole, those that suggest an answer become one."""
    whole = [one for one in finished if one.end_reason is EndReason.COMPLETE]
    if whole:
        queries().keep_suggestions(
            cursor,
            run_ids=[one.run_id for one in whole],
            sections=[one.section for one in whole],
            attempts=[one.attempt for one in whole],
            longest=ANSWER_MAX,
        )


def _log(cursor: Any, started: list[RunStarted], finished: list[RunFinished]) -> None:
    kinds = ["generation_start"] * len(started)
    kinds += [f"generation_{_OUTCOME[event.end_reason]}" for event in finished]
    if kinds:
        queries().insert_events(
            cursor,
            event_ids=[new_id() for _ in kinds],
            kinds=kinds,
            run_ids=[one.run_id for one in started] + [one.run_id for one in finished],
            moments=[one.moment for one in started] + [one.moment for one in finished],
            project_id=None,
        )


_OUTCOME = {
    EndReason.COMPLETE: "complete",
    EndReason.TRUNCATED: "complete",
    EndReason.CANCELLED: "cancelled",
    EndReason.PROVIDER_ERROR: "error",
    EndReason.INTERRUPTED: "error",
}


def _of_failure(name: str) -> Column:
    return lambda event: getattr(event.failure, name) if event.failure else None


_ATTEMPT: dict[str, Column] = {"run_ids": attrgetter("run_id"), "attempts": attrgetter("attempt")}
_MOMENT: dict[str, Column] = {"moments": attrgetter("moment")}
_SECTION: dict[str, Column] = {**_ATTEMPT, "sections": attrgetter("section")}
_ERROR: dict[str, Column] = {
    "error_categories": _of_failure("category"),
    "error_messages": _of_failure("message"),
}

# Each kind of event: its query, and the query's list parameters.
WRITES: Mapping[type[Event], tuple[str, Mapping[str, Column]]] = {
    RunStarted: ("start_runs", {**_ATTEMPT, **_MOMENT}),
    SectionStarted: ("start_sections", {**_SECTION, **_MOMENT, "receipts": attrgetter("receipt")}),
    CallStarted: (
        "insert_calls",
        {
            **_SECTION,
            **_MOMENT,
            "call_ids": attrgetter("call_id"),
            "providers": attrgetter("provider"),
            "models": attrgetter("model"),
            "stream_modes": attrgetter("stream_mode"),
            "queue_waits_s": attrgetter("queue_wait_s"),
        },
    ),
    RunWaiting: (
        "tell_waiting",
        {**_ATTEMPT, "reasons": attrgetter("reason"), "untils": attrgetter("until")},
    ),
    CallFinished: (
        "finish_calls",
        {
            **_ERROR,
            "call_ids": attrgetter("call_id"),
            "ttfts_s": attrgetter("ttft_s"),
            "ttfas_s": attrgetter("ttfa_s"),
            "durations_s": attrgetter("duration_s"),
            "decode_tps": attrgetter("decode_tps"),
            "input_tokens": attrgetter("usage.input_tokens"),
            "output_tokens": attrgetter("usage.output_tokens"),
            "reasoning_tokens": attrgetter("usage.reasoning_tokens"),
            "cached_tokens": attrgetter("usage.cached_tokens"),
            "token_sources": attrgetter("token_source"),
            "finish_reasons": attrgetter("finish_reason"),
            "end_reasons": attrgetter("end_reason"),
            "http_statuses": _of_failure("status"),
            "request_ids": attrgetter("request_id"),
            "stream_modes": attrgetter("stream_mode"),
            "costs_usd": attrgetter("cost_usd"),
        },
    ),
    SectionFinished: (
        "finish_sections",
        {
            **_SECTION,
            **_MOMENT,
            **_ERROR,
            "end_reasons": attrgetter("end_reason"),
            "tokens": attrgetter("tokens"),
        },
    ),
    RunFinished: (
        "finish_runs",
        {
            **_ATTEMPT,
            **_MOMENT,
            **_ERROR,
            "end_reasons": attrgetter("end_reason"),
            "retryables": _of_failure("retryable"),
            "http_statuses": _of_failure("status"),
            "request_ids": _of_failure("request_id"),
        },
    ),
}
