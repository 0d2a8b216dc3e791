"""Everything the section writers know about a project."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from specforge_core.providers.drafter.actors import actors
from specforge_core.providers.drafter.deeds import Capability, capabilities
from specforge_core.providers.drafter.defined import Item, defined
from specforge_core.providers.drafter.markdown import clean, clip, people, plain, sentence
from specforge_core.providers.drafter.reading import Pairs, Raw, is_said, missing, raw_statements
from specforge_core.providers.drafter.statements import Statement, statement, words_in
from specforge_core.providers.drafter.vocabulary import (
    Archetype,
    phrases,
    plural,
    singular,
    vocabulary,
    with_article,
)

ASSUMED = "*Assumption:*"


@dataclass(frozen=True, slots=True, eq=False)  # compared and hashed as the object it is
class Facts:
    """All text is safe as markdown, but for `items`: what the earlier documents define by id.

    `missing`: what the inputs mark as still to be given by a person.
    """

    title: str
    statements: tuple[Statement, ...]
    capabilities: tuple[Capability, ...]
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
        article, _, _ = with_article(self.thing).partition(" ")
        return re.sub(r"\ban? (?=\{thing\})", f"{article} ", text).format(
            thing=self.thing,
            things=plural(self.thing),
            a_thing=with_article(self.thing),
            first=people(self.who[:1]),
            outside=self.systems[0] if self.systems else "the systems around it",
            assumed=ASSUMED,
            **more,
        )

    def rows(self, name: str, /, **more: str) -> list[list[str]]:
        return [[self.usual(cell, **more) for cell in row] for row in phrases().rows[name]]

    def lines(self, name: str, /, **more: str) -> list[str]:
        return [self.usual(text, **more) for text in phrases().lists[name]]


def told(one: Statement) -> str:
    """The statement as a sentence, with its source when it is not the description."""
    origin = "" if one.source == "description" else f" ({one.source})"
    return sentence(one.text) + origin


def answered(facts: Facts) -> list[str]:
    """Every answer beside its question; shorter ones where there are many."""
    longest = 400 if len(facts.answers) <= 10 else 200
    return [f"{question} – **{clip(answer, longest)}**" for question, answer in facts.answers[:40]]


def gather(
    title: str, description: str, answers: Pairs, documents: Pairs, own_lines: Collection[str]
) -> Facts:
    """`answers` are (question, answer), `documents` (phase, markdown) pairs.

    `own_lines` are lines of the documents that say nothing new.
    """
    raw = tuple(raw_statements(description, answers, documents, own_lines))
    everything = "\n".join([clean(title), *(text for text, _, _ in raw)])
    archetype = _archetype(clean(title), everything)
    statements = tuple(statement(*one) for one in raw)
    # What hurts today, is left out or is feared names tools and deeds that nobody asks for.
    asked = [
        (text, source)
        for (text, source, _), one in zip(raw, statements, strict=True)
        if not one.kinds & {"excluded", "risk", "problem"} or {"problem", "rule"} <= one.kinds
    ]
    wanted = "\n".join(text for text, _ in asked)
    deeds = _named_in_full(
        raw, _unique(one for text, source in asked for one in capabilities(text, source))
    )
    return Facts(
        title=plain(clip(title)) or "Untitled project",
        statements=statements,
        capabilities=deeds,
        actors=_actors(raw, deeds),
        things=_things(title, wanted, deeds, archetype),
        archetype=archetype,
        systems=words_in(wanted, "systems"),
        platforms=words_in(wanted, "platforms"),
        channels=words_in(wanted, "channels"),
        laws=words_in(everything, "laws"),
        answers=tuple((plain(q), plain(clip(a, 400))) for q, a in answers if is_said(a)),
        items=tuple(one for phase, text in documents for one in defined(phase, text)),
        missing=missing("\n".join([description, *(a for _, a in answers)])),
        documents=frozenset(phase for phase, _ in documents),
    )


def _archetype(title: str, text: str) -> Archetype:
    """The kind of product whose words occur most; a word in the title counts for three."""
    *known, generic = vocabulary().archetypes
    scores = {
        row.name: 3 * len(row.words.findall(title)) + len(row.words.findall(text)) for row in known
    }
    best = max(known, key=lambda row: scores[row.name])
    return best if scores[best.name] else generic


def _unique(found: Iterable[Capability]) -> tuple[Capability, ...]:
    by_phrase: dict[str, Capability] = {}
    for capability in found:
        by_phrase.setdefault(capability.phrase.casefold(), capability)
    return tuple(by_phrase.values())


def _named_in_full(raw: tuple[Raw, ...], deeds: tuple[Capability, ...]) -> tuple[Capability, ...]:
    """`Owner` becomes `Dog owner` when that is the only kind of owner in the text."""
    full: dict[str, set[str]] = {}
    for text, _, _ in raw:
        for name in actors(text):
            if " " in name:
                full.setdefault(name.rpartition(" ")[2].casefold(), set()).add(name)
    return tuple(
        replace(one, who=next(iter(names)))
        if len(names := full.get(one.who.casefold(), set())) == 1
        else one
        for one in deeds
    )


def _actors(raw: tuple[Raw, ...], deeds: tuple[Capability, ...]) -> tuple[str, ...]:
    """People by how much is said about them; `Manager` is dropped beside `Ward manager`."""
    counts: Counter[str] = Counter()
    for capability in deeds:
        if capability.who not in ("", "The product"):
            counts[capability.who] += 2
    for text, source, question in raw:
        first = "actor" in statement(text, source, question).kinds
        counts.update(dict.fromkeys(reversed(actors(text)), 6 if first else 1))
    names = [name for name, _ in counts.most_common()]
    longer = {name.rpartition(" ")[2].casefold() for name in names if " " in name}
    return tuple(name for name in names if " " in name or name.casefold() not in longer)[:6]


def _things(
    title: str, text: str, deeds: tuple[Capability, ...], archetype: Archetype
) -> tuple[str, ...]:
    """The nouns that capabilities are about and that the text mentions most, at most four."""
    words = Counter(singular(word) for word in re.findall(r"[^\W\d_]{3,}", text.lower()))
    titled = {singular(word) for word in re.findall(r"[^\W\d_]{3,}", title.lower())}
    known = [name for name in vocabulary().fields if name != "other" and words[name]]
    objects = Counter(one.thing.lower() for one in deeds if one.thing.isalpha())
    rank = {
        name: 2 * objects[name] + words[name] + (4 if name in titled else 0) + 3 * (name in known)
        for name in {*objects, *known} - {""}
    }
    ordered = sorted(rank, key=lambda name: (-rank[name], name))
    good = [name for name in ordered if rank[name] > 3 or name in known]
    return tuple(good[:4]) or (archetype.thing,)
