"""Writes what happens to the database: one commit for all runs, at most every few milliseconds."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from specforge_core.clock import Clock
from specforge_core.errors import Conflict, StoreError, Unstorable
from specforge_core.events import Event, RunFinished, SectionText
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.store.writes import Chunk, append_chunks, apply

log = logging.getLogger(__name__)

PATIENCE_S = 2.0  # how long a shutdown waits for a disk that refuses
RETRY_S = 0.5  # how often a commit that the disk refused is tried again
RESTS = 4  # part of a commit's time for which the one writer is then left to others
FULL = 20_000  # events kept in memory while the disk refuses; then the runs wait


@dataclass(slots=True)
class _Batch:
    """What one commit brings to disk. `due`: the monotonic time at which it should begin."""

    due: float = 0.0
    size: int = 0  # events in it
    chunks: dict[tuple[str, str, int], Chunk] = field(default_factory=dict)
    changes: list[Event] = field(default_factory=list)


class Recorder:
    """`record` never waits; what it was given is durable after the next commit.

    It is called in the worker's loop. Commits have a thread of their own that
    keeps its own time: a loop that is busy with two hundred sockets would be
    late to begin each commit and late again to see its end.

    A commit that fails is kept and tried again, so a full disk delays runs and
    loses nothing; `fault` then says why, for the health check and the pages.
    """

    def __init__(self, database: Database, clock: Clock, flush_s: float) -> None:
        self.fault: str | None = None
        self._database = database
        self._clock = clock
        self._flush_s = flush_s
        self._seq: dict[str, int] = {}  # by run at work: the number of its last chunk
        self._lock = threading.Lock()  # around both batches
        self._batch = _Batch()
        self._committing = _Batch()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._patience_ends = 0.0
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._room.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="specforge-commit")

    # --- in the worker's loop ------------------------------------------------------

    def begin(self, run_id: str, last_seq: int) -> None:
        """Must come before a run's first event: its chunks are numbered from `last_seq` + 1."""
        self._seq[run_id] = last_seq

    def record(self, event: Event) -> None:
        with self._lock:
            batch = self._batch
            if not batch.size:
                batch.due = self._clock.monotonic() + self._flush_s
                self._wake.set()
            batch.size += 1
            if isinstance(event, SectionText):
                self._append(batch, event)
            else:
                batch.changes.append(event)
                if isinstance(event, RunFinished):
                    self._seq.pop(event.run_id, None)
        if batch.size >= FULL:
            self._room.clear()

    def _append(self, batch: _Batch, event: SectionText) -> None:
        key = (event.run_id, event.section, event.attempt)
        chunk = batch.chunks.get(key)
        if chunk is None:
            seq = self._seq[event.run_id] = self._seq[event.run_id] + 1
            chunk = Chunk(event.run_id, seq, event.section, event.attempt, event.received)
            batch.chunks[key] = chunk
        chunk.pieces.append(event.text)
        chunk.tokens += event.tokens

    def unsettled(self) -> list[str]:
        """Runs that are still at work in the database although they have ended."""
        with self._lock:
            changes = [*self._committing.changes, *self._batch.changes]
        return [event.run_id for event in changes if isinstance(event, RunFinished)]

    async def room(self) -> None:
        """Returns at once, unless the disk has refused for so long that memory fills up."""
        await self._room.wait()

    async def run(self) -> None:
        """Commits until `stop`; returns when all that was recorded is durable."""
        await self._loop.run_in_executor(self._thread, self._commit_until_stopped)

    def stop(self) -> None:
        """Makes `run` return after one last commit."""
        self._patience_ends = self._clock.monotonic() + PATIENCE_S
        self._stopping.set()
        self._wake.set()

    def close(self) -> None:
        self._thread.shutdown(wait=True)

    # --- in the thread of commits ---------------------------------------------------

    def _commit_until_stopped(self) -> None:
        rest_s = 0.0
        while not self._stopping.is_set():
            self._wake.wait()
            self._stopping.wait(max(self._batch.due - self._clock.monotonic(), rest_s))
            began = self._clock.monotonic()
            self._flush()
            # There is one writer: when commits are slow, a person's click gets its turn too.
            rest_s = min(self._clock.monotonic() - began, self._flush_s) / RESTS
        self._flush()  # what was recorded while the last one was under way

    def _flush(self) -> None:
        """Commits everything recorded before the call; waits while the disk refuses."""
        with self._lock:
            batch = self._committing = self._batch
            self._batch = _Batch()
            self._wake.clear()
        chunks, again = list(batch.chunks.values()), False
        while batch.size:
            try:
                chunks = self._not_stored(chunks) if again else chunks
                self._commit(chunks, batch.changes)
            except StoreError as exc:
                if self.fault is None:
                    log.error("%s", exc)
                self.fault = str(exc)
                if self._stopping.is_set() and self._clock.monotonic() > self._patience_ends:
                    log.error("%d pieces of text could not be stored", len(batch.chunks))
                    break
                time.sleep(RETRY_S)
                again = True
            else:
                self.fault = None
                with self._lock:
                    self._committing = _Batch()
                break
        self._loop.call_soon_threadsafe(self._room.set)

    def _not_stored(self, chunks: list[Chunk]) -> list[Chunk]:
        """A commit that failed may have reached the disk all the same: nobody knows."""
        reader = self._database.reader()
        return [one for one in chunks if one.seq > queries().last_seq(reader, run_id=one.run_id)]

    def _commit(self, chunks: list[Chunk], changes: list[Event]) -> None:
        try:
            self._commit_at_once(chunks, changes)
        except (Unstorable, Conflict):
            # One event that no row can hold must not keep the others from the disk.
            self._commit_singly(chunks, changes)

    def _commit_singly(self, chunks: list[Chunk], changes: list[Event]) -> None:
        self._commit_at_once(chunks, [])  # text is never given up
        for event in changes:
            try:
                self._commit_at_once([], [event])
            except (Unstorable, Conflict):
                log.exception("an event could not be stored: %s", type(event).__name__)

    def _commit_at_once(self, chunks: list[Chunk], changes: list[Event]) -> None:
        changed = {event.run_id for event in changes}
        texts = {chunk.run_id for chunk in chunks} - changed
        with self._database.transaction(*changed, texts=texts) as cursor:
            append_chunks(cursor, chunks, self._clock.now())
            apply(cursor, changes)
