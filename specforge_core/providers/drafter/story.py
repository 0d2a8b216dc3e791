"""A user story and an epic as values."""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.providers.drafter.criteria import Criterion


@dataclass(frozen=True, slots=True)
class Story:
    """`requirements` are ids; `want` is "to …" or "the product to …". All text is safe."""

    id: str
    title: str
    who: str
    want: str
    why: str
    epic: str
    requirements: tuple[str, ...]
    size: str
    stage: str
    thing: str
    must: bool
    criteria: tuple[Criterion, ...]

    @property
    def refusals(self) -> tuple[Criterion, ...]:
        return tuple(one for one in self.criteria if one.refuses)


@dataclass(frozen=True, slots=True)
class Epic:
    id: str
    title: str
    stories: tuple[Story, ...]
    requirements: tuple[str, ...]
