"""Where a document defines its ids: rows of a table, headings, list items that begin with one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from specforge_core.review.identifiers import begins_with, kind_of, named
from specforge_core.review.lines import ITEM, Line, plain, read

_REQUIREMENTS = ("FR", "NFR")
_LONGEST = 300  # characters of an item's text
_STRONG = re.compile(r"^(\*\*|__)")
_WORDS_BEFORE = re.compile(r"^(?:(?:user )?story|requirement|test|script) ", re.IGNORECASE)
_SEPARATOR = re.compile(r"^\s*[:.)\]–—-]+\s*")
_SEPARATED = re.compile(r"^\s*(?:[:)\]–—]|[.-]+(?:\s|$))")  # not "FR-5-related"
# What stands between an id and its text: "(must)", "[P1]", "(FR-1, FR-2)".
_ASIDE = re.compile(r"^\s*(?:\([^()]*\)|\[[^\[\]]*\])(?=\s*\S)")
# Words with which a sentence begins, and hardly ever goes on after its subject.
_ARTICLES = {"a", "an", "the", "each", "every", "all", "ein", "eine", "der", "die", "das"}
# Words in capitals with which it does go on: "FR-1 MUST wait".
_VERBS = {"MUST", "SHALL", "SHOULD", "MAY", "CAN", "WILL", "IS", "AND", "OR"}
_STRUCK = re.compile(r"(?<!~)~~(?!~)[^~\n]+~~(?!~)")
_RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the title of its `##` section, and the line of the document."""

    phase: str
    section: str
    line: int


@dataclass(frozen=True, slots=True)
class Item:
    """Something with an id. `text` is one plain line; `names` are the other ids it is about."""

    id: str
    text: str
    place: Place
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document as lines; `sections` holds the title of the `##` section of each line."""

    phase: str
    lines: tuple[Line, ...]
    sections: tuple[str, ...]

    def place(self, index: int) -> Place:
        return Place(self.phase, self.sections[index], self.lines[index].number)


def document(phase: str, text: str) -> Document:
    """What is struck out is not there."""
    lines = tuple(read(_STRUCK.sub("", text)))
    sections: list[str] = []
    title = ""
    for line in lines:
        title = line.title if line.level == 2 else title
        sections.append(title)
    return Document(phase, lines, tuple(sections))


_Group = tuple[str, str, int]  # what defining lines share: section, form, table
_About = Callable[[str], str]


def defined(
    doc: Document, kinds: Sequence[str], about: _About = str
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The items of `kinds` that a document defines, and further definitions of the same ids.

    Most documents have several lists that begin with ids. The one with the most ids defines
    them; another one defines too if half of its ids are new, else it speaks of known ones.
    `about` picks the part of an item's text that names what the item is about.
    """
    groups: dict[_Group, list[Item]] = {}
    for group, item in _candidates(doc, kinds, about):
        groups.setdefault(group, []).append(item)
    firsts: dict[str, Item] = {}
    again: list[Item] = []
    for items in sorted(groups.values(), key=lambda items: -len({one.id for one in items})):
        ids = {one.id for one in items}
        if 2 * len(ids & firsts.keys()) <= len(ids):
            again += [item for item in items if firsts.setdefault(item.id, item) is not item]
    return _in_order(firsts.values()), _in_order(again)


def _in_order(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(items, key=lambda item: item.place.line))


def _candidates(
    doc: Document, kinds: Sequence[str], about: _About
) -> Iterator[tuple[_Group, Item]]:
    for index, line in enumerate(doc.lines):
        found = None if line.code else _beginning(line)
        if found is None or kind_of(found[1]) not in kinds or _goes_on(doc.lines, index):
            continue
        form, identifier, text = found
        block = "\n".join(block_lines(doc, index))
        names = tuple(name for name in named(about(block)) if name != identifier)
        group = doc.sections[index], form, line.table
        yield group, Item(identifier, plain(text, _LONGEST), doc.place(index), names)


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    """Whether a line without a mark of its own goes on with the paragraph above."""
    line, above = lines[index], lines[max(index - 1, 0)]
    if not index or line.cells or line.level or ITEM.match(line.text) or _STRONG.match(line.text):
        return False
    return bool(above.text.strip()) and not above.level and _beginning(above) is None


def _beginning(line: Line) -> tuple[str, str, str] | None:
    """(form, id, text) of a line that begins with one id as a definition does."""
    if line.cells:
        first, *others = line.cells
        found = begins_with(plain(first))
        text = _text(found[1]) if found else ""
        return ("row", found[0], text or _row_text(found[0], others)) if found else None
    if line.level:
        found = begins_with(_WORDS_BEFORE.sub("", line.title))
        return ("heading", found[0], _text(found[1])) if found else None
    item = ITEM.match(line.text)
    body = line.text[item.end() :] if item else line.text
    found = begins_with(plain(body)) if body[:1].strip() else None
    if not found or not (_STRONG.match(body) or _introduces(*found, listed=item is not None)):
        return None
    return "item" if item else "paragraph", found[0], _text(found[1])


def _text(rest: str) -> str:
    return _SEPARATOR.sub("", _ASIDE.sub("", rest)).strip()


def _introduces(identifier: str, rest: str, listed: bool) -> bool:
    """Whether what follows an id without emphasis is what it stands for.

    A separator does it, in a list also with nothing after it. Without one, what follows
    must begin anew: "FR-1 The user" defines, "FR-1 is late" and "FR-1 MUST wait" do not.
    """
    rest = _ASIDE.sub("", rest)
    if _SEPARATED.match(rest):
        return listed or bool(_text(rest))
    if not rest[:1].isspace() or not rest.strip():
        return False
    word = rest.split()[0].strip("\"'“„*_(")
    ids = named(word)
    if ids:
        return kind_of(ids[0]) != kind_of(identifier)
    return word in _ARTICLES or (word[:1].isupper() and word not in _VERBS)


def _row_text(identifier: str, others: Sequence[str]) -> str:
    """The cell that says what is defined. Beside a quality requirement stands its category."""
    near = others[: 2 if kind_of(identifier) == "NFR" else 1]
    return max(near, key=lambda cell: len(plain(cell)), default="")


def block_lines(doc: Document, index: int) -> Iterator[str]:
    """The lines that belong to what is defined at `index`, or to the list item there."""
    begin = doc.lines[index]
    found = _beginning(begin)
    form = found[0] if found else "item"
    yield begin.text
    if form == "row":
        return
    blank = False
    for number in range(index + 1, len(doc.lines)):
        line = doc.lines[number]
        if not line.code and _ends(begin, line, form, blank):
            return
        blank = not line.text.strip()
        yield line.text


def _ends(begin: Line, line: Line, form: str, after_blank: bool) -> bool:
    if line.level:
        return form != "heading" or line.level <= begin.level
    if form == "heading" or not line.text.strip():
        return False
    if form == "paragraph":
        return _is_next(begin, line) or _RULE.match(line.text) is not None
    inside = _indent(line) > _indent(begin)
    return not inside and (after_blank or ITEM.match(line.text) is not None)


def _is_next(begin: Line, line: Line) -> bool:
    """Whether another definition begins; a list of requirements below a story is its own."""
    found, own = _beginning(line), _beginning(begin)
    if found is None or own is None or found[0] != "item":
        return found is not None
    return kind_of(found[1]) not in _REQUIREMENTS or kind_of(own[1]) in _REQUIREMENTS


def _indent(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip())
