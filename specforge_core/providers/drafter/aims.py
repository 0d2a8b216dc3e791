"""The brief's second half by rules: what is to be reached, and what could prevent it."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.facts import ASSUMED, Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import Sheet, in_text, people, safe, sentence
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.vocabulary import plural

_CHANGE = re.compile(
    r"\bfrom (.{1,30}?) to (.{1,30}?)(?=[.,;)]|$| by | in | within | per | and )", re.IGNORECASE
)
_INSTEAD = re.compile(r"(\d[\w.,% ]{0,25}?) instead of (\d[\w.,% ]{0,25})", re.IGNORECASE)
_PLEDGE = re.compile(
    r"\b(?:by|under|below|at least|at most|within|to|over) (?:half|[€$]?\d[\d.,]* ?%?(?: \w+)?)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:by|before|until|in|from) (?:the )?(?:end of |start of |middle of |mid[- ])?(?:the )?"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|q[1-4]|spring|summer|autumn|fall|winter|christmas|20\d\d|year)(?: 20\d\d)?\b"
    r"|\bwithin \w+ (?:days|weeks|months)\b",
    re.IGNORECASE,
)


def objectives(facts: Facts) -> list[tuple[str, str]]:
    """(id, objective): those of the PRD, the stated goals, or proposals marked as such."""
    given = facts.given("O")
    if given:
        return [(item.id, safe(item.text) or item.id) for item in given]
    stated = [told(one) for one in facts.about("goal", but=("excluded", "risk"))[:3]]
    proposed = [
        f"{ASSUMED} {goal.lower()}; measure: {in_text(facts.usual(measure))}."
        for goal, measure in facts.archetype.measures[:2]
    ]
    return [(f"O{number}", text) for number, text in enumerate(stated or proposed, 1)]


def goals(facts: Facts, sheet: Sheet) -> Sheet:
    stated = facts.about("goal", but=("excluded", "risk"))[:4]
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
        rows += facts.rows("goal", goal=goal.lower(), measure=usual, when=_when(facts))
    sheet.table(("Goal", "Measure", "Today", "Target", "By when", "How measured"), rows)
    sheet.head("What must not get worse").say(
        f"{ASSUMED} {in_text(facts.usual(facts.archetype.guardrail))}. Measure it before the"
        " release; if it rises, improvements elsewhere do not count."
    )
    excluded = [told(one) for one in facts.about("excluded")[:3]]
    return sheet.head("Non-goals").bullets(
        excluded or [f"{ASSUMED} results for anyone but {people(facts.who[:3])}."]
    )


def _goal_row(name: str, one: Statement, facts: Facts) -> list[str]:
    text = one.text
    today, target = "not known; measure before the build", "not stated; agree on a number"
    if match := _CHANGE.search(text):
        today, target = match[1], match[2]
    elif match := _INSTEAD.search(text):
        today, target = match[2].strip(" ."), match[1].strip()
    elif match := _PLEDGE.search(text):
        target = match[0]
    date = _DATE.search(text)
    source = f"from the recorded {plural(facts.thing)} and their times"
    return [name, text, today, target, date[0] if date else _when(facts), source]


def _when(facts: Facts) -> str:
    for one in facts.about("deadline"):
        if match := _DATE.search(one.text):
            return match[0]
    return "not stated"


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
