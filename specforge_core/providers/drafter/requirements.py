"""What the product must do, as rows with ids. Brief, PRD and specs agree because all read this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.actors import TOKEN, actor_at
from specforge_core.providers.drafter.criteria import Criterion, criteria_in
from specforge_core.providers.drafter.deeds import capabilities
from specforge_core.providers.drafter.defined import Item
from specforge_core.providers.drafter.facts import ASSUMED, Facts
from specforge_core.providers.drafter.markdown import (
    a_person,
    bare,
    clip,
    plain,
    safe,
    sentence,
)
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.vocabulary import vocabulary

MOST = 14
# Kinds of rule that have a section of their own.
_ELSEWHERE = ("excluded", "risk", "deadline", "budget", "goal", "security", "quality")
_CLAUSE = re.compile(r"[,;] (?:and |but )?")
_PRIORITY = re.compile(r"must|should|could|won't", re.IGNORECASE)
# Not "must be", "must not": those are rules, to be quoted as they stand.
_DEED = re.compile(
    r"(?:an?|the|each|every|all|any)?\s*(?P<who>[^.;:,]{2,60}?)\s(?:can|must|should|may|shall|will"
    r"|(?:has|have|needs?|is able|are able) to)\s(?:be able to\s)?(?!be\b|not\b|never\b)"
    r"(?P<phrase>\S.*)",
    re.IGNORECASE,
)
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
    criteria: tuple[Criterion, ...] = ()  # those that the PRD gives

    @property
    def kind(self) -> str:
        return _kind(self.verb)

    @property
    def assumed(self) -> bool:
        return self.source == "*Assumption*"


@lru_cache(maxsize=32)
def requirements(facts: Facts) -> tuple[Requirement, ...]:
    """Those of the PRD, if there is one that numbers them; else made from the inputs.

    Made ones are stated deeds, then stated rules, then what this kind of product usually needs.
    Usual ones fill up to six, so that a one-line description still gives a
    document that can be discussed.
    """
    given = facts.given("FR", "REQ", "R", "F")
    if given:
        return tuple(_given(item) for item in given)
    rows = [*_stated(facts), *_rules(facts)][:MOST]
    rows += _usual(facts, rows)[: max(6 - len(rows), 0)]
    return tuple(Requirement(f"FR-{number}", *row) for number, row in enumerate(rows, 1))


def _given(item: Item) -> Requirement:
    """A row of a PRD, read from its own words: what the drafter would write gives the same."""
    text = sentence(safe(item.cell("requirement") or item.text)) or item.id
    source = item.cell("source")
    priority = _PRIORITY.search(item.cell("priority"))
    who, verb, phrase, thing = _read(bare(text), safe(item.cell("who"), 60))
    return Requirement(
        item.id,
        text,
        who,
        priority[0].capitalize() if priority else "Must",
        "*Assumption*" if "Assumption" in source or ASSUMED in text else safe(source, 60),
        verb,
        phrase,
        thing,
        criteria_in(item.body),
    )


def _read(text: str, named: str) -> tuple[str, str, str, str]:
    """(who, verb, phrase, thing) of a sentence such as "An employee can upload an invoice."."""
    match = _DEED.match(text)
    tokens = TOKEN.findall(match["who"]) if match else []
    product = bool(tokens) and tokens[-1].lower() in vocabulary().product_words
    actor = "The product" if product else actor_at(tokens, len(tokens) - 1)
    who = (named if named not in ("", "–", "-") else actor) or "All"
    if not match or who == "All":
        return "All", "", "", ""
    phrase = match["phrase"].rstrip(".")
    first = phrase.split()[0].rstrip(",").lower()
    deeds = capabilities(text, "")
    verb = vocabulary().verb_forms.get(first, "")
    thing = next((one.thing for one in deeds if one.thing), "")
    return who, verb, plain(clip(phrase, 120)), thing


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


def _kind(verb: str) -> str:
    return vocabulary().verb_kinds.get(verb, "other")


def _asks_for_system(facts: Facts, one: Statement) -> bool:
    named = any(name in one.text for name in facts.systems)
    return named and "problem" not in one.kinds and len(one.text.split()) > 3


def _binds(clause: str) -> bool:
    return len(clause.split()) > 4 and _BINDING.search(clause) is not None


def _usual(facts: Facts, rows: list[_Row]) -> list[_Row]:
    have = {row[4] for row in rows}
    made = any(_kind(row[4]) == "create" for row in rows)
    who = facts.who
    usual: list[_Row] = []
    for number, text in enumerate(facts.archetype.capabilities):
        phrase = facts.usual(text)
        verb = phrase.split()[0].rstrip(",")
        if verb in have or (made and _kind(verb) == "create"):
            continue
        # The second role of a kind of product decides, plans or keeps the stock.
        decides = number >= 2 and number % 2 == 0
        actor = who[1] if decides and len(who) > 1 else who[0]
        row = (deed(actor, phrase), actor, "Should", "*Assumption*", verb, phrase, facts.thing)
        usual.append(row)
    return usual
