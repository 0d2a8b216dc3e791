"""The hand-off by rules: what is taken over, how to start, what comes next."""

from __future__ import annotations

from collections.abc import Iterator

from specforge_core.providers.drafter.aims import MOST_LISTED, objectives
from specforge_core.providers.drafter.backlog import epics, stories
from specforge_core.providers.drafter.defined import ids_in
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
from specforge_core.providers.drafter.master_prompt import master_prompt
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.setup import setup
from specforge_core.providers.drafter.targets import dates_and_money
from specforge_core.providers.drafter.worklist import Milestone, milestones, work_items


def summary(facts: Facts, sheet: Sheet) -> Sheet:
    key, aim = objectives(facts)[0]
    sheet.say(
        f"**{facts.title}** is {facts.archetype.label} for {people(facts.who[:3])}."
        f" The result that counts ({key}): {in_text(aim)}"
    )
    sheet.head("What was decided").table(
        ("Decision", "Instead of", "Because", "Where it stands"), _decisions(facts)
    )
    sheet.head("In numbers").table(("What", "How many"), _numbers(facts))
    sheet.head("What is assumed").bullets(
        f"{ASSUMED} {in_text(sentence(gap.default))} Depends on it: {gap.decides}."
        f" Test: ask {in_text(gap.ask)}."
        for gap in gaps(facts)[:6]
    )
    excluded = [told(one) for one in facts.about("excluded")[:MOST_LISTED]]
    sheet.head("What is not in it").bullets(excluded or [f"{ASSUMED} what no requirement names."])
    sheet.head("What does not fit").bullets(_misfits(facts) or ["Nothing found by comparing ids."])
    given = answered(facts)
    if given:
        sheet.head("What was answered").bullets(given)
    return sheet.head("Reading order").numbered(
        f"**{folder}:** {what}" for folder, what in reading_order(facts)
    )


def reading_order(facts: Facts) -> list[tuple[str, str]]:
    """(folder, what to look up) of the documents that exist."""
    rows = [(folder, what, phase) for phase, folder, what in facts.rows("reading")]
    there = [(folder, what) for folder, what, phase in rows if phase in facts.documents]
    return there or [(folder, what) for folder, what, phase in rows if phase != "tests"]


def _decisions(facts: Facts) -> list[list[str]]:
    given = facts.about("stack", "hosting")[:3]
    stated = [[one.quoted, "other choices", "it is given", "answers"] for one in given]
    left = [
        [one.quoted, "building it now", "it is stated", "PRD, non-goals"]
        for one in facts.about("excluded")[:2]
    ]
    return [*stated, *facts.rows("decisions"), *left]


def _numbers(facts: Facts) -> list[tuple[str, str]]:
    tests = len(facts.given("UT", "IT", "E2E"))
    proved = "tests" in facts.documents
    rows = [
        ("Functional requirements (FR)", str(len(requirements(facts)))),
        ("Non-functional requirements (NFR)", str(len(qualities(facts)))),
        ("Epics", str(len(epics(facts)))),
        ("User stories (US)", str(len(stories(facts)))),
        ("Technical tasks (T)", str(len(work_items(facts)))),
        ("Tests (UT, IT, E2E)", str(tests) if proved else "no document"),
        ("Acceptance checks (AC)", str(len(facts.given("AC"))) if proved else "no document"),
    ]
    dates = dates_and_money(facts)[:3]
    return [*rows, *(("Date or money", told(one)) for one in dates)]


def _misfits(facts: Facts) -> list[str]:
    """What a comparison of the ids shows; only of documents that are there."""
    known = {row.id for row in requirements(facts)} | {one.id for one in qualities(facts)}
    told_by = {one.id: one for one in stories(facts)}
    named = {one for story in told_by.values() for one in story.requirements}
    proved = {
        one
        for item in facts.given("AC", "UT", "IT", "E2E")
        for one in ids_in(item.everything, "US")
    }
    lonely = [row.id for row in requirements(facts) if row.id not in named]
    unknown = sorted(named - known)
    untested = [one for one in told_by if one not in proved] if "tests" in facts.documents else []
    strays = sorted(proved - set(told_by))
    return [
        f"{what}: {listed(ids)}."
        for what, ids in (
            ("Requirements without a story", lonely),
            ("Named by a story and defined nowhere", unknown),
            ("Stories without a test", untested),
            ("Stories that a test names and nobody defines", strays),
        )
        if ids
    ]


def next_steps(facts: Facts, sheet: Sheet) -> Sheet:
    first = next(iter(milestones(facts)), None)
    sheet.head("First steps").table(
        ("No", "What", "Who", "Serves", "Needs", "Done when"), _first_steps(facts, first)
    )
    open_points = gaps(facts)[:4]
    when = first.id if first else "the first milestone"
    sheet.head("Decisions").table(
        ("Decision", "Who decides", "By when", "What waits for it", "If nobody decides"),
        (
            (one.question, one.ask, f"before {when}", one.decides, one.default)
            for one in open_points[:2]
        ),
    )
    sheet.head("Open questions").bullets(
        f"**Q{number}.** {one.question} Could be answered by {in_text(one.ask)}."
        for number, one in enumerate(open_points, 1)
    )
    feared = [told(one) for one in facts.about("risk", but=("excluded",))[:3]]
    sheet.head("Risks to watch").bullets(feared or _usual_risks(facts))
    begins = [told(one) for one in facts.about("start")[:3]]
    if begins:
        sheet.head("How it starts").bullets(begins)
    return sheet.head("Signs that we are off the way").bullets(facts.lines("off_the_way"))


def _first_steps(facts: Facts, first: Milestone | None) -> Iterator[tuple[str, ...]]:
    """What only people can prepare, then the tasks of the first milestone."""
    rows = [(what, who, "–", needs, done) for what, who, needs, done in facts.rows("preparations")]
    due = [one for one in work_items(facts) if first and one.id in first.tasks][:4]
    for one in due:
        serves, needs = ", ".join(one.serves) or "–", ", ".join(one.needs) or "none"
        rows.append((f"{one.id}: {one.text}", "to be named", serves, needs, clip(one.done, 80)))
    for number, row in enumerate(rows, 1):
        yield (str(number), *row)


def _usual_risks(facts: Facts) -> list[str]:
    return [
        f"{ASSUMED} {in_text(facts.usual(risk))}: {facts.usual(sign)}."
        for risk, sign, _ in facts.archetype.risks
    ]


def master(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.say("Paste this into a coding agent that sees the repository and the documents.")
    return sheet.fence("text", clip(master_prompt(facts, reading_order(facts)), 40_000))


SECTIONS = {
    "summary": summary,
    "setup": setup,
    "next-steps": next_steps,
    "master-prompt": master,
}
