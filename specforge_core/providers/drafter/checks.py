"""The tests document by rules: strategy, unit and integration tests, acceptance matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specforge_core.providers.drafter.acceptance import acceptance_matrix
from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.behaviour import is_limit
from specforge_core.providers.drafter.contracts import fields
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    a_person,
    clip,
    in_text,
    literal,
)
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.prd import states
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.scripts import end_to_end, framework
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.vocabulary import phrases, plural

Row = tuple[str, ...]

_LIMIT = re.compile(r"(?<![\w/-])\d[\d.,]*(?: ?%| ?[^\W\d_]+)?")


def strategy(facts: Facts, sheet: Sheet) -> Sheet:
    frame, _ = framework(facts)
    sheet.head("Where the risk is").bullets(_risks(facts))
    sheet.head("Tools").table(
        (
            "Level",
            "Framework",
            "Real parts",
            "Replaced parts",
            "Command",
            "Time limit",
            "Runs when",
        ),
        facts.rows("test_tools", framework=frame.name, run=frame.run),
    )
    sheet.say(f"{ASSUMED} the frameworks and commands, where no answer and no spec names them.")
    sheet.head("Test data").bullets(facts.lines("test_data"))
    sheet.head("Environments").bullets(facts.lines("test_places"))
    given = answered(facts)
    if given:
        sheet.head("What the answers say").bullets(given)
    return sheet.head("Rules").bullets(facts.lines("test_rules"))


def _risks(facts: Facts) -> list[str]:
    """What an answer calls critical, then the stories with a refusal that must hold."""
    critical = [told(one) for one in facts.about("critical")[:3]]
    feared = facts.about("risk", but=("excluded",))[:2]
    guarded = [one for one in stories(facts) if one.must and one.refusals]
    return [
        *(f"**Critical:** {text}" for text in critical),
        *(f"{told(one)} Tested on every level." for one in feared),
        *(
            f"**{one.id}** ({', '.join(one.requirements) or 'no requirement'}): that its refusal"
            f" holds, tested at the interface, because a page can be gone around."
            for one in guarded[:3]
        ),
    ] or [f"{ASSUMED} the main path from the first entry to the result."]


# --- unit ------------------------------------------------------------------------


def unit(facts: Facts, sheet: Sheet) -> Sheet:
    rows = [*_limits(facts), *_moves(facts), *_entries(facts), *_roles(facts)]
    rows += [(text, _first(facts), given, expected) for text, given, expected in _usual(facts)]
    sheet.table(
        ("ID", "Test", "Proves", "Input", "Expected"),
        ((f"UT-{number}", *row) for number, row in enumerate(rows[:18], 1)),
    )
    first, *others = states(facts)
    proves = _moving(facts)
    body = (
        phrases()
        .texts["unit_test"]
        .format(
            thing=literal(facts.thing),
            proves=literal(proves),
            first=literal(first),
            others=", ".join(f'"{literal(state)}"' for state in others),
        )
    )
    sheet.say(f"{ASSUMED} the module `app.rules`, its function `move` and its error `Refused`.")
    return sheet.fence("python", body.strip("\n"))


def _story_of(facts: Facts, row: Requirement) -> str:
    named = [one.id for one in stories(facts) if row.id in one.requirements]
    return ", ".join([*named, row.id])


def _first(facts: Facts) -> str:
    return ", ".join([*(one.id for one in stories(facts)[:1]), requirements(facts)[0].id])


def _moving(facts: Facts) -> str:
    moving = [row for row in requirements(facts) if row.kind in ("decide", "delete", "pay")]
    named = ", ".join(_story_of(facts, row) for row in moving[:3]).split(", ")
    return ", ".join(dict.fromkeys(named)) if moving else _first(facts)


def _limits(facts: Facts) -> list[Row]:
    """One row for each rule; with the values around the limit where it has a number."""
    rows: list[Row] = []
    for row in requirements(facts):
        limit = _LIMIT.search(row.text)
        around = f"just below {limit[0]}; {limit[0]}; just above" if limit else ""
        if not row.phrase and is_limit(row):
            expected = "Only what the rule allows passes; a refusal says why"
            cases = around or "a case that keeps to it; one that does not"
            rows.append((row.text, _story_of(facts, row), cases, expected))
    return rows[:6]


def _moves(facts: Facts) -> list[Row]:
    first, *others = states(facts)
    proves = _moving(facts)
    allowed = [
        (
            f"From `{first}` the {facts.thing} can become `{state}`",
            proves,
            f"state `{first}`, move to `{state}`",
            f"`{state}`, one history row",
        )
        for state in others[:3]
    ]
    again = f"What is `{others[0]}` cannot be moved again"
    return [*allowed, (again, proves, f"state `{others[0]}`, each move", "Refused, unchanged")]


def _entries(facts: Facts) -> list[Row]:
    needed = [
        name
        for name, kind, required, _ in fields(facts, facts.thing)
        if required == "yes" and name not in ("id", "state", "created_by", "created_at")
    ]
    return [
        (
            f"Without `{name}` no {facts.thing} is stored",
            _first(facts),
            f"all fields but `{name}`",
            f"An error that names `{name}`",
        )
        for name in needed[:3]
    ]


def _roles(facts: Facts) -> list[Row]:
    deeds = [row for row in requirements(facts) if row.phrase and row.who != "The product"]
    return [
        (
            f"Only {in_text(a_person(row.who))} may {row.phrase}",
            _story_of(facts, row),
            "the role; another role; nobody signed in",
            "Allowed; refused; refused",
        )
        for row in deeds[:5]
    ]


def _usual(facts: Facts) -> list[list[str]]:
    return facts.rows("unit_usual")


# --- integration -------------------------------------------------------------------


def integration(facts: Facts, sheet: Sheet) -> Sheet:
    rows = [*(_walk(one) for one in stories(facts)[:6]), *_meetings(facts)]
    sheet.table(
        ("ID", "Test", "Proves", "Parts (real or replaced)", "Steps", "Expected"),
        ((f"IT-{number}", *row) for number, row in enumerate(rows, 1)),
    )
    given = [name for name, *_ in fields(facts, facts.thing)[1:3]]
    body = (
        phrases()
        .texts["integration_test"]
        .format(
            thing=literal(facts.thing),
            proves=literal(_first(facts)),
            path=re.sub(r"[^a-z0-9]+", "-", plural(facts.thing).lower()).strip("-") or "items",
            entry=", ".join(f'"{name}": "example"' for name in given),
        )
    )
    sheet.say(f"{ASSUMED} the fixtures `client` (signed in, real database) and `rows` (counts).")
    sheet.fence("python", body.strip("\n"))
    return sheet.head("Contract checks").bullets(
        [line for name in facts.systems[:3] for line in facts.lines("contract", name=name)]
        or ["No outside system is named, so there is no contract to check."]
    )


def _meetings(facts: Facts) -> Iterator[Row]:
    """What every product of this kind needs, then each outside system slow, absent and wrong."""
    proves = ", ".join([_first(facts), *(one.id for one in qualities(facts)[:1])])
    for text, *rest in facts.rows("integration_usual"):
        yield (text, proves, *rest)
    passing = [one.id for one in stories(facts) if one.stage == "pass on"][:1]
    for name in facts.systems[:3]:
        for text, *rest in facts.rows("integration_system", name=name):
            yield (text, ", ".join(passing) or proves, *rest)


def _walk(story: Story) -> Row:
    then = story.criteria[0].then if story.criteria else "the result is stored and shown"
    return (
        f"{story.title}, from the request to the stored row",
        ", ".join([story.id, *story.requirements]),
        "API and database real",
        f"Sign in as {story.who}; send the request; read it back",
        clip(then, 160),
    )


SECTIONS = {
    "strategy": strategy,
    "unit": unit,
    "integration": integration,
    "end-to-end": end_to_end,
    "acceptance-matrix": acceptance_matrix,
}
