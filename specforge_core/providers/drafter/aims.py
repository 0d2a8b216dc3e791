"""The brief's second half by rules: what is to be reached, and what could prevent it."""

from __future__ import annotations

from specforge_core.providers.drafter.facts import ASSUMED, Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import Sheet, in_text, people, safe, sentence
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.targets import release_date, target_of

MOST_GOALS = 5
MOST_LISTED = 12


def objectives(facts: Facts) -> list[tuple[str, str]]:
    """(id, objective): those of the PRD, the stated goals, or proposals marked as such."""
    given = facts.given("O")
    if given:
        return [(item.id, safe(item.text) or item.id) for item in given]
    stated = [told(one) for one in stated_goals(facts)]
    proposed = [
        f"{ASSUMED} {goal.lower()}; measure: {in_text(facts.usual(measure))}."
        for goal, measure in facts.archetype.measures[:2]
    ]
    return [(f"O{number}", text) for number, text in enumerate(stated or proposed, 1)]


def stated_goals(facts: Facts) -> tuple[Statement, ...]:
    return facts.about("goal", but=("excluded", "risk"))[:MOST_GOALS]


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
    for goal, measure in facts.archetype.measures[: max(3 - len(rows), 1)]:
        usual = facts.usual(measure)
        rows += facts.rows(
            "goal", goal=goal.lower(), measure=usual, when=release_date(facts) or "not stated"
        )
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
        one.text,
        aim.today or "not known; measure before the build",
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
    stated = facts.about("risk", but=("excluded",))[:3]
    rows = [row for one in stated for row in facts.rows("stated_risk", name=one.text)]
    rows += [row for name in facts.systems[:2] for row in facts.rows("system_risk", name=name)]
    rows += [row for name in facts.laws[:1] for row in facts.rows("law_risk", name=name)]
    for risk, sign, response in facts.archetype.risks:
        act = sentence(facts.usual(response)).rstrip(".")
        rows.append([facts.usual(risk), "medium", "medium", facts.usual(sign), act])
    rows += facts.rows("date_risk") if facts.about("deadline") else []
    return (facts.rows("unseen_risk") if not facts.about("problem") else []) + rows
