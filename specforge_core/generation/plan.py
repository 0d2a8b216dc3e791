"""What one attempt of a run is going to write: plain values, made before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.events import EndReason


@dataclass(frozen=True, slots=True)
class Document:
    """An earlier document as it goes into the prompt. `whole` is False for one cut short."""

    phase: str
    title: str
    text: str
    run_id: str
    whole: bool


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section to write. `text_so_far` is stored text that this attempt goes on from."""

    key: str
    title: str
    prompt: str
    words: int  # the length asked for
    index: int  # 0-based place in the document
    from_attempt: int
    text_so_far: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`written` holds the other sections that have text, as (index, text).

    `rest` is how the run ends when all of `sections` become whole: a retry of one
    section does not make a document whole whose other sections are not.
    """

    run_id: str
    attempt: int
    phase: str
    phase_title: str
    system: str
    provider: str
    model: str
    title: str
    description: str
    answers: tuple[tuple[str, str], ...]
    documents: tuple[Document, ...]
    sections: tuple[SectionPlan, ...]
    written: tuple[tuple[int, str], ...]
    rest: EndReason
    max_tokens: int  # output limit of one call
    continuations: int  # further calls when a section hits that limit
