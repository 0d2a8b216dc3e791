"""The PRD by rules: summary, requirements, qualities, metrics, release."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.behaviour import acceptance, flows
from specforge_core.providers.drafter.facts import ASSUMED, Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    Sheet,
    clip,
    in_text,
    listed,
    merged,
    people,
    sentence,
)
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.vocabulary import phrases, plural, vocabulary, with_article


def objectives(facts: Facts) -> list[tuple[str, str]]:
    """(id, objective) from the stated goals, or proposals marked as such."""
    stated = [told(one) for one in facts.about("goal", but=("excluded", "risk"))[:3]]
    proposed = [
        f"{ASSUMED} {goal.lower()}; measure: {in_text(facts.usual(measure))}."
        for goal, measure in facts.archetype.measures[:2]
    ]
    return [(f"O{number}", text) for number, text in enumerate(stated or proposed, 1)]


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
    sheet.head("Principles").bullets(_principles(facts))
    sheet.head("What the answers add")
    sheet.bullets(
        [f"{question} – **{clip(answer)}**" for question, answer in facts.answers[:10]]
        or ["Nothing: no question has been answered yet."]
    )
    documents = [one for one in facts.statements if one.source not in ("description", "answer")]
    if documents:
        sheet.head("Taken from earlier documents").bullets(told(one) for one in documents[:8])
    return sheet


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
        ((row.id, row.text, row.who, row.priority, _serves(row, aims), row.source) for row in rows),
    )
    sheet.head("States").say(_states(facts, rows))
    sheet.head("Considered and left out")
    excluded = [told(one) for one in facts.about("excluded")[:5]]
    return sheet.bullets(
        excluded
        or [f"Nothing is excluded by the inputs. {ASSUMED} what is not listed is not built."]
    )


def _serves(row: Requirement, aims: list[tuple[str, str]]) -> str:
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


def quality(facts: Facts, sheet: Sheet) -> Sheet:
    stated = facts.about("quality", "security", but=("excluded", "problem", "risk", "goal"))[:7]
    text = " ".join(one.text for one in stated)
    rows = [
        (
            "Security" if "security" in one.kinds else "Quality",
            told(one),
            "Test agreed with the person who set it",
        )
        for one in stated
    ]
    rows += [
        (f"Law: {law}", f"The duties of {law} that apply are listed and met", "Expert review")
        for law in facts.laws
        if law not in text
    ]
    for name, requirement, check in phrases().rows["qualities"][: max(7 - len(rows), 3)]:
        rows.append((name, facts.usual(requirement), check))
    sheet.table(
        ("ID", "Quality", "Requirement", "How verified"),
        ((f"NFR-{number}", *row) for number, row in enumerate(rows, 1)),
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
    recorded = events(facts) or [(f"{facts.thing}_created", "REQ-1")]
    aims = objectives(facts)
    rows = [
        [told(one), f"O{number}", "as stated", f"`{recorded[0][0]}`", "as stated", "as stated"]
        for number, one in enumerate(facts.about("goal", but=("excluded", "risk"))[:3], 1)
    ]
    for number, (_, measure) in enumerate(facts.archetype.measures):
        aim, event = aims[min(number, len(aims) - 1)], recorded[min(number, len(recorded) - 1)]
        usual = facts.usual(measure)
        rows += facts.rows("metric", measure=usual, objective=aim[0], event=event[0])
    sheet.table(("Metric", "Objective", "Definition", "Fed by", "Baseline", "Target"), rows[:5])
    sheet.head("Events").bullets(
        f"`{name}`: with time, role and {facts.thing} number, no names ({key})"
        for name, key in recorded
    )
    sheet.head("Guardrail").say(
        f"{sentence(facts.usual(facts.archetype.guardrail))} A rise stops the roll-out."
    )
    return sheet.say(
        f"{ASSUMED} the product manager looks at the figures each week for the first eight weeks,"
        " then monthly; a metric that has led to no decision by then is removed."
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
    dates = facts.about("deadline", "rollout", "budget", but=("excluded",))[:5]
    sheet.head("Dates and money").bullets(
        [told(one) for one in dates]
        or ["None is stated; the order above holds, the dates are open."]
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
