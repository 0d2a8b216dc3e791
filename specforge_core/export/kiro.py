"""Kiro: steering files that are always read, and one spec as Kiro's own editor lays it out.

.kiro/steering/{product,tech,structure}.md with `inclusion: always`;
.kiro/specs/<name>/{requirements,design,tasks}.md: user stories with acceptance criteria in
EARS, a design, and a plan of tasks with boxes that name the criteria they meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from specforge_core.export.agents import RULES
from specforge_core.export.backlog import Criterion, Requirement, Story
from specforge_core.export.book import imprint
from specforge_core.export.digest import Digest, digest
from specforge_core.export.files import unpack
from specforge_core.export.handoff import Handoff
from specforge_core.export.layout import document_paths, slug
from specforge_core.export.paper import one_line, states
from specforge_core.export.source import excerpt, harmless, tidy, untitled
from specforge_core.export.zipped import zipped

# Kiro's headings of a design, each with the sections of the specs that belong below it.
_DESIGN = (
    ("Overview", ("architecture",)),
    ("Components and Interfaces", ("api",)),
    ("Data Models", ("data",)),
    ("Error Handling", ("errors",)),
    ("Security", ("security",)),
    ("Testing Strategy", ("testing",)),
    ("Rollout and Operations", ("rollout",)),
)
_STEERING_LINES = 60  # read with every request, so no more than is worth that


def render(handoff: Handoff) -> bytes:
    """A ZIP to be unpacked beside the code."""
    known = digest(handoff)
    spec = f".kiro/specs/{slug(handoff.title)}"
    texts = {
        ".kiro/steering/product.md": _steering("Product", _product(handoff, known)),
        ".kiro/steering/tech.md": _steering("Technology", _tech(handoff, known)),
        ".kiro/steering/structure.md": _steering("Structure", _structure(handoff, known)),
        f"{spec}/requirements.md": _requirements(handoff, known),
        f"{spec}/design.md": _design(handoff),
        f"{spec}/tasks.md": _tasks(handoff, known),
    }
    files = {path: _text(lines).encode() for path, lines in texts.items()}
    return zipped(files, handoff.exported_at)


def _text(lines: Iterable[str]) -> str:
    """Kiro reads a file in for `#[[file:…]]`; text of a document must not be able to ask for it."""
    return "\n".join(lines).replace("#[[", "# [[").rstrip() + "\n"


def _steering(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("---", "inclusion: always", "---", "", f"# {title}", "")
    yield from lines


def _product(handoff: Handoff, known: Digest) -> Iterator[str]:
    yield f"{one_line(handoff.title)}. {one_line(handoff.description, 1_000)}"
    yield ""
    yield from states(handoff)
    yield from _section(handoff, "Users", "brief", "users")
    yield from _section(handoff, "Goals", "brief", "goals")
    yield from _listed("Not part of it", known.under("brief", "out of scope"))
    yield from _listed("Never", RULES)


def _tech(handoff: Handoff, known: Digest) -> Iterator[str]:
    said = known.prompt.get("STACK AND CONVENTIONS", "")
    lines = [line.strip().removeprefix("- ") for line in said.split("\n") if line.strip()]
    yield from _listed("Stack and conventions", lines)
    if not lines:
        yield from _section(handoff, "Architecture", "specs", "architecture")
    yield from _listed("Constraints", known.under("brief", "constraints"))
    quality = [f"{one.id}: {one.text}" for one in known.requirements if one.id[0] == "N"]
    yield from _listed("Quality", quality)
    if known.commands:
        yield from ("## Commands", "", "```sh", *known.commands, "```", "")
    if not (lines or known.commands or handoff.document("specs")):
        yield "The documents do not say yet. Ask before choosing."


def _structure(handoff: Handoff, known: Digest) -> Iterator[str]:
    files = unpack(handoff.document("artifacts")).files
    yield from _listed("Files that the artifacts define", (f"`{file.path}`" for file in files))
    parts = known.rows("specs", "part", "responsibility")
    yield from _listed("Parts", (": ".join(row) for row in parts))
    paths = document_paths(handoff)
    where = (f"`{paths[one.phase]}`: {one.purpose} ({one.summary})" for one in handoff.written)
    yield from _listed("Documents, in the ZIP of the same hand-off", where)


def _section(handoff: Handoff, title: str, phase: str, key: str) -> Iterator[str]:
    section = handoff.section(phase, key)
    if section and section.text.strip():
        text, more = excerpt(tidy(section.text), _STEERING_LINES)
        yield from (f"## {title}", "", harmless(text), "")
        if more:
            yield from (f"More: `{document_paths(handoff)[phase]}`.", "")


def _listed(title: str, entries: Iterable[str]) -> Iterator[str]:
    lines = [f"- {one_line(entry, 300)}" for entry in entries]
    if lines:
        yield from (f"## {title}", "", *lines[:_STEERING_LINES], "")


def _requirements(handoff: Handoff, known: Digest) -> Iterator[str]:
    yield from ("# Requirements Document", "", "## Introduction", "")
    opening = known.opening("prd") or handoff.description or handoff.title
    yield from (one_line(opening), "", imprint(handoff), "")
    yield from states(handoff)
    yield from ("## Requirements", "")
    for number, (title, wish, criteria) in enumerate(_wanted(known), 1):
        yield from (f"### Requirement {number}: {one_line(title, 200)}", "")
        if wish:
            yield from (f"**User Story:** {one_line(wish)}", "")
        yield from ("#### Acceptance Criteria", "")
        yield from (f"{place}. {one_line(line)}" for place, line in enumerate(criteria, 1))
        yield ""


def _wanted(known: Digest) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Title, wish and criteria of each requirement as Kiro counts them: stories, then the rest."""
    told = {name for story in known.stories for name in story.requirements}
    for story in known.stories:
        yield f"{story.id} {story.title}", story.wish, _criteria(story, known.requirements)
    for one in known.requirements:
        if one.id not in told:
            yield one.id, "", (f"THE SYSTEM SHALL meet {one.id}: {one.text}",)


def _criteria(story: Story, requirements: Iterable[Requirement]) -> tuple[str, ...]:
    named = (one for one in requirements if one.id in story.requirements)
    shown = tuple(_ears(criterion) for criterion in story.criteria)
    return (
        shown
        or tuple(f"THE SYSTEM SHALL meet {one.id}: {one.text}" for one in named)
        or (f"THE SYSTEM SHALL make possible: {story.title}",)
    )


def _ears(one: Criterion) -> str:
    return f"WHEN {one.when}, given {one.given}, THE SYSTEM SHALL ensure that {one.then}"


def _design(handoff: Handoff) -> Iterator[str]:
    yield from ("# Design Document", "")
    specs = handoff.document("specs")
    for label in specs.labels if specs else ("Not written yet",):
        yield from (f"> **{one_line(label)}**", "")
    for heading, keys in _DESIGN:
        for section in filter(None, (specs.section(key) for key in keys) if specs else ()):
            if section.text.strip():
                yield from (f"## {heading}", "", harmless(untitled(tidy(section.text))), "")
    known = {key for _, keys in _DESIGN for key in keys}
    for section in specs.sections if specs else ():
        if section.key not in known:
            yield from (harmless(tidy(section.text)), "")


def _tasks(handoff: Handoff, known: Digest) -> Iterator[str]:
    yield from ("# Implementation Plan", "")
    yield from states(handoff)
    numbers = _numbers(known)
    entries = [
        (f"{task.id} {task.text}", task.done, task.needs, task.serves) for task in known.tasks
    ] or [(f"{one.id} {one.title}", "", (), (one.id,)) for one in known.stories]
    for number, (title, done, needs, serves) in enumerate(entries, 1):
        yield f"- [ ] {number}. {one_line(title, 300)}"
        if done:
            yield f"  - Done when: {one_line(done, 400)}"
        if needs:
            yield f"  - After: {', '.join(needs)}"
        met = dict.fromkeys(number for name in serves for number in numbers.get(name, ()))
        if met:
            yield f"  - _Requirements: {', '.join(met)}_"
    if not entries:
        yield "The documents name no stories or tasks yet."


def _numbers(known: Digest) -> Mapping[str, tuple[str, ...]]:
    """The numbers of the criteria, as "2.1", by the id of a story or of a requirement."""
    found: dict[str, tuple[str, ...]] = {}
    stories = {f"{story.id} {story.title}": story for story in known.stories}
    for number, (title, _, criteria) in enumerate(_wanted(known), 1):
        met = tuple(f"{number}.{place}" for place in range(1, len(criteria) + 1))
        story = stories.get(title)
        for name in (story.id, *story.requirements) if story else (title,):
            found[name] = (*found.get(name, ()), *met)
    return found
