"""How far a run is, from stored rows alone: the same for every reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from specforge_core.records import Progress, Section, WorkStatus, Written

TOKENS_PER_WORD = 1.6  # English markdown with its marks; corrected by what finished sections took
LEAST_SPAN_S = 0.5  # a speed over less than this says nothing


def progress(
    sections: Sequence[Section],
    words: Mapping[str, int],
    written: Mapping[tuple[str, int], Written],
    attempt: int,
    now: datetime,
) -> Progress:
    """`words`: the length asked for, of every section; `written`: by (section, attempt).

    The expected length of an unfinished section is what was asked for, scaled
    by how long the finished ones turned out.
    """
    tokens = {section.section: _tokens(section, written) for section in sections}
    done = [one for one in sections if one.status is WorkStatus.COMPLETE]
    asked = {one.section: words[one.section] * TOKENS_PER_WORD for one in sections}
    scale = _scale(sum(tokens[one.section] for one in done), sum(asked[o.section] for o in done))
    left = whole = 0.0
    for one in sections:
        have = tokens[one.section]
        if one.status is WorkStatus.COMPLETE:
            whole += have
            continue
        # A section longer than expected still has its end to come.
        expected = max(asked[one.section] * scale, have * 1.1)
        whole += expected
        left += expected - have
    speed = _speed(sections, written, attempt, now)
    percent = 100.0 if not left else min(99.0, 100 * (1 - left / whole)) if whole else 0.0
    return Progress(
        percent=percent,
        current=_current(sections),
        total=len(sections),
        tokens=sum(tokens.values()),
        tokens_per_s=speed,
        eta_s=left / speed if speed else None,
        quiet_s=_quiet_s(sections, written, attempt, now),
    )


def _tokens(section: Section, written: Mapping[tuple[str, int], Written]) -> int:
    attempts = range(section.from_attempt, section.attempt + 1)
    keys = [(section.section, attempt) for attempt in attempts]
    return sum(written[key].tokens for key in keys if key in written)


def _scale(took: float, asked: float) -> float:
    """How much longer sections turn out than asked for; between a third and three times."""
    return min(3.0, max(1 / 3, took / asked)) if asked else 1.0


def _current(sections: Sequence[Section]) -> int:
    for number, section in enumerate(sections, 1):
        if section.status is WorkStatus.RUNNING:
            return number
    unfinished = (n for n, s in enumerate(sections, 1) if s.status is not WorkStatus.COMPLETE)
    return next(unfinished, len(sections))


def _quiet_s(
    sections: Sequence[Section],
    written: Mapping[tuple[str, int], Written],
    attempt: int,
    now: datetime,
) -> float | None:
    open_one = next((one.section for one in sections if one.status is WorkStatus.RUNNING), None)
    part = written.get((open_one, attempt)) if open_one else None
    return (now - part.last_at).total_seconds() if part else None


def _speed(
    sections: Sequence[Section],
    written: Mapping[tuple[str, int], Written],
    attempt: int,
    now: datetime,
) -> float | None:
    """Tokens per second of this attempt, over the time in which its sections were written.

    The open section counts up to `now`, so that a stall shows as a falling speed.
    """
    tokens, seconds = 0, 0.0
    for section in sections:
        part = written.get((section.section, attempt))
        if part is None:
            continue
        end = now if section.status is WorkStatus.RUNNING else part.last_at
        tokens += part.tokens
        seconds += (end - part.first_at).total_seconds()
    return tokens / seconds if seconds >= LEAST_SPAN_S else None
