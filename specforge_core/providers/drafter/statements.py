"""Sentences, and what each is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.dates import date_in
from specforge_core.providers.drafter.deeds import Capability
from specforge_core.providers.drafter.markdown import clean, clip, plain, tagged, untagged
from specforge_core.providers.drafter.vocabulary import vocabulary

# Not at the dot of `1. März`.
_SPLIT = re.compile(
    r"(?:(?<=[.!?…])(?<!\d\.)|(?<=\d\.)(?!\s+(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)))"
    r"\s+|(?<=[。！？؟])|\n+"
)
_ABBREVIATION = re.compile(
    r"\b(e\.g|i\.e|etc|approx|vs|ca|dr|mr|mrs|ms|st|no|incl|max|min)\.$", re.IGNORECASE
)
LONGEST_ABBREVIATION = len("approx.")
BULLET = re.compile(r"^\s*(?:[-*+•–]\s+|\d+[.)]\s+|#+\s+|>\s*)+")
WRAPPED = re.compile(r"(?<![.!?:;\n])\n(?=[a-z])")
HABIT = re.compile(r"(they|we|people|everyone|today|now|currently|there)\b", re.IGNORECASE)
_NOTHING = re.compile(r"\W*(none|nothing|no|n/?a|keine?|nichts)?\W*$", re.IGNORECASE)
_NO = re.compile(
    r"(?:no|kein\w*|ohne|without)"
    r" (?!(?:more|later|less|fewer|longer|one|two|three|matter|exceptions?|mehr)\b)"
    r"[^.!?]{2,80}[.!]?$",
    re.IGNORECASE,
)
# `No invoice may be paid twice` is a rule.
FINITE = re.compile(
    r"\b(may|must|can|should|shall|is|are|was|were|has|have|will|knows?|darf|kann|muss|soll|ist|sind"
    r"|hat|wird)\b",
    re.IGNORECASE,
)
_MODAL = re.compile(r"\b(may|must|can|should|shall|darf|kann|muss|soll)\b", re.IGNORECASE)
# Where one of these is told, "no …" tells a lack or a limit, and nothing that is left out.
_LACKS = frozenset({"problem", "goal", "risk", "deadline", "budget", "quality"})
# What an answer is only when its question, or a label in it, asks for it.
_QUESTIONED = frozenset({"goal", "risk", "problem"})
MOST_WORDS_LEFT_OUT = 4  # of a security feature; "No personal data leaves the EU" is a rule


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, safe as markdown. `source`: "description", "answer" or a phase's name.

    `deeds`: what it says that people or the product can do.
    """

    text: str
    source: str
    kinds: frozenset[str]
    question: str = ""
    deeds: tuple[Capability, ...] = ()
    assumed: bool = False  # taken over from a proposal, and marked so wherever it is quoted

    @property
    def quoted(self) -> str:
        return tagged(self.text, assumed=self.assumed)


def sentences(text: str) -> Iterator[str]:
    """The sentences and list items of `text`, without list marks."""
    pending = ""
    for piece in _SPLIT.split(WRAPPED.sub(" ", clean(text))):
        piece = f"{pending} {BULLET.sub('', piece)}".strip()
        pending = piece if _ABBREVIATION.search(piece[-LONGEST_ABBREVIATION - 1 :]) else ""
        if piece and not pending and any(char.isalnum() or ord(char) > 0x2000 for char in piece):
            yield piece
    if pending:
        yield pending


@lru_cache(maxsize=4096)  # a sentence is read again for every document
def statement(text: str, source: str, question: str = "") -> Statement:
    """Classified by its own words and by those of the question or heading above it."""
    words, assumed = untagged(text)
    kinds = frozenset[str]()
    if not _NOTHING.match(words):
        kinds = _kinds(words, question, answered=source == "answer")
    return Statement(plain(clip(words)), source, kinds, plain(question), assumed=assumed)


def hints(label: str) -> set[str]:
    """What is told under a question, a heading or a label such as `Non-goals:`."""
    found = {kind for kind, pattern in vocabulary().hints.items() if pattern.search(label)}
    return found - {"included"} if "quality" in found else found


def _kinds(text: str, question: str, *, answered: bool) -> frozenset[str]:
    kinds = {kind for kind, pattern in vocabulary().kinds.items() if pattern.search(text)}
    above = hints(question)
    told = set(above)
    if {"actor", "problem"} <= above:  # "Who …, and what do they do today?"
        above.discard("actor" if HABIT.match(text) else "problem")
    if {"included", "excluded"} <= above:  # "What must it do, and what could wait?"
        above.discard("excluded")
    if "share" in kinds and not kinds & {"problem", "quality"}:
        kinds.add("goal")
    if answered and told:  # the question knows better than single words what is told
        kinds -= _QUESTIONED - told
        if not told & {"excluded", "included"}:
            kinds.discard("excluded")
    if date_in(text):
        kinds.add("deadline")
    if _NO.match(text) and _MODAL.search(text):
        kinds.add("rule")
    elif _NO.match(text) and not FINITE.search(text) and not _lacks(text, kinds, above):
        kinds.add("excluded")
    kinds |= above
    if "excluded" in kinds:
        kinds -= {"rule", "included", "works_with"}
    if words_in(text, "systems"):
        kinds.add("system")
    return frozenset(kinds)


def _lacks(text: str, kinds: set[str], above: set[str]) -> bool:
    """`No overview of receipts` tells a lack, `No SSO` something that is left out."""
    long = len(text.split()) > MOST_WORDS_LEFT_OUT
    return bool((kinds | above) & _LACKS or "rule" in above or ("security" in kinds and long))


def words_in(text: str, group: str) -> tuple[str, ...]:
    """The known names of a group (`systems`, `platforms`, …) that `text` mentions."""
    found = ((pattern.search(text), name) for name, pattern in vocabulary().names[group])
    return tuple(
        name for _, name in sorted((match.start(), name) for match, name in found if match)
    )
