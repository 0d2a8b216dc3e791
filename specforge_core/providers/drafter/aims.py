"""The brief's second half by rules: what is to be reached, and what could prevent it."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    in_text,
    people,
    safe,
    sentence,
    tagged,
)
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.targets import baseline, release_date, target_of, today_of
from specforge_core.providers.drafter.topics import stems, unrepeated

# As `advice.toml` words a proposed worry.
_WORRY = re.compile(r"^the greatest worry is this: ", re.IGNORECASE)
_SIGN = "; its first sign would be "
MOST_GOALS = 5
MOST_LISTED = 12


def objectives(facts: Facts) -> list[tuple[str, str]]:
    """(id, objective): those of the PRD, the stated goals, or proposals marked as such."""
    given = facts.given("O")
    if given:
        return [(item.id, safe(item.text) or item.id) for item in given]
    stated = [told(one) for one in stated_goals(facts)]
    proposed = [
        f"{ASSUMED} {goal}; measure: {in_text(measure).rstrip('.')}."
        for goal, measure, _ in proposals(facts)[:2]
    ]
    return [(f"O{number}", text) for number, text in enumerate(stated or proposed, 1)]


def stated_goals(facts: Facts) -> tuple[Statement, ...]:
    return tuple(unrepeated(facts.about("goal", but=("excluded", "risk")))[:MOST_GOALS])


def proposals(facts: Facts) -> list[tuple[str, str, str]]:
    """(goal, measure, today's value or ""): first the figure of today, then what is usual."""
    figure, problem = baseline(facts)
    aims = stated_goals(facts)
    stated = [stems(one.text) for one in aims]
    known = not figure or any(figure in one.text for one in aims)
    told_today = [] if known else [(f"less than {figure}", problem, figure)]
    usual = [(goal.lower(), facts.usual(text), "") for goal, text in facts.archetype.measures]
    return [
        *told_today,
        *(one for one in usual if not any(stems(one[1]) <= said for said in stated)),
    ]


def goals(facts: Facts, sheet: Sheet) -> Sheet:
    stated = stated_goals(facts)
    known = (
        "Goals are quoted as they are stated. Rows marked *Assumption* are proposals"
        if stated
        else "No goal is stated as a result. These are proposals"
    )
    sheet.say(
        f"{known}, usual for {facts.archetype.label}; the sponsor has to confirm or strike them."
    )
    rows = [_goal_row(f"Goal {number}", one, facts) for number, one in enumerate(stated, 1)]
    when = release_date(facts) or "not stated"
    for goal, measure, today in proposals(facts)[: max(3 - len(rows), 1)]:
        known = today or "not known"
        rows += facts.rows("goal", goal=goal, measure=measure, today=known, when=when)
    sheet.table(("Goal", "Measure", "Today", "Target", "By when", "How measured"), rows)
    sheet.head("What must not get worse").say(
        f"{ASSUMED} {in_text(facts.usual(facts.archetype.guardrail))}. Measure it before the"
        " release; if it rises, improvements elsewhere do not count."
    )
    excluded = [told(one) for one in facts.about("excluded")[:MOST_LISTED]]
    return sheet.head("Non-goals").bullets(
        excluded or [f"{ASSUMED} results for anyone but {people(facts.who[:3])}."]
    )


def _goal_row(name: str, one: Statement, facts: Facts) -> list[str]:
    aim = target_of(one.text)
    return [
        name,
        one.quoted,
        today_of(facts, one) or "not known; measure before the build",
        aim.target or "not stated; agree on a number",
        aim.when or release_date(facts) or "not stated",
        f"{ASSUMED} counted by the product",
    ]


def risks(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(
        ("Risk", "Likelihood", "Impact", "First sign", "What we do about it"), _risk_rows(facts)[:6]
    )
    sheet.head("Assumptions")
    missing = gaps(facts)
    sheet.bullets(
        [
            f"**A{number}.** {sentence(gap.default)} Test: ask {in_text(gap.ask)}."
            for number, gap in enumerate(missing[:5], 1)
        ]
        or ["**A1.** The inputs are complete. Test: read this brief to two future users."]
    )
    sheet.head("Open questions")
    return sheet.bullets(
        [
            f"**Q{number}.** {gap.question} Decides {gap.decides}."
            for number, gap in enumerate(missing[:6], 1)
        ]
        or ["**Q1.** Who approves this brief, and by when?"]
    )


def _risk_rows(facts: Facts) -> list[list[str]]:
    stated = unrepeated(facts.about("risk", but=("excluded",)))[:3]
    rows = [_stated_risk(facts, one) for one in stated]
    told_of = [stems(one.text) for one in stated]
    rows += [row for name in facts.systems[:2] for row in facts.rows("system_risk", name=name)]
    rows += [row for name in facts.laws[:1] for row in facts.rows("law_risk", name=name)]
    for risk, sign, response in facts.archetype.risks:
        if any(stems(facts.usual(risk)) <= words for words in told_of):
            continue
        act = sentence(facts.usual(response)).rstrip(".")
        rows.append([facts.usual(risk), "medium", "medium", facts.usual(sign), act])
    rows += facts.rows("date_risk") if facts.about("deadline") else []
    return (facts.rows("unseen_risk") if not facts.about("problem") else []) + rows


def _stated_risk(facts: Facts, one: Statement) -> list[str]:
    """A kept suggestion names its first sign; what to do about it is then the usual as well."""
    name, _, sign = _WORRY.sub("", one.text).partition(_SIGN)
    usual = (
        act for risk, _, act in facts.archetype.risks if stems(facts.usual(risk)) == stems(name)
    )
    [row] = facts.rows(
        "stated_risk", name=name, sign=sign.rstrip(".") or "not stated; agree on one"
    )
    row[0] = tagged(row[0], assumed=one.assumed)
    return [*row[:-1], next((sentence(facts.usual(act)).rstrip(".") for act in usual), row[-1])]
