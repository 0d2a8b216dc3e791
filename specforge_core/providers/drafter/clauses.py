"""The clauses of a sentence: what is left out apart from what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specforge_core.providers.drafter.deeds import capabilities
from specforge_core.providers.drafter.statements import FINITE, HABIT, hints, statement
from specforge_core.providers.drafter.vocabulary import vocabulary

_BORDER = re.compile(r"([;,])\s+(?:(?:and|but|und|aber) (?=(?:no|not|kein\w*|nicht) ))?")
_NO = re.compile(
    r"(?P<word>no|not|kein\w*|nicht|ohne|without) (?!\w+ing\b|(?:only|just|yet|sure|as|for|by|in|on"
    r"|at|to|even|before|until|every|all|nur|mehr|more|less|later|fewer|vor)\b)",
    re.IGNORECASE,
)
_NEXT_NO = re.compile(r",? (?:and |und )?(?=(?:no|kein\w*) )", re.IGNORECASE)
MOST_WORDS = 6  # of a clause that leaves something out; a longer one is a thought of its own
# Tells that "not payments" is left out; "no payments" says so by itself.
LEFT_OUT = "Not included"


def clauses(sentence: str, under: str) -> list[tuple[str, str]]:
    """(clause, what it is told under): each thing left out by itself, the rest as it stands.

    `An app records visits, no payments, 25 clinics pilot.` has three. What follows a thing that
    is left out belongs to it, as in `no chat, forum`, unless it begins anew.
    """
    pieces = _BORDER.split(sentence)
    parts, marks = pieces[::2], ["", *pieces[1::2]]
    found: list[tuple[str, str]] = []
    asked = -1  # where the sentence goes on after what is left out
    for mark, part, label in zip(marks, parts, _labels(parts, marks, under), strict=True):
        goes_on = asked == len(found) - 1
        if label is not None:
            found += [(one, label) for one in _NEXT_NO.split(part) if one]
        elif found and not goes_on and mark == "," and not _begins_anew(part):
            found[-1] = (f"{found[-1][0]}, {part}", found[-1][1])
        elif asked >= 0 and (goes_on or _starts_with_verb(part)):
            found[asked] = (f"{found[asked][0]}{mark} {part}", under)
        else:
            asked = len(found)
            found.append((part, under))
    if len(found) > 1:
        return found
    alone = re.match(r"no |kein", sentence, re.IGNORECASE)
    return [(one, under) for one in (_NEXT_NO.split(sentence) if alone else [sentence]) if one]


def _labels(parts: list[str], marks: list[str], under: str) -> Iterator[str | None]:
    """What each clause is told under that leaves something out, None for the others."""
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else ""
        label = _left_out(parts[0], part, following, under)
        thought = ";" in marks[number : number + 2]  # `Clerks enter orders; reports can wait`
        yield under if label is None and thought and _says_so(part, under) else label


def _left_out(first: str, part: str, following: str, under: str) -> str | None:
    """What a clause that begins with "no" and the like is told under, None for any other."""
    match = _NO.match(part)
    if not match or len(part.split()) > MOST_WORDS:
        return None
    if match["word"].lower() in ("not", "nicht"):
        # `Managers, not employees, approve it` tells who does it.
        contrast = FINITE.search(part) or _starts_with_verb(following)
        return None if part == first or contrast or hints(under) else LEFT_OUT
    if HABIT.match(first) and "problem" in statement(first, "", under).kinds:
        return None  # `Today they use paper, no phone.`
    return under if _says_so(part, under) else None


def _says_so(part: str, under: str) -> bool:
    """Whether the words, and not what they are told under alone, leave something out."""
    above = hints(under)
    only_here = "excluded" in above and "included" not in above
    return not only_here and "excluded" in statement(part, "answer", under).kinds


def _begins_anew(part: str) -> bool:
    if part[:1].isdigit() or _starts_with_verb(part) or FINITE.search(part):
        return True
    return bool(capabilities(part, ""))


def _starts_with_verb(part: str) -> bool:
    """`sends invoices`, whose subject stands before."""
    return part.partition(" ")[0] in vocabulary().verb_forms
