"""Runs as readers see them: what was committed, read once per commit, whoever looks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from specforge_core.errors import NotFound
from specforge_core.ids import is_id
from specforge_core.records import Run, Section, WorkStatus, Written
from specforge_core.store.database import Database, Version
from specforge_core.store.sql import queries

KEPT = 64  # runs that stay in memory; the least recently read one goes first


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at one moment. `attempts`: all attempts at all sections, in document order.

    `texts` and `written` are by (section, attempt).
    """

    run: Run
    attempts: tuple[Section, ...]
    texts: Mapping[tuple[str, int], str]
    written: Mapping[tuple[str, int], Written]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The latest attempt at each section, in document order."""
        return tuple({one.section: one for one in self.attempts}.values())

    @property
    def open_section(self) -> Section | None:
        """The section that is being written."""
        return next((one for one in self.sections if one.status is WorkStatus.RUNNING), None)

    @property
    def document(self) -> str:
        """The text of all sections, an empty line between two."""
        texts = (self.text(section).strip("\n") for section in self.sections)
        return "\n\n".join(text for text in texts if text)

    def text(self, section: Section) -> str:
        """The stored text of a section: that of its attempts, in order."""
        attempts = range(section.from_attempt, section.attempt + 1)
        return "".join(self.texts.get((section.section, attempt), "") for attempt in attempts)


@dataclass(slots=True)
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Version = (-1, -1)
    last_seq: int = 0
    view: RunView | None = None


class RunViews:
    """Safe in any thread. Thirty viewers of one run cost one look per commit, not thirty.

    Chunks are append-only, so only the new ones are read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run_id: str) -> RunView:
        """The run as committed now. Raises `NotFound`."""
        return self._get(run_id, wait=True)

    def glance(self, run_id: str) -> RunView:
        """The run as committed now or a moment ago, for who looks again at once. Raises
        `NotFound`.
        """
        return self._get(run_id, wait=False)

    def _get(self, run_id: str, *, wait: bool) -> RunView:
        if not is_id(run_id):
            raise NotFound("There is no such run. Open its project, or list the runs.")
        with self._lock:
            entry = self._entries.setdefault(run_id, _Entry())
            self._entries.move_to_end(run_id)
            if len(self._entries) > KEPT:
                self._entries.popitem(last=False)
        before = entry.view
        if not entry.lock.acquire(blocking=wait or before is None) and before is not None:
            return before  # another reader is at it
        try:
            version = self._database.version(run_id)  # before the rows: later ones are seen again
            if entry.view is None or version != entry.version:
                entry.view = self._read(run_id, entry, version)
                entry.version = version
            return entry.view
        finally:
            entry.lock.release()

    def _read(self, run_id: str, entry: _Entry, version: Version) -> RunView:
        """Rows first, then text: a section that is seen to have ended is seen with all its text.

        Most commits bring text alone; then the rows are not read again.
        """
        reader = self._database.reader()
        if entry.view is not None and version[0] == entry.version[0]:
            run, attempts = entry.view.run, entry.view.attempts
        else:
            found: Run | None = queries().run(reader, run_id=run_id)
            if found is None:
                raise NotFound("There is no such run. Open its project, or list the runs.")
            run, attempts = found, tuple(queries().section_attempts(reader, run_id=run_id))
        texts = dict(entry.view.texts) if entry.view else {}
        written = dict(entry.view.written) if entry.view else {}
        rows = queries().chunks_after(reader, run_id=run_id, after_seq=entry.last_seq)
        fresh: dict[tuple[str, int], list[str]] = {}
        for seq, section, attempt, content, tokens, received_at in rows:
            key = (section, attempt)
            fresh.setdefault(key, []).append(content)
            before = written.get(key)
            written[key] = Written(
                tokens=tokens + (before.tokens if before else 0),
                first_at=before.first_at if before else received_at,
                last_at=received_at,
            )
            entry.last_seq = seq
        for key, pieces in fresh.items():
            texts[key] = texts.get(key, "") + "".join(pieces)
        return RunView(run, attempts, texts, written)
