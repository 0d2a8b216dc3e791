"""Exports of a seven-phase project in every format, each document of 15,000 characters."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.results import Row, median, single
from specforge_core.export import FORMATS, export
from specforge_core.export.handoff import Handoff, PackedDocument, PackedSection

PHASES = ("brief", "prd", "specs", "stories", "tests", "artifacts", "handoff")
CHARACTERS = 15_000
PART_CHARACTERS = 1_200
PART = """\
An *opening* paragraph that names **what changes** for `accounts/{number}`, with a
[link](https://example.com/{number}) and enough words to fill more than one line of a page.

- [ ] The first thing of part {number}
- [x] The second, with a list of its own
  1. one step
  2. another step

| ID | Requirement | Who | Priority |
|---|---|---|---|
{rows}

### src/part_{number}.py

```python
def part_{number}(value: int) -> int:
    return value + {number}
```

"""


def export_times(quick: bool) -> Iterator[Row]:
    """All formats of a seven-phase project, and of one ten times as long."""
    yield from _times("seven documents of 15,000 characters", 1, 2 if quick else 5, 5_000)
    if not quick:
        yield from _times("the same, ten times as long", 10, 5, None)


def _times(what: str, size: int, repeats: int, most: float | None) -> Iterator[Row]:
    project, total = _project(size), 0.0
    for name in FORMATS:
        samples = [_export_ms(name, project) for _ in range(repeats)]
        total += median(samples)
        yield single(f"export {name}: {what}", median(samples), "ms")
    yield single(f"export in all formats: {what}", total, "ms", most=most)


def _export_ms(name: str, project: Handoff) -> float:
    begun = time.perf_counter()
    exported = export(name, project)
    took = time.perf_counter() - begun
    assert exported.data
    return took * 1000


def _project(size: int) -> Handoff:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    documents = tuple(_document(phase, place, size, now) for place, phase in enumerate(PHASES, 1))
    about = "A project that is as long as a thorough team writes it."
    return Handoff("p", "Bench", about, now, now, "SpecForge bench", documents, ("secret-value",))


def _document(phase: str, place: int, size: int, now: datetime) -> PackedDocument:
    sections = tuple(_section(number, CHARACTERS * size // 5) for number in range(5))
    text = "\n".join(section.text for section in sections)
    return PackedDocument(
        phase,
        phase,
        place * 10,
        "What it is for.",
        "complete",
        False,
        sections,
        text,
        "v",
        "generated",
        now,
    )


def _section(number: int, characters: int) -> PackedSection:
    text, part = f"## Section {number}\n\n", 0
    while len(text) < characters - PART_CHARACTERS // 2:
        rows = "\n".join(
            f"| FR-{part}{row} | An account holder can do thing {row} of at most {part} items, "
            f"and sees why where it is refused. | Account holder | Must |"
            for row in range(5)
        )
        text += PART.format(number=part, rows=rows)
        part += 1
    title = f"Section {number}"
    return PackedSection(
        f"s{number}", title, text, "complete", "offline", "rules-1", len(text) // 4
    )
