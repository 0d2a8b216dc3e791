"""How requirements are cut into stories, and stories gathered into epics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specforge_core.providers.drafter.behaviour import criteria
from specforge_core.providers.drafter.criteria import Criterion, criteria_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import clip, in_text, listed, merged, sentence
from specforge_core.providers.drafter.requirements import Requirement
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.vocabulary import phrases, plural, vocabulary

MOST_APART = 20  # with more groups of requirements, those of one person and kind are put together
MOST_DEEDS = 4  # in one story that puts deeds together
NOBODY = ("All", "The product")

_THEIR = re.compile(r"\btheir\b")


def groups(rows: tuple[Requirement, ...]) -> Iterator[list[Requirement]]:
    """Deeds of one person on one object belong together; a rule belongs to what it limits."""
    deeds = [row for row in rows if row.phrase]
    apart = len({_object(row) for row in deeds}) <= MOST_APART
    by_key: dict[tuple[str, ...], list[Requirement]] = {}
    for row in deeds:
        by_key.setdefault(_object(row) if apart else (row.who, row.kind), []).append(row)
    found = [
        group[start : start + MOST_DEEDS]
        for group in by_key.values()
        for start in range(0, len(group), MOST_DEEDS)
    ]
    for row in rows:
        if not row.phrase:
            home = _home(row, found)
            if home is None:
                found.append([row])
            else:
                home.append(row)
    yield from found


def _object(row: Requirement) -> tuple[str, ...]:
    return row.who, row.kind, row.phrase.partition(" ")[2].casefold()


def _home(rule: Requirement, groups: list[list[Requirement]]) -> list[Requirement] | None:
    """The group that shares most words with a rule, if any does."""
    words = _words(rule.text)
    scores = [len(words & _words(" ".join(row.phrase for row in group))) for group in groups]
    best = max(scores, default=0)
    return groups[scores.index(best)] if best else None


def _words(text: str) -> set[str]:
    return {
        re.sub(r"(es|al|ed|ing|s|e)$", "", word)
        for word in re.findall(r"[^\W\d_]{5,}", text.lower())
    }


def stage(group: list[Requirement]) -> str:
    return phrases().stages.get(group[0].kind, "other") if group[0].phrase else "rules"


def place(entry: tuple[str, list[list[Requirement]]]) -> int:
    return list(dict.fromkeys([*phrases().stages.values(), "rules"])).index(entry[0])


def made(key: str, epic: str, stage: str, group: list[Requirement], usual: str) -> Story:
    first = group[0]
    deeds = merged([row.phrase for row in group if row.phrase])
    want = listed(deeds) if deeds else f"meet this: {in_text(first.text)}"
    by_product = first.who in NOBODY
    want = want.rstrip(".")
    return Story(
        id=key,
        title=clip(sentence(deeds[0] if deeds else first.text).rstrip("."), 70),
        who=usual if by_product else in_text(first.who),
        want=f"the product to {want}" if by_product else f"to {_THEIR.sub('my', want)}",
        why=phrases().benefits[first.kind if first.phrase else "rule"],
        epic=epic,
        requirements=tuple(row.id for row in group),
        size=_size(group),
        stage=stage,
        thing=first.thing,
        must=any(row.priority == "Must" for row in group),
        criteria=criteria_of(group),
    )


def criteria_of(group: list[Requirement]) -> tuple[Criterion, ...]:
    shown: set[str] = set()
    found: list[Criterion] = []
    for row in group:
        found += [one for one in criteria(row, shown) if one not in found]
        shown.add(row.kind)
    if group[0].phrase and group[0].who != "The product" and not any(one.refuses for one in found):
        found += criteria_in(phrases().refusals["permission"])
    return tuple(found[:8])


def _size(group: list[Requirement]) -> str:
    if len(group) > 2 or group[0].kind in ("transfer", "pay"):
        return "L"
    return "S" if len(group) == 1 and group[0].kind in ("read", "notify") else "M"


def rows_of(group: list[Story], rows: dict[str, Requirement]) -> list[Requirement]:
    return [rows[one] for story in group for one in story.requirements if one in rows]


def usual_title(facts: Facts, stage: str) -> str:
    return sentence(facts.usual(phrases().epic_titles[stage])).rstrip(".")


def epic_title(rows: list[Requirement]) -> str:
    """`Invoices are uploaded and approved`, from the deeds of its requirements, or ""."""
    words = {verb: participle for participle, verb in vocabulary().participles.items()}
    done: dict[str, list[str]] = {}
    for row in rows:
        if row.thing and row.verb in words and row.thing.isalpha():
            done.setdefault(plural(row.thing), []).append(words[row.verb])
    parts = [
        f"{things} are {' and '.join(list(dict.fromkeys(verbs))[:2])}"
        for things, verbs in list(done.items())[:2]
    ]
    if parts:
        return sentence(", ".join(parts)).rstrip(".")
    return ""
