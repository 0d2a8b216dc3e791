"""What all verbs work with: the database, the phases, the time."""

from __future__ import annotations

from collections.abc import Mapping

from specforge_core.clock import Clock
from specforge_core.errors import NotFound
from specforge_core.ids import new_id
from specforge_core.phases import Phase
from specforge_core.settings import Settings
from specforge_core.store.database import Database
from specforge_core.store.sql import queries
from specforge_core.store.views import RunViews


class Verbs:
    """Sync, quick and safe in any thread: reads come from committed rows."""

    settings: Settings
    _clock: Clock
    _database: Database
    _views: RunViews
    _phases: Mapping[str, Phase]

    def phases(self) -> tuple[Phase, ...]:
        """In the order of the chain."""
        return tuple(self._phases.values())

    def phase(self, name: str) -> Phase:
        """Raises `NotFound`."""
        if name not in self._phases:
            names = ", ".join(self._phases)
            raise NotFound(f"There is no phase “{name[:40]}”. Choose one of: {names}.")
        return self._phases[name]

    def _log(self, cursor: object, kind: str, project_id: str, run_id: str | None = None) -> None:
        queries().insert_events(
            cursor,
            event_ids=[new_id()],
            kinds=[kind],
            run_ids=[run_id],
            moments=[self._clock.now()],
            project_id=project_id,
        )
