"""Many whole runs at once, as they would stand in the database, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from specforge_core import Forge, RunKind, Settled
from specforge_core.ids import new_id
from specforge_core.store.sql import queries

MOMENT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def store_runs(
    forge: Forge,
    project_id: str,
    phase: str,
    kind: RunKind,
    texts: Sequence[str],
    *,
    note: str | None = None,
    settled: Settled | None = None,
) -> None:
    """A run for each text, of the one section `questions`, in this order."""
    run_ids = sorted(new_id() for _ in texts)  # within a millisecond they have no order
    ones, moments = [1] * len(run_ids), [MOMENT] * len(run_ids)
    with forge._database.transaction() as cursor:
        where = {"project_id": project_id, "phase": phase}
        queries().add_artifact(cursor, artifact_id=new_id(), moment=MOMENT, **where)
        artifact_id = queries().artifact_id(cursor, **where)
        for run_id in run_ids:
            queries().insert_run(
                cursor,
                run_id=run_id,
                artifact_id=artifact_id,
                provider="offline",
                model="rules-1",
                moment=MOMENT,
                owner="",
                kind=kind,
                note=note,
                author=None,
            )
            queries().insert_sections(
                cursor,
                run_id=run_id,
                sections=["questions"],
                attempt=1,
                positions=[0],
                titles=["Questions"],
                from_attempts=[1],
                tokens=[0],
                provider="offline",
                model="rules-1",
            )
        queries().append_chunks(
            cursor,
            run_ids=run_ids,
            seqs=ones,
            sections=["questions"] * len(run_ids),
            attempts=ones,
            contents=list(texts),
            tokens=ones,
            received=moments,
            stored_at=MOMENT,
        )
        blank: list[None] = [None] * len(run_ids)
        queries().finish_runs(
            cursor,
            run_ids=run_ids,
            attempts=ones,
            moments=moments,
            end_reasons=["complete"] * len(run_ids),
            error_categories=blank,
            error_messages=blank,
            retryables=blank,
            http_statuses=blank,
            request_ids=blank,
        )
        if settled:
            queries().settle(cursor, run_ids=run_ids, settled=settled, moment=MOMENT)
