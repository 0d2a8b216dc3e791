"""What a person's answer to an open point does, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from pages.components.person import person
from pages.components.session import forge
from specforge_core import Conflict, Decision, Project, SpecForgeError

AGREED = "Agreed"  # the answer that confirms an assumption
_SAID = "said of points"


@dataclass(frozen=True, slots=True)
class Point:
    """An open point as it is shown. section: "" where its text does not stand any more."""

    id: str
    kind: str
    phase: str
    section: str
    label: str  # what the document calls it, such as "A1", or ""
    statement: str
    note: str
    also: int  # how many other places say the same
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Said:
    """What the last click on a point has done. before: what Undo brings back, None for nothing."""

    text: str
    before: str | None = None
    wrong: bool = False


def said() -> dict[str, Said]:
    found: dict[str, Said] = st.session_state.setdefault(_SAID, {})
    return found


def _say(point: Point, text: str, before: str | None = None, *, wrong: bool = False) -> None:
    said()[point.id] = Said(text, before, wrong)


def forget_said(points: Iterable[str] | None = None) -> None:
    """What was said of these points, by their ids, or of all."""
    for one in tuple(said()) if points is None else points:
        said().pop(one, None)


def field_of(project: Project, point: Point) -> str:
    """The key of the point's answer field."""
    return f"answer to {project.project_id} {point.id}"


def save(project_id: str, point: Point, text: str, seen: str) -> None:
    if not text.strip() and not seen:
        _say(point, "Type an answer first, then press Save.", wrong=True)
        return
    marked = stale_sections(project_id)
    if _decide(project_id, point, text, seen):
        answer = text.strip()
        shown = answer if len(answer) <= 80 else f"{answer[:79].rstrip()}…"
        begin = f"Answered: “{shown}”." if answer else "Taken back."
        _say(point, begin + marking(stale_sections(project_id) - marked, "it"), before=seen)


def marking(marked: int, what: str) -> str:
    """How many sections relied on `what` and are out of date by it, as a further sentence."""
    if marked <= 0:
        return ""
    noun, verb = ("section", "is") if marked == 1 else ("sections", "are")
    return f" {marked} {noun} relied on {what} and {verb} now marked as out of date."


def bring_back(project_id: str, point: Point, before: str, seen: str) -> None:
    """Before the last answer, or before there was one. Its text stays in the field."""
    if _decide(project_id, point, before, seen):
        back = "The answer before it counts again." if before else "It is open again."
        _say(point, f"Taken back. {back} Your text still stands in the field to be saved.")
        if not before:
            st.toast("Taken back. It is one of the open points again.")


def _decide(project_id: str, point: Point, text: str, seen: str) -> bool:
    """Refuses once where somebody else has answered since; the typed text stays."""
    known = f"known answer to {project_id} {point.id}"
    now = forge().decisions(project_id).get(point.id)
    stored = now.answer if now else ""
    try:
        if stored not in (seen, text.strip()):
            st.session_state[known] = stored
            raise Conflict(
                f"{(now and now.author) or 'Somebody'} has answered this meanwhile:"
                f" “{stored[:200]}”. Save again to replace it."
            )
        forge().decide(project_id, point.id, text, person())
    except SpecForgeError as exc:
        _say(point, str(exc), wrong=True)
        return False
    st.session_state[known] = text
    return True


def stale_sections(project_id: str) -> int:
    """How many sections of all documents are out of date."""
    return sum(step.stale for step in forge().steps(project_id))
