"""Writes what happens to the database: one commit for all runs, at most every few milliseconds."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from specforge_core.clock import Clock
from specforge_core.errors import Conflict, StoreError, Unstorable
from specforge_core.events import Event, RunFinished, SectionFinished, SectionText
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.store.writes import WRITE

log = logging.getLogger(__name__)

PATIENCE_S = 2.0  # how long a shutdown waits for a disk that refuses
RETRY_S = 0.5  # how often a commit that the disk refused is tried again
FULL = 20_000  # events kept in memory while the disk refuses; then the runs wait


@dataclass(slots=True)
class _Open:
    """Text of one run that is not yet committed, joined into one chunk."""

    section: str
    attempt: int
    received: datetime
    pieces: list[str] = field(default_factory=list)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Chunk:
    run_id: str
    seq: int
    section: str
    attempt: int
    content: str
    tokens: int
    received: datetime


@dataclass(slots=True)
class _Batch:
    chunks: list[_Chunk] = field(default_factory=list)
    changes: list[Event] = field(default_factory=list)


class Recorder:
    """Lives in the worker's loop. `record` never waits; what it was given is durable after a flush.

    A commit that fails is kept and tried again, so a full disk delays runs and
    loses nothing; `fault` then says why, for the health check and the pages.
    """

    def __init__(self, database: Database, clock: Clock, flush_s: float) -> None:
        self.fault: str | None = None
        self._database = database
        self._clock = clock
        self._flush_s = flush_s
        self._seq: dict[str, int] = {}
        self._ending: set[str] = set()  # runs whose end is recorded and not yet committed
        self._open: dict[str, _Open] = {}
        self._batch = _Batch()
        self._pending = 0
        self._stopping = False
        self._patience_ends = 0.0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="specforge-commit")

    def begin(self, run_id: str, last_seq: int) -> None:
        """Must come before a run's first event: its chunks are numbered from `last_seq` + 1."""
        self._seq[run_id] = last_seq

    def record(self, event: Event) -> None:
        if isinstance(event, SectionText):
            self._append(event)
        else:
            if isinstance(event, SectionFinished | RunFinished):
                self._close(event.run_id)
            if isinstance(event, RunFinished):
                self._ending.add(event.run_id)
            self._batch.changes.append(event)
        self._pending += 1
        if self._pending >= FULL:
            self._room.clear()
        self._wake.set()

    def _append(self, event: SectionText) -> None:
        text = self._open.get(event.run_id)
        if text is None or text.section != event.section or text.attempt != event.attempt:
            self._close(event.run_id)
            text = _Open(event.section, event.attempt, event.received)
            self._open[event.run_id] = text
        text.pieces.append(event.text)
        text.tokens += event.tokens

    def _close(self, run_id: str) -> None:
        text = self._open.pop(run_id, None)
        if text is not None:
            seq = self._seq[run_id] = self._seq[run_id] + 1
            joined = "".join(text.pieces)
            self._batch.chunks.append(
                _Chunk(run_id, seq, text.section, text.attempt, joined, text.tokens, text.received)
            )

    def unsettled(self) -> list[str]:
        """Runs that are still at work in the database although they have ended."""
        return list(self._ending)

    async def room(self) -> None:
        """Returns at once, unless the disk has refused for so long that memory fills up."""
        await self._room.wait()

    async def run(self) -> None:
        """Flushes until `stop`; returns when all that was recorded is durable."""
        while not self._stopping:
            await self._wake.wait()
            if not self._stopping:
                await asyncio.sleep(self._flush_s)
            await self._flush()
        await self._flush()  # what was recorded while the last one was under way

    def stop(self) -> None:
        """Makes `run` return after one last flush."""
        self._stopping = True
        self._patience_ends = asyncio.get_running_loop().time() + PATIENCE_S
        self._wake.set()

    async def _flush(self) -> None:
        """Commits everything recorded before the call; waits while the disk refuses."""
        self._wake.clear()
        for run_id in list(self._open):
            self._close(run_id)
        batch, self._batch = self._batch, _Batch()
        self._pending = 0
        while batch.chunks or batch.changes:
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._thread, self._commit, batch)
            except StoreError as exc:
                if self.fault is None:
                    log.error("%s", exc)
                self.fault = str(exc)
                if self._stopping and loop.time() > self._patience_ends:
                    log.error("%d pieces of text could not be stored", len(batch.chunks))
                    break
                await asyncio.sleep(RETRY_S)
            else:
                self.fault = None
                self._ending -= {e.run_id for e in batch.changes if isinstance(e, RunFinished)}
                break
        self._room.set()

    def _commit(self, batch: _Batch) -> None:
        try:
            self._commit_at_once(batch)
        except (Unstorable, Conflict):
            # One event that no row can hold must not keep the others from the disk.
            self._commit_singly(batch)

    def _commit_singly(self, batch: _Batch) -> None:
        self._commit_at_once(_Batch(chunks=batch.chunks))  # text is never given up
        for event in batch.changes:
            try:
                self._commit_at_once(_Batch(changes=[event]))
            except (Unstorable, Conflict):
                log.exception("an event could not be stored: %s", type(event).__name__)

    def _commit_at_once(self, batch: _Batch) -> None:
        changed = {event.run_id for event in batch.changes}
        texts = {row.run_id for row in batch.chunks} - changed
        with self._database.transaction(*changed, texts=texts) as cursor:
            if batch.chunks:
                rows = batch.chunks
                queries().append_chunks(
                    cursor,
                    run_ids=[row.run_id for row in rows],
                    seqs=[row.seq for row in rows],
                    sections=[row.section for row in rows],
                    attempts=[row.attempt for row in rows],
                    contents=[row.content for row in rows],
                    tokens=[row.tokens for row in rows],
                    received=[row.received for row in rows],
                    stored_at=self._clock.now(),
                )
            for event in batch.changes:
                WRITE[type(event)](cursor, event)

    def close(self) -> None:
        self._thread.shutdown(wait=True)
