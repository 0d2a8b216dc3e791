"""The PRD's numbers by rules: qualities with their figures, metrics and the events behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.aims import objectives, proposals, stated_goals
from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, in_text, safe
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.stated import left_out, measures
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.targets import target_of, today_of
from specforge_core.providers.drafter.topics import stems
from specforge_core.providers.drafter.vocabulary import phrases, vocabulary

MOST_STATED = 20


@dataclass(frozen=True, slots=True)
class Quality:
    id: str
    name: str
    text: str
    check: str


@lru_cache(maxsize=32)
def qualities(facts: Facts) -> tuple[Quality, ...]:
    """The non-functional requirements: those of the PRD, or stated and usual ones."""
    given = facts.given("NFR")
    if given:
        return tuple(
            Quality(
                item.id,
                safe(item.cell("quality") or item.text, 80),
                safe(item.cell("requirement") or item.text),
                safe(item.cell("verified", "check", "how")) or "as stated in the PRD",
            )
            for item in given
        )
    return tuple(Quality(f"NFR-{number}", *row) for number, row in enumerate(_own(facts), 1))


def _own(facts: Facts) -> list[tuple[str, str, str]]:
    """(name, requirement, check): the stated ones, and the usual of which none is stated."""
    stated = measures(facts)[:MOST_STATED]
    rows = [(*_named(one), told(one)) for one in stated]
    found = [(name, text, check) for name, check, text in rows]
    text = " ".join(one.text for one in stated)
    found += [
        (f"Law: {law}", f"The duties of {law} that apply are listed and met", "Expert review")
        for law in facts.laws
        if law not in text
    ]
    names = {name for name, *_ in found}
    if any(topic == stems("user interface") for topic in left_out(facts)):
        names |= {"Accessibility", "Devices"}
    usual = [row for row in phrases().rows["qualities"] if row[0] not in names]
    for name, requirement, check in usual[: max(7 - len(found), 3)]:
        found.append((name, facts.usual(requirement), check))
    return found


def _named(one: Statement) -> tuple[str, str]:
    """(name, check) of a stated quality, by its words."""
    rows, text = phrases().rows["quality_names"], one.text.casefold()
    return next((name, check) for words, name, check in rows if re.search(words, text))


def quality(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(
        ("ID", "Quality", "Requirement", "How verified"),
        ((row.id, row.name, row.text, row.check) for row in qualities(facts)),
    )
    if not facts.about("quality"):
        sheet.say(
            "The inputs give no load, times or hours, so the figures marked *Assumption* are of a"
            " size that suits a team tool. They decide the architecture; confirm them first."
        )
    return sheet


def events(facts: Facts) -> list[tuple[str, str]]:
    """(event name, requirement id): one for each deed that changes something."""
    words = {verb: participle for participle, verb in vocabulary().participles.items()}
    found: dict[str, str] = {}
    for row in requirements(facts):
        if row.phrase and row.kind != "read":
            name = re.sub(
                r"\W+", "_", f"{row.thing or facts.thing}_{words.get(row.verb, row.verb)}"
            )
            found.setdefault(name.strip("_").lower(), row.id)
    return list(found.items())[:7]


def metrics(facts: Facts, sheet: Sheet) -> Sheet:
    recorded = events(facts) or [(f"{facts.thing}_created", requirements(facts)[0].id)]
    aims = objectives(facts)
    rows = [
        _metric_row(facts, one, f"O{number}", recorded[0][0])
        for number, one in enumerate(stated_goals(facts), 1)
    ]
    for number, (_, measure, today) in enumerate(proposals(facts)):
        aim, event = aims[min(number, len(aims) - 1)], recorded[min(number, len(recorded) - 1)]
        known = today or "not known, measure before release"
        rows += facts.rows("metric", measure=measure, objective=aim[0], event=event[0], today=known)
    sheet.table(
        ("Metric", "Objective", "Definition", "Fed by", "Baseline", "Target"),
        rows[: max(5, len(stated_goals(facts)))],
    )
    sheet.head("Events").bullets(
        f"`{name}`: with time, role and {facts.thing} number, no names ({key})"
        for name, key in recorded
    )
    sheet.head("Guardrail").say(
        f"{ASSUMED} {in_text(facts.usual(facts.archetype.guardrail))}. A rise stops the roll-out."
    )
    return sheet.say(
        f"{ASSUMED} the product manager looks at the figures each week for the first eight weeks,"
        " then monthly; a metric that has led to no decision by then is removed."
    )


def _metric_row(facts: Facts, goal: Statement, objective: str, event: str) -> list[str]:
    aim = target_of(goal.text)
    today = today_of(facts, goal) or "not known, measure before release"
    return [told(goal), objective, "as stated", f"`{event}`", today, aim.target or "as stated"]
