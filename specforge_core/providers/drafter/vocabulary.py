"""The drafter's words: what it recognises (`vocabulary.toml`) and says (`phrases.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PHRASE_FILES = (
    "phrases.toml",
    "backlog.toml",
    "checks.toml",
    "files.toml",
    "handoff.toml",
    "advice.toml",
)


@dataclass(frozen=True, slots=True)
class Archetype:
    """A kind of product and what it suggests. `{thing}`/`{things}` stand for its main entity."""

    name: str
    label: str
    words: re.Pattern[str]
    thing: str
    who: tuple[str, ...]
    problem: str
    capabilities: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]  # goal, measure
    result: str  # what a user has in the end
    guardrail: str
    risks: tuple[tuple[str, str, str], ...]  # risk, first sign, response
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`verb_forms` maps "approves" -> "approve"; `verb_kinds` maps "approve" -> "decide".

    `notes` maps "sso" -> "sign in with SSO".
    """

    grammar: Mapping[str, frozenset[str]]
    kinds: Mapping[str, re.Pattern[str]]
    hints: Mapping[str, re.Pattern[str]]
    verb_forms: Mapping[str, str]
    participles: Mapping[str, str]
    verb_kinds: Mapping[str, str]
    roles: frozenset[str]
    departments: frozenset[str]
    deciders: frozenset[str]
    product_words: frozenset[str]
    role_suffixes: tuple[str, ...]
    no_roles: frozenset[str]
    role_verbs: frozenset[str]
    notes: Mapping[str, str]
    names: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]
    fields: Mapping[str, Mapping[str, str]]
    examples: Mapping[str, str | int]
    archetypes: tuple[Archetype, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The drafter's own sentences; see `phrases.toml` for their placeholders.

    `benefits` and `stages`: per kind of deed. `texts`: longer pieces, by name.
    """

    replies: Mapping[str, str]
    faults: Mapping[str, str]
    results: Mapping[str, str]
    refusals: Mapping[str, str]
    benefits: Mapping[str, str]
    stages: Mapping[str, str]
    epic_titles: Mapping[str, str]
    texts: Mapping[str, str]
    rows: Mapping[str, tuple[tuple[str, ...], ...]]
    lists: Mapping[str, tuple[str, ...]]


@cache
def phrases() -> Phrases:
    files = [read_table(name) for name in PHRASE_FILES]
    parts = {
        part: {key: value for file in files for key, value in file.get(part, {}).items()}
        for part in Phrases.__dataclass_fields__
    }
    parts["rows"] = {name: tuple(map(tuple, rows)) for name, rows in parts["rows"].items()}
    parts["lists"] = {name: tuple(texts) for name, texts in parts["lists"].items()}
    return Phrases(**parts)


def read_table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@cache
def vocabulary() -> Vocabulary:
    table = read_table("vocabulary.toml")
    kinds = {verb: kind for kind, verbs in table["verbs"].items() for verb in verbs}
    grammar = {name: frozenset(words) for name, words in table["grammar"].items()}
    doubling = grammar["doubling"]
    irregular = table["grammar_participles"]
    actors = table["actors"]
    return Vocabulary(
        grammar=grammar,
        kinds=_patterns(table["kinds"]),
        hints=_patterns(table["hints"]),
        verb_forms={form: verb for verb in kinds for form in _forms(verb, doubling)},
        participles={irregular.get(verb) or _participle(verb, doubling): verb for verb in kinds},
        verb_kinds=kinds,
        roles=frozenset(word.lower() for word in actors["words"]),
        departments=frozenset(actors["departments"]),
        deciders=frozenset(actors["deciders"]),
        product_words=frozenset(actors["product"]),
        role_suffixes=tuple(actors["suffixes"]),
        no_roles=frozenset(actors["things"]),
        role_verbs=frozenset(actors["verbs"]),
        notes=table["notes"],
        names={
            group: tuple((name, _pattern(rf"(?<!\w){re.escape(name)}s?(?!\w)")) for name in names)
            for group, names in table["names"].items()
        },
        fields=table["fields"],
        examples=table["examples"],
        archetypes=tuple(_archetype(row) for row in table["archetypes"]),
    )


def _archetype(row: dict[str, Any]) -> Archetype:
    measures = (text.split("|") for text in row["measures"])
    risks = (text.split("|") for text in row["risks"])
    return Archetype(
        name=row["name"],
        label=row["label"],
        words=_pattern(row["words"]),
        thing=row["thing"],
        who=tuple(row["who"]),
        problem=row["problem"],
        capabilities=tuple(row["capabilities"]),
        measures=tuple((goal, measure) for goal, measure in measures),
        result=row["result"],
        guardrail=row["guardrail"],
        risks=tuple((risk, sign, response) for risk, sign, response in risks),
        questions=tuple(row["questions"]),
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _patterns(table: dict[str, str]) -> Mapping[str, re.Pattern[str]]:
    return {name: _pattern(text) for name, text in table.items()}


def _forms(verb: str, doubling: frozenset[str]) -> tuple[str, ...]:
    """The base form, the third person and the -ing form."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, f"{verb[:-1]}ies", f"{verb}ing"
    third = f"{verb}es" if verb.endswith(("s", "x", "ch", "sh")) else f"{verb}s"
    stem = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb
    return verb, third, f"{verb}{verb[-1]}ing" if verb in doubling else f"{stem}ing"


def _participle(verb: str, doubling: frozenset[str]) -> str:
    if verb in doubling:
        return f"{verb}{verb[-1]}ed"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"


def singular(word: str) -> str:
    lower = word.lower()
    if lower.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if lower.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is", "news", "series")):
        return word[:-1]
    return word


def plural(word: str) -> str:
    lower = word.lower()
    if lower.endswith(("staff", "people", "news", "data", "software")):
        return word
    if lower.endswith("y") and lower[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if lower.endswith(("s", "x", "ch", "sh")) else f"{word}s"


_VOWEL = re.compile(r"(?!us[eai]|uni|eu|one\b)[aeiou]", re.IGNORECASE)


def with_article(word: str) -> str:
    return f"{'an' if _VOWEL.match(word) else 'a'} {word}"
