"""A whole document, cut back into its sections after somebody edited it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from specforge_core.review.lines import Line, plain, read

_NUMBER = re.compile(
    r"^(?:(?:section|chapter|part)\s+)?(?:\d{1,3}(?:\.\d{1,3})*[.):]?|[a-z][.)])\s+"
)
_ROUND = " \t.:;,!–—-"


def cut(text: str, titles: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """The text of each section, by key, in the order of `titles` ((key, title) pairs).

    A section begins at its `## <title>` heading outside of code and ends before the next
    one that is known. Titles match whatever their case, spaces, emphasis, escapes and
    numbers. The first heading of a title counts; a second one, like an unknown heading,
    is text of the section it stands in. What stands before the first known heading
    belongs to the first section. A section without a heading is "".

    Every line is in one section, in the order in which it stood there, only blank lines
    at a section's begin and end are dropped; so moved sections come back in their place.
    Raises ValueError if `titles` is empty.
    """
    if not titles:
        raise ValueError("A document cannot be cut without the titles of its sections.")
    waiting: dict[str, list[str]] = {}
    for key, title in titles:
        waiting.setdefault(_words(plain(title)), []).append(key)
    found: dict[str, list[str]] = {key: [] for key, _ in titles}
    into = found[titles[0][0]]
    for line in read(text):
        keys = waiting.get(_words(line.title)) if _begins_section(line) else None
        if keys:
            into = found[keys.pop(0)]
        into.append(line.text)
    return {key: _trimmed(lines) for key, lines in found.items()}


def headed(text: str, title: str) -> str:
    """A section's text under its own heading, `## <title>`, and no other one of that level.

    So a document that is made of such sections can be cut back into them. Nothing is lost:
    what stands before the heading comes after it, other headings move one level down. "" for
    a text without anything visible.
    """
    lines = read(text)
    wanted = _words(plain(title))
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
