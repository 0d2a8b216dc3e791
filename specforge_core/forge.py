"""The facade: every verb that a page, the command line or a route may use."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from specforge_core.clock import Clock
from specforge_core.errors import StoreError
from specforge_core.generation.limits import Limits
from specforge_core.generation.worker import Worker
from specforge_core.ids import new_id
from specforge_core.phases import load_phases
from specforge_core.provider_records import ProviderStatus
from specforge_core.providers.connect import Connections, provider_statuses
from specforge_core.records import Health
from specforge_core.release import release
from specforge_core.settings import Settings, environment
from specforge_core.store.database import Database
from specforge_core.store.file import restore_file
from specforge_core.store.recorder import Recorder
from specforge_core.store.sql import queries
from specforge_core.store.views import RunViews
from specforge_core.telemetry.metrics import Telemetry, measure
from specforge_core.verbs.handing_over import HandoffVerbs

log = logging.getLogger(__name__)

CLOSE_S = 4.0  # an exit must take less than five seconds


class Forge(HandoffVerbs):
    """One per process. Use `Forge.open`, then `close`; also a context manager."""

    def __init__(self, settings: Settings, clock: Clock, what: str) -> None:
        self.settings = settings
        self._clock = clock
        self._opened = clock.monotonic()
        self._owner = new_id()
        self._phases = load_phases()
        self._database = Database(settings.data_dir, clock, what)
        self._views = RunViews(self._database)
        self._end_orphans([])
        self._policy = self._read_policy()
        self._connections = Connections(settings, lambda: self._policy)
        self._limits = Limits(lambda provider: self._policy.of(provider), clock)
        self._recorder: Recorder
        self._worker = Worker(
            self._make_recorder,
            self._connections.aclose,
            self._tick,
            clock,
            settings.max_runs,
            settings.heartbeat_s,
        )
        self._worker.start()

    @classmethod
    def open(
        cls, settings: Settings | None = None, clock: Clock | None = None, what: str = "SpecForge"
    ) -> Forge:
        """`what` tells a second process who has it. Raises `StoreError`, `InvalidSetting`."""
        return cls(settings or Settings.load(), clock or Clock(), what)

    def close(self) -> None:
        """Live runs end as interrupted, everything is flushed, the database is closed."""
        self._worker.stop(CLOSE_S)
        self._database.close()

    def __enter__(self) -> Forge:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def health(self) -> Health:
        """Never raises: what is broken is said in `database` and `worker`."""
        database = self._recorder.fault or self._database.check()
        worker = "ok" if self._worker.alive else "the writing thread has stopped"
        queued = queries().count_queued(self._database.reader()) if database == "ok" else 0
        return Health(
            ok=database == worker == "ok",
            version=release(),
            uptime_s=self._clock.monotonic() - self._opened,
            database=database,
            worker=worker,
            live_runs=self._worker.at_work,
            queued_runs=queued,
        )

    @property
    def notice(self) -> str:
        """A sentence for every page, or "": the disk refuses, a damaged file was set aside."""
        if trouble := self._recorder.fault or self._database.lost():
            return trouble
        if aside := self._database.moved_aside:
            return (
                f"The database was damaged. What could not be read is kept in {aside}; "
                "SpecForge goes on with what could. Restore a backup if something is missing."
            )
        return ""

    def _make_recorder(self) -> Recorder:
        self._recorder = Recorder(self._database, self._clock, self.settings.flush_ms / 1000)
        return self._recorder

    def _tick(self, live: list[str]) -> None:
        """Renews the leases of runs at work and ends those that nobody looks after."""
        try:
            if live:
                with self._database.transaction() as cursor:
                    queries().renew_leases(cursor, run_ids=live, moment=self._clock.now())
            self._end_orphans(live)
        except StoreError as exc:
            log.warning("leases are not renewed: %s", exc)  # the recorder says it on every page

    def _end_orphans(self, live: list[str]) -> None:
        """Ends as interrupted what a process that died, or lost the run, has left behind."""
        stale = self._clock.now() - timedelta(seconds=self.settings.lease_s)
        found = queries().orphans(
            self._database.reader(), owner=self._owner, stale_before=stale, looked_after=live
        )
        run_ids = [run_id for (run_id,) in found]
        if not run_ids:
            return
        moment = self._clock.now()
        with self._database.transaction(*run_ids) as cursor:
            queries().interrupt_calls(cursor, run_ids=run_ids)
            queries().interrupt_sections(cursor, run_ids=run_ids, moment=moment)
            queries().interrupt_runs(cursor, run_ids=run_ids, moment=moment)

    # --- settings and telemetry --------------------------------------------------

    @staticmethod
    def providers() -> tuple[ProviderStatus, ...]:
        """Read from the environment alone: asked of the class, it needs no database."""
        return provider_statuses(environment())

    def check_choice(self, phase: str, provider: str, model: str = "") -> None:
        """Raises what `generate` would, before a project is made for it."""
        self.phase(phase)
        self._connections.choose(provider, model)

    def preference(self, name: str, default: str = "") -> str:
        found = queries().preference(self._database.reader(), name=name)
        return default if found is None else str(found)

    def set_preference(self, name: str, value: str) -> None:
        with self._database.transaction() as cursor:
            queries().set_preference(cursor, name=name, setting=value, moment=self._clock.now())

    def telemetry(
        self, since: datetime, until: datetime, providers: tuple[str, ...] = ()
    ) -> Telemetry:
        """Calls begun from `since` up to `until` (UTC); no providers means all."""
        labels = {one.name: one.label for one in self.providers()}
        reader = self._database.reader
        return measure(queries(), reader, since, until, providers, labels)


def restore_backup(backup: Path, settings: Settings | None = None) -> Path | None:
    """Puts a backup in the database's place; returns where what was there is kept.

    Raises `StoreError` when SpecForge is running on it, or the backup is not readable.
    """
    return restore_file((settings or Settings.load()).data_dir, backup, Clock())
