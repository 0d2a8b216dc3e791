"""Verbs on what the documents leave open, and on what covers what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from specforge_core import intake
from specforge_core.errors import NotFound
from specforge_core.review.assumptions import LONGEST, OpenPoint, gather
from specforge_core.review.blocks import blocks
from specforge_core.review.coverage import Coverage, coverage
from specforge_core.review.lines import clipped, plain
from specforge_core.review_records import Decision
from specforge_core.sources import Sources
from specforge_core.store.sql import queries
from specforge_core.verbs.asking import QuestionVerbs


class PointVerbs(QuestionVerbs):
    def open_points(self, project_id: str) -> tuple[OpenPoint, ...]:
        """Every assumption and open question in the documents as they are now, in their order.

        Raises `NotFound`.
        """
        self.project(project_id)
        sources = self._sources(project_id)
        return gather([(phase.name, _parts(sources, phase.name)) for phase in self.phases()])

    def around(self, project_id: str, points: Collection[OpenPoint]) -> Mapping[str, str]:
        """By the point's id: the plain text of the paragraph, list item or row that it stands in.

        At most 500 characters around it. A point whose own words are all of it is left out.
        """
        sources, found = self._sources(project_id), {}
        texts = {
            (phase, section): text
            for phase in {point.phase for point in points}
            for section, _, text in _parts(sources, phase)
        }
        for point in points:
            read = blocks(point.title, texts.get((point.phase, point.section), ""))
            block = next((one for one in read if one.line == point.line), None)
            words = plain(" – ".join(block.cells) or block.text) if block else ""
            if _says_more(words, point):
                found[point.id] = _window(words, point.statement)
        return MappingProxyType(found)

    def decisions(self, project_id: str) -> Mapping[str, Decision]:
        """What people have decided about open points, by the point's id."""
        rows = queries().decisions(self._database.reader(), project_id=project_id)
        return MappingProxyType({row.point: row for row in rows})

    def decide(self, project_id: str, point: str, answer: str, author: str = "") -> None:
        """A person's word on an open point. What was written from it becomes stale; what is
        written from now on knows it. An empty answer takes it back.

        Raises `InvalidInput("answer")` when it is too long, `NotFound` for an unknown point.
        """
        self.decide_all(project_id, {point: answer}, author)

    def decide_all(self, project_id: str, answers: Mapping[str, str], author: str = "") -> None:
        """`decide` for several points, by their ids: all of them, or with an error none."""
        texts = {point: intake.answer("answer", text) for point, text in answers.items()}
        known: dict[str, OpenPoint | Decision] = dict(self.decisions(project_id))
        if not texts.keys() <= known.keys():
            known |= {one.id: one for one in self.open_points(project_id)}
        if any(text and point not in known for point, text in texts.items()):
            raise NotFound("This point does not stand in the documents any more.")
        name, moment = intake.name(author), self._clock.now()
        with self._database.transaction() as cursor:
            for point, text in texts.items():
                if not text:
                    queries().undecide(cursor, project_id=project_id, point=point)
                    continue
                found = known[point]
                queries().decide(
                    cursor,
                    project_id=project_id,
                    point=point,
                    kind=found.kind,
                    phase=found.phase,
                    section=found.section,
                    statement=found.statement,
                    answer=text,
                    author=name,
                    moment=moment,
                )

    def coverage(self, project_id: str) -> Coverage:
        """Which requirement is covered by which story and test, from the stored text alone.

        Raises `NotFound`.
        """
        self.project(project_id)
        sources = self._sources(project_id)
        texts = {name: _text(sources, name) for name in ("prd", "stories", "tests")}
        return coverage(**texts)


def _parts(sources: Sources, phase: str) -> list[tuple[str, str, str]]:
    """What readers see: the latest text, be it whole or not."""
    view = sources.latest_view(phase)
    if view is None:
        return []
    return [(one.section, one.title, text) for one in view.sections if (text := view.text(one))]


def _says_more(words: str, point: OpenPoint) -> bool:
    for known in (point.statement, point.note, point.label, "Assumption:"):
        words = words.replace(known, "", 1)
    return any(map(str.isalnum, words))


def _window(words: str, statement: str) -> str:
    """`words`, or what fits of them so that the statement is among it."""
    begin = max(0, words.find(statement) - LONGEST // 4)
    if begin == 0 or len(words) <= LONGEST:
        return clipped(words, LONGEST)
    return f"…{clipped(words[begin:].partition(' ')[2], LONGEST - 1)}"


def _text(sources: Sources, phase: str) -> str:
    view = sources.latest_view(phase)
    return view.document if view else ""
