"""Drafts a section by rules from what is known about a project; no language model is involved.

The same subject always gives the same text. Stated facts are quoted or
rearranged; what the input does not say is marked as an assumption or asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from specforge_core.providers.drafter import brief, generic, prd, specs
from specforge_core.providers.drafter.facts import Facts, gather
from specforge_core.providers.drafter.markdown import Sheet, plain
from specforge_core.providers.wire import Subject

Writer = Callable[[Facts, Sheet], Sheet]
Pairs = tuple[tuple[str, str], ...]

WRITERS: Mapping[str, Mapping[str, Writer]] = {
    "brief": brief.SECTIONS,
    "prd": prd.SECTIONS,
    "specs": specs.SECTIONS,
}


def draft_section(subject: Subject) -> str:
    """The markdown of one section, beginning with its `## <title>` line."""
    facts = _facts(subject.title, subject.description, subject.answers, subject.documents)
    writer = WRITERS.get(subject.phase, {}).get(subject.section, generic.write)
    return str(writer(facts, Sheet(plain(subject.section_title) or "Section")))


@lru_cache(maxsize=32)  # the sections of a run share one reading
def _facts(title: str, description: str, answers: Pairs, documents: Pairs) -> Facts:
    """Lines of earlier documents that the rules would write anyway hold nothing new."""
    own_lines = {
        line
        for number, (phase, _) in enumerate(documents)
        for given in {answers, ()}
        for line in _lines_of(phase, _facts(title, description, given, documents[:number]))
    }
    return gather(title, description, answers, documents, own_lines)


def _lines_of(phase: str, facts: Facts) -> set[str]:
    writers = WRITERS.get(phase, {}).values()
    return {line for write in writers for line in str(write(facts, Sheet(""))).splitlines()}
