"""Answers that are typed and not saved: a session holds them, and over a reload the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.components.form_drafts import keep_form
from specforge_core import Decision, Project

_PUT = "put into answer fields"
_RESTORED = "restored answers"


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

    @property
    def stored(self) -> str:
        return self.decision.answer if self.decision else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in an answer field. seen: the stored answer that who typed it knew."""

    text: str
    seen: str
    stored: str

    @property
    def overtaken(self) -> bool:
        """Somebody else has answered since the text was begun."""
        return self.stored not in (self.seen, self.text.strip(), "")


def field_of(project_id: str, point: Point) -> str:
    """The key of the point's answer field."""
    return f"answer to {project_id} {point.id}"


def keep_typed(project: Project, points: Sequence[Point]) -> None:
    """Before the fields are drawn: the browser keeps what is typed, and gives it back once.

    Of all points, not only of those on the page that is shown.
    """
    kept, project_id = st.session_state, project.project_id
    for key, text in kept.pop(_PUT, {}).items():
        kept[key] = text
    fields = {point.id: field_of(project_id, point) for point in points}
    now = {point.id: standing(project_id, point) for point in points}
    found = keep_form(
        f"answers {project_id}",
        fields,
        {name: one.text for name, one in now.items()},
        {name: one.seen for name, one in now.items()},
    )
    for name, typed in found.items():
        know(fields[name], typed.based_on)
    lost = [name for name, typed in found.items() if typed.text != now[name].text]
    for name in lost:
        kept[fields[name]] = found[name].text
        _restored().add(fields[name])
    if lost:
        st.rerun()  # with what now stands in the fields


def standing(project_id: str, point: Point) -> Standing:
    """The stored answer, unless this reader is typing another."""
    key, stored = field_of(project_id, point), point.stored
    text, seen = st.session_state.get(key) or "", st.session_state.get(f"known {key}")
    if text in ("", seen, stored):
        return Standing(stored, stored, stored)
    return Standing(text, stored if seen is None else seen, stored)


def take_over(project_id: str, point: Point) -> Standing:
    """Before the field is drawn: puts into it what stands there."""
    key, now = field_of(project_id, point), standing(project_id, point)
    if (st.session_state.get(key) or "") != now.text:  # else the browser may be ahead already
        st.session_state[key] = now.text
    know(key, now.seen)
    return now


def know(key: str, stored: str) -> None:
    """This reader has seen the stored answer to the point of the field with this key."""
    st.session_state[f"known {key}"] = stored


def put(key: str, text: str) -> None:
    """Into the answer field with this key, before it is drawn again. "": the stored answer."""
    st.session_state.setdefault(_PUT, {})[key] = text


def restored(project_id: str, point: Point) -> bool:
    """Whether the browser had kept what stands in the field, and it is not saved since."""
    key = field_of(project_id, point)
    return key in _restored() and standing(project_id, point).text != point.stored


def settle_restored(key: str) -> None:
    """A person has decided on what stands in the field with this key."""
    _restored().discard(key)


def _restored() -> set[str]:
    found: set[str] = st.session_state.setdefault(_RESTORED, set())
    return found
