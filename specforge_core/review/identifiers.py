"""Ids such as FR-3 in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DASH = "[-_\u2010-\u2015\u2212]"
# "FR 3" and "FR3" are ids in capitals only: "us 3" and "it3" are words.
_ID = re.compile(
    rf"(?<![^\W_])(?:(?i:(?P<joined>NFR|FR|US|UT|IT|E2E|AC|TC|T)){_DASH}\s?"
    r"|(?P<apart>NFR|FR)\s?|(?P<close>US|UT|AC|us(?=\d+_)))"
    r"0*(?P<number>[1-9]\d{0,3}(?:\.\d{1,2})?)(?!\.?\d)(?![^\W_])"
)
# All of these stay in one line: the "- " of a list is no "to".
_TO = r"(?:to|through|thru|until|bis|\.{2,3}|…|[-\u2010-\u2015\u2212])"
_AND = r"(?:,[ \t]*(?:and|or|und)?|and|or|und|&|/|\+)"
_FULL = rf"(?P<kind>[A-Z0-9]{{2,3}}){_DASH}[ \t]?0*(?P<full>\d{{1,4}})(?!\w)"
# A bare number is part of an id unless a word follows: "FR-1, 2 and 4", "FR-1, 2 people".
_BARE = r"0*(?P<bare>[1-9]\d{0,3})(?=[ \t]*(?:$|[\n,;.)|\]/&*+]|and\b|or\b|und\b))"
_RANGE = re.compile(rf"[ \t]*{_TO}[ \t]*(?:{_FULL}|{_BARE})")
_ALSO = re.compile(rf"[ \t]*{_AND}[ \t]*{_BARE}")
_MORE = re.compile(rf"[ \t]*(?:{_AND}|{_TO})[ \t]*(?:{_FULL}|{_BARE})")
_DASHED = re.compile(rf"[ \t]*{_DASH}")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]{1,20})[)\]]")
_LONGEST_RANGE = 100


def kind_of(identifier: str) -> str:
    return identifier.partition("-")[0]


def named(text: str) -> tuple[str, ...]:
    """The ids in `text`, each once and written alike: `fr_03` is `FR-3`.

    "FR-1 to FR-4", "FR-1–4" and "FR-1, 2 and 4" name each id meant.
    """
    return tuple(dict.fromkeys(_named(text)))


def begins_with(text: str) -> tuple[str, str] | None:
    """The id that a plain text begins with and what follows it; None if it names several.

    "US-1 – FR-3" begins with US-1: ids of two kinds make no range. Brackets around the id
    count as a colon after it.
    """
    bracketed = _BRACKETED.match(text)
    if bracketed:
        inner = begins_with(bracketed[1])
        return (inner[0], f":{text[bracketed.end() :]}") if inner and not inner[1] else None
    match = _ID.match(text)
    if match is None:
        return None
    more = _MORE.match(text, match.end())
    if more and (more["kind"] in (None, _kind(match)) or not _DASHED.match(text, match.end())):
        return None
    return f"{_kind(match)}-{match['number']}", text[match.end() :]


def _kind(match: re.Match[str]) -> str:
    return str(match["joined"] or match["apart"] or match["close"]).upper()


def _named(text: str) -> Iterator[str]:
    for match in _ID.finditer(text):
        kind, number, end = _kind(match), match["number"], match.end()
        yield f"{kind}-{number}"
        if "." in number:
            continue
        until = _RANGE.match(text, end)
        if until and (last := _last(until, kind, int(number))):
            yield from (f"{kind}-{one}" for one in range(int(number) + 1, last + 1))
            end = until.end()
        while also := _ALSO.match(text, end):
            yield f"{kind}-{also['bare']}"
            end = also.end()


def _last(until: re.Match[str], kind: str, first: int) -> int:
    """The last number of a range, or 0 if it is none: in "FR-1-2" the hyphen is no "to"."""
    last = int(until["full"] or until["bare"])
    same_kind = until["kind"] == kind if until["full"] else "-" not in until[0]
    return last if same_kind and first < last <= first + _LONGEST_RANGE else 0
