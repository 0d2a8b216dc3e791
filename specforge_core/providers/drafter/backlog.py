"""Epics and user stories as values: those of the stories document, or made from the requirements.

They are made from the requirements alone, so that every section of the stories document and
every later document comes to the same ids.
"""

from __future__ import annotations

import re
from functools import lru_cache

from specforge_core.providers.drafter.criteria import criteria_in
from specforge_core.providers.drafter.cutting import (
    NOBODY,
    criteria_of,
    epic_title,
    groups,
    made,
    place,
    rows_of,
    stage,
    usual_title,
)
from specforge_core.providers.drafter.defined import Item, ids_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import in_text, safe
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.story import Epic, Story
from specforge_core.providers.drafter.vocabulary import phrases

REQUIREMENT_KINDS = ("FR", "REQ", "R", "F", "NFR")

_FIELD = r"^[ \t>*+-]*(?:\*\*|__)?{name}s?(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*(.*)$"
_WISH = re.compile(
    r"\bas (?:an? |the )?(.{2,80}?),? I (?:want|would like|need|can) (?:to )?(.{3,300}?)"
    r"(?:,? so that (.{3,300}?))?(?:[.\n]|$)",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\b(XL|S|M|L)\b")


@lru_cache(maxsize=32)
def stories(facts: Facts) -> tuple[Story, ...]:
    """In the order in which they are useful; every functional requirement is in one of them."""
    told = facts.given("US")
    if told or facts.has_backlog:
        given = {row.id: row for row in requirements(facts)}
        return tuple(_told(item, given) for item in told)
    stages: dict[str, list[list[Requirement]]] = {}
    for group in groups(requirements(facts)):
        stages.setdefault(stage(group), []).append(group)
    ordered = [
        (f"E-{number}", stage, group)
        for number, (stage, groups) in enumerate(sorted(stages.items(), key=place), 1)
        for group in groups
    ]
    people = (row.who for row in requirements(facts) if row.who not in NOBODY)
    usual = in_text(next(people, "user"))
    return tuple(
        made(f"US-{number}", epic, stage, group, usual)
        for number, (epic, stage, group) in enumerate(ordered, 1)
    )


@lru_cache(maxsize=32)
def epics(facts: Facts) -> tuple[Epic, ...]:
    told = facts.given("E")
    if told or facts.has_backlog:
        return tuple(_told_epic(item, stories(facts)) for item in told)
    by_epic: dict[str, list[Story]] = {}
    for story in stories(facts):
        by_epic.setdefault(story.epic, []).append(story)
    rows = {row.id: row for row in requirements(facts)}
    return tuple(
        Epic(
            key,
            epic_title(rows_of(group, rows)) or usual_title(facts, group[0].stage),
            tuple(group),
            tuple(dict.fromkeys(one for story in group for one in story.requirements)),
        )
        for key, group in by_epic.items()
    )


def _told(item: Item, given: dict[str, Requirement]) -> Story:
    text = item.everything
    named = ids_in(_field(item, "requirement") or text, *REQUIREMENT_KINDS)
    wish = _WISH.search(f"{item.text}\n{item.body}")
    rows = [given[one] for one in named if one in given]
    title = safe(_title(item, wish), 90) or item.id
    size = _SIZE.search(_field(item, "size") or _field(item, "estimate"))
    epic = next(iter(ids_in(_field(item, "epic") or text, "E")), "")
    return Story(
        id=item.id,
        title=title,
        who=safe(wish[1], 60) if wish else in_text(rows[0].who) if rows else "user",
        want=_want(safe(wish[2], 200) if wish else in_text(title)),
        why=safe(wish[3] or "", 200) if wish else "",
        epic=epic,
        requirements=named,
        size=size[1] if size else "M",
        stage=phrases().stages.get(rows[0].kind, "other") if rows else "other",
        thing=next((row.thing for row in rows if row.thing), ""),
        must=not rows or any(row.priority == "Must" for row in rows),
        criteria=criteria_in(item.body) or criteria_of(rows) if rows else criteria_in(item.body),
    )


def _want(text: str) -> str:
    return text if text.startswith("the product ") else f"to {text}"


def _title(item: Item, wish: re.Match[str] | None) -> str:
    return wish[2] if wish and wish.start() < len(item.text) else item.text


def _field(item: Item, name: str) -> str:
    """`**Epic:** E-1` below a heading, or the cell of the column with that name."""
    match = re.search(_FIELD.format(name=name), item.body, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else item.cell(name)


def _told_epic(item: Item, all_stories: tuple[Story, ...]) -> Epic:
    named = ids_in(item.everything, "US")
    own = tuple(one for one in all_stories if one.epic == item.id or one.id in named)
    return Epic(
        item.id,
        safe(item.cell("epic") or item.text, 90) or item.id,
        own,
        ids_in(item.everything, *REQUIREMENT_KINDS),
    )
