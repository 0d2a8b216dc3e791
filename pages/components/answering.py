"""What a person's answer to an open point does, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from pages.components.person import person
from pages.components.session import forge
from pages.components.typed_answers import Point, field_of, know, put, settle_restored, standing
from specforge_core import Conflict, SpecForgeError

AGREED = "Agreed"  # the answer that confirms an assumption
_SAID = "said of points"


@dataclass(frozen=True, slots=True)
class Said:
    """What the last click on a point has done.

    before: the answer that Undo brings back, None for no Undo. typed: what stood in the field.
    """

    text: str
    before: str | None = None
    typed: str = ""
    wrong: bool = False


def said() -> dict[str, Said]:
    found: dict[str, Said] = st.session_state.setdefault(_SAID, {})
    return found


def forget_said(points: Iterable[str] | None = None) -> None:
    """What was said of these points, by their ids, or of all."""
    for one in tuple(said()) if points is None else points:
        said().pop(one, None)


def save(project_id: str, point: Point, text: str, seen: str) -> bool:
    """Whether it is stored."""
    if not text.strip() and not seen:
        said()[point.id] = Said("Type an answer first, then press Save.", wrong=True)
        return False
    marked = stale_sections(project_id)
    if not _decide(project_id, point, text, seen):
        return False
    answer = text.strip()
    shown = answer if len(answer) <= 80 else f"{answer[:79].rstrip()}…"
    begin = f"Answered: “{shown}”." if answer else "Taken back."
    told = begin + marking(stale_sections(project_id) - marked, "it")
    said()[point.id] = Said(told, seen, text)
    return True


def agree(project_id: str, point: Point, typed: str, seen: str) -> None:
    """What was typed gives way to the answer; Undo brings it back."""
    if save(project_id, point, AGREED, seen):
        put(field_of(project_id, point), "")
        said()[point.id] = replace(said()[point.id], typed=typed)


def marking(marked: int, what: str) -> str:
    """How many sections relied on `what` and are out of date by it, as a further sentence."""
    if marked <= 0:
        return ""
    noun, verb = ("section", "is") if marked == 1 else ("sections", "are")
    return f" {marked} {noun} relied on {what} and {verb} now marked as out of date."


def bring_back(project_id: str, point: Point, before: str, seen: str) -> None:
    """Before the last answer, or before there was one. What was typed stays in the field."""
    told, typed = said().get(point.id), standing(project_id, point).text
    if told and typed == point.stored:
        typed = told.typed  # nobody has changed the field since
    if not _decide(project_id, point, before, seen):
        return
    put(field_of(project_id, point), typed)
    back = "The answer before it counts again." if before else "It is open again."
    stays = " Your text still stands in the field to be saved." if typed not in ("", before) else ""
    said()[point.id] = Said(f"Taken back. {back}{stays}")
    if not before:
        st.toast("Taken back. It is one of the open points again.")


def give_up(project_id: str, point: Point) -> None:
    """The stored answer stands in the field again, or none."""
    key = field_of(project_id, point)
    put(key, "")
    settle_restored(key)
    said()[point.id] = Said("Discarded.")


def _decide(project_id: str, point: Point, text: str, seen: str) -> bool:
    """Refuses once where somebody else has answered since; the typed text stays."""
    key, now = field_of(project_id, point), forge().decisions(project_id).get(point.id)
    stored = now.answer if now else ""
    try:
        if stored not in ("", seen, text.strip()):
            know(key, stored)
            raise Conflict(
                f"{(now and now.author) or 'Somebody'} has answered this meanwhile:"
                f" “{stored[:200]}”. Save again to replace it."
            )
        forge().decide(project_id, point.id, text, person())
    except SpecForgeError as exc:
        said()[point.id] = Said(str(exc), wrong=True)
        return False
    know(key, text)
    settle_restored(key)
    return True


def stale_sections(project_id: str) -> int:
    """How many sections of all documents are out of date."""
    return sum(step.stale for step in forge().steps(project_id))
