"""What the inputs do not say, as questions with the default taken until they are answered."""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import people
from specforge_core.providers.drafter.vocabulary import phrases


@dataclass(frozen=True, slots=True)
class Gap:
    question: str
    decides: str
    default: str
    ask: str


def gaps(facts: Facts) -> tuple[Gap, ...]:
    """Missing knowledge, first what is usual to ask, then what this kind of product raises."""
    found = [Gap(*gap) for kind, *gap in phrases().rows["gaps"] if not facts.about(kind)]
    if not facts.stated_actors:
        found.insert(
            0,
            Gap(
                "Who will use it first?",
                "whom the first release serves",
                f"The first {people(facts.who[:1])} come to it by themselves",
                "the sponsor",
            ),
        )
    marked = [
        Gap(
            f"To be given by a person: {what.rstrip('?.')}?",
            "whatever the inputs leave open there",
            f"What depends on “{what.rstrip('?.')}” is left out until somebody gives it",
            "the sponsor",
        )
        for what in facts.missing
    ]
    found += [
        Gap(
            facts.usual(text),
            "a rule of the first release",
            "The simplest answer is taken for the pilot and revised after it",
            people(facts.who[:1]),
        )
        for text in facts.archetype.questions
    ]
    return (*_disagreements(facts), *marked, *found)


def _disagreements(facts: Facts) -> list[Gap]:
    return [
        Gap(
            f"The description says “{one.text.rstrip('.')}”, an answer asks for it: which holds?",
            "whether it is in the first release",
            "The answer holds",
            "the sponsor",
        )
        for one in facts.withdrawn
    ]
