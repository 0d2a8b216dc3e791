"""What every wire speaks: one request in, a stream of `WireEvent`s out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from specforge_core.events import WireEvent

if TYPE_CHECKING:
    from specforge_core.providers.client import SharedClient
    from specforge_core.providers.rows import Provider


@dataclass(frozen=True, slots=True)
class Message:
    role: str  # "user" or "assistant"
    text: str


Task = Literal["section", "revise", "answer", "questions"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The facts a request is about, for a wire that works by rules instead of reading prose.

    `documents` maps phase name -> markdown of the earlier documents, and of what is written
    of this one;
    `answers` maps question text -> answer; `text_so_far` is what the section
    already holds when the request is a continuation; `section_index` is the
    section's place in its phase, from 0. `task`: a section to write, one to `revise` (its
    text is `present`), an `answer` to suggest (`section` is the question's key,
    `section_title` its words), or `questions` to make. `request`: what a reviewer asks for.
    """

    phase: str
    section: str
    section_title: str
    title: str
    description: str
    answers: tuple[tuple[str, str], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    text_so_far: str = ""
    attempt: int = 1
    section_index: int = 0
    task: Task = "section"
    request: str = ""
    present: str = ""


THINKING_ROOM = 8_000  # tokens; a limit, not a cost: what is not thought is not paid


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request to a model. `max_tokens` limits the answer, `thinking_room` is added to
    the limit of a model that may think first.

    thinking: a person's wish, None for what the model does by itself. `stream` False
    asks for the whole answer at once, where an endpoint cannot stream.
    """

    model: str
    system: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = None
    thinking: bool | None = None
    stream: bool = True
    thinking_room: int = THINKING_ROOM
    subject: Subject | None = None

    @property
    def size(self) -> int:
        """Bytes of UTF-8 that the model is given to read."""
        texts = [self.system, *(message.text for message in self.messages)]
        return sum(len(text.encode("utf-8", "replace")) for text in texts)


@dataclass(slots=True)
class Trace:
    """What is known of one request under way, for the errors of who watches over it."""

    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is reached: its base URL, its key (never logged) and the shared HTTP client.

    `pace_tps` (tokens/s) is for a wire without a network; None means unpaced. `asked` is the
    whole address of a request, which a wire fills in for the errors that name it.
    """

    base_url: str
    api_key: str = field(repr=False)
    client: SharedClient | None = field(default=None, repr=False)
    pace_tps: float | None = None
    asked: str = ""
    trace: Trace = field(default_factory=Trace)


class Wire(Protocol):
    """A protocol for talking to models.

    `stream` yields events as they arrive and ends after `StreamEnd`. It raises
    `ProviderError` for every failure, closes its connection when the generator
    is closed or cancelled, and lets `CancelledError` through.
    """

    def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]: ...
