"""What is handed to an export: one frozen value that holds a project's documents and their state.

Times are timezone-aware UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from specforge_core.errors import SpecForgeError
from specforge_core.templates import waiting

WHOLE = "complete"
UNWRITTEN = ("skipped", "missing")

# Why a text is not whole, as it is written after "Incomplete: ".
STATE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "truncated": "stopped at the length limit",
        "cancelled": "stopped by a person",
        "provider_error": "stopped by an error of the provider",
        "interrupted": "stopped by a restart",
        "queued": "not begun yet",
        "running": "still being written when this was exported",
        "streaming": "still being written when this was exported",
    }
)


class ExportFailed(SpecForgeError):
    """A format could not be made. The message names another one."""


@dataclass(frozen=True, slots=True)
class PackedSection:
    """One section as it stands. `state` is a work status; `stale` holds reasons in words."""

    key: str
    title: str
    text: str
    state: str
    provider: str
    model: str
    tokens: int
    stale: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return self.state == WHOLE


@dataclass(frozen=True, slots=True)
class PackedDocument:
    """The document of one phase; `order` is its place in the chain: 10, 20, …

    state: that of its sections, or "skipped", "missing" (never written), "streaming".
    text: the whole markdown, without the document's own title.
    """

    phase: str
    title: str
    order: int
    purpose: str
    state: str
    optional: bool
    sections: tuple[PackedSection, ...]
    text: str
    version_id: str | None
    version_kind: str | None
    written_at: datetime | None

    @property
    def written(self) -> bool:
        """Whether there is any text to hand over."""
        return bool(self.text.strip())

    @property
    def incomplete(self) -> str:
        """Why it is not whole, in words; "" if it is."""
        parts = tuple(part for part in self.sections if not part.whole)
        states = dict.fromkeys(part.state for part in parts)
        if self.state != WHOLE and self.state not in UNWRITTEN:
            states = {self.state: None, **states}
        return "; ".join(self._why(state, parts) for state in states)

    @property
    def stale(self) -> tuple[str, ...]:
        """Each reason why it is out of date, with the sections that it concerns."""
        reasons = dict.fromkeys(reason for part in self.sections for reason in part.stale)
        return tuple(
            f"{reason} ({_titles(part for part in self.sections if reason in part.stale)})"
            for reason in reasons
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reader must know before relying on it, one sentence each; () for nothing."""
        if not self.written:
            return (self._absence,)
        skipped = ("Skipped: this text is older than that decision",) * (self.state == "skipped")
        incomplete = (f"Incomplete: {self.incomplete}",) if self.incomplete else ()
        stale = (f"Out of date: {reason}" for reason in self.stale)
        named = "; ".join(self.to_fill_in)
        missing = (f"To be filled in by a person: {named}",) if named else ()
        return (*skipped, *incomplete, *stale, *missing)

    @property
    def to_fill_in(self) -> tuple[str, ...]:
        """What the marks `[USER INPUT NEEDED: what]` in its text ask for, each once."""
        return waiting(self.text)

    @property
    def summary(self) -> str:
        """Its state in a few words, for a table."""
        if not self.written:
            return self._absence
        marks = ("incomplete",) * bool(self.incomplete) + ("out of date",) * bool(self.stale)
        marks += ("to be filled in",) * bool(self.to_fill_in)
        skipped = ("skipped",) * (self.state == "skipped")
        return ", ".join((*skipped, *marks)).capitalize() or "Complete"

    @property
    def parts(self) -> tuple[str, ...]:
        """The text in pieces that can be read apart, so that an open fence ends with its section.

        The sections, if they are what the text is made of; else the text as one piece.
        """
        texts = tuple(part.text for part in self.sections if part.text.strip())
        same = "".join("\n".join(texts).split()) == "".join(self.text.split())
        return texts if same else (self.text,)

    def section(self, key: str) -> PackedSection | None:
        return next((part for part in self.sections if part.key == key), None)

    @property
    def _absence(self) -> str:
        return "Skipped" if self.state == "skipped" else "Not written yet"

    def _why(self, state: str, parts: tuple[PackedSection, ...]) -> str:
        words = STATE_WORDS.get(state, f"in the state “{state}”")
        named = _titles(part for part in parts if part.state == state)
        return f"{words} ({named})" if named else words


@dataclass(frozen=True, slots=True)
class Handoff:
    """A project as it is exported; `documents` in the order of the chain.

    generator: what made it, such as "SpecForge 0.1.0".
    secrets: values that no export may hold: keys, the data folder's path.
    """

    project_id: str
    title: str
    description: str
    created_at: datetime
    exported_at: datetime
    generator: str
    documents: tuple[PackedDocument, ...]
    secrets: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[PackedDocument, ...]:
        return tuple(document for document in self.documents if document.written)

    @property
    def labelled(self) -> tuple[PackedDocument, ...]:
        """The documents about which a reader must be told something."""
        return tuple(document for document in self.documents if document.labels)

    @property
    def doubtful(self) -> bool:
        """Whether anything is missing, not whole or out of date that nobody left out on purpose."""
        return any(document.labels and document.state != "skipped" for document in self.documents)

    def document(self, phase: str) -> PackedDocument | None:
        return next((one for one in self.documents if one.phase == phase), None)

    def section(self, phase: str, key: str) -> PackedSection | None:
        document = self.document(phase)
        return document.section(key) if document else None


def _titles(parts: Iterable[PackedSection]) -> str:
    return ", ".join(f"“{part.title}”" for part in parts)
