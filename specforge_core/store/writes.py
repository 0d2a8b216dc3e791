"""How each event changes the stored rows. Text is not here: the recorder joins it into chunks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from specforge_core.events import (
    CallFinished,
    CallStarted,
    EndReason,
    Failure,
    RunFinished,
    RunStarted,
    SectionFinished,
    SectionStarted,
)
from specforge_core.ids import new_id
from specforge_core.store.sql import queries


def _run_started(cursor: Any, event: RunStarted) -> None:
    queries().start_run(cursor, run_id=event.run_id, attempt=event.attempt, moment=event.moment)
    _log_event(cursor, "generation_start", event.run_id, event.moment)


def _section_started(cursor: Any, event: SectionStarted) -> None:
    queries().start_section(
        cursor,
        run_id=event.run_id,
        section=event.section,
        attempt=event.attempt,
        receipt=event.receipt,
        moment=event.moment,
    )


def _call_started(cursor: Any, event: CallStarted) -> None:
    queries().insert_call(
        cursor,
        call_id=event.call_id,
        run_id=event.run_id,
        section=event.section,
        attempt=event.attempt,
        provider=event.provider,
        model=event.model,
        stream_mode=event.stream_mode,
        moment=event.moment,
        queue_wait_s=event.queue_wait_s,
    )


def _call_finished(cursor: Any, event: CallFinished) -> None:
    failure = event.failure
    queries().finish_call(
        cursor,
        call_id=event.call_id,
        ttft_s=event.ttft_s,
        ttfa_s=event.ttfa_s,
        duration_s=event.duration_s,
        decode_tps=event.decode_tps,
        input_tokens=event.usage.input_tokens,
        output_tokens=event.usage.output_tokens,
        reasoning_tokens=event.usage.reasoning_tokens,
        cached_tokens=event.usage.cached_tokens,
        token_source=event.token_source,
        finish_reason=event.finish_reason,
        end_reason=event.end_reason,
        error_category=failure.category if failure else None,
        error_message=failure.message if failure else None,
        http_status=failure.status if failure else None,
        request_id=failure.request_id if failure else event.request_id,
    )


def _section_finished(cursor: Any, event: SectionFinished) -> None:
    queries().finish_section(
        cursor,
        run_id=event.run_id,
        section=event.section,
        attempt=event.attempt,
        status=event.end_reason,
        added=event.tokens,
        moment=event.moment,
        error_category=event.failure.category if event.failure else None,
        error_message=event.failure.message if event.failure else None,
    )


def _run_finished(cursor: Any, event: RunFinished) -> None:
    failure: Failure | None = event.failure
    queries().finish_run(
        cursor,
        run_id=event.run_id,
        attempt=event.attempt,
        status=event.end_reason,
        moment=event.moment,
        error_category=failure.category if failure else None,
        error_message=failure.message if failure else None,
        error_retryable=failure.retryable if failure else None,
        error_status=failure.status if failure else None,
        error_request_id=failure.request_id if failure else None,
    )
    if event.end_reason is not EndReason.INTERRUPTED:  # a shutdown has no time for it
        keep_version(cursor, event.run_id, event.moment)
    _log_event(cursor, f"generation_{_OUTCOME[event.end_reason]}", event.run_id, event.moment)


def keep_version(cursor: Any, run_id: str, moment: datetime, kind: str | None = None) -> None:
    """The document as it is now becomes a version of its artifact. `kind` None: what wrote it."""
    content = queries().document(cursor, run_id=run_id)
    if content:
        queries().insert_version(
            cursor, version_id=new_id(), run_id=run_id, kind=kind, content=content, moment=moment
        )


def _log_event(cursor: Any, kind: str, run_id: str, moment: datetime) -> None:
    queries().insert_event(
        cursor,
        event_id=new_id(),
        kind=kind,
        project_id=None,
        run_id=run_id,
        detail="{}",
        moment=moment,
    )


_OUTCOME = {
    "complete": "complete",
    "truncated": "complete",
    "cancelled": "cancelled",
    "provider_error": "error",
    "interrupted": "error",
}

WRITE: dict[type[Any], Callable[[Any, Any], None]] = {
    RunStarted: _run_started,
    SectionStarted: _section_started,
    CallStarted: _call_started,
    CallFinished: _call_finished,
    SectionFinished: _section_finished,
    RunFinished: _run_finished,
}
