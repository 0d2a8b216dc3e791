"""The specs by rules: architecture, errors, security, tests, rollout."""

from __future__ import annotations

import re

from specforge_core.providers.drafter.contracts import api, data
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    clip,
    in_text,
    listed,
    people,
    sentence,
)
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.targets import dates_and_money
from specforge_core.providers.drafter.topics import unrepeated
from specforge_core.providers.drafter.vocabulary import plural

MOST_DEEDS, MOST_PEOPLE = 40, 6  # rows and columns of the table of permissions
_LOAD = re.compile(r"\d (?!(?:ms|milli\w*|s|secs?|seconds?|sekunden?|%)\b)[a-z]", re.IGNORECASE)


def architecture(facts: Facts, sheet: Sheet) -> Sheet:
    background = [row.id for row in requirements(facts) if row.kind in ("notify", "transfer")]
    parts = facts.rows(
        "parts",
        all_things=listed([plural(name) for name in facts.things]),
        background=listed(background[:5]) if background else "reminders and exports",
    )
    parts += [
        [f"Adapter: {name}", f"Speaks {name}'s protocol", "last position", "dependency of the PRD"]
        for name in facts.systems[:3]
    ]
    sheet.fence("text", _diagram(facts))
    sheet.table(("Part", "Responsibility", "State it owns", "Serves"), parts)
    sheet.head("Main flow").numbered(facts.lines("main_flow"))
    sheet.head("Decisions").bullets(_decisions(facts))
    if facts.answers:
        sheet.head("What the answers say").bullets(answered(facts))
    loads = facts.about("quality", but=("excluded", "problem", "risk"))
    sized = [one for one in loads if _LOAD.search(one.text)][:3]
    return sheet.head("Limits").bullets(
        [f"Sized for: {told(one)}" for one in sized] or facts.lines("size")
    )


def _diagram(facts: Facts) -> str:
    who = ", ".join(re.sub(r"[^\w .,-]", "", people([name])) for name in facts.who[:3])
    outside = [*facts.systems[:3]]
    outside += [f"messages: {', '.join(facts.channels[:2])}"] if facts.channels else []
    *others, last = outside or ["export files"]
    return "\n".join(
        [
            who,
            "    │  HTTPS",
            "    ▼",
            "[Client] ──requests──▶ [API] ──transactions──▶ [Database]",
            "                         │                         │",
            "                         └───────▶ [Worker] ◀─work─┘",
            *(f"                                     ├──▶ {name}" for name in others),
            f"                                     └──▶ {last}",
        ]
    )


def _decisions(facts: Facts) -> list[str]:
    stack = facts.about("stack", "hosting")[:3]
    given = [f"**Given:** {told(one)} The design keeps to it." for one in stack]
    adapters = [line for name in facts.systems[:1] for line in facts.lines("adapter", name=name)]
    return [*given, *facts.lines("decisions"), *adapters]


def errors(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(
        (
            "What fails",
            "How we notice",
            "What the product does",
            "What the person sees",
            "Data after it",
        ),
        facts.rows("errors"),
    )
    sheet.head("Rules").bullets(facts.lines("error_rules"))
    feared = facts.about("risk", but=("excluded",))[:2]
    if feared:
        sheet.head("What is feared").bullets(
            f"{told(one)} The metrics make it visible when it happens." for one in feared
        )
    return sheet


def security(facts: Facts, sheet: Sheet) -> Sheet:
    stated = unrepeated(facts.about("security", but=("excluded", "problem", "risk")))[:7]
    text = " ".join(one.text for one in stated)
    laws = [law for law in facts.laws if law not in text]
    sheet.head("Required").bullets(
        [
            *(told(one) for one in stated),
            *(f"{law}: its duties are listed with the person responsible." for law in laws),
        ]
        or facts.lines("protection")
    )
    sheet.head("Threats").bullets(facts.lines("threats"))
    _permissions(facts, sheet)
    sheet.head("Audit and checks")
    return sheet.bullets(facts.lines("audit"))


def _permissions(facts: Facts, sheet: Sheet) -> None:
    deeds = [row for row in requirements(facts) if row.phrase and row.who != "The product"][
        :MOST_DEEDS
    ]
    names = list(dict.fromkeys([*(row.who for row in deeds), *facts.who]))[:MOST_PEOPLE]
    sheet.head("Permissions").say(
        "Checked in the API for each request; the client only hides what would be refused."
    )
    if deeds:
        sheet.table(
            ("Action", *names),
            (
                [
                    f"{clip(row.phrase, 60)} ({row.id})",
                    *("yes" if row.who == name else "no" for name in names),
                ]
                for row in deeds
            ),
        )
        sheet.say(f"{ASSUMED} a “no” follows from the inputs naming one role only; confirm each.")


def testing(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(
        ("Level", "What it proves", "Real parts", "Runs"),
        facts.rows("levels"),
    )
    sheet.head("From requirement to test")
    rows = requirements(facts)
    sheet.table(
        ("Requirement", "Level", "Test"),
        (
            (
                row.id,
                "End to end" if row.kind == "create" else "Integration",
                f"“{_test_name(row.text)}”",
            )
            for row in rows
        ),
    )
    sheet.head("Easily forgotten").bullets(facts.lines("forgotten"))
    return sheet.say(
        "**Test data** is generated; no copy of real people's data. **Done** means: tests for the"
        " requirement and its refusal pass, the history is checked, the page was looked at."
    )


def _test_name(text: str) -> str:
    return clip(in_text(text.rstrip(".")), 90)


def rollout(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.numbered(facts.lines("rollout"))
    dates = dates_and_money(facts)
    if dates:
        sheet.head("Given").bullets(told(one) for one in dates)
    sheet.head("Configuration").table(
        ("Name", "Purpose", "Default"),
        [
            *facts.rows("settings"),
            *(
                [f"`{_variable(name)}_TOKEN`", f"access to {name}", "none; the adapter is off"]
                for name in facts.systems[:3]
            ),
        ],
    )
    sheet.head("Signals").table(
        ("Signal", "Alert when", "First thing to do"),
        facts.rows("signals"),
    )
    sheet.say(
        f"{ASSUMED} these thresholds; a backup each night and the log of changes each 15 minutes,"
        " with a restore tried before the pilot and then each quarter."
    )
    return sheet.head("Open technical questions").bullets(
        f"{gap.question} Until answered: {in_text(sentence(gap.default))}"
        for gap in gaps(facts)[:3]
    )


def _variable(name: str) -> str:
    return re.sub(r"\W+", "_", name).upper()


SECTIONS = {
    "architecture": architecture,
    "data": data,
    "api": api,
    "errors": errors,
    "security": security,
    "testing": testing,
    "rollout": rollout,
}
