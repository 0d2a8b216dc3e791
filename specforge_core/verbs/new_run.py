"""What is asked for when a run begins, and its sections as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from specforge_core.records import RunKind, Section
from specforge_core.store.sql import queries


@dataclass(frozen=True, slots=True)
class Place:
    """A section in its document: `position` counts from 0."""

    key: str
    title: str
    position: int

    @classmethod
    def of(cls, section: Section) -> Place:
        return cls(section.section, section.title, section.position)

    @classmethod
    def in_order(cls, titles: Iterable[tuple[str, str]]) -> tuple[Place, ...]:
        """Of keys and titles, one after the other."""
        return tuple(cls(key, title, number) for number, (key, title) in enumerate(titles))


@dataclass(frozen=True, slots=True)
class NewRun:
    """`note`: what a reviewer asks for, or ""."""

    project_id: str
    phase: str
    kind: RunKind
    places: tuple[Place, ...]
    provider: str
    model: str = ""
    note: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A section that an attempt writes: on from the `tokens` of those since `from_attempt`."""

    place: Place
    from_attempt: int
    tokens: int


def plan_sections(
    cursor: object,
    run_id: str,
    attempt: int,
    planned: Sequence[Planned],
    provider: str,
    model: str,
) -> None:
    """The rows of what an attempt is to write, in the caller's transaction."""
    queries().insert_sections(
        cursor,
        run_id=run_id,
        sections=[one.place.key for one in planned],
        attempt=attempt,
        positions=[one.place.position for one in planned],
        titles=[one.place.title for one in planned],
        from_attempts=[one.from_attempt for one in planned],
        tokens=[one.tokens for one in planned],
        provider=provider,
        model=model,
    )
