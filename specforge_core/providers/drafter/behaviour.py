"""The PRD's flows and acceptance criteria by rules: what happens, step by step, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby

from specforge_core.providers.drafter.criteria import Criterion, criteria_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    a_person,
    clip,
    in_text,
    listed,
    merged,
)
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.vocabulary import phrases, with_article

# A rule forbids something; what else is quoted is a thing that the product has.
_LIMITS = re.compile(
    r"\b(only|never|not|at most|at least|no more|more than|less than|above|below|over|under|within"
    r"|before|until|limit\w*|requires?|needs? an?|nur|nicht|nie|höchstens|mindestens|darf"
    r"|dürfen)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w/])\d")


def flows(facts: Facts, sheet: Sheet) -> Sheet:
    rows = [row for row in requirements(facts) if row.phrase and row.who != "The product"]
    names = list(dict.fromkeys(row.who for row in rows))[:3]
    for name in names:
        own = [row for row in rows if row.who == name][:4]
        sheet.head(f"{name}: {own[0].phrase}")
        sheet.say(f"Starts when {_trigger(own[0], facts)}.")
        sheet.numbered(_steps(name, own))
        sheet.say(f"Ends when {_ending(own[-1], facts)}.")
        sheet.bullets(_exceptions(own)[: 2 if len(names) > 1 else 4])
    return sheet if names else sheet.say(_no_flow(facts))


def _no_flow(facts: Facts) -> str:
    return (
        f"The inputs name no deed of a person. {ASSUMED} in the main flow"
        f" {in_text(a_person(facts.who[0]))} enters {with_article(facts.thing)}, sees it stored"
        " and finds it again."
    )


def _trigger(row: Requirement, facts: Facts) -> str:
    thing = with_article(row.thing or facts.thing)
    return {
        "create": f"{in_text(a_person(row.who))} needs {thing} and has the details at hand",
        "decide": f"{thing} waits for {in_text(a_person(row.who))}",
        "read": f"{in_text(a_person(row.who))} wants to know where things stand",
    }.get(row.kind, f"{thing} exists and something about it has to be done")


def _ending(row: Requirement, facts: Facts) -> str:
    thing = row.thing or facts.thing
    return {
        "decide": f"the {thing} has its new state, and those concerned know by whom and why",
        "read": "the person has the answer and nothing was changed",
        "notify": "the recipient has the message and its delivery is on record",
    }.get(row.kind, f"the {thing} is stored and everyone who may see it sees the same")


def _steps(name: str, rows: list[Requirement]) -> Iterator[str]:
    """A person's deeds of one kind in a row are one step, and the product's reply the next."""
    for kind, group in groupby(rows, key=lambda row: row.kind):
        same = list(group)
        ids = ", ".join(row.id for row in same)
        yield f"**{name}:** {listed(merged([row.phrase for row in same]))} ({ids})."
        yield f"**Product:** {phrases().replies[kind]}."


def _exceptions(rows: list[Requirement]) -> list[str]:
    kinds = dict.fromkeys([*(row.kind for row in rows), "other"])
    return [phrases().faults[kind] for kind in kinds]


def acceptance(facts: Facts, sheet: Sheet) -> Sheet:
    shown: set[str] = set()
    for row in requirements(facts):
        sheet.head(f"{row.id}: {clip(row.phrase or row.text, 70)}")
        sheet.bullets(str(one) for one in criteria(row, shown))
        shown.add(row.kind)
    return sheet.say(
        "**For all:** given a person without the role, when they try any of this by page or by"
        " address, then they are refused, nothing is changed and nothing is revealed."
    )


def criteria(row: Requirement, shown: Collection[str] = ()) -> list[Criterion]:
    """Those of the PRD, or what follows from the kind of deed.

    shown: the kinds whose refusal has been told already.
    """
    if row.criteria:
        return list(row.criteria)
    refusals = phrases().refusals
    if not row.phrase:
        if not is_limit(row):
            return [_there(row)]
        return list(criteria_in(refusals["limit" if _NUMBER.search(row.text) else "rule"]))
    if row.who == "The product" and row.kind == "other":
        return [_seen(row)]
    actor = (
        "the product is due to"
        if row.who == "The product"
        else f"{in_text(a_person(row.who))}, signed in, wants to"
    )
    first = Criterion(f"{actor} {row.phrase}", "it is done", phrases().results[row.kind])
    told = row.kind in refusals and row.kind not in shown
    return [first, *criteria_in(refusals[row.kind])] if told else [first]


def is_limit(row: Requirement) -> bool:
    return _LIMITS.search(row.text) is not None


def _there(row: Requirement) -> Criterion:
    tried = f"this is tried: {in_text(row.text).rstrip('.')}"
    then = "it works as it is worded; where it cannot, the person is told why"
    return Criterion("the first release with test data", tried, then)


def _seen(row: Requirement) -> Criterion:
    then = f"it is seen to {row.phrase}; where it cannot, the person is told why"
    return Criterion("the first release with test data", "a case comes up that needs it", then)
