"""What a reviewer asks for, done by rules; what no rule understands is kept as an open point."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from specforge_core.providers.drafter.blocks import blocks, joined
from specforge_core.providers.drafter.edits import ASKED, add, put_under, remove, rename, shorter
from specforge_core.providers.drafter.markdown import bare, clean, clip, plain

NO_CHANGE = "NO CHANGE"
LONGEST = 600  # characters of a request that are read
MOST = 8  # wishes in one request

_REFRESH = re.compile(r"\s*(bring .{0,30}up to date\b|$)", re.IGNORECASE)
_VERBS = (
    r"(?:add|include|mention|insert|remove|drop|delete|strike|omit|rename|replace|change|shorten"
    r"|make|shorter|longer|cut|expand|call)"
)
_WISHES = re.compile(
    rf"[;\n]+|[.!](?:\s+|$)|,?\s+(?:and|then)\s+(?={_VERBS}\b)|,\s*(?={_VERBS}\b)", re.IGNORECASE
)
_POLITE = re.compile(
    r"^(?:please|could you|can you|kindly|also|then|and|just|we should)\s+", re.IGNORECASE
)
_PLACE = re.compile(
    r"\s+(?:to|in|into|under|from|of)\s+(?:the\s+|this\s+)?(?P<place>[\w -]{3,60}?)"
    r"(?:\s+(?:section|part|chapter|table|list))?[.!]?$",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"^(?:(?:the|any|all|every|each)\s+)?(?:(?:row|line|bullet|item|sentence|paragraph|part|point"
    r"|section|everything|mention|reference|requirement|story|task|column)s?\s+)?"
    r"(?:(?:about|on|for|with|naming|of|that mentions?|called)\s+)?(?:the\s+|an?\s+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The section under revision. `others`: words that name the other sections of its phase."""

    title: str
    key: str
    others: Collection[str]
    draft: str


# What a rule makes of a text: the new text, or None when what it names is not there.
Change = Callable[[str, re.Match[str], Place], str | None]


def revised(present: str, request: str, place: Place) -> str:
    """The section after the change, or `NO CHANGE` when the request does not concern it."""
    request = clean(request)[:LONGEST].strip()
    if _REFRESH.match(request) or not present.strip():
        return _with_wishes_of(present, place.draft)
    text = before = joined(blocks(present))
    open_points: list[str] = []
    for wish in _wishes(request):
        outcome = _applied(text, wish, place)
        if outcome is None:
            open_points.append(wish)
        elif outcome != NO_CHANGE:
            text = outcome
    if open_points and text == before:
        open_points = [request]
    for point in open_points:
        text = _noted(text, point)
    return NO_CHANGE if text == before else text


def _wishes(request: str) -> list[str]:
    parts = [_POLITE.sub("", part.strip(" \t,.-*•")) for part in _WISHES.split(request)]
    return [part for part in parts if part][:MOST]


def _applied(text: str, wish: str, place: Place) -> str | None:
    """The text after one wish, `NO CHANGE`, or None when no rule understands it."""
    for pattern, change in RULES:
        match = pattern.match(wish)
        if match:
            changed = change(text, match, place)
            return NO_CHANGE if changed is None or changed == text else changed
    return None


def _noted(text: str, request: str) -> str:
    line = f"- Asked in review: {plain(clip(' '.join(request.split())))}"
    body = text.rstrip("\n")
    return text if line in body.split("\n") else f"{body}\n\n{line}\n"


def _with_wishes_of(present: str, draft: str) -> str:
    """A fresh draft, with what reviewers had added to the text before."""
    text = draft
    for line in present.splitlines():
        if ASKED in line and line.startswith("- "):
            text = put_under(text, f"### {ASKED.capitalize()}", line)
        elif ASKED in line and line.startswith("|"):
            told = [cell for cell in re.split(r"(?<!\\)\|", line)[2:] if cell.strip(" –")]
            text = add(text, bare(told[0]).replace(f"({ASKED})", "").strip(" .")) if told else text
    return text


# --- the rules -------------------------------------------------------------------


def _elsewhere(match: re.Match[str], place: Place) -> tuple[str, bool]:
    """(what is asked for, whether the wish names another section than this one)."""
    what = match["what"]
    found = _PLACE.search(what)
    if not found:
        return what, False
    words = set(re.findall(r"\w{4,}", found["place"].casefold()))
    here = words & set(re.findall(r"\w{4,}", f"{place.title} {place.key}".casefold()))
    there = words & set(place.others)
    return (what[: found.start()], bool(there and not here)) if here or there else (what, False)


def _add(text: str, match: re.Match[str], place: Place) -> str | None:
    what, elsewhere = _elsewhere(match, place)
    return None if elsewhere or not what.strip() else add(text, what.strip())


def _remove(text: str, match: re.Match[str], place: Place) -> str | None:
    what, elsewhere = _elsewhere(match, place)
    return None if elsewhere else remove(text, _WHAT.sub("", what.strip(), count=1))


def _rename(text: str, match: re.Match[str], place: Place) -> str | None:
    old, new = (match[name].strip(" \"'“”‘’`.") for name in ("old", "new"))
    return rename(text, old, plain(clip(new, 80))) if old and new else None


def _shorter(text: str, match: re.Match[str], place: Place) -> str | None:
    return shorter(text)


def _longer(text: str, match: re.Match[str], place: Place) -> str | None:
    """With the blocks of a fresh draft that are not in it."""
    missing = [part for part in re.split(r"\n{2,}", place.draft.strip()) if part not in text]
    body = text.rstrip("\n")
    return f"{body}\n\n" + "\n\n".join(missing) + "\n" if missing else None


_SOFTLY = r"(?:make (?:it|this|that) |this is |it is |it's |much |far |a bit |be |to )*"


def _rule(pattern: str, change: Change) -> tuple[re.Pattern[str], Change]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), change


RULES = (
    _rule(
        r"(?:rename|change|replace)\s+(?P<old>.{1,80}?)\s+(?:to|with|by|into|→)\s+(?P<new>.{1,80})",
        _rename,
    ),
    _rule(r"call\s+(?:the\s+)?(?P<old>.{1,40}?)s?\s+[\"'“‘](?P<new>.{1,60})[\"'”’]", _rename),
    _rule(r"(?:remove|drop|delete|strike|omit|leave out|take out)\s+(?P<what>.+)", _remove),
    _rule(r"(?:add|include|mention|insert|put in)\s+(?P<what>.+)", _add),
    _rule(
        rf"{_SOFTLY}(?:shorter|short|brief|briefer|half|more concise|concise|shorten|condense"
        r"|tighten|too long|cut (?:it|this|by|in))\b",
        _shorter,
    ),
    _rule(rf"{_SOFTLY}(?:longer|more detail|more detailed|expand|elaborate)\b", _longer),
)
