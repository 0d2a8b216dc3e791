"""The wire without a network: a draft by rules, paced like a model, and drills on request.

Its models named `drill-*` misbehave as a provider might, in a stated section of
the first attempt of a run, so that a person can see how SpecForge copes and
then press Resume. What each one does is a row of `DRILLS`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Literal

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import FinishReason, StreamEnd, TextDelta, Usage, WireEvent
from specforge_core.providers.drafter import respond
from specforge_core.providers.rows import Provider
from specforge_core.providers.wire import CompletionRequest, Endpoint, Subject

TICK_S = 0.01  # the shortest wait: above 100 tokens/s one wake-up serves several tokens
PIECES_PER_TURN = 64  # pieces sent in a row before the loop gets its turn
ANCHOR_CHARS = 40  # how far back a continuation begins, so that the engine can find the seam

_PIECE = re.compile(r"\s*(?:\w{1,6}|[^\w\s]{1,3})|\s+")
_FENCE = re.compile(r"^```", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error to raise, as a value."""

    category: ErrorCategory
    message: str
    status: int
    retry_after_s: float | None = None

    def error(self) -> ProviderError:
        return ProviderError(
            self.category, self.message, status=self.status, retry_after_s=self.retry_after_s
        )


@dataclass(frozen=True, slots=True)
class Drill:
    """A way to misbehave.

    section: place of the section in which it happens, None for all.
    every_attempt: False when a resumed or repeated run (attempt > 1) goes well.
    wait_s: silence before the first token. tokens: how many are sent, None for all.
    ending: what comes after them: a finish reason, a `Fault`, silence for ever
    ("stall"), a connection that just closes ("cut"), or None for the usual end.
    """

    section: int | None = None
    every_attempt: bool = False
    wait_s: float = 0.0
    tokens: int | None = None
    ending: FinishReason | Fault | Literal["stall", "cut"] | None = None


NO_DRILL = Drill()

DRILLS: Mapping[str, Drill] = {
    "drill-slow-start": Drill(every_attempt=True, wait_s=8.0),
    "drill-stall": Drill(section=1, tokens=30, ending="stall"),
    "drill-cut": Drill(section=1, tokens=40, ending="cut"),
    "drill-429": Drill(
        section=1,
        tokens=0,
        ending=Fault(
            ErrorCategory.RATE_LIMIT,
            "Drill: the provider accepts no more requests for 20 seconds (429)."
            " Wait that long, then choose Resume.",
            status=429,
            retry_after_s=20.0,
        ),
    ),
    "drill-500": Drill(
        section=1,
        tokens=30,
        ending=Fault(
            ErrorCategory.SERVER,
            "Drill: the provider failed in the middle of the answer (500)."
            " The text so far is kept; choose Resume to go on from there.",
            status=500,
        ),
    ),
    "drill-auth": Drill(
        section=0,
        every_attempt=True,
        tokens=0,
        ending=Fault(
            ErrorCategory.AUTH,
            "Drill: the provider does not accept the API key (401)."
            " With a real provider, set the right key; here, choose the model Rules.",
            status=401,
        ),
    ),
    "drill-empty": Drill(section=0, tokens=0, ending=FinishReason.STOP),
    "drill-length": Drill(tokens=25, ending=FinishReason.LENGTH),
}


class OfflineWire:
    """Writes `respond(request.subject)` at `endpoint.pace_tps` tokens per second."""

    async def stream(
        self, provider: Provider, endpoint: Endpoint, request: CompletionRequest
    ) -> AsyncGenerator[WireEvent]:
        drill = _drill_for(request)
        await asyncio.sleep(drill.wait_s)
        # Reading a long project takes up to half a second, which others on this loop must not wait.
        pieces = _PIECE.findall(await asyncio.to_thread(_answer, request))
        limit = request.max_tokens if drill.tokens is None else drill.tokens
        sent = pieces[: min(limit, request.max_tokens)]
        pace = _Pace(endpoint.pace_tps)
        for number, piece in enumerate(sent):
            await pace.until_due(number)
            yield TextDelta(piece)
        match drill.ending:
            case Fault() as fault:
                raise fault.error()
            case "stall":
                await asyncio.Event().wait()
            case "cut":
                return
        yield Usage(input_tokens=_prompt_tokens(request), output_tokens=len(sent))
        yield StreamEnd(_finish(drill, whole=len(sent) == len(pieces)), model=request.model)


class _Pace:
    """Says when a token is due, counted from the first one, so that lateness does not add up."""

    def __init__(self, tps: float | None) -> None:
        self._tps = tps
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    async def until_due(self, number: int) -> None:
        if self._tps is not None:
            wait_s = self._start + number / self._tps - self._loop.time()
            if wait_s > 0:
                await asyncio.sleep(max(wait_s, TICK_S))
                return
        if number % PIECES_PER_TURN == 0:
            await asyncio.sleep(0)


def _drill_for(request: CompletionRequest) -> Drill:
    drill = DRILLS.get(request.model, NO_DRILL)
    attempt, section = (
        (request.subject.attempt, request.subject.section_index) if request.subject else (1, 0)
    )
    happens = (drill.every_attempt or attempt == 1) and drill.section in (None, section)
    return drill if happens else NO_DRILL


def _finish(drill: Drill, *, whole: bool) -> FinishReason:
    """`length` only when something was left out, except for the drill that says nothing."""
    if drill.ending is FinishReason.STOP or whole:
        return FinishReason.STOP
    return FinishReason.LENGTH


def _prompt_tokens(request: CompletionRequest) -> int:
    """An estimate: four bytes of UTF-8 to a token, the usual ratio for English prose."""
    prompt = request.system + "".join(message.text for message in request.messages)
    return len(prompt.encode("utf-8", "surrogatepass")) // 4


def _answer(request: CompletionRequest) -> str:
    if request.subject is None:
        return _plain_answer(request)
    draft = respond(request.subject)
    return _continuation(draft, request.subject) if request.subject.text_so_far.strip() else draft


def _plain_answer(request: CompletionRequest) -> str:
    prompt = request.messages[-1].text.strip() if request.messages else ""
    first_line = prompt.splitlines()[0] if prompt else "(nothing)"
    return (
        "This is the offline drafter: it works by rules, and no language model is behind it."
        " It can draft the sections of a project's documents, but it cannot answer a free prompt."
        f" Your prompt began: {first_line}\n"
    )


def _continuation(draft: str, subject: Subject) -> str:
    """The last words of the text so far, exactly, and what the draft holds beyond it."""
    so_far = subject.text_so_far
    anchor = _anchor(so_far)
    if draft.startswith(so_far):
        return anchor + draft[len(so_far) :]
    # Someone else wrote the beginning, so the parts it lacks are added instead.
    missing = [block for block in re.split(r"\n{2,}", draft.strip()) if block not in so_far]
    if not missing:
        return anchor
    fence = "\n```" if len(_FENCE.findall(so_far)) % 2 else ""
    return f"{anchor}{fence}\n\n" + "\n\n".join(missing) + "\n"


def _anchor(text: str) -> str:
    """The tail of `text` from the word boundary at or before `ANCHOR_CHARS` from its end.

    Where words are not separated by spaces the tail begins exactly there.
    """
    cut = max(len(text) - ANCHOR_CHARS, 0)
    boundary = max(
        (match.end() for match in re.finditer(r"\s", text[max(cut - ANCHOR_CHARS, 0) : cut])),
        default=None,
    )
    return text[cut if boundary is None else max(cut - ANCHOR_CHARS, 0) + boundary :]
