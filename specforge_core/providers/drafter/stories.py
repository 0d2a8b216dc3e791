"""The stories document by rules: epics, user stories, technical tasks, order of work."""

from __future__ import annotations

from collections.abc import Iterator

from specforge_core.providers.drafter.aims import objectives
from specforge_core.providers.drafter.backlog import epics, stories
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import (
    ASSUMED,
    Sheet,
    a_person,
    in_text,
    listed,
    people,
)
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.prd import serves
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.worklist import milestones, thin_slice, work_items


def epics_section(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(("ID", "Epic", "Result for whom", "Requirements", "Objective"), _epic_rows(facts))
    sheet.say(
        "The qualities stand with the first epic, because they are proved there first and hold for"
        " all that follow."
    )
    sheet.head("Done when").bullets(
        f"**{epic.id}:** {_seen(epic.stories)}" for epic in epics(facts)
    )
    covered = {one for epic in epics(facts) for one in epic.requirements}
    left = [row.id for row in requirements(facts) if row.id not in covered]
    sheet.head("In no epic").say(f"{listed(left)}." if left else "No requirement is left out.")
    return sheet.head("If time runs out").bullets([_spare(facts)])


def _spare(facts: Facts) -> str:
    free = [one for one in epics(facts) if not any(story.must for story in one.stories)]
    if not free:
        return "Every epic holds a Must, so single stories are dropped: Could and Should first."
    listed_ids = listed(list(free[-1].requirements) or [free[-1].title])
    return (
        f"{ASSUMED} **{free[-1].id}** can be dropped with the least harm; then {listed_ids} would"
        " go on as today."
    )


def _epic_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    rows = {row.id: row for row in requirements(facts)}
    proved = [one.id for one in qualities(facts)]
    for epic in epics(facts):
        who = list(dict.fromkeys(one.who for one in epic.stories))
        met = dict.fromkeys([*epic.requirements, *proved])
        proved = []  # the qualities stand with the first epic only
        goals = [serves(rows[one], objectives(facts)) for one in epic.requirements if one in rows]
        yield (
            epic.id,
            epic.title,
            people(who[:3]) if who else "everyone concerned",
            ", ".join(met),
            ", ".join(dict.fromkeys(goals)) or "–",
        )


def _seen(group: tuple[Story, ...]) -> str:
    """A few of its stories; what is no deed of a person is not something that one can do."""
    rules = group[:1] and group[0].want.startswith("the product ")
    shown = [f"{in_text(one.title)} ({one.id})" for one in group[:3]]
    more = f", and {len(group) - 3} more" if len(group) > 3 else ""
    if not shown:
        return "see its stories."
    lead = "finds this as it is worded:" if rules else "can"
    return f"somebody who has not seen the code {lead} {listed(shown)}{more}."


def user_stories(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.say(
        f"{ASSUMED} sizes, and what follows “so that”, are proposals; the inputs give neither."
        " Requirements are those of the PRD."
    )
    for story in stories(facts):
        why = f" so that {story.why}" if story.why else ""
        sheet.head(f"{story.id}: {story.title}")
        sheet.say(f"As {in_text(a_person(story.who))} I want {story.want}{why}.")
        sheet.say(f"**Epic:** {story.epic or '–'}")
        sheet.say(f"**Requirements:** {', '.join(story.requirements) or '–'}")
        sheet.say(f"**Size:** {story.size}")
        sheet.say("**Acceptance:**").bullets(str(one) for one in story.criteria)
    return sheet


def tasks(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.table(
        ("ID", "Task", "Serves", "Where", "Definition of done", "Depends on", "Size"),
        (
            (
                one.id,
                one.text,
                ", ".join(one.serves) or "–",
                one.where,
                one.done,
                ", ".join(one.needs) or "none",
                one.hours,
            )
            for one in work_items(facts)
        ),
    )
    sheet.say(
        f"{ASSUMED} sizes are hours of one developer, and where a task lies follows the specs."
    )
    done = [told(one) for one in facts.about("done")[:5]]
    sheet.head("Rules for every task").bullets([*done, *facts.lines("task_rules")])
    spikes = [
        f"Can {name} be reached as expected? At most four hours; its adapter waits for the answer."
        for name in facts.systems[:3]
    ]
    return sheet.head("Spikes").bullets(spikes or ["None."])


def sequence(facts: Facts, sheet: Sheet) -> Sheet:
    _slice(facts, sheet)
    sheet.head("Milestones").table(
        (
            "Milestone",
            "Stories",
            "Tasks",
            "What can be shown",
            "Answers which question",
            "Done when",
        ),
        _milestone_rows(facts),
    )
    sheet.head("Side by side").say(_parallel(facts))
    sheet.head("What would change this order").bullets(
        f"{event}: {act}." for event, act in facts.rows("changes")
    )
    if facts.answers:
        sheet.head("What the answers say").bullets(answered(facts))
    return sheet.head("Open questions").bullets(
        f"**Q{number}.** {gap.question} Until answered: {in_text(gap.default)}."
        for number, gap in enumerate(gaps(facts)[:4], 1)
    )


def _milestone_rows(facts: Facts) -> Iterator[tuple[str, ...]]:
    for one in milestones(facts):
        members = (", ".join(one.stories) or "–", ", ".join(one.tasks) or "–")
        yield (one.id, *members, one.shows, one.answers or "–", one.done or "–")


def _slice(facts: Facts, sheet: Sheet) -> None:
    first = [f"{one.id} ({in_text(one.title)})" for one in thin_slice(facts)]
    work = [one for milestone in milestones(facts)[:1] for one in milestone.tasks]
    sheet.head("The first thin slice").say(
        f"{listed(first)}: one {facts.thing} from its first entry to its result, through client,"
        f" API and database, with real data. Tasks: {', '.join(work) or 'see the table'}."
        " Left out on purpose: every other story."
    )


def _parallel(facts: Facts) -> str:
    hours = [int(one.hours) for one in work_items(facts) if one.hours.isdigit()]
    team = [told(one) for one in facts.about("team")[:2]]
    size = " ".join(team) if team else f"{ASSUMED} two developers."
    return (
        f"{size} All tasks together are {sum(hours)} hours by these sizes. The tasks of different"
        " stories do not wait for each other once the groundwork is done; those of one story are"
        " done one after the other."
    )


SECTIONS = {
    "epics": epics_section,
    "user-stories": user_stories,
    "tasks": tasks,
    "sequence": sequence,
}
