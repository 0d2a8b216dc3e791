"""The requirements, stories and tasks that documents define, read by their ids.

FR-n, NFR-n and T-n stand in the first cell of a table, US-n in a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from specforge_core.export.blocks import Block, Heading, Listing, Paragraph, Table, plain

LONGEST_CHECK = 2_000  # characters of a list entry that are searched for Given, When, Then
_REQUIREMENT = re.compile(r"N?FR-\d+")
_TASK = re.compile(r"T-\d+")
_STORY = re.compile(r"(US-\d+)\s*[:.–—-]*\s*(.*)")
_IDS = re.compile(r"\b(?:N?FR|US|T|E)-\d+\b")
_LABELS = re.compile(
    r"(Epic|Requirements): *(.*?)(?= *\b(?:Epic|Requirements|Size|Acceptance):|$)", re.MULTILINE
)
_STEPS = re.compile(
    r"given\s+(?P<given>.+?)[,;.]?\s+when\s+(?P<when>.+?)[,;.]?\s+then\s+(?P<then>.+)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    text: str
    priority: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One check of a story in its three steps."""

    given: str
    when: str
    then: str


@dataclass(frozen=True, slots=True)
class Story:
    """requirements: the FR and NFR ids it names. wish: "As a … I want … so that …"."""

    id: str
    title: str
    wish: str
    epic: str
    requirements: tuple[str, ...]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """serves, needs: the ids in its columns for what it serves and what it depends on."""

    id: str
    text: str
    serves: tuple[str, ...]
    needs: tuple[str, ...]
    done: str


Named = TypeVar("Named", Requirement, Story, Task)


def requirements(blocks: Iterable[Block]) -> tuple[Requirement, ...]:
    return _once(
        Requirement(row["id"], row.get("requirement") or row[""], row.get("priority", ""))
        for row in _named_rows(blocks, _REQUIREMENT)
    )


def stories(blocks: Iterable[Block]) -> tuple[Story, ...]:
    return _once(_stories(blocks))


def tasks(blocks: Iterable[Block]) -> tuple[Task, ...]:
    return _once(_task(row) for row in _named_rows(blocks, _TASK))


def entries(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The first paragraph of each list entry, else the paragraphs, each in one line."""
    lists = [block for block in blocks if isinstance(block, Listing)]
    paragraphs = [
        item.blocks[0]
        for listing in lists
        for item in listing.items
        if item.blocks and isinstance(item.blocks[0], Paragraph)
    ] or [block for block in blocks if isinstance(block, Paragraph)]
    return tuple(words for paragraph in paragraphs if (words := plain(paragraph.runs).strip(": ")))


def tables(
    blocks: Iterable[Block],
) -> Iterator[tuple[list[str], list[tuple[str, ...]]]]:
    """Each table: its headers in lower case, its rows as plain words."""
    for block in blocks:
        if isinstance(block, Table):
            header, *rows = (tuple(plain(cell) for cell in row) for row in block.rows)
            yield [cell.lower() for cell in header], rows


def _named_rows(blocks: Iterable[Block], ids: re.Pattern[str]) -> Iterator[Mapping[str, str]]:
    """The rows whose first cell is such an id, by header; "" is the second cell, "id" the first."""
    for header, rows in tables(blocks):
        for row in rows:
            if ids.fullmatch(row[0]):
                yield {**dict(zip(header, row, strict=True)), "": (*row, "", "")[1], "id": row[0]}


def _task(row: Mapping[str, str]) -> Task:
    others = " ".join(value for name, value in row.items() if name not in ("id", "depends on"))
    serves = _IDS.findall(row.get("serves") or others)
    return Task(
        row["id"],
        row.get("task") or row[""],
        tuple(dict.fromkeys(one for one in serves if not one.startswith("T-"))),
        tuple(one for one in _IDS.findall(row.get("depends on", "")) if one.startswith("T-")),
        row.get("definition of done", ""),
    )


def _stories(blocks: Iterable[Block]) -> Iterator[Story]:
    inside: list[Block] = []
    begun: re.Match[str] | None = None
    for block in (*blocks, Heading(1, ())):
        if not isinstance(block, Heading):
            inside.append(block)
            continue
        if begun:
            yield _story(begun[1], begun[2], inside)
        begun, inside = _STORY.match(plain(block.runs)), []


def _story(name: str, title: str, blocks: Iterable[Block]) -> Story:
    lines: list[str] = []
    criteria: list[Criterion] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            lines.append(plain(block.runs))
        elif isinstance(block, Listing):
            criteria += filter(None, map(_criterion, entries([block])))
            lines += entries([block])
    labels = dict(_LABELS.findall("\n".join(lines)))
    return Story(
        name,
        title,
        next((line for line in lines if re.match(r"as an? ", line, re.IGNORECASE)), ""),
        " ".join(_IDS.findall(labels.get("Epic", ""))[:1]),
        tuple(dict.fromkeys(_REQUIREMENT.findall(labels.get("Requirements", "")))),
        tuple(criteria),
    )


def _criterion(words: str) -> Criterion | None:
    found = _STEPS.search(words[:LONGEST_CHECK])
    steps = ("given", "when", "then")
    return Criterion(*(found[step].strip(" .") for step in steps)) if found else None


def _once(things: Iterable[Named]) -> tuple[Named, ...]:
    """An id belongs to the thing that had it first."""
    by_id: dict[str, Named] = {}
    for thing in things:
        by_id.setdefault(thing.id, thing)
    return tuple(by_id.values())
