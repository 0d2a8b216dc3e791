"""What the documents leave open: assumptions and questions, answered in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.components.markdown import escape
from pages.components.person import person
from pages.components.phases import titles
from pages.components.project_card import ago
from pages.components.session import act, forge
from specforge_core import ANSWER_MAX, Conflict, Decision, OpenPoint, Project

PAGE = 20
EVERY = ""  # the choice of all documents or of both kinds
KINDS = {EVERY: "All kinds", "assumption": "Assumptions", "question": "Questions"}
STATES = ("Open", "Decided", "All")
_PLACEHOLDERS = {"assumption": "What is true? “Agreed” is an answer, too.", "question": "Answer"}
_ICONS = {"assumption": ":material/lightbulb:", "question": ":material/help:"}


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


def open_points(project: Project) -> None:
    """The list, with filters and an answer field for each point."""
    found = forge().open_points(project.project_id)
    points = all_points(found, forge().decisions(project.project_id))
    if not points:
        st.markdown(
            "No assumption and no open question stands in the documents. They are gathered here"
            " as the documents are written."
        )
        return
    _out_of_date(project)
    shown = _filtered(points)
    if not shown:
        st.markdown("Nothing matches this choice.")
    if len(shown) > PAGE:
        number = st.pagination(-(-len(shown) // PAGE), key="page of points")
        shown = shown[(number - 1) * PAGE : number * PAGE]
    names = titles()
    for point in shown:
        _card(project, point, names)


def all_points(found: Sequence[OpenPoint], decisions: Mapping[str, Decision]) -> tuple[Point, ...]:
    """Those of the documents in their order, then decided ones that stand there no more."""
    standing = [
        Point(
            one.id,
            one.kind,
            one.phase,
            one.title,
            one.label,
            one.statement,
            one.note,
            len(one.also),
            decisions.get(one.id),
        )
        for one in found
    ]
    ids = {one.id for one in found}
    settled = [
        Point(one.point, one.kind, one.phase, "", "", one.statement, "", 0, one)
        for one in decisions.values()
        if one.point not in ids
    ]
    return (*standing, *settled)


def _out_of_date(project: Project) -> None:
    """What the decisions, and other changes, have made out of date, with the way there."""
    stale = [step for step in forge().steps(project.project_id) if step.stale]
    if not stale:
        return
    count = sum(step.stale for step in stale)
    with st.container(border=True, gap="xsmall"):
        verb = "section is" if count == 1 else "sections are"
        st.markdown(
            f":orange[:material/update:] **{count} {verb} out of date**, because something that"
            " went into them has changed. Each document says what and offers to bring it up to"
            " date."
        )
        with st.container(horizontal=True, gap="small"):
            for step in stale:
                st.page_link(
                    "phase.py",
                    label=f"{escape(step.title)} ({step.stale})",
                    icon=":material/arrow_forward:",
                    query_params={"project": project.project_id, "phase": step.phase},
                )


def _filtered(points: Sequence[Point]) -> Sequence[Point]:
    names = {EVERY: "All documents"} | titles()
    names = {name: names[name] for name in names if name in {EVERY, *(p.phase for p in points)}}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        state = st.segmented_control(
            "State", STATES, default="Open", required=True, key="point state"
        )
        kind = st.selectbox(
            "Kind", list(KINDS), format_func=lambda name: KINDS[name], key="point kind", width=170
        )
        phase = st.selectbox(
            "Document",
            list(names),
            format_func=lambda name: names[name],
            key="point phase",
            width=190,
        )
    decided = sum(1 for point in points if point.decision)
    st.caption(f"{len(points) - decided} open, {decided} decided.")
    return [
        point
        for point in points
        if kind in (EVERY, point.kind)
        and phase in (EVERY, point.phase)
        and (state == "All" or (state == "Decided") == bool(point.decision))
    ]


def _card(project: Project, point: Point, names: Mapping[str, str]) -> None:
    with st.container(border=True, gap="small", key=f"point {point.id}"):
        label = f"**{escape(point.label)}** " if point.label else ""
        st.markdown(f":gray[{_ICONS[point.kind]}] {label}{escape(point.statement)}")
        if point.note:
            st.caption(escape(point.note))
        _where(project, point, names)
        if point.decision:
            by = f" by {escape(point.decision.author)}" if point.decision.author else ""
            st.caption(f":green[:material/check:] Decided{by}, {ago(point.decision.decided_at)}.")
        _answer(project, point)


def _where(project: Project, point: Point, names: Mapping[str, str]) -> None:
    document = names.get(point.phase, point.phase)
    if not point.section:
        st.caption(f"{escape(document)}: does not stand there any more.")
        return
    more = f", and {point.also} more" if point.also else ""
    st.page_link(
        "phase.py",
        label=f"{escape(document)}, “{escape(point.section)}”{more}",
        icon=":material/article:",
        query_params={"project": project.project_id, "phase": point.phase},
    )


def _answer(project: Project, point: Point) -> None:
    stored = point.decision.answer if point.decision else ""
    key = f"answer to {project.project_id} {point.id}"
    seen = _take_over(key, stored)
    label = escape(f"Answer to: {point.statement[:80]}")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_area(
            label,
            key=key,
            height=68,
            placeholder=_PLACEHOLDERS[point.kind],
            label_visibility="collapsed",
            persist_state="session",
        )
        act(
            _decide,
            project.project_id,
            point.id,
            text,
            seen,
            key,
            label="Save",
            key=f"save {point.id}",
            help="What was written from this point becomes out of date;"
            " what is written from now on knows the answer.",
        )
        if stored:
            act(
                _decide,
                project.project_id,
                point.id,
                "",
                seen,
                key,
                label="Take back",
                key=f"take back {point.id}",
                type="tertiary",
            )
    if len(text) > ANSWER_MAX:
        st.markdown(f":red[{len(text):,} of {ANSWER_MAX:,} characters: shorten it.]")


def _take_over(key: str, stored: str) -> str:
    """The answer that this reader knows: the stored one, unless they are typing another."""
    kept, known = st.session_state, f"known {key}"
    if kept.get(key, "") in ("", kept.get(known, "")):
        kept[key] = kept[known] = stored
    return str(kept[known]) if known in kept else stored


def _decide(project_id: str, point: str, text: str, seen: str, key: str) -> None:
    """Refuses once where somebody else has answered since; the typed text stays."""
    now = forge().decisions(project_id).get(point)
    stored = now.answer if now else ""
    if stored not in (seen, text.strip()):
        st.session_state[f"known {key}"] = stored
        who = (now and now.author) or "Somebody"
        raise Conflict(
            f"{who} has answered this meanwhile: “{stored[:200]}”. Save again to replace it."
        )
    forge().decide(project_id, point, text, person())
    st.session_state[f"known {key}"] = text
