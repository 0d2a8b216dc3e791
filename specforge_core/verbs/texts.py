"""Text that no model is writing just now, put into a run as the next attempt at its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from specforge_core.events import StreamMode
from specforge_core.providers.tokens import BYTES_PER_TOKEN
from specforge_core.records import Section, WorkStatus
from specforge_core.store.sql import queries
from specforge_core.store.writes import Chunk, append_chunks


@dataclass(frozen=True, slots=True)
class NewText:
    """A section's whole text. provider, model: who wrote it, "" for a person (`author`)."""

    text: str
    tokens: int
    status: WorkStatus = WorkStatus.COMPLETE
    provider: str = ""
    model: str = ""
    author: str | None = None
    receipt: str | None = None
    stream_mode: StreamMode | None = None

    @classmethod
    def of(
        cls, section: Section, text: str, receipt: str | None, author: str | None = None
    ) -> NewText:
        """The text as another run or attempt has it."""
        return cls(
            text,
            section.tokens,
            section.status,
            section.provider,
            section.model,
            author or section.author,
            receipt,
            section.stream_mode,
        )

    @classmethod
    def typed(cls, text: str, author: str | None, receipt: str | None) -> NewText:
        tokens = -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)
        return cls(text, tokens, author=author, receipt=receipt)


Placed = tuple[str, int, str, NewText]  # section, position, title, text


def put_texts(
    cursor: Any, run_id: str, attempt: int, rows: Sequence[Placed], moment: datetime
) -> None:
    """Rows of an attempt with their text, each as one chunk: stored chunks never change."""
    if not rows:
        return
    texts = [text for *_, text in rows]
    queries().put_sections(
        cursor,
        run_id=run_id,
        attempt=attempt,
        moment=moment,
        sections=[section for section, *_ in rows],
        positions=[position for _, position, _, _ in rows],
        titles=[title for _, _, title, _ in rows],
        statuses=[text.status for text in texts],
        tokens=[text.tokens for text in texts],
        providers=[text.provider for text in texts],
        models=[text.model for text in texts],
        receipts=[text.receipt for text in texts],
        stream_modes=[text.stream_mode for text in texts],
        authors=[text.author for text in texts],
    )
    seq = queries().last_seq(cursor, run_id=run_id)
    chunks = [
        Chunk(run_id, seq + number, section, attempt, moment, [text.text], text.tokens)
        for number, (section, _, _, text) in enumerate(rows, 1)
    ]
    append_chunks(cursor, chunks, moment)


def within(texts: Mapping[str, NewText], sections: Sequence[str]) -> Mapping[str, NewText]:
    """Texts by section, those of other sections than the given ones under the one before them."""
    found: dict[str, NewText] = {}
    into = sections[0]
    for section, text in texts.items():
        if section in sections:
            into = section
        elif not text.text:
            continue
        found[into] = _under(found[into], text) if into in found else text
    return found


def _under(above: NewText, below: NewText) -> NewText:
    left = (one.status for one in (above, below) if one.status is not WorkStatus.COMPLETE)
    return replace(
        above,
        text="\n\n".join(text for text in (above.text, below.text) if text),
        tokens=above.tokens + below.tokens,
        status=next(left, WorkStatus.COMPLETE),
    )
