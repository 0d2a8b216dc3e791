"""What is asked for and what is left out, without a contradiction between the two."""

from __future__ import annotations

from dataclasses import replace

from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.topics import topic_of, topics


def settled(
    statements: tuple[Statement, ...],
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """The statements as they hold, and those that an answer withdraws.

    What the description leaves out and an answer asks for is asked for. Else what is left out
    holds: who asked for it loses the deeds and the force of a rule.
    """
    asked = {
        topic_of(text)
        for one in statements
        if one.source == "answer" and one.kinds & {"rule", "included"}
        for text in (one.text, *(deed.phrase for deed in one.deeds))
    }
    withdrawn = tuple(one for one in statements if _is_withdrawn(one, asked))
    held = [one for one in statements if one not in withdrawn]
    out = {topic for one in held if "excluded" in one.kinds for topic in topics(one.text)}
    return tuple(_without(one, out) for one in held), withdrawn


def _is_withdrawn(one: Statement, asked: set[frozenset[str]]) -> bool:
    if "excluded" not in one.kinds or one.source != "description":
        return False
    return any(topic in asked for topic in topics(one.text))


def _without(one: Statement, out: set[frozenset[str]]) -> Statement:
    """A statement that asks for one of the topics does so no longer."""
    if "excluded" in one.kinds:
        return one
    deeds = tuple(deed for deed in one.deeds if topic_of(deed.phrase) not in out)
    if deeds == one.deeds and topic_of(one.text) not in out:
        return one
    return replace(one, deeds=deeds, kinds=one.kinds - {"rule", "included", "access"} | {"refused"})
