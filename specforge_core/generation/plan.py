"""What one attempt of a run is going to write: plain values, made before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from specforge_core.events import EndReason, StreamMode
from specforge_core.generation.inputs import AnsweredQuestion, Document, Resolution
from specforge_core.providers.wire import Task

TURN_TOKENS = 300  # of one turn of a `continued` answer
MOST_TURNS = 20


_NO_CHANGE = re.compile(r"\W*no change\W*", re.IGNORECASE)


def needs_no_change(text: str) -> bool:
    """Whether a model says that a section needs no change, as phases/_tasks.toml asks for it.

    Models add emphasis, a full stop or a reason; a text with a heading is a section.
    """
    first, _, rest = text.strip().partition("\n")
    return _NO_CHANGE.fullmatch(first) is not None and "## " not in rest


@dataclass(frozen=True, slots=True)
class Target:
    """Who is asked, and how. `thinking` None leaves it to the model."""

    provider: str
    label: str
    model: str
    stream_mode: StreamMode = StreamMode.NATIVE
    thinking: bool | None = None


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section to write. `text_so_far` is stored text that this attempt goes on from.

    prompt: what it must hold. words: the length to aim at, 0 where the prompt says all.
    reads: the earlier documents, or parts of them, that are read for it ("prd",
    "prd.functional"); None is all.
    task, request, present: what is to be done with a text that is there already.
    conversation: what a reviewer has asked for before, and what came of it.
    """

    key: str
    title: str
    prompt: str
    words: int
    index: int  # 0-based place in the document
    from_attempt: int
    text_so_far: str = ""
    reads: tuple[str, ...] | None = None
    task: Task = "section"
    request: str = ""
    present: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """`written` holds the other sections that have text, as (index, text).

    `targets`: who is asked, then who goes on when that one fails.

    `rest` is how the run ends when all of `sections` become whole: a retry of one
    section does not make a document whole whose other sections are not.
    """

    run_id: str
    attempt: int
    phase: str
    phase_title: str
    system: str
    targets: tuple[Target, ...]
    title: str
    description: str
    answers: tuple[AnsweredQuestion, ...]
    documents: tuple[Document, ...]
    sections: tuple[SectionPlan, ...]
    written: tuple[tuple[int, str], ...]
    rest: EndReason
    max_tokens: int  # output limit of one call
    continuations: int  # further calls when a section hits that limit
    retries: int = 0  # further calls after a passing failure
    retry_wait_s: float = 1.0  # before the first retry; doubled at every further one
    retry_cap_s: float = 60.0  # no retry for a provider that asks for a longer wait
    temperature: float | None = None
    resolutions: tuple[Resolution, ...] = ()

    def turn_tokens(self, target: Target) -> int:
        """Output limit of one call to a target."""
        return TURN_TOKENS if target.stream_mode is StreamMode.CONTINUED else self.max_tokens

    def turns(self, target: Target) -> int:
        """The most calls in which one section may be written."""
        continued = target.stream_mode is StreamMode.CONTINUED
        return MOST_TURNS if continued else 1 + self.continuations
