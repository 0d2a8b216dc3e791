"""Which statements are requirements: what the product does, and how well it does it."""

from __future__ import annotations

import re
from functools import lru_cache

from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.statements import Statement, words_in
from specforge_core.providers.drafter.topics import topics
from specforge_core.providers.drafter.vocabulary import vocabulary

# Kinds that have a place of their own.
_ELSEWHERE = frozenset({"excluded", "risk", "deadline", "budget", "goal", "refused"})
_OWN = ("description", "answer")
# `Receipts are photographed.`, `The portal shows …`, `Prices come from SAP.`
_FACT = re.compile(
    r"[^.,;:]{3,60}? (?:is|are|get|gets|werden|wird) (?:\w+ly )?"
    r"(?:\w+(?:ed|wn|en|pt|nt|ht)\b|ge\w+t\b)"
    r"|(?:the|our|das|die) (?:app|product|system|tool|portal|platform|service|api)\b"
    r"|it (?:runs|works|shows|keeps|stores|sends)\b",
    re.IGNORECASE,
)
_WE = re.compile(r"(we|i|wir|ich|our company|unsere?)\b", re.IGNORECASE)
_MOST_WORDS_OF_A_LABEL = 8


def asks(facts: Facts) -> tuple[Statement, ...]:
    """Of what the product does: to be functional requirements, the person's own words first."""
    return _sorted(facts)[0]


def measures(facts: Facts) -> tuple[Statement, ...]:
    """Of how well, how safely and within which limits: to be non-functional requirements."""
    return _sorted(facts)[1]


def left_out(facts: Facts) -> list[frozenset[str]]:
    """The topics of the non-goals."""
    return [topic for one in facts.about("excluded") for topic in topics(one.text)]


@lru_cache(maxsize=32)
def _sorted(facts: Facts) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    own = [one for one in facts.statements if one.source in _OWN]
    others = [one for one in facts.statements if one.source not in _OWN]
    asked: list[Statement] = []
    measured: list[Statement] = []
    for one in [*own, *others]:
        if _is_quality(facts, one):
            measured.append(one)
        elif _is_asked(facts, one):
            asked.append(one)
    return tuple(asked), tuple(measured)


def _is_quality(facts: Facts, one: Statement) -> bool:
    if one.kinds & (_ELSEWHERE - {"deadline"} | {"problem"}) or _does_somebody(one):
        return False
    if "quality" in one.kinds or one.kinds & {"security", "access"} == {"security"}:
        return True
    if one.kinds >= {"constraint", "rule"} and not one.kinds & {"deadline", "access"}:
        return not (one.deeds or vocabulary().kinds["system"].search(one.text))
    short = len(one.text.split()) <= _MOST_WORDS_OF_A_LABEL
    return bool(short and not one.deeds and _names_platform(facts, one))


def _does_somebody(one: Statement) -> bool:
    return any(deed.who != "The product" for deed in one.deeds)


def _names_platform(facts: Facts, one: Statement) -> bool:
    return one.source in _OWN and "rule" not in one.kinds and bool(words_in(one.text, "platforms"))


def _is_asked(facts: Facts, one: Statement) -> bool:
    if one.deeds or (note_of(one.text) and not one.kinds & _ELSEWHERE):
        return True
    elsewhere = _ELSEWHERE - {"goal"} if "included" in one.kinds else _ELSEWHERE
    if one.kinds & elsewhere or ("problem" in one.kinds and "rule" not in one.kinds):
        return False
    if one.kinds & {"rule", "included", "access"} or _names_system(facts, one):
        return True
    return one.source == "description" and bool(_FACT.match(one.text)) and not _WE.match(one.text)


def note_of(text: str) -> str:
    """What a person can do by a note that only names it: "sign in with SSO" of `SSO`, or ""."""
    return vocabulary().notes.get(text.strip(" .!").casefold(), "")


def _names_system(facts: Facts, one: Statement) -> bool:
    named = any(name in one.text for name in facts.systems)
    return named and len(one.text.split()) > 3
