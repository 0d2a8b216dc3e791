"""How states are called and coloured, everywhere the same."""

from __future__ import annotations

from collections.abc import Iterable

from pages.components.markdown import escape
from specforge_core import (
    ErrorCategory,
    PhaseState,
    Section,
    StreamMode,
    StreamStatus,
    WorkStatus,
)

BADGES = {
    StreamStatus.IDLE: ("Ready", "gray", ":material/radio_button_unchecked:"),
    StreamStatus.STREAMING: ("Generating", "blue", ":material/edit:"),
    StreamStatus.PAUSED: ("Paused", "orange", ":material/pause:"),
    StreamStatus.COMPLETE: ("Complete", "green", ":material/check:"),
    StreamStatus.CANCELLED: ("Cancelled", "violet", ":material/stop:"),
    StreamStatus.ERROR: ("Error", "red", ":material/error:"),
}

MARKS = {
    WorkStatus.QUEUED: (":material/radio_button_unchecked:", "gray"),
    WorkStatus.RUNNING: (":material/pending:", "blue"),
    WorkStatus.COMPLETE: (":material/check_circle:", "green"),
    WorkStatus.TRUNCATED: (":material/content_cut:", "orange"),
    WorkStatus.CANCELLED: (":material/stop_circle:", "violet"),
    WorkStatus.PROVIDER_ERROR: (":material/error:", "red"),
    WorkStatus.INTERRUPTED: (":material/pause_circle:", "orange"),
}

SECTION_ENDS = {
    WorkStatus.TRUNCATED: "The length limit was reached here, the section is not whole.",
    WorkStatus.CANCELLED: "Stopped here.",
    WorkStatus.PROVIDER_ERROR: "The provider failed here.",
    WorkStatus.INTERRUPTED: "SpecForge was stopped or restarted here.",
}

# A stream that is none is marked wherever a speed or a status is shown: name, and what it means.
STREAMS = {
    StreamMode.SIMULATED: (
        "Simulated stream",
        "The provider did not stream. Its whole answer was replayed piece by piece,"
        " so the speed says nothing about the provider.",
    ),
    StreamMode.CONTINUED: (
        "Short turns",
        "The provider does not stream. The text comes in short turns, each a request of its own,"
        " so the speed says little about the provider.",
    ),
}


def badge(status: StreamStatus) -> str:
    """The status as a coloured badge, in markdown."""
    label, color, icon = BADGES[status]
    return f":{color}-badge[{icon} {label}]"


def stream_badges(modes: Iterable[StreamMode | None]) -> tuple[str, str | None]:
    """A badge for each kind of stream that is none, in markdown, and what they mean; "", None."""
    found = [STREAMS[mode] for mode in dict.fromkeys(modes) if mode in STREAMS]
    badges = " ".join(f":gray-badge[:material/replay: {name}]" for name, _ in found)
    return badges, " ".join(meaning for _, meaning in found) or None


def section_end(section: Section) -> str:
    """Why a section is not whole, "" for one that is or is still to come."""
    if section.status is WorkStatus.INTERRUPTED and section.error_category is ErrorCategory.QUOTA:
        return "Stopped here, because a budget is used up."
    return SECTION_ENDS.get(section.status, "")


def phase_badge(state: PhaseState) -> str:
    """A phase with its status in one badge: what the list of projects shows."""
    label, color, icon = BADGES[state.status]
    if state.status is StreamStatus.IDLE:
        label = "not started"
    if state.status in (StreamStatus.STREAMING, StreamStatus.PAUSED, StreamStatus.CANCELLED):
        label = f"{label}, {state.percent:.0f} %"
    return f":{color}-badge[{icon} {escape(state.title)}: {label.lower()}]"


def section_mark(section: Section) -> str:
    """A section in the row of indicators: done, at work, still to come, or how it ended."""
    icon, color = MARKS[section.status]
    return f":{color}-badge[{icon} {escape(section.title)}]"


def duration(seconds: float) -> str:
    """`under 0.1 s`, `0.1 s`, `42 s`, `3 min 20 s`, `2 h 5 min`: short enough for a caption."""
    if seconds < 0.1:
        return "under 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def tokens(count: int) -> str:
    return f"{count:,} token" if count == 1 else f"{count:,} tokens"
