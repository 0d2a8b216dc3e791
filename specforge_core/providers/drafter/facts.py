"""Everything the section writers know about a project."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.defined import Item
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    clip,
    people,
    sentence,
    tagged,
    untagged,
)
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.vocabulary import (
    Archetype,
    phrases,
    plural,
    with_article,
)

_BEFORE_THING = re.compile(r"\ban? (?=\{thing\})")


@dataclass(frozen=True, slots=True, eq=False)  # compared and hashed as the object it is
class Facts:
    """All text is safe as markdown, but for `items`: what the earlier documents define by id.

    `missing`: what the inputs mark as still to be given by a person.
    """

    title: str
    statements: tuple[Statement, ...]
    actors: tuple[str, ...]
    things: tuple[str, ...]  # singular, the main one first; never empty
    archetype: Archetype
    systems: tuple[str, ...]
    platforms: tuple[str, ...]
    channels: tuple[str, ...]
    laws: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    missing: tuple[str, ...]
    documents: frozenset[str]
    withdrawn: tuple[Statement, ...]  # left out in the description, asked for in an answer

    def about(self, *kinds: str, but: Collection[str] = ()) -> tuple[Statement, ...]:
        """Statements of any of `kinds` and of none of `but`; answers and documents come first."""
        chosen = [
            one for one in self.statements if one.kinds & set(kinds) and not one.kinds & set(but)
        ]
        return tuple(sorted(chosen, key=lambda one: one.source == "description"))

    def given(self, *kinds: str) -> tuple[Item, ...]:
        return tuple(one for one in self.items if one.kind in kinds)

    @property
    def has_backlog(self) -> bool:
        """Whether a stories document defines anything: then only what it defines is named."""
        return "stories" in self.documents and bool(self.given("E", "US", "T", "M"))

    @property
    def thing(self) -> str:
        return self.things[0]

    @property
    def stated_actors(self) -> bool:
        return bool(self.actors)

    @property
    def who(self) -> tuple[str, ...]:
        """The actors, or those usual for this kind of product (then an assumption)."""
        return self.actors or tuple(name.capitalize() for name in self.archetype.who)

    def usual(self, text: str, /, **more: str) -> str:
        """A text of the vocabulary or the phrases about this project; `more` placeholders."""
        article, names = _usual_names(self)
        return _BEFORE_THING.sub(article, text).format(**names, **more)

    def rows(self, name: str, /, **more: str) -> list[list[str]]:
        return [[self.usual(cell, **more) for cell in row] for row in phrases().rows[name]]

    def lines(self, name: str, /, **more: str) -> list[str]:
        return [self.usual(text, **more) for text in phrases().lists[name]]


@lru_cache(maxsize=64)  # every cell of every table asks for them
def _usual_names(facts: Facts) -> tuple[str, Mapping[str, str]]:
    """The article of the main thing with a blank, and what the placeholders stand for."""
    a_thing = with_article(facts.thing)
    names = {
        "thing": facts.thing,
        "things": plural(facts.thing),
        "a_thing": a_thing,
        "first": people(facts.who[:1]),
        "outside": facts.systems[0] if facts.systems else "the systems around it",
        "assumed": ASSUMED,
    }
    return f"{a_thing.partition(' ')[0]} ", names


def told(one: Statement) -> str:
    """The statement as a sentence, with its source when it is not the description."""
    origin = "" if one.source == "description" else f" ({one.source})"
    return tagged(sentence(one.text), assumed=one.assumed) + origin


def answered(facts: Facts) -> list[str]:
    """Every answer beside its question; shorter ones where there are many."""
    longest = 400 if len(facts.answers) <= 10 else 200
    lines = []
    for question, answer in facts.answers[:40]:
        words, assumed = untagged(answer)
        mark = f"{ASSUMED} " if assumed else ""
        lines.append(f"{question} – {mark}**{clip(words, longest)}**")
    return lines
