"""Suggested answers, and questions that fit a project, by rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    clip,
    in_text,
    literal,
    people,
    sentence,
)
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.targets import baseline, dates_named
from specforge_core.providers.drafter.vocabulary import phrases

MOST_SENTENCES = 3
FEWEST, MOST = 4, 6  # questions
LONGEST_KEY, LONGEST_LINE = 40, 200

_SMALL = re.compile(
    r"(about|after|before|does|have|must|should|that|their|them|they|this|what|when|where|which"
    r"|will|with|would|your)$"
)


def answer(facts: Facts, key: str, question: str) -> str:
    """One to four sentences: what the inputs say about it, else a proposal marked as assumed."""
    row = _row(key, question)
    stated = _stated(facts, row[1].split()) if row else []
    stated = stated or _related(facts, question)
    if stated:
        return " ".join(sentence(text) for text in stated[:MOST_SENTENCES])
    if row and "goal" in row[1].split() and (figure := baseline(facts)[0]):
        [[text]] = facts.rows("better_than_today", figure=figure)
        return text
    return _usual(facts, row[2]) if row else _default(facts, question)


def _row(key: str, question: str) -> tuple[str, ...] | None:
    """The row that fits the question; by its key only when its words say nothing."""
    rows = phrases().rows["suggestions"]
    fits = [row for row in rows if re.search(row[0], question, re.IGNORECASE)]
    fits += [row for row in rows if re.search(row[0], key.replace("-", " "), re.IGNORECASE)]
    return next(iter(fits), None)


def _stated(facts: Facts, kinds: list[str]) -> list[str]:
    """Statements of these kinds; for who uses it, the people first."""
    but = {"excluded", "risk"} - set(kinds)
    chosen = facts.about(*kinds, but=but)
    if not chosen and "deadline" in kinds:
        chosen = tuple(dates_named(facts))
    found = [one.quoted for one in chosen]
    if "actor" not in kinds:
        return found
    if not facts.stated_actors:
        return []
    return [f"{sentence(people(facts.who[:3])).rstrip('.')} use it", *found[:2]]


def _related(facts: Facts, question: str) -> list[str]:
    """Statements that share at least two telling words with the question."""
    words = _telling(question)
    return [one.quoted for one in facts.statements if len(words & _telling(one.text)) > 1]


def _telling(text: str) -> set[str]:
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    return {word for word in words if not _SMALL.match(word)}


def _default(facts: Facts, question: str) -> str:
    words = _telling(question)
    near = [gap for gap in gaps(facts) if len(words & _telling(gap.question)) > 1]
    if near:
        return f"{ASSUMED} {in_text(sentence(near[0].default))}"
    return _usual(
        facts,
        "{assumed} the simplest choice that lets {first} {core}, to be looked at again after the"
        " pilot.",
    )


def _usual(facts: Facts, text: str) -> str:
    """With a phrase of the vocabulary or of `advice.toml`, filled in for this project."""
    deeds = [row.phrase for row in requirements(facts) if row.phrase]
    story = stories(facts)[:1]
    risk, sign, _ = facts.archetype.risks[0]
    return facts.usual(
        text,
        who=people(facts.who[:3]),
        core=deeds[0] if deeds else facts.usual("enter {a_thing} and find it again"),
        first_story=in_text(story[0].title) if story else facts.usual("one {thing}"),
        measure=in_text(facts.usual(facts.archetype.measures[0][1])),
        risk=f"{in_text(facts.usual(risk))}; its first sign would be {in_text(facts.usual(sign))}",
    )


# --- questions -------------------------------------------------------------------


def questions(facts: Facts, phase: str) -> str:
    """JSON: {"questions": [{"key", "text", "help", "required"}]}, four to six of them."""
    asked = {literal(question).casefold() for question, _ in facts.answers}
    found: dict[str, dict[str, str | bool]] = {}
    for key, text, why, needed in _candidates(facts, phase):
        line = clip(literal(text).rstrip("?.! "), LONGEST_LINE - 1) + "?"
        if line.casefold() not in asked and key not in found and len(found) < MOST:
            help_ = clip(literal(why), LONGEST_LINE)
            found[key] = {"key": key, "text": line, "help": help_, "required": needed == "yes"}
    return json.dumps({"questions": list(found.values())}, ensure_ascii=False, indent=1)


def _candidates(facts: Facts, phase: str) -> Iterator[tuple[str, str, str, str]]:
    """Those made for the phase, then what is missing for this kind of product."""
    name = f"ask_{phase}" if f"ask_{phase}" in phrases().rows else "ask_other"
    own = phrases().rows[name]
    for key, text, why, needed in own[:FEWEST]:
        yield key, _usual(facts, text), _usual(facts, why), needed
    for gap in reversed(gaps(facts)):
        words = re.findall(r"[a-z]+", literal(gap.question).lower())
        key = "-".join(words[:6])[:LONGEST_KEY].strip("-")
        yield key or "open-point", gap.question, f"Decides {gap.decides}.", "no"
