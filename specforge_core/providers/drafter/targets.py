"""What a stated goal counts: today's value, the target and the time, as the person wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from specforge_core.providers.drafter.dates import date_in, time_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import in_text
from specforge_core.providers.drafter.statements import Statement

_CHANGE = re.compile(
    r"\b(?:from|von) (.{1,30}?) (?:to|auf) (.{1,30}?)"
    r"(?=[.,;)](?!\d)|$| by | in | within | per | and | bis )",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"(\d[\w.,% ]{0,25}?) (?:instead of|statt) (\d[\w.,% ]{0,25})", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[;.!](?!\d)|,(?!\d) (?:and|but|und|aber) ")
_NUMBER = re.compile(
    r"\d|\b(half|halves?|halved|double\w*|third|quarter|zero|halb\w*)\b", re.IGNORECASE
)

_PER = (
    r"(?:a|an|per|each|every|pro|am) (?:day|evening|week|month|year|visit|person|tag|woche|monat)"
)
_COST = re.compile(
    rf"\d[\d.,]* (?:min\w*|hours?|h|days?|weeks?|stunden?|tage?|wochen?)\b(?: {_PER}\b)?"
    rf"|\d[\d.,]* (?:[^\W\d_]+ ){{1,2}}{_PER}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Target:
    """Quoted text; `today` and `target` are "" where the goal does not say, and so is `when`."""

    today: str
    target: str
    when: str


def target_of(goal: str) -> Target:
    when = time_in(goal)
    if match := _CHANGE.search(goal):
        return Target(match[1], match[2], when)
    if match := _INSTEAD.search(goal):
        return Target(match[2].strip(" ."), match[1].strip(), when)
    # A number says nothing without the words around it, so the clause is the target.
    clauses = (part.strip() for part in _CLAUSE_END.split(goal))
    return Target("", next((in_text(part) for part in clauses if _NUMBER.search(part)), ""), when)


def release_date(facts: Facts) -> str:
    """The date that the inputs give for the release, or ""; the dates of goals come last."""
    return next((date for one in dated(facts) if (date := date_in(one.text))), "")


def dates_and_money(facts: Facts) -> list[Statement]:
    more = facts.about("budget", "rollout", but=("excluded", "problem", "deadline"))
    return [*dated(facts), *more][:6]


def dates_named(facts: Facts) -> list[Statement]:
    """As `dated`, else whatever names a date, be it a risk or something that is left out."""
    return dated(facts) or list(facts.about("deadline"))


def baseline(facts: Facts) -> tuple[str, str]:
    """(figure, the problem that states it): what a thing costs today, or two times ""."""
    hurts = facts.about("problem", but=("excluded", "risk", "goal"))
    found = ((match[0], one.quoted) for one in hurts if (match := _COST.search(one.text)))
    return next(found, ("", ""))


def today_of(facts: Facts, goal: Statement) -> str:
    """Today's value as the goal says it or takes it from a problem, or ""."""
    figure, _ = baseline(facts)
    return target_of(goal.text).today or (figure if figure in goal.text else "")


def dated(facts: Facts) -> list[Statement]:
    """The statements that give a date or an event, those of goals last."""
    stated = facts.about("deadline", but=("excluded", "problem"))
    return sorted(stated, key=lambda one: "goal" in one.kinds)
