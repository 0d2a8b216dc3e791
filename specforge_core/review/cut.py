"""A whole document, cut back into its sections after somebody edited it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from specforge_core.errors import InvalidInput
from specforge_core.review.lines import Line, plain, read
from specforge_core.review.matching import keyed, matched, same_begin

_NUMBER = re.compile(
    r"^(?:(?:section|chapter|part)\s+)?(?:\d{1,3}(?:\.\d{1,3})*[.):]?|[a-z][.)])\s+"
)
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_ROUND = " \t.:;,!–—-"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def cut(
    text: str, titles: Sequence[tuple[str, str]], before: Mapping[str, str] = _NOTHING
) -> Mapping[str, str]:
    """The text of each section, by key, in the order of `titles` ((key, title) pairs).

    A section begins at its `## <title>` heading outside of code and ends before the next
    one that is known. Titles match whatever their case, spaces, emphasis, escapes and
    numbers. The first heading of a title counts; a second one, like an unknown heading,
    is text of the section it stands in. What stands before the first known heading
    belongs to the first section. A section without a heading is "".

    before: the sections' texts before the edit, by key. Their headings stay boundaries as
    far as they still stand there, whatever fences are open. From the text alone it cannot be
    told whether a fence ends in its own section or in a later one.

    Every line is in one section, in the order in which it stood there, only blank lines
    at a section's begin and end are dropped; so moved sections come back in their place.
    Raises ValueError if `titles` is empty, and InvalidInput("text") if the heading of a
    section that had text came to stand inside code, so that its text would be another's.
    """
    if not titles:
        raise ValueError("A document cannot be cut without the titles of its sections.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    same = _unchanged(joined(titles, before), lines)
    kept = {same[line]: key for line, key in _begins(titles, before) if line in same}
    waiting: dict[str, list[str]] = {}
    for key, title in titles:
        if key not in kept.values():
            waiting.setdefault(_words(plain(title)), []).append(key)
    found: dict[str, list[str]] = {key: [] for key, _ in titles}
    for first, last in pairwise([*sorted({0, *kept}), len(lines)]):
        into = found[kept.get(first, titles[0][0])]
        for line in read("\n".join(lines[first:last])):
            known = _begins_section(line) and line.number + first - 1 not in kept
            keys = waiting.get(_words(line.title)) if known else None
            if keys:
                into = found[keys.pop(0)]
            into.append(line.text)
    pieces = {key: _trimmed(of_section) for key, of_section in found.items()}
    stood = set(same.values())
    typed = [line for index, line in enumerate(lines) if index not in stood]
    _refuse_swallowed(pieces, typed, titles, before)
    return pieces


def joined(titles: Sequence[tuple[str, str]], texts: Mapping[str, str]) -> str:
    """The sections that have text, each under its own heading: what `cut` cuts."""
    found = (headed(texts.get(key, ""), title) for key, title in titles)
    return "\n\n".join(text for text in found if text)


def headed(text: str, title: str) -> str:
    """A section's text under its own heading, `## <title>`, and no other one of that level.

    So a document that is made of such sections can be cut back into them. Nothing is lost:
    what stands before the heading comes after it, other headings move one level down. "" for
    a text without anything visible.
    """
    wanted = _words(plain(title))
    lines = _without_other_title(read(text), wanted)
    headings = [one for one in lines if _begins_section(one)]
    own = next((one for one in headings if _words(one.title) == wanted), None)
    body = [
        f"#{line.text.lstrip()}" if line in headings else line.text
        for line in lines
        if line is not own
    ]
    under = _trimmed(body)
    if own is None:
        return f"## {title}\n\n{under}" if under else ""
    if headings == [own] and _trimmed([one.text for one in lines]).startswith(own.text):
        return _trimmed([one.text for one in lines])
    return f"{own.text}\n\n{under}".rstrip()


def _without_other_title(lines: Sequence[Line], wanted: str) -> Sequence[Line]:
    """Without the section's title where it begins the text in another form: underlined, or bold."""
    first = next((place for place, one in enumerate(lines) if one.text.strip()), None)
    if first is None or lines[first].code or _words(plain(lines[first].text)) != wanted:
        return lines
    below = lines[first + 1].text if first + 1 < len(lines) else ""
    if _UNDERLINE.fullmatch(below):
        return lines[first + 2 :]
    return lines[first + 1 :] if lines[first].text.strip().startswith("**") else lines


def _begins(
    titles: Sequence[tuple[str, str]], texts: Mapping[str, str]
) -> Iterator[tuple[int, str]]:
    """The line of each heading in the joined document, from 0, and the key of its section."""
    line = 0
    for key, title in titles:
        if text := headed(texts.get(key, ""), title):
            yield line, key
            line += text.count("\n") + len("\n\n")


def _unchanged(before: str, lines: Sequence[str]) -> dict[int, int]:
    """Which line of a text before its edit is which of `lines`, both from 0 and rising."""
    old, new = keyed(before.split("\n")), keyed(lines)
    head = same_begin(old, new)
    tail = same_begin(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    inner = matched(old[head:old_end], new[head:new_end])
    runs = [(0, 0, head), *((i + head, j + head, size) for i, j, size in inner)]
    return {
        i + step: j + step
        for i, j, size in (*runs, (old_end, new_end, tail))
        for step in range(size)
    }


def _refuse_swallowed(
    pieces: Mapping[str, str],
    typed: Sequence[str],
    titles: Sequence[tuple[str, str]],
    before: Mapping[str, str],
) -> None:
    """typed: the lines that are new; a section whose heading is not among them was deleted."""
    lost = [title for key, title in titles if before.get(key, "").strip() and not pieces[key]]
    added = [line for text in typed for line in read(text)] if lost else []
    headings = {_words(line.title) for line in added if _begins_section(line)}
    for title in lost:
        if _words(plain(title)) in headings:
            raise InvalidInput(
                "text",
                f"The heading “{title}” stands inside code, so its section would lose its text "
                "to the one before. End the code above it with a line like the one that began "
                "it, or edit the sections one by one.",
            )


def _begins_section(line: Line) -> bool:
    return line.level == 2 and line.text.startswith("#")


def _words(title: str) -> str:
    """What is left of a title when its markup, number and case are taken away."""
    shown = unicodedata.normalize("NFKC", title).casefold()
    shown = " ".join(shown.split()).strip(_ROUND)
    return _NUMBER.sub("", shown).strip(_ROUND) or shown


def _trimmed(lines: list[str]) -> str:
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    last = next(
        (index for index in range(len(lines), first, -1) if lines[index - 1].strip()), first
    )
    return "\n".join(lines[first:last])
