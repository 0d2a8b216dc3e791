"""How long what is far longer than anybody writes it, or written to do harm, takes to be read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

from bench.results import Row, median, single, spread
from pages.components.markdown import safe
from pages.components.unfinished import close_open
from specforge_core.export.redact import redact
from specforge_core.phases import load_phases
from specforge_core.providers.drafter import draft_section, respond
from specforge_core.providers.wire import Subject
from specforge_core.review.assumptions import gather
from specforge_core.review.coverage import coverage
from specforge_core.review.cut import cut

REPEATS = 3
SIZE = 1_000_000  # characters
DRAWN = 40_000  # of a section while it is written
WISHES = ("shorter", "add SSO", "remove exports", "rename invoice to bill", "longer", "sing")
ROWS = "- FR-1 An employee uploads one invoice. It is stored.\n| FR-2 | exports | x |\n\nText.\n"
PROSE = "The clerk waits for the signature of FR-1, as everyone knows.\n\n```js\n// US-1\n```\n\n"
TITLES = (("problem", "Problem and context"), ("users", "Users"))
MARKS = ("*Assumption:* ", "(*Assumption*) ", "| *Assumption* |\n", "- Q1. Why?\n", "```\n", "\n")
SECRETS = ("-----BEGIN PRIVATE KEY-----", "/home/", "C:\\Users\\", "sk-", "://a:", "Bearer aa1")
OPENED = ("<img ", "*a ", "a`", "$a ", "[a](", "_a a* ")

Case = Callable[[], object]
_fresh = count(1)  # no text is given twice: the drafter remembers what it has read


def floods(quick: bool) -> Iterator[Row]:
    """CPU of each reader of documents for a megabyte of text, or of marks; medians of three."""
    repeats = 1 if quick else REPEATS
    yield _slowest("revise 1 MB by rules", map(_revise, WISHES), repeats, most=1.5)
    for size, what in ((0, "a project of 5,000 characters"), (SIZE, "documents of 1 MB")):
        samples = [1000 * _cpu_s(case) for _ in range(repeats) for case in _drafts(size)]
        yield spread(f"draft a section by rules, {what}", samples, p95=1000)
    yield _slowest("find the open points in 1 MB", map(_points, MARKS), repeats)
    yield _slowest("coverage of three documents of 1 MB", [_coverage], repeats)
    yield _slowest("cut an edited document of 1 MB", [_cut], repeats)
    yield _slowest("redact 1 MB for an export", map(_redact, SECRETS), repeats)
    yield _slowest("close an open line of 40 KB for a page", map(_draw, OPENED), repeats)


def _slowest(
    what: str, cases: Iterable[Callable[[], Case]], repeats: int, *, most: float | None = None
) -> Row:
    times = [median([_cpu_s(case()) for _ in range(repeats)]) for case in cases]
    note = f"the slowest of {len(times)}" if len(times) > 1 else ""
    return single(what, max(times), "s", most=most, note=note)


def _cpu_s(case: Case) -> float:
    begin = time.process_time()
    case()
    return time.process_time() - begin


def _long(piece: str, size: int = SIZE) -> str:
    return f"{next(_fresh)}\n{piece * (size // len(piece))}"


def _revise(wish: str) -> Callable[[], Case]:
    subject = Subject("prd", "functional", "Functional requirements", "Invoices", "Pay them.")

    def case() -> Case:
        asked = replace(subject, task="revise", request=wish, present=f"## T\n\n{_long(ROWS)}")
        return lambda: respond(asked)

    return case


def _drafts(size: int) -> Iterator[Case]:
    """Each section of a project in its order, after documents of that size."""
    project = next(_fresh)
    wish = f"Nurses {{n}} must print the list {{n}} for ward {{n}} within {project} minutes. "
    description = "".join(wish.format(n=n) for n in range(100))[:5_000]
    line = f"Line {{n}} says that users must upload report {{n}} to system {project}.\n"
    text = "".join(line.format(n=n) for n in range(size // len(line)))
    phases = list(load_phases().values())
    for place, phase in enumerate(phases):
        documents = tuple((one.name, text) for one in phases[:place] if text)
        for one in phase.sections:
            subject = Subject(
                phase.name, one.key, one.title, "Clinic", description, documents=documents
            )
            yield partial(draft_section, subject)


def _points(mark: str) -> Callable[[], Case]:
    parts = [("scope", "Open questions", _long(mark))]
    return lambda: lambda: gather([("brief", parts)])


def _coverage() -> Case:
    prd = f"| ID | Requirement |\n|---|---|\n| FR-1 | Upload |\n\n{_long(PROSE)}"
    stories = "## User stories\n\n" + "### US-1: Upload\n\n**Requirements:** FR-1\n\n" * 20_000
    return lambda: coverage(prd, stories, _long(PROSE))


def _cut() -> Case:
    text = f"## Problem and context\n\n{_long(PROSE)}"
    before = {"problem": text.replace("signature", "sign"), "users": "## Users\n\n- Clerks"}
    return lambda: cut(f"{text}\n\n## Users\n\n- Clerks", TITLES, before)


def _redact(begin: str) -> Callable[[], Case]:
    text = _long(begin)
    return lambda: lambda: redact(text, ("some-secret-value",))


def _draw(piece: str) -> Callable[[], Case]:
    def case() -> Case:
        text = _long(piece, DRAWN)
        return lambda: close_open(safe(text), "▌")

    return case
