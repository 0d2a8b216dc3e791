"""The one prompt with which a coding agent builds the product; it names only ids that exist."""

from __future__ import annotations

from collections.abc import Iterable

from specforge_core.providers.drafter.aims import objectives
from specforge_core.providers.drafter.artifacts import stack
from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import clip, literal, people
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.requirements import requirements
from specforge_core.providers.drafter.vocabulary import phrases
from specforge_core.providers.drafter.worklist import milestones, work_items


def master_prompt(facts: Facts, reading: Iterable[tuple[str, str]]) -> str:
    used, stated = stack(facts)
    chosen = [told(one) for one in facts.about("stack", "hosting", "conventions")]
    mark = "" if stated else " (an assumption: no document names a stack)"
    excluded = [f"Not in it: {told(one)}" for one in facts.about("excluded")[:6]]
    return (
        phrases()
        .texts["master_prompt"]
        .format(
            title=literal(facts.title),
            who=literal(people(facts.who[:3])),
            goal=_lines([f"{key}: {text}" for key, text in objectives(facts)]),
            reading=_lines(f"{folder}: {what}" for folder, what in reading),
            stack=_lines([f"{used.name}{mark}", *chosen[:6]]),
            install=used.install,
            check=used.check,
            test=used.test,
            requirements=_lines(
                [
                    *(f"{row.id} ({row.priority}): {row.text}" for row in requirements(facts)),
                    *(f"{one.id} {one.name}: {one.text}" for one in qualities(facts)),
                ]
            ),
            order=_order(facts),
            how=_lines(phrases().lists["how_to_work"]),
            done=_lines(phrases().lists["done"]),
            do_not=_lines(
                [*(f"Not in it: {text}" for text in excluded), *phrases().lists["do_not"]]
            ),
            open=_lines(f"{gap.question} Until answered: {gap.default}" for gap in gaps(facts)[:8]),
            start=_start(facts),
        )
        .strip("\n")
    )


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(f"- {literal(text)}" for text in texts) or "- none"


def _order(facts: Facts) -> str:
    """Milestone by milestone the stories with their tasks; then whatever no milestone names."""
    told_by = {one.id: one for one in stories(facts)}
    work = {one.id: one for one in work_items(facts)}
    parts: list[str] = []
    named: set[str] = set()
    for one in milestones(facts):
        lines = [f"{key}: {told_by[key].title}" for key in one.stories if key in told_by]
        lines += [f"{key}: {clip(work[key].text, 90)}" for key in one.tasks if key in work]
        named |= {*one.stories, *one.tasks}
        parts.append(f"{one.id}. At its end is shown: {literal(one.shows)}\n{_lines(lines)}")
    rest = [f"{key}: {one.title}" for key, one in told_by.items() if key not in named]
    rest += [f"{key}: {clip(one.text, 90)}" for key, one in work.items() if key not in named]
    if rest:
        parts.append(f"{'Then' if parts else 'In this order'}:\n{_lines(rest)}")
    return "\n\n".join(parts) or "- The order of the requirements above."


def _start(facts: Facts) -> str:
    first = next(iter(work_items(facts)), None)
    if first:
        return f"{first.id}: {literal(first.text)}. It is done when: {literal(first.done)}"
    story = next(iter(stories(facts)), None)
    return f"{story.id}: {literal(story.title)}" if story else "The first requirement above."
