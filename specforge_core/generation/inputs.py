"""What a section is written from: the same list for its prompt's receipt and for what is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

Input = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One section of an earlier document."""

    section: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """An earlier document as it goes into the prompt. `whole` is False for one cut short."""

    phase: str
    title: str
    text: str
    run_id: str
    whole: bool
    parts: tuple[Part, ...] = ()

    def read(self, reads: Sequence[str] | None) -> tuple[Part, ...]:
        """The parts that are read; `reads` has names like "prd" or "prd.functional", None is all.

        A document whose sections are not known is read whole.
        """
        if reads is None or self.phase in reads:
            return self.parts or (Part("", self.title, self.text),)
        wanted = {name.partition(".")[2] for name in reads if name.startswith(f"{self.phase}.")}
        if wanted and not self.parts:
            return (Part("", self.title, self.text),)
        return tuple(part for part in self.parts if part.section in wanted)


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """question: its words; two may have the same ones, so phase and key say which it is."""

    phase: str
    key: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person decided about an open point that stands in a section of a document.

    statement: the point's words; question: the same with where they stand.
    """

    point: str
    phase: str
    section: str
    statement: str
    question: str
    answer: str


def input_list(
    title: str,
    description: str,
    answers: Sequence[AnsweredQuestion],
    resolutions: Sequence[Resolution],
    documents: Sequence[Document],
    reads: Sequence[str] | None,
    written: Mapping[int, str],
) -> list[Input]:
    """Every input with its length in characters and its SHA-256.

    written: the texts of the document's other sections by their place.
    """
    return [
        one_input("title", title),
        one_input("description", description),
        *(
            one_input("answer", one.answer, phase=one.phase, key=one.key, question=one.question)
            for one in answers
        ),
        *(
            one_input("decision", one.answer, point=one.point, phase=one.phase, section=one.section)
            for one in resolutions
        ),
        *(
            one_input(
                "document",
                part.text.strip("\n"),
                phase=one.phase,
                section=part.section,
                run_id=one.run_id,
                whole=one.whole,
            )
            for one in documents
            for part in one.read(reads)
        ),
        *(
            one_input("section", text.strip("\n"), position=index)
            for index, text in written.items()
        ),
    ]


def one_input(kind: str, text: str, **more: str | int | bool) -> Input:
    return {"kind": kind, **more, "chars": len(text), "sha256": digest(text)}


@lru_cache(maxsize=2048)  # every look at what is stale asks for the same texts again
def digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
