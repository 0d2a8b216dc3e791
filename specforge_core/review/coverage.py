"""Requirement → story → test, read from the texts alone by their ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from specforge_core.review.definitions import Document, Item, Place, block_lines, defined, document
from specforge_core.review.identifiers import begins_with, kind_of, named
from specforge_core.review.lines import ITEM, clipped, plain

HOMES: Mapping[str, str] = {"FR": "prd", "NFR": "prd", "US": "stories"}
_TESTS = ("UT", "IT", "E2E", "AC", "TC", "T")
# What a story says about the requirements it meets: the line, and a list below it.
_MEETS = re.compile(
    r"^[^\w\n]*(?:requirements?|covers|meets|implements|satisfies|traces? to)\b[^\w\n]*:"
    r"(?:[*_ \t]*\n[ \t]*(?=\n)|.*)"
    r"(?:\n[ \t]*[-*+][ \t].*)*",
    re.IGNORECASE | re.MULTILINE,
)
_GIVEN = re.compile(ITEM.pattern + r"\W{0,3}given\b", re.IGNORECASE)
_SCENARIO = re.compile(r"\bwhen\b.*\bthen\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement, the stories that name it, and the tests that name it or one of those."""

    requirement: Item
    stories: tuple[Item, ...]
    tests: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """An id that is defined nowhere, and where a document names it first."""

    id: str
    place: Place


@dataclass(frozen=True, slots=True)
class Coverage:
    """What covers what, each list in the order of its document.

    `missing`: documents without text, of "prd", "stories" and "tests"; what would be told
    by them is (), not everything. `qualities`: the NFR. A test without an id is code, a
    row about another id, or a scenario (given, when, then); its `id` is "" and `text` says
    where it stands. `unknown`: one for
    each id and document. `repeated`: further definitions of an id.
    """

    missing: tuple[str, ...]
    requirements: tuple[Row, ...]
    qualities: tuple[Row, ...]
    stories: tuple[Item, ...]
    tests: tuple[Item, ...]
    unknown: tuple[Mention, ...]
    repeated: tuple[Item, ...]

    @property
    def requirements_without_story(self) -> tuple[Item, ...]:
        rows = () if self._lacks("stories") else self.requirements
        return tuple(row.requirement for row in rows if not row.stories)

    @property
    def requirements_without_test(self) -> tuple[Item, ...]:
        rows = () if self._lacks("tests") else self.requirements
        return tuple(row.requirement for row in rows if not row.tests)

    @property
    def stories_without_requirement(self) -> tuple[Item, ...]:
        """Stories that name no requirement that exists."""
        return () if self._lacks("prd") else _naming_none(self.stories, self._requirement_ids)

    @property
    def stories_without_test(self) -> tuple[Item, ...]:
        tested = {name for test in self.tests for name in test.names}
        stories = () if self._lacks("tests") else self.stories
        return tuple(story for story in stories if story.id not in tested)

    @property
    def tests_without_story(self) -> tuple[Item, ...]:
        """Tests that name no story and no requirement that exists."""
        known = self._requirement_ids | {story.id for story in self.stories}
        return () if self._lacks("prd", "stories") else _naming_none(self.tests, known)

    @property
    def share_with_story(self) -> float | None:
        """0 to 1, of the FR; None while there is no requirement or no stories document."""
        return self._share("stories", len(self.requirements_without_story))

    @property
    def share_with_test(self) -> float | None:
        """0 to 1, of the FR; None while there is no requirement or no tests document."""
        return self._share("tests", len(self.requirements_without_test))

    @property
    def _requirement_ids(self) -> set[str]:
        return {row.requirement.id for row in (*self.requirements, *self.qualities)}

    def _lacks(self, *phases: str) -> bool:
        return any(phase in self.missing for phase in phases)

    def _share(self, phase: str, uncovered: int) -> float | None:
        if self._lacks(phase) or not self.requirements:
            return None
        return 1 - uncovered / len(self.requirements)


def coverage(prd: str | None, stories: str | None, tests: str | None) -> Coverage:
    """Of the whole markdown of three documents; None or blank text: it does not exist."""
    texts = {"prd": prd or "", "stories": stories or "", "tests": tests or ""}
    docs = {phase: document(phase, text) for phase, text in texts.items() if text.strip()}
    nothing = document("", "")
    wanted, wanted_again = defined(docs.get("prd", nothing), ("FR", "NFR"))
    told, told_again = defined(docs.get("stories", nothing), ("US",), _met)
    proved, proved_again = defined(docs.get("tests", nothing), _TESTS)
    proofs = (*proved, *_without_id(docs.get("tests", nothing), proved))
    rows = {
        kind: tuple(_row(item, told, proofs) for item in wanted if kind_of(item.id) == kind)
        for kind in ("FR", "NFR")
    }
    return Coverage(
        missing=tuple(phase for phase in texts if phase not in docs),
        requirements=rows["FR"],
        qualities=rows["NFR"],
        stories=told,
        tests=proofs,
        unknown=tuple(_unknown(docs, {item.id for item in (*wanted, *told)})),
        repeated=(*wanted_again, *told_again, *proved_again),
    )


def _met(story: str) -> str:
    return "\n".join(_MEETS.findall(story)) or story


def _row(requirement: Item, stories: Iterable[Item], tests: Iterable[Item]) -> Row:
    naming = tuple(story for story in stories if requirement.id in story.names)
    ids = {requirement.id, *(story.id for story in naming)}
    return Row(requirement, naming, tuple(test for test in tests if ids.intersection(test.names)))


def _naming_none(items: Iterable[Item], ids: Collection[str]) -> tuple[Item, ...]:
    return tuple(item for item in items if not any(name in ids for name in item.names))


def _without_id(doc: Document, tests: Iterable[Item]) -> Iterator[Item]:
    """What names a story or a requirement outside of `tests`: rows about one, code, scenarios."""
    tests = tuple(tests)
    yield from _scenarios(doc, tests)
    taken = {test.place.line for test in tests}
    heading = -1
    for code, group in groupby(range(len(doc.lines)), key=lambda index: doc.lines[index].code):
        indexes = list(group)
        if not code:
            yield from _rows_about(doc, indexes)
            headings = [index for index in indexes if doc.lines[index].level]
            heading = headings[-1] if headings else heading
        elif heading < 0 or doc.lines[heading].number not in taken:
            title = doc.lines[heading].title if heading >= 0 else ""
            names = _names("\n".join(doc.lines[index].text for index in indexes))
            if names:
                yield Item("", title, doc.place(indexes[0]), names)


def _rows_about(doc: Document, indexes: Iterable[int]) -> Iterator[Item]:
    for index in indexes:
        cells = doc.lines[index].cells
        found = begins_with(plain(cells[0])) if cells else None
        if found and kind_of(found[0]) in HOMES:
            yield Item("", plain(" – ".join(cells), 300), doc.place(index), _names(" ".join(cells)))


def _scenarios(doc: Document, tests: Iterable[Item]) -> Iterator[Item]:
    """List items that say given, when and then; the heading above may name the story."""
    begins = [test.place.line - 1 for test in tests]
    taken = {index + step for index in begins for step, _ in enumerate(block_lines(doc, index))}
    title = ""
    for index, line in enumerate(doc.lines):
        title = line.title if line.level else title
        if index in taken or line.code or not _GIVEN.match(line.text):
            continue
        text = plain(ITEM.sub("", " ".join(block_lines(doc, index))))
        names = _names(f"{title}\n{text}") if _SCENARIO.search(text) else ()
        if names:
            yield Item("", clipped(text, 300), doc.place(index), names)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in named(text) if kind_of(name) in HOMES)


def _unknown(docs: Mapping[str, Document], known: Collection[str]) -> Iterator[Mention]:
    """Ids of documents that exist; code speaks of them in the tests only."""
    for phase, doc in docs.items():
        seen = set(known)
        for index, line in enumerate(doc.lines):
            for name in () if line.code and phase != "tests" else _names(line.text):
                if name not in seen and HOMES[kind_of(name)] in docs:
                    seen.add(name)
                    yield Mention(name, doc.place(index))
