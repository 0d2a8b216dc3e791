"""Drafts by rules from what is known about a project; no language model is involved.

The same subject always gives the same text. Stated facts are quoted or
rearranged; what the input does not say is marked as an assumption or asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from specforge_core.providers.drafter import (
    advice,
    artifacts,
    brief,
    checks,
    generic,
    handoff,
    prd,
    specs,
    stories,
)
from specforge_core.providers.drafter.defined import defined
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.gathering import gather
from specforge_core.providers.drafter.markdown import Sheet, plain
from specforge_core.providers.drafter.reading import NO_PROSE, Pairs
from specforge_core.providers.drafter.revise import NO_CHANGE, Place, revised
from specforge_core.providers.wire import Subject

Writer = Callable[[Facts, Sheet], Sheet]

WRITERS: Mapping[str, Mapping[str, Writer]] = {
    "brief": brief.SECTIONS,
    "prd": prd.SECTIONS,
    "specs": specs.SECTIONS,
    "stories": stories.SECTIONS,
    "tests": checks.SECTIONS,
    "artifacts": artifacts.SECTIONS,
    "handoff": handoff.SECTIONS,
}
# What a section defines; the other sections of its document take these ids from it.
DEFINES: Mapping[tuple[str, str], frozenset[str]] = {
    ("prd", "summary"): frozenset({"O"}),
    ("prd", "functional"): frozenset({"FR", "REQ", "R", "F"}),
    ("prd", "quality"): frozenset({"NFR"}),
    ("stories", "epics"): frozenset({"E"}),
    ("stories", "user-stories"): frozenset({"US"}),
    ("stories", "tasks"): frozenset({"T"}),
    ("stories", "sequence"): frozenset({"M"}),
}


def respond(subject: Subject) -> str:
    """What the subject's task asks for: a section, a change of one, an answer, or questions.

    A section is markdown that begins with its `## <title>` line; a change that does not
    concern the section is the line `NO CHANGE`; questions are JSON.
    """
    match subject.task:
        case "answer":
            facts = _facts_of(subject)
            return advice.answer(facts, subject.section, subject.section_title) + "\n"
        case "questions":
            return advice.questions(_facts_of(subject), subject.phase)
        case "revise":
            return revised(subject.present, subject.request, _place(subject))
        case "section":
            return draft_section(subject)


def draft_section(subject: Subject) -> str:
    """A fresh draft of one section, with what the request asks for."""
    writer = WRITERS.get(subject.phase, {}).get(subject.section, generic.write)
    draft = str(writer(_facts_of(subject), Sheet(plain(subject.section_title) or "Section")))
    if not subject.request.strip():
        return draft
    changed = revised(draft, subject.request, replace(_place(subject), draft=draft))
    return draft if changed == NO_CHANGE else changed


def _place(subject: Subject) -> Place:
    sections = WRITERS.get(subject.phase, {})
    others = {word for key in sections if key != subject.section for word in key.split("-")}
    draft = draft_section(replace(subject, task="section", request=""))
    return Place(subject.section_title, subject.section, others, draft)


def _facts_of(subject: Subject) -> Facts:
    """Of the earlier documents, and the ids of the other sections of the same document."""
    earlier = tuple(one for one in subject.documents if one[0] != subject.phase)
    own = "\n\n".join(text for phase, text in subject.documents if phase == subject.phase)
    facts = _facts(subject.title, subject.description, subject.answers, earlier)
    if not own:
        return facts
    made_here = DEFINES.get((subject.phase, subject.section), frozenset())
    kept = [one for one in defined(subject.phase, own) if one.kind not in made_here]
    return replace(facts, items=(*facts.items, *kept))


@lru_cache(maxsize=64)  # the sections of a run share most readings
def _facts(title: str, description: str, answers: Pairs, documents: Pairs) -> Facts:
    """Lines of earlier documents that the rules would write anyway hold nothing new."""
    own_lines = {
        line
        for number, (phase, _) in enumerate(documents)
        if phase not in NO_PROSE
        for given in {answers, ()}
        for line in _lines_of(phase, _facts(title, description, given, documents[:number]))
    }
    return gather(title, description, answers, documents, own_lines)


@lru_cache(maxsize=64)  # sections that read different documents share those before them
def _lines_of(phase: str, facts: Facts) -> frozenset[str]:
    writers = WRITERS.get(phase, {}).values()
    return frozenset(
        line for write in writers for line in str(write(facts, Sheet(""))).splitlines()
    )
