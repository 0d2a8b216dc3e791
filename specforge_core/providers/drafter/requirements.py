"""What the product must do, as rows with ids. Brief, PRD and specs agree because all read this."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from specforge_core.providers.drafter.actors import TOKEN, actor_at
from specforge_core.providers.drafter.criteria import Criterion, criteria_in
from specforge_core.providers.drafter.deeds import Capability, capabilities, force_of
from specforge_core.providers.drafter.defined import Item
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.gathering import product_named
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    a_person,
    bare,
    clip,
    in_text,
    plain,
    safe,
    sentence,
)
from specforge_core.providers.drafter.stated import asks, left_out, note_of
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.topics import stems
from specforge_core.providers.drafter.vocabulary import vocabulary

FEWEST = 6
MOST_OF_A_TITLE = 3  # words of `Booking and cancelling`, which only sums up
MOST, MOST_OF_DOCUMENTS = 60, 14
_CLAUSE = re.compile(r"[,;] (?:and |but )?")
_NUMBER = re.compile(r"\d")
_NO_SUBJECT = re.compile(
    r"(?:must|should|shall|could|has to|needs? to)\b(?! be\b.* by\b)", re.IGNORECASE
)
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

    Made ones are what is stated, in its order, then what this kind of product usually needs.
    Usual ones fill up to `FEWEST`, so that a one-line description still gives a document that
    can be discussed.
    """
    given = facts.given("FR", "REQ", "R", "F")
    if given:
        return tuple(_given(item) for item in given)
    rows = _unrepeated(_stated(facts))
    own = [row for row in rows if row.source in ("description", "answer")][:MOST]
    rows = [*own, *[row for row in rows if row not in own][:MOST_OF_DOCUMENTS]]
    rows += _usual(facts, rows)[: max(FEWEST - len(rows), 0)]
    return tuple(replace(row, id=f"FR-{number}") for number, row in enumerate(rows, 1))


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
    deeds = capabilities(text, "")
    verb = _verb_of(phrase)
    thing = next((one.thing for one in deeds if one.thing), "")
    return who, verb, plain(clip(phrase, 120)), thing


def deed(who: str, phrase: str) -> str:
    modal = "has to" if who == "The product" else "can"
    return f"{a_person(who)} {modal} {phrase}."


def _stated(facts: Facts) -> list[Requirement]:
    """For each statement its deeds and rules, or itself where these would leave words out."""
    rows: list[Requirement] = []
    asked = asks(facts)
    for one in asked:
        phrase = note_of(one.text)
        if phrase:
            told_again = any(stems(one.text) < stems(other.text) for other in asked)
            rows += [] if told_again else [_noted(one, phrase)]
            continue
        made = [_of_deed(facts, one, deed) for deed in one.deeds]
        if not one.kinds & {"excluded", "risk", "deadline", "budget", "refused"}:
            made += _clauses(one) if made else []
            made = (
                [_quoted(one)]
                if not (made and product_named(one.text)) and _lost(one, made)
                else made
            )
        rows += [replace(row, source="*Assumption*") for row in made] if one.assumed else made
    return rows


def _noted(one: Statement, phrase: str) -> Requirement:
    text = deed("Person", phrase)
    source = "*Assumption*" if one.assumed else one.source
    return Requirement("", text, "Person", _force(one), source, _verb_of(phrase), phrase, "")


def _verb_of(phrase: str) -> str:
    """Of a bare deed, or "": to sign in signs nothing."""
    first = phrase.split()[0].rstrip(",").lower()
    return "" if phrase.lower().startswith("sign in") else vocabulary().verb_forms.get(first, "")


def _of_deed(facts: Facts, one: Statement, did: Capability) -> Requirement:
    who = did.who or _usual_doer(facts, did)
    text = deed(who, did.phrase)
    force = _force(one)
    return Requirement("", text, who, force, one.source, did.verb, did.phrase, did.thing)


def _usual_doer(facts: Facts, did: Capability) -> str:
    """Who does what the text gives to nobody: a decision is not made by who asks for it."""
    if did.kind != "decide":
        return facts.who[0]
    deciding = (name for name in facts.who if name.split()[-1].lower() in vocabulary().deciders)
    usual = [name.capitalize() for name in facts.archetype.who if name in vocabulary().deciders]
    return next(deciding, (*usual, facts.who[0])[0])


def _quoted(one: Statement) -> Requirement:
    text = one.text
    if _NO_SUBJECT.match(text):
        text = f"The product {in_text(text)}"
    elif "works_with" in one.kinds and not (one.deeds or "rule" in one.kinds):
        text = f"The product has to work with {text}"
    text = sentence(text)
    return Requirement("", text, *_told(text, _force(one), one.source))


def _told(text: str, force: str, source: str) -> tuple[str, str, str, str, str, str]:
    who, verb, phrase, thing = _read(bare(text), "")
    return who, force, source, verb, phrase, thing


def _force(one: Statement) -> str:
    label = one.question.casefold()
    if label.startswith(("could", "nice", "kann")):
        return "Could"
    return "Should" if label.startswith("should") else force_of(one.text)


def _clauses(one: Statement) -> list[Requirement]:
    """The parts of a sentence that say "must" and the like and hold none of its deeds."""
    parts = _CLAUSE.split(one.text)[1:]
    free = [part for part in parts if _binds(part) and not capabilities(part, one.source)]
    return [
        Requirement("", sentence(part), "All", "Must", one.source, "", "", "") for part in free[:1]
    ]


def _lost(one: Statement, made: list[Requirement]) -> bool:
    """Whether the rows leave out a number of the statement, or a third of its telling words."""
    words = stems(one.text)
    lost = words - stems(" ".join(row.text for row in made))
    return 3 * len(lost) > len(words) or any(_NUMBER.search(word) for word in lost)


def _unrepeated(rows: list[Requirement]) -> list[Requirement]:
    """Without a row whose words another one says as well: `SSO` beside `SSO with Okta`."""
    words = [stems(row.text) for row in rows]
    everything = frozenset(
        word for row, said in zip(rows, words, strict=True) if row.phrase for word in said
    )
    kept: list[Requirement] = []
    for number, (row, said) in enumerate(zip(rows, words, strict=True)):
        again = any(said < other for other in words) or said in words[:number]
        summed_up = not row.phrase and len(said) <= MOST_OF_A_TITLE and said <= everything
        if not said or not (again or summed_up):
            kept.append(row)
    return kept


def _kind(verb: str) -> str:
    return vocabulary().verb_kinds.get(verb, "other")


def _binds(clause: str) -> bool:
    return len(clause.split()) > 4 and _BINDING.search(clause) is not None


def _usual(facts: Facts, rows: list[Requirement]) -> list[Requirement]:
    """Deeds usual for this kind of product that are neither asked for nor left out."""
    have = {row.verb for row in rows}
    made = any(row.kind == "create" for row in rows)
    out = left_out(facts)
    usual: list[Requirement] = []
    for number, text in enumerate(facts.archetype.capabilities):
        phrase = facts.usual(text)
        verb = phrase.split()[0].rstrip(",")
        if verb in have or (made and _kind(verb) == "create"):
            continue
        if any(topic & stems(phrase) for topic in out):
            continue
        # The second role of a kind of product decides, plans or keeps the stock.
        decides = number >= 2 and number % 2 == 0
        actor = facts.who[1] if decides and len(facts.who) > 1 else facts.who[0]
        text = deed(actor, phrase)
        usual.append(
            Requirement("", text, actor, "Should", "*Assumption*", verb, phrase, facts.thing)
        )
    return usual
