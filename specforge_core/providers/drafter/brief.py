"""The brief's first half by rules: the problem, the people, the line around the work."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.aims import MOST_LISTED, goals, risks
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    in_text,
    listed,
    merged,
    people,
    sentence,
)
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.stated import left_out
from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.targets import dated, dates_named
from specforge_core.providers.drafter.topics import stems, unrepeated
from specforge_core.providers.drafter.vocabulary import plural, vocabulary

MOST_IN_SCOPE = 20

_FIGURE = re.compile(r"(?<!\d)(?!20\d\d\b)\d")  # a year is none

_LANGUAGE = re.compile(r"\blanguages?|translat|english|german|french|spanish|italian|dutch|polish")


def problem(facts: Facts, sheet: Sheet) -> Sheet:
    whom = people(facts.who[:3])
    named = "" if facts.stated_actors else f" ({ASSUMED} the description names nobody)"
    sheet.say(f"**{facts.title}** is to become {facts.archetype.label} for {whom}{named}.")
    hurts = facts.about("problem", but=("excluded", "risk", "goal", "deadline"))[:6]
    _today_and_wanted(facts, sheet, hurts)
    if facts.answers:
        sheet.head("What was answered").bullets(answered(facts))
    dates = dates_named(facts)
    sheet.head("Why now").bullets(told(one) for one in dates[:3])
    sheet.say(
        "What happens if the date is missed is not stated."
        if dates
        else "No date and no event is named, so nothing yet decides between now and later."
    )
    return sheet.head("If nothing is done").say(_consequence(hurts))


def _today_and_wanted(facts: Facts, sheet: Sheet, hurts: tuple[Statement, ...]) -> None:
    dates = [one for one in dated(facts) if not one.deeds and "goal" not in one.kinds]
    wanted = [
        one
        for one in facts.statements
        if one.source == "description"
        and "excluded" not in one.kinds
        and one not in (*hurts, *dates)
    ]
    sheet.head("Today")
    if hurts:
        sheet.bullets(told(one) for one in hurts)
    else:
        sheet.say(
            "The inputs say what is wanted, not what is wrong today."
            f" {ASSUMED} {facts.usual(facts.archetype.problem)}."
            " Confirm this with two or three of the people concerned before anything is built."
        )
    if wanted:
        sheet.head("What is asked for").bullets(told(one) for one in wanted[:MOST_LISTED])


def _consequence(hurts: tuple[Statement, ...]) -> str:
    words = vocabulary().kinds["problem"]
    measured = sorted(
        (one for one in hurts if _FIGURE.search(one.text)),
        key=lambda one: -len(words.findall(one.text)),
    )
    if measured:
        return (
            "The figures above stay as they are. They are the baseline that any proposal has to"
            f" beat; the one to watch: “{measured[0].text.rstrip('.')}”."
        )
    if hurts:
        return "The points above stay. Nobody has put a number on them yet; that comes first."
    return (
        f"Not stated. {ASSUMED} people keep their present way of working, at a cost that is not"
        " known. If nobody can name that cost, the project can wait."
    )


def users(facts: Facts, sheet: Sheet) -> Sheet:
    if not facts.stated_actors:
        sheet.say(
            f"{ASSUMED} the inputs name no users; these are usual for {facts.archetype.label}."
        )
    rows = requirements(facts)
    names = facts.who[:5]
    sheet.table(
        ("Who", "Job to be done", "Today", "What success looks like"),
        (
            [f"**{name}**", _job(facts, name), _today(facts, name), _gain(facts, name)]
            for name in names
        ),
    )
    named = [
        name for one in facts.about("actor") for name in names if name.lower() in one.text.lower()
    ]
    busiest = max(names, key=lambda name: sum(row.who == name for row in rows))
    reason = (
        "An answer names them first." if named else "Most of what is asked for is theirs to do."
    )
    sheet.say(
        f"**Served first: {people([(named or [busiest])[0]])}.** {reason} Where interests collide,"
        " their job decides, unless a rule or a law says otherwise."
    )
    sheet.head("Circumstances").bullets(
        _circumstances(facts)
        or [f"Not stated. {ASSUMED} short visits from a phone or a laptop, between other tasks."]
    )
    affected = [f"the people who run {name}" for name in facts.systems[:3]]
    return sheet.head("Affected without using it").say(
        f"{sentence(listed(affected))} They need to know what changes for them before the pilot."
        if affected
        else f"Nobody is named. {ASSUMED} whoever answers questions when something goes wrong."
    )


def _circumstances(facts: Facts) -> list[str]:
    lines = [f"Devices named: {listed(facts.platforms)}."] if facts.platforms else []
    lines += [told(one) for one in facts.about("quality")[:3]]
    return lines + [told(one) for one in facts.about("actor", but=("problem", "quality"))][:3]


def _job(facts: Facts, name: str) -> str:
    rows = requirements(facts)
    deeds = merged([row.phrase for row in rows if row.who == name and row.phrase])
    if deeds:
        wish = re.sub(r"\btheir\b", "my", listed(deeds[:3]))
        return f"I want to {wish}; {ASSUMED} so that {facts.usual(facts.archetype.result)}"
    word = name.split()[-1].casefold()
    rules = [row.text for row in rows if not row.phrase and word in row.text.casefold()]
    if rules:
        return f"Their part: {in_text(rules[0])}"
    return f"Not stated; {ASSUMED} know the state of {plural(facts.thing)} that concern them"


def _mention(facts: Facts, name: str, *kinds: str) -> Statement | None:
    word = name.split()[-1].casefold()
    about = facts.about(*kinds, but=("excluded", "risk"))
    return next((one for one in about if word in one.text.casefold()), None)


def _today(facts: Facts, name: str) -> str:
    found = _mention(facts, name, "problem")
    return found.quoted if found else "Not stated"


def _gain(facts: Facts, name: str) -> str:
    found = _mention(facts, name, "goal")
    if found:
        return found.quoted
    deed = next((row.phrase for row in requirements(facts) if row.who == name and row.phrase), "")
    return f"{ASSUMED} nobody has to ask how to {deed}" if deed else "To be asked"


def scope(facts: Facts, sheet: Sheet) -> Sheet:
    rows = requirements(facts)[:MOST_IN_SCOPE]
    deeds = [row for row in rows if row.phrase]
    sheet.head("In scope").bullets(
        [f"{ASSUMED} {in_text(row.text)}" if row.assumed else row.text for row in rows]
        or [f"{ASSUMED} enter, find and change {plural(facts.thing)}."]
    )
    excluded = [told(one) for one in facts.about("excluded")][:MOST_LISTED]
    neighbours = [
        f"{ASSUMED} {text}, until the first release has shown its value (later)."
        for text in _neighbours(facts)
    ]
    sheet.head("Out of scope").bullets([*excluded, *neighbours[: max(3 - len(excluded), 1)]])
    sheet.head("Fixed constraints").bullets(
        _constraints(facts) or _fixed_elsewhere(facts) or ["None is stated as such."]
    )
    core = next((row for row in deeds if row.kind == "create"), deeds[0] if deeds else None)
    smallest = (
        f"a first group of {people([core.who])} can {core.phrase}, with real data and to the end."
        if core and core.who != "The product"
        else f"one {facts.thing} goes all the way from its first entry to its result."
    )
    return sheet.say(f"**Smallest release worth having:** {smallest}")


def _constraints(facts: Facts) -> list[str]:
    fixed = facts.about(
        "deadline", "budget", "security", "constraint", but=("excluded", "problem", "risk", "goal")
    )
    lines = [told(one) for one in unrepeated(fixed)][:MOST_LISTED]
    text = " ".join(lines)
    systems = [name for name in facts.systems if name not in text]
    laws = [name for name in facts.laws if name not in text]
    lines += [f"Works with {listed(systems)}."] if systems else []
    return lines + ([f"Keeps to {listed(laws)}."] if laws else [])


def _fixed_elsewhere(facts: Facts) -> list[str]:
    """Dates and devices that are named in passing: a goal, a fear."""
    lines = [told(one) for one in dates_named(facts)]
    return lines + ([f"Devices named: {listed(facts.platforms)}."] if facts.platforms else [])


def _neighbours(facts: Facts) -> list[str]:
    everything = " ".join(one.text for one in facts.statements).casefold()
    no_pages = facts.archetype.name == "interface"
    phones = "mobile" in everything or bool(facts.platforms) or no_pages
    usual = (
        (phones, "native mobile apps beside the web pages"),
        (bool(facts.systems), "connections to other systems beyond a CSV export"),
        (bool(_LANGUAGE.search(everything)), "more than one interface language"),
        ("report" in everything, "reports that people can design themselves"),
    )
    out = left_out(facts)
    open_ = [text for named, text in usual if not named]
    return [text for text in open_ if not any(topic & stems(text) for topic in out)] or [
        "migration of old records"
    ]


SECTIONS = {
    "problem": problem,
    "users": users,
    "goals": goals,
    "scope": scope,
    "risks": risks,
}
