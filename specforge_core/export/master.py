"""The one prompt with which a coding agent builds the product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specforge_core.export.agents import DONE, RULES
from specforge_core.export.digest import Digest, digest, prompt_of
from specforge_core.export.handoff import Handoff
from specforge_core.export.layout import document_paths


def master_prompt(handoff: Handoff) -> str:
    """That of the hand-off document without its fence; where there is none, one made by rule.

    What is not whole or out of date is said before it.
    """
    section = handoff.section("handoff", "master-prompt")
    written = prompt_of(section.text) if section else ""
    return "\n".join([*_labels(handoff), written or "\n".join(_assembled(handoff))]).strip() + "\n"


def _labels(handoff: Handoff) -> Iterator[str]:
    if handoff.labelled:
        yield "STATE OF THE DOCUMENTS"
        for document in handoff.labelled:
            yield from (f"- {document.title}: {label}" for label in document.labels)
        yield ""


def _assembled(handoff: Handoff) -> Iterator[str]:
    known = digest(handoff)
    yield "ROLE"
    yield f"You build the product “{handoff.title}” from the documents named below."
    yield from _part("GOAL", [known.opening("prd") or known.opening("brief") or _about(handoff)])
    paths = document_paths(handoff)
    reading = [f"{paths[one.phase]}: {one.purpose}" for one in handoff.written]
    yield from _part("READ FIRST", _dashed(reading))
    if handoff.written:
        yield "If two disagree: the PRD on what, the specs on how, the stories on order."
    yield from _part("REQUIREMENTS", _dashed(f"{r.id}: {r.text}" for r in known.requirements))
    yield from _part("ORDER OF WORK", _dashed(_order(known)))
    yield from _part("DEFINITION OF DONE", _dashed(DONE))
    left_out = (f"Not part of it: {one}" for one in known.under("brief", "out of scope"))
    yield from _part("DO NOT", _dashed((*RULES, *left_out)))
    first = next((task.id for task in known.tasks), "") or next(
        (story.id for story in known.stories), ""
    )
    if first:
        yield from _part("START", [f"Begin with {first}."])


def _about(handoff: Handoff) -> str:
    return " ".join(handoff.description.split())


def _order(known: Digest) -> Iterator[str]:
    for story in known.stories:
        named = f" ({', '.join(story.requirements)})" if story.requirements else ""
        yield f"{story.id}: {story.title}{named}"
    for task in known.tasks:
        after = f" (after {', '.join(task.needs)})" if task.needs else ""
        yield f"{task.id}: {task.text}{after}"


def _dashed(entries: Iterable[str]) -> list[str]:
    return [f"- {entry}" for entry in entries]


def _part(heading: str, lines: list[str]) -> Iterator[str]:
    if any(lines):
        yield ""
        yield heading
        yield from lines
