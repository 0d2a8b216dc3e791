"""Technical tasks and milestones as values: those of the stories document, or made from stories."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.backlog import REQUIREMENT_KINDS, stories
from specforge_core.providers.drafter.defined import Item, ids_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import clip, in_text, safe
from specforge_core.providers.drafter.measures import events, qualities
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.vocabulary import phrases, plural

MOST_SPLIT = 9  # stories that get a task for their rules and one for their page
FEW = 4  # stories of the thin slice at most


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A technical task. `serves`: ids of stories and requirements; `needs`: ids of tasks."""

    id: str
    text: str
    serves: tuple[str, ...]
    where: str
    done: str
    needs: tuple[str, ...]
    hours: str


@dataclass(frozen=True, slots=True)
class Milestone:
    id: str
    shows: str
    answers: str
    done: str
    stories: tuple[str, ...]
    tasks: tuple[str, ...]


@lru_cache(maxsize=32)
def work_items(facts: Facts) -> tuple[WorkItem, ...]:
    """In an order in which they can be done."""
    told = facts.given("T")
    if told or facts.has_backlog:
        return tuple(_told(item) for item in told)
    found: list[WorkItem] = []
    for row in _qualified(facts, "groundwork"):
        needs = tuple(one.id for one in found[:1])
        found.append(_general(row, len(found) + 1, needs, thin_slice(facts)[:1]))
    ground = tuple(one.id for one in found)
    split = len(stories(facts)) <= MOST_SPLIT
    for story in stories(facts):
        for text, where, done, hours in _parts(facts, story, split=split):
            needs = (found[-1].id,) if found[-1].serves == (story.id,) else ground[1:]
            key = f"T-{len(found) + 1}"
            found.append(WorkItem(key, text, (story.id,), where, done, needs, hours))
    for name in facts.systems[:3]:
        found.append(_adapter(facts, name, len(found) + 1, ground))
    for row in _qualified(facts, "finish"):
        served = [one for one in stories(facts) if one.must] or thin_slice(facts)
        found.append(_general(row, len(found) + 1, ground[1:], served[:6]))
    return tuple(found)


@lru_cache(maxsize=32)
def milestones(facts: Facts) -> tuple[Milestone, ...]:
    told = facts.given("M")
    if told or facts.has_backlog:
        return tuple(_told_milestone(item) for item in told)
    first = thin_slice(facts)
    rest = [one for one in stories(facts) if one not in first]
    cuts = (first, [one for one in rest if one.must], [one for one in rest if not one.must])
    done: set[str] = set()
    shown: set[str] = set()
    found: list[Milestone] = []
    for group, row in zip(cuts, phrases().rows["milestones"], strict=True):
        shown |= {one.id for one in group}
        tasks = [one for one in work_items(facts) if one.id not in done and _due(one, shown)]
        done |= {one.id for one in tasks}
        if group:
            found.append(_milestone(facts, len(found) + 1, row, group, tasks))
    return tuple(found)


def thin_slice(facts: Facts) -> list[Story]:
    """The stories of the first milestone: what an answer asks to see first, or the main path."""
    all_stories = list(stories(facts))
    asked = " ".join(one.text for one in facts.about("first"))
    words = set(re.findall(r"[^\W\d_]{4,}", asked.casefold()))
    wanted = [one for one in all_stories if len(words & _words(one.want)) > 1]
    if wanted:
        return wanted[:FEW]
    must = [one for one in all_stories if one.must] or all_stories
    chosen = [
        next((one for one in must if one.stage == name), None) for name in ("enter", "decide")
    ]
    return [one for one in chosen if one] or must[:1]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold()))


# --- made ----------------------------------------------------------------------


Row = tuple[str, str, str, str, tuple[str, ...]]  # task, where, done, hours, ids that it proves


def _qualified(facts: Facts, name: str) -> list[Row]:
    """(task, where, done, hours, NFR ids): each quality with the first task whose words name it."""
    rows = [*facts.rows("groundwork", events=""), *facts.rows("finish", events=_events(facts))]
    proved: dict[str, str] = {}
    for quality in qualities(facts):
        text = quality.name.casefold()
        proved[quality.id] = next(row[0] for row in rows if re.search(row[5], text))
    return [
        (text, where, done, hours, tuple(key for key, task in proved.items() if task == title))
        for title, text, where, done, hours, _ in facts.rows(name, events=_events(facts))
    ]


def _events(facts: Facts) -> str:
    return ", ".join(f"`{name}`" for name, _ in events(facts)[:5]) or f"`{facts.thing}_created`"


def _general(row: Row, number: int, needs: tuple[str, ...], served: list[Story]) -> WorkItem:
    text, where, done, hours, proves = row
    serves = (*(one.id for one in served), *proves)
    return WorkItem(f"T-{number}", text, serves, where, done, needs, hours)


def _parts(facts: Facts, story: Story, *, split: bool) -> list[tuple[str, str, str, str]]:
    """(task, where, done, hours) of one story."""
    title = in_text(clip(story.title, 60))
    refusal = " and its refusal" if story.refusals else ""
    things = plural(story.thing or facts.thing)
    rules = (
        f"Build the rules and the request for “{title}”{refusal}",
        f"API, {things}",
        f"The tests of {story.id} on the request pass{refusal and ', the refusal included'}",
    )
    page = (
        f"Build the page for “{title}”",
        "client",
        f"A person does it by keyboard at 360 and 1280 pixels; {story.id} passes in the browser",
    )
    hours = {"S": ("2", "2"), "L": ("8", "8")}.get(story.size, ("4", "4"))
    if story.want.startswith("the product ") or not split:
        return [(*rules, "8" if story.size == "L" else "4")]
    return [(*rules, hours[0]), (*page, hours[1])]


def _adapter(facts: Facts, name: str, number: int, needs: tuple[str, ...]) -> WorkItem:
    named = [one.id for one in stories(facts) if name.casefold() in one.want.casefold()]
    passed = [one.id for one in stories(facts) if one.stage == "pass on"]
    serves = tuple(named or passed[:1] or [stories(facts)[0].id])
    done = f"With {name} slow, absent and answering wrongly nothing is lost and nothing sent twice"
    text = f"Put {name} behind an adapter with a queue, and record its answers for tests"
    return WorkItem(f"T-{number}", text, serves, "worker", done, needs[-1:], "8")


def _due(task: WorkItem, shown: set[str]) -> bool:
    return shown.issuperset(one for one in task.serves if one.startswith("US-"))


def _milestone(
    facts: Facts, number: int, row: tuple[str, ...], group: list[Story], tasks: list[WorkItem]
) -> Milestone:
    _, shows, answers, done = (facts.usual(text) for text in row)
    keys, work = tuple(one.id for one in group), tuple(one.id for one in tasks)
    return Milestone(f"M{number}", shows, answers, done, keys, work)


# --- told by the stories document ------------------------------------------------


def _told(item: Item) -> WorkItem:
    serves = item.cell("serves", "stor", "requirement") or item.everything
    return WorkItem(
        item.id,
        safe(item.cell("task") or item.text, 160) or item.id,
        ids_in(serves, "US", *REQUIREMENT_KINDS),
        safe(item.cell("where", "part"), 60) or "as the specs say",
        safe(item.cell("done"), 200) or "its tests pass",
        ids_in(item.cell("depends", "needs", "after"), "T"),
        safe(item.cell("size", "hours", "estimate"), 10) or "4",
    )


def _told_milestone(item: Item) -> Milestone:
    return Milestone(
        item.id,
        safe(item.cell("shown", "shows") or item.text, 160) or item.id,
        safe(item.cell("answers", "risk"), 120),
        safe(item.cell("done"), 160),
        ids_in(item.everything, "US"),
        ids_in(item.everything, "T"),
    )
