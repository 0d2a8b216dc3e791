"""The PRD by rules: summary, requirements, qualities, metrics, release."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.aims import MOST_LISTED, objectives
from specforge_core.providers.drafter.behaviour import acceptance, flows
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    in_text,
    listed,
    merged,
    people,
)
from specforge_core.providers.drafter.measures import metrics, quality
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.targets import dates_and_money, release_date
from specforge_core.providers.drafter.vocabulary import plural, vocabulary, with_article


def summary(facts: Facts, sheet: Sheet) -> Sheet:
    rows = requirements(facts)
    deeds = merged([row.phrase for row in rows if row.phrase])[:3]
    whom = people(facts.who[:3])
    sheet.say(
        f"**{facts.title}** is {facts.archetype.label} for {whom}. Its core is to {listed(deeds)}."
        if deeds
        else f"**{facts.title}** is {facts.archetype.label} for {whom}."
    )
    hurts = facts.about("problem", but=("excluded", "risk", "goal"))[:3]
    if hurts:
        sheet.head("The problem it answers").bullets(told(one) for one in hurts)
    sheet.head("Objectives").bullets(f"**{key}.** {text}" for key, text in objectives(facts))
    sheet.head("Non-goals").bullets(_left_out(facts))
    sheet.head("Users").bullets(_changes(facts))
    sheet.head("Principles").bullets(_principles(facts))
    sheet.head("What the answers add")
    sheet.bullets(answered(facts) or ["Nothing: no question has been answered yet."])
    documents = [one for one in facts.statements if one.source not in ("description", "answer")]
    if documents:
        sheet.head("Taken from earlier documents").bullets(told(one) for one in documents[:8])
    return sheet


def _left_out(facts: Facts) -> list[str]:
    excluded = [
        f"{told(one)} Reason: it is stated." for one in facts.about("excluded")[:MOST_LISTED]
    ]
    return excluded or [
        f"{ASSUMED} what no requirement names is not part of this release; each further wish waits"
        " until the first result has been seen (later)."
    ]


def _changes(facts: Facts) -> list[str]:
    rows = requirements(facts)
    deeds = {
        name: merged([r.phrase for r in rows if r.who == name and r.phrase]) for name in facts.who
    }
    return [
        f"**{name}** can {listed(found[:2])}." if found else f"**{name}** is affected by the rules."
        for name, found in list(deeds.items())[:4]
    ]


def _principles(facts: Facts) -> list[str]:
    usual = "One task from end to end over many begun, because only a finished one can be judged."
    found = (
        (
            bool(facts.about("security")),
            "Traceable over quick, because the inputs ask for protection or proof.",
        ),
        (
            bool(facts.about("deadline")),
            "The date over the scope, because the date is stated and the scope can shrink.",
        ),
        (
            bool(facts.systems),
            f"{(facts.systems or ('',))[0]} over our own copy, because it holds its data already.",
        ),
    )
    return [*(text for applies, text in found if applies), usual]


def functional(facts: Facts, sheet: Sheet) -> Sheet:
    rows = requirements(facts)
    aims = objectives(facts)
    assumed = sum(row.assumed for row in rows)
    if assumed:
        sheet.say(
            f"Marked *Assumption*: {assumed} of {len(rows)}. The inputs are silent there, so these"
            " are proposals to accept, change or strike."
        )
    sheet.table(
        ("ID", "Requirement", "Who", "Priority", "Objective", "Source"),
        ((row.id, row.text, row.who, row.priority, serves(row, aims), row.source) for row in rows),
    )
    sheet.head("States").say(_states(facts, rows))
    sheet.head("Considered and left out")
    return sheet.say(
        "Nothing but what the non-goals of the summary name; what is not listed is not built."
    )


def serves(row: Requirement, aims: list[tuple[str, str]]) -> str:
    """The objective that shares a word with the requirement, else the first."""
    words = set(re.findall(r"\w{5,}", row.text.casefold()))
    score = {key: len(words & set(re.findall(r"\w{5,}", text.casefold()))) for key, text in aims}
    return max(score, key=lambda key: score[key])


def states(facts: Facts) -> list[str]:
    """The states of the main thing that its deeds imply, in the order of the deeds."""
    words = {verb: participle for participle, verb in vocabulary().participles.items()}
    rows = [
        row
        for row in requirements(facts)
        if row.kind in ("decide", "delete", "pay") and row.thing in ("", facts.thing)
    ]
    found = list(dict.fromkeys(words[row.verb] for row in rows))
    return ["open", *found[:5]] if found else ["open", "done", "archived"]


def _states(facts: Facts, rows: tuple[Requirement, ...]) -> str:
    first, *others = states(facts)
    known = any(row.kind == "decide" and not row.assumed for row in rows)
    mark = "" if known else f"{ASSUMED} "
    return (
        f"{mark}{with_article(facts.thing).capitalize()} begins as `{first}` and can become"
        f" {listed([f'`{state}`' for state in others], 'or')}. No other move is possible; each one"
        " records who made it and when, and none is undone silently."
    )


def release(facts: Facts, sheet: Sheet) -> Sheet:
    rows = requirements(facts)
    must = [row.id for row in rows if row.priority == "Must"] or [row.id for row in rows[:3]]
    later = [row.id for row in rows if row.id not in must]
    sheet.table(
        ("Release", "For whom", "Contains", "Starts when", "Done when"),
        facts.rows(
            "releases",
            must=listed(must),
            later=listed(later) if later else "corrections from R1",
            everyone=people(facts.who[:3]),
            objective=objectives(facts)[0][0],
        ),
    )
    dates = dates_and_money(facts)
    given = [told(one) for one in dates]
    if release_date(facts):
        given.append(f"{ASSUMED} {release_date(facts)} is the date of R1.")
    sheet.head("Dates and money").bullets(
        given or ["None is stated; the order above holds, the dates are open."]
    )
    needed = [f"**{name}:** test access and a named contact" for name in facts.systems[:4]]
    needed += [f"**{law}:** a review by the person responsible" for law in facts.laws[:2]]
    sheet.head("Dependencies").bullets(
        [f"{one}, before R1." for one in needed]
        or [f"None is named. {ASSUMED} hosting and sign-in are available."]
    )
    sheet.head("Introduction").say(
        f"{ASSUMED} the old way stays open, read-only, for four weeks after R2; going back means"
        f" exporting the {plural(facts.thing)} and using it again."
    )
    return sheet.head("Open questions").bullets(_questions(facts))


def _questions(facts: Facts) -> list[str]:
    return [
        f"**Q{number}.** {gap.question} Until answered: {in_text(gap.default)}."
        for number, gap in enumerate(gaps(facts)[:5], 1)
    ] or ["**Q1.** Who approves this document?"]


SECTIONS = {
    "summary": summary,
    "flows": flows,
    "functional": functional,
    "quality": quality,
    "acceptance": acceptance,
    "metrics": metrics,
    "release": release,
}
