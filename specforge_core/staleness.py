"""Which sections were made from something that has changed since, and what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from specforge_core.generation.inputs import Input, digest
from specforge_core.phases import Phase
from specforge_core.records import WorkStatus
from specforge_core.sources import Sources
from specforge_core.store.views import RunView

Key = tuple[str | int, ...]


def staleness(sources: Sources, phase: Phase, view: RunView) -> Mapping[str, tuple[str, ...]]:
    """By section that is out of date: the reasons, each a sentence.

    view: of the document's latest run. A section is compared with what it would be
    written from now: title, description, answers, decisions, the sections of earlier documents
    that it reads, and the sections above it. Those below it count for nothing, or two sections
    that mention each other would never both be up to date.
    """
    if view.run.status.live:
        return {}
    found = {}
    for section in view.sections:
        where = (view.run.run_id, section.section, section.attempt)
        text, stored = view.text(section), sources.receipts.get(where)
        if stored and text and section.status is WorkStatus.COMPLETE:
            then = [one for one in json.loads(stored)["inputs"] if _counts(one, section.position)]
            now = inputs_now(sources, phase, view, section.section)
            now = _by_words(now) if _by_words(then) == then else now
            then = _without_line_ends(then, now, view)
            words = _Words(sources, {one.position: one.title for one in view.sections})
            if reasons := _compare(then, now, phase.name, section.section, words):
                found[section.section] = reasons
    return found


def _by_words(inputs: Sequence[Input]) -> list[Input]:
    """As receipts of earlier versions of SpecForge knew a question: by its words only."""
    return [
        {name: value for name, value in one.items() if name not in ("phase", "key")}
        if one["kind"] == "answer"
        else one
        for one in inputs
    ]


def _without_line_ends(then: Sequence[Input], now: Sequence[Input], view: RunView) -> list[Input]:
    """Receipts of earlier versions of SpecForge counted the line end of a section's text."""
    by_key = {_key(one): one for one in now}
    ended: dict[Key, str] = {
        ("section", one.position): digest(view.text(one)) for one in view.sections
    }
    return [
        one | {"sha256": same["sha256"]}
        if one["sha256"] == ended.get(_key(one)) and (same := by_key.get(_key(one)))
        else one
        for one in then
    ]


def inputs_now(
    sources: Sources,
    phase: Phase,
    view: RunView,
    section: str,
    texts: Mapping[str, str] = MappingProxyType({}),
) -> list[Input]:
    """What a section of a document would be written from now, as staleness counts it.

    texts: of sections that are about to become other ones than the view has.
    """
    reads = {spec.key: spec.reads for spec in phase.sections}.get(section)
    place = next(one.position for one in view.sections if one.section == section)
    above = {
        one.position: text
        for one in view.sections
        if one.position < place and (text := texts.get(one.section, view.text(one)).strip("\n"))
    }
    return sources.inputs(phase.name, reads, above)


def stamp(
    sources: Sources,
    phase: Phase,
    view: RunView,
    section: str,
    texts: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The receipt of a section that a person has written or confirmed: made from what is now."""
    inputs = inputs_now(sources, phase, view, section, texts)
    return json.dumps(
        {"phase": phase.name, "section": section, "inputs": inputs}, ensure_ascii=False
    )


def _counts(one: Input, place: int) -> bool:
    if one["kind"] == "section":
        return int(one["position"]) < place
    return one["kind"] not in ("section_so_far", "section_now")


def _key(one: Input) -> Key:
    match one["kind"]:
        case "answer":
            place = str(one.get("phase", "")), str(one.get("key", ""))
            return "answer", *place, str(one["question"])
        case "decision":
            return "decision", str(one["point"])
        case "document":
            return "document", str(one["phase"]), str(one.get("section", ""))
        case "section":
            return "section", int(one["position"])
        case kind:
            return (str(kind),)


class _Words:
    """Reasons as sentences."""

    def __init__(self, sources: Sources, titles: Mapping[int, str]) -> None:
        self._sources = sources
        self._titles = titles

    def __call__(self, key: Key, what: str) -> str:
        match key:
            case ("answer", _, _, question):
                return f"The answer to “{question}” {what}."
            case ("decision", point):
                found = (one for one in self._sources.decisions if one.point == point)
                statement = next((one.statement for one in found), "an open point")
                return f"The decision on “{statement[:80]}” {what}."
            case ("document", phase, section):
                return f"{self._part(str(phase), str(section))} {what}."
            case ("section", place):
                return f"“{self._titles.get(int(place), 'A section')}” above it {what}."
            case _:
                return f"The {key[0]} {what}."

    def document_text(self, phase: str) -> str:
        document = self._sources.document(phase)
        return document.text if document else ""

    def _part(self, phase: str, section: str) -> str:
        title, parts = self._sources.phase_titles(phase)
        return f"{title}, “{parts[section]}”," if section in parts else f"The {title}"


def _compare(
    then: Iterable[Input], now: Iterable[Input], phase: str, section: str, words: _Words
) -> tuple[str, ...]:
    before, after = {_key(one): one for one in then}, {_key(one): one for one in now}
    reasons = []
    for key, one in after.items():
        if key in before:
            if before[key]["sha256"] != one["sha256"]:
                reasons.append(words(key, "has changed"))
        elif not _told_whole(key, before) and _concerns(one, before, phase, section):
            reasons.append(words(key, "is new"))
    gone = [
        words(key, "was taken back")
        for key in before
        if key not in after and not (key[0] == "document" and key[2] == "")
    ]
    return (*reasons, *gone, *_whole_documents(before, words))


def _told_whole(key: Key, before: Mapping[Key, Input]) -> bool:
    """Whether an older receipt has the document of a part as one piece."""
    return key[0] == "document" and ("document", key[1], "") in before


def _whole_documents(before: Mapping[Key, Input], words: _Words) -> list[str]:
    found = []
    for key, one in before.items():
        if key[0] == "document" and key[2] == "":
            text = words.document_text(str(key[1]))
            if digest(text) != one["sha256"]:
                found.append(words(key, "has changed"))
    return found


def _concerns(one: Input, before: Mapping[Key, Input], phase: str, section: str) -> bool:
    """Whether something new would have been read. A decision concerns the section it is about
    and those that were made from that section.
    """
    if one["kind"] != "decision":
        return True
    where = str(one["phase"]), str(one["section"])
    return where == (phase, section) or ("document", *where) in before
