"""What the product must do, as rows with ids. Brief, PRD and specs agree because all read this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.deeds import capabilities
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import a_person, sentence
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.vocabulary import vocabulary

MOST = 14
# Kinds of rule that have a section of their own.
_ELSEWHERE = ("excluded", "risk", "deadline", "budget", "goal", "security", "quality")
_CLAUSE = re.compile(r"[,;] (?:and |but )?")
_BINDING = re.compile(r"\b(must|has to|have to|needs?|requires?|never|at most)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """`phrase` is the bare deed ("approve an invoice"), "" for a rule quoted as it stands."""

    id: str
    text: str
    who: str
    priority: str
    source: str
    verb: str
    phrase: str
    thing: str

    @property
    def kind(self) -> str:
        return vocabulary().verb_kinds.get(self.verb, "other")

    @property
    def assumed(self) -> bool:
        return self.source == "*Assumption*"


@lru_cache(maxsize=32)
def requirements(facts: Facts) -> tuple[Requirement, ...]:
    """Stated deeds, then stated rules, then what this kind of product usually needs.

    Usual ones fill up to six, so that a one-line description still gives a
    document that can be discussed.
    """
    rows = [*_stated(facts), *_rules(facts)][:MOST]
    rows += _usual(facts, rows)[: max(6 - len(rows), 0)]
    return tuple(Requirement(f"REQ-{number}", *row) for number, row in enumerate(rows, 1))


_Row = tuple[str, str, str, str, str, str, str]


def deed(who: str, phrase: str) -> str:
    modal = "has to" if who == "The product" else "can"
    return f"{a_person(who)} {modal} {phrase}."


def _stated(facts: Facts) -> list[_Row]:
    rows: list[_Row] = []
    for one in facts.capabilities:
        who = one.who or facts.who[0]
        text = deed(who, one.phrase)
        rows.append((text, who, one.force, one.source, one.verb, one.phrase, one.thing))
    return rows


def _rules(facts: Facts) -> list[_Row]:
    """Sentences, or parts of them, that say "must" and the like and hold none of the deeds."""
    rules = [
        one
        for one in facts.about("rule", "included", "system", but=_ELSEWHERE)
        if one.kinds & {"rule", "included"} or _asks_for_system(facts, one)
    ]
    rows: list[_Row] = []
    for one in rules:
        parts = [one.text, *_CLAUSE.split(one.text)]
        free = [part for part in parts if not capabilities(part, one.source)]
        binding = [part for part in free if part == one.text or _binds(part)]
        if binding:
            rows.append((sentence(binding[0]), "All", "Must", one.source, "", "", ""))
    return rows


def _asks_for_system(facts: Facts, one: Statement) -> bool:
    named = any(name in one.text for name in facts.systems)
    return named and "problem" not in one.kinds and len(one.text.split()) > 3


def _binds(clause: str) -> bool:
    return len(clause.split()) > 4 and _BINDING.search(clause) is not None


def _usual(facts: Facts, rows: list[_Row]) -> list[_Row]:
    have = {row[4] for row in rows}
    who = facts.who
    usual: list[_Row] = []
    for number, text in enumerate(facts.archetype.capabilities):
        phrase = facts.usual(text)
        verb = phrase.split()[0].rstrip(",")
        if verb in have:
            continue
        # The second role of a kind of product decides, plans or keeps the stock.
        decides = number >= 2 and number % 2 == 0
        actor = who[1] if decides and len(who) > 1 else who[0]
        row = (deed(actor, phrase), actor, "Should", "*Assumption*", verb, phrase, facts.thing)
        usual.append(row)
    return usual
