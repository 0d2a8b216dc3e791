"""One open point: what the document says, where, and the answer of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import urlencode

import streamlit as st

from pages.components.browser import focus_in
from pages.components.markdown import JOINER, escape
from pages.components.person import person
from pages.components.project_card import ago
from pages.components.session import act, forge
from specforge_core import ANSWER_MAX, Conflict, Decision, Project, SpecForgeError

_PLACEHOLDERS = {"assumption": "What is true? “Agreed” is an answer, too.", "question": "Answer"}
_ICONS = {"assumption": ":material/lightbulb:", "question": ":material/help:"}
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
class _Said:
    """What the last click on a point has done. before: what Undo brings back, None for nothing."""

    text: str
    before: str | None = None
    wrong: bool = False


def _said() -> dict[str, _Said]:
    found: dict[str, _Said] = st.session_state.setdefault(_SAID, {})
    return found


def _say(point: Point, text: str, before: str | None = None, *, wrong: bool = False) -> None:
    _said()[point.id] = _Said(text, before, wrong)


def forget_said() -> None:
    st.session_state.pop(_SAID, None)


def field_of(project: Project, point: Point) -> str:
    """The key of the point's answer field."""
    return f"answer to {project.project_id} {point.id}"


def point_card(project: Project, point: Point, around: str, names: Mapping[str, str]) -> None:
    """around: the words that the statement stands among, "" where it says all by itself."""
    with st.container(border=True, gap="small", key=f"point {point.id}"):
        label = f"**{escape(point.label)}** " if point.label else ""
        st.markdown(f":gray[{_ICONS[point.kind]}] {label}{escape(point.statement)}")
        if around:
            st.caption(f"From: “{escape(around)}”")
        elif point.note:
            st.caption(escape(point.note))
        _where(project, point, names)
        _answer(project, point)
        _outcome(project, point)


def _where(project: Project, point: Point, names: Mapping[str, str]) -> None:
    document = names.get(point.phase, point.phase)
    if not point.section:
        st.caption(f"{escape(document)}: does not stand there any more.")
        return
    more = f", and {point.also} more" if point.also else ""
    query = urlencode({"project": project.project_id, "phase": point.phase})
    # A link of markdown opens a tab of its own: the list and what is typed in it stay.
    st.markdown(
        f":small[:material/open_in_new: [{escape(document)}, “{escape(point.section)}”]"
        f"(phase?{query}#{_anchor(point.section)}){more}]"
    )


def _answer(project: Project, point: Point) -> None:
    stored = point.decision.answer if point.decision else ""
    key = field_of(project, point)
    seen = _take_over(key, stored)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_area(
            f"Answer to: {point.statement[:80]}".replace("![", f"!{JOINER}["),
            key=key,
            height=68,
            placeholder=_PLACEHOLDERS[point.kind],
            label_visibility="collapsed",
            persist_state="session",
        )
        act(
            _save,
            project.project_id,
            point,
            text,
            seen,
            label="Save",
            key=f"save {point.id}",
            help="What was written from this point becomes out of date;"
            " what is written from now on knows the answer.",
        )
        if stored and point.id not in _said():
            act(
                _bring_back,
                project.project_id,
                point,
                "",
                seen,
                label="Take back",
                key=f"take back {point.id}",
                type="tertiary",
            )
    if len(text) > ANSWER_MAX:
        st.markdown(f":red[{len(text):,} of {ANSWER_MAX:,} characters: shorten it.]")


def _outcome(project: Project, point: Point) -> None:
    """What has just become of the point, with the way back; else who has answered it."""
    told, decision = _said().get(point.id), point.decision
    if told and told.wrong:
        st.error(escape(told.text), icon=":material/error:")
    elif told and told.before is None:
        st.info(escape(told.text), icon=":material/undo:")
        focus_in(f"point-{point.id}")  # Undo, which had the focus, is gone
    elif told:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.success(escape(told.text), icon=":material/check:")
            act(
                _bring_back,
                project.project_id,
                point,
                told.before,
                decision.answer if decision else "",
                label="Undo",
                key=f"undo {point.id}",
                icon=":material/undo:",
            )
    elif decision:
        by = f" by {escape(decision.author)}" if decision.author else ""
        st.caption(f":green[:material/check:] Answered{by}, {ago(decision.decided_at)}.")


def _take_over(key: str, stored: str) -> str:
    """The answer that this reader knows: the stored one, unless they are typing another."""
    kept, known = st.session_state, f"known {key}"
    if kept.get(key, "") in ("", kept.get(known, "")):
        kept[key] = kept[known] = stored
    return str(kept[known]) if known in kept else stored


def _save(project_id: str, point: Point, text: str, seen: str) -> None:
    if not text.strip() and not seen:
        _say(point, "Type an answer first, then press Save.", wrong=True)
        return
    marked = _stale(project_id)
    if _decide(project_id, point, text, seen):
        _say(point, _in_words(text.strip(), _stale(project_id) - marked), before=seen)


def _in_words(answer: str, marked: int) -> str:
    shown = answer if len(answer) <= 80 else f"{answer[:79].rstrip()}…"
    begin = f"Answered: “{shown}”." if answer else "Taken back."
    if marked <= 0:
        return begin
    noun = "section relied on it and is" if marked == 1 else "sections relied on it and are"
    return f"{begin} {marked} {noun} now marked as out of date."


def _bring_back(project_id: str, point: Point, before: str, seen: str) -> None:
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


def _stale(project_id: str) -> int:
    """How many sections of all documents are out of date."""
    return sum(step.stale for step in forge().steps(project_id))


def _anchor(title: str) -> str:
    """Where a heading with this title stands, as Streamlit names it."""
    ascii_only = normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only.lower()))
