"""The facts of a project, gathered from its title, description, answers and documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from specforge_core.providers.drafter.actors import actors
from specforge_core.providers.drafter.deeds import Capability, capabilities
from specforge_core.providers.drafter.defined import defined
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import clean, clip, plain, tagged, untagged
from specforge_core.providers.drafter.reading import Pairs, Raw, is_said, missing, raw_statements
from specforge_core.providers.drafter.settled import settled
from specforge_core.providers.drafter.statements import BULLET, Statement, statement, words_in
from specforge_core.providers.drafter.vocabulary import (
    Archetype,
    singular,
    vocabulary,
    with_article,
)

# The first words of a description: `A mobile app where runners …`.
_PRODUCT = re.compile(
    r"(?:an?|our|the|build an?|we (?:need|want) an?) ((?:[\w-]+ ){0,3}?[\w-]+?)"
    r"(?= (?:for|where|that|which|to|with|in|so|by)\b|[.,])",
    re.IGNORECASE,
)
_PRODUCTS = vocabulary().product_words | {"shop", "tracker", "workflow"}
# These tell nothing where somebody else is named.
_ANYBODY = ("User", "Team", "People", "Person", "Member", "Staff")


def gather(
    title: str, description: str, answers: Pairs, documents: Pairs, own_lines: Collection[str]
) -> Facts:
    """`answers` are (question, answer), `documents` (phase, markdown) pairs.

    `own_lines` are lines of the documents that say nothing new.
    """
    raw = tuple(raw_statements(description, answers, documents, own_lines))
    everything = "\n".join([clean(title), *(text for text, _, _ in raw)])
    archetype = _archetype(clean(title), raw)
    statements = _with_deeds(raw)
    deeds = tuple(deed for one in statements for deed in one.deeds)
    wanted = "\n".join(
        text for (text, _, _), one in zip(raw, statements, strict=True) if _asks(one)
    )
    statements, withdrawn = settled(statements)
    return Facts(
        title=plain(clip(title)) or "Untitled project",
        statements=statements,
        actors=_actors(raw, deeds),
        things=_things(title, wanted, deeds, archetype),
        archetype=archetype,
        systems=words_in(wanted, "systems"),
        platforms=words_in(wanted, "platforms"),
        channels=words_in(wanted, "channels"),
        laws=words_in(everything, "laws"),
        answers=tuple((plain(q), _safe_answer(a)) for q, a in answers if is_said(a)),
        items=tuple(one for phase, text in documents for one in defined(phase, text)),
        missing=missing("\n".join([description, *(a for _, a in answers)])),
        documents=frozenset(phase for phase, _ in documents),
        withdrawn=withdrawn,
    )


def _safe_answer(answer: str) -> str:
    words, assumed = untagged(_on_one_line(answer))
    return tagged(plain(clip(words, 400)), assumed=assumed)


def _on_one_line(answer: str) -> str:
    """A list becomes `first; second`."""
    lines = (BULLET.sub("", line).strip() for line in answer.splitlines())
    return "; ".join(line.rstrip(";") for line in lines if line)


def _archetype(title: str, raw: tuple[Raw, ...]) -> Archetype:
    """The kind of product whose words occur most, at least twice.

    A word in the title counts for three, one in the first sentence for two. The kind is called
    as the first sentence calls it: "A mobile app where …".
    """
    first = raw[0][0] if raw and raw[0][1] == "description" else ""
    text = "\n".join([first, *(text for text, _, _ in raw)])
    *known, best = vocabulary().archetypes
    most = 1
    for row in known:
        score = 3 * len(row.words.findall(title)) + len(row.words.findall(text))
        best, most = (row, score) if score > most else (best, most)
    named = product_named(first)
    return replace(best, label=with_article(plain(named))) if " " in named else best


def product_named(sentence: str) -> str:
    """`mobile app` out of `A mobile app where runners …`, or ""."""
    match = _PRODUCT.match(sentence)
    return match[1] if match and match[1].split()[-1].lower() in _PRODUCTS else ""


def _asks(one: Statement) -> bool:
    """What hurts today, is left out or is feared names tools and deeds that nobody asks for."""
    return not one.kinds & {"excluded", "risk", "problem"} or {"problem", "rule"} <= one.kinds


def _with_deeds(raw: tuple[Raw, ...]) -> tuple[Statement, ...]:
    """The statements, each with the deeds that no earlier one has told."""
    seen: set[str] = set()
    full = _full_names(raw)
    found: list[Statement] = []
    for text, source, question in raw:
        one = statement(text, source, question)
        new: dict[str, Capability] = {}
        for deed in capabilities(untagged(text)[0], source) if _asks(one) else ():
            # "Start on 1 March" is a date, and nothing that the product does.
            dated = "deadline" in one.kinds and not (deed.who or "rule" in one.kinds)
            if deed.phrase.casefold() not in seen and not dated:
                new[deed.phrase.casefold()] = _named_in_full(deed, full)
        seen |= new.keys()
        found.append(replace(one, deeds=tuple(new.values())))
    return tuple(found)


def _full_names(raw: tuple[Raw, ...]) -> dict[str, set[str]]:
    """`owner` -> the kinds of owner that the text names."""
    full: dict[str, set[str]] = {}
    for text, _, _ in raw:
        for name in actors(text):
            if " " in name:
                full.setdefault(name.rpartition(" ")[2].casefold(), set()).add(name)
    return full


def _named_in_full(deed: Capability, full: dict[str, set[str]]) -> Capability:
    """`Owner` becomes `Dog owner` when that is the only kind of owner in the text."""
    names = full.get(deed.who.casefold(), set())
    return replace(deed, who=next(iter(names))) if len(names) == 1 else deed


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
    named = [name for name in names if name not in _ANYBODY]
    names = named or names
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
    known = [name for name in known if name != "user" or objects[name]]
    rank = {
        name: 2 * objects[name] + words[name] + (4 if name in titled else 0) + 3 * (name in known)
        for name in {*objects, *known} - {""}
    }
    ordered = sorted(rank, key=lambda name: (-rank[name], name))
    good = [name for name in ordered if rank[name] > 3 or name in known]
    return tuple(good[:4]) or (archetype.thing,)
