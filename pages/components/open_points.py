"""What the documents leave open: assumptions and questions, answered in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.components.agreeing import agree_to_all, forget_agreed
from pages.components.answering import forget_said
from pages.components.markdown import escape
from pages.components.phases import titles
from pages.components.point_card import point_card
from pages.components.session import forge
from pages.components.typed_answers import Point, keep_typed, restored
from specforge_core import Decision, OpenPoint, Project

PAGE = 20
_EARLIER = "points answered before"
_PAGES = "page of points"
EVERY = ""  # the choice of all documents or of both kinds
KINDS = {EVERY: "All kinds", "assumption": "Assumptions", "question": "Questions"}


def open_points(project: Project) -> None:
    """The list with an answer field for each point, and those that were answered before."""
    found = forge().open_points(project.project_id)
    decisions = forge().decisions(project.project_id)
    points = all_points(found, decisions)
    if not points:
        st.markdown(
            "No assumption and no open question stands in the documents. They are gathered here"
            " as the documents are written."
        )
        return
    keep_typed(project, points)
    typed = {point.id for point in points if restored(project.project_id, point)}
    earlier = _answered_before(frozenset(decisions) - typed)
    # In places of their own: what comes or goes there moves no field below, and no focus.
    with st.container():
        _out_of_date(project)
    shown = _filtered(points)
    here = [point for point in shown if point.id not in earlier]
    before = [point for point in shown if point.id in earlier]
    with st.container():
        if not shown:
            st.markdown("Nothing matches this choice.")
        elif not here:
            st.markdown(":green[:material/check_circle:] Nothing is open here.")
    with st.container():
        _cards(project, here, found, _PAGES)
    if before:
        _below(project, before, found)


def _below(project: Project, before: Sequence[Point], found: Sequence[OpenPoint]) -> None:
    """Those that were answered before, closed at first."""
    box = st.expander(
        f"Answered before ({len(before)})",
        key="answered points",
        icon=":material/check:",
        on_change="rerun",
    )
    if box.open:
        with box:
            _cards(project, before, found, "page of answered points")


def _answered_before(answered: frozenset[str]) -> frozenset[str]:
    """What had been answered when the tab was opened, and still is. Not what is typed anew.

    What is answered since, by whomever, stays where it is: nothing moves under who types.
    """
    kept = st.session_state
    if "point kind" not in kept:  # a field of this tab, which is gone when the tab is left
        kept[_EARLIER] = answered
        forget_said()
        forget_agreed()
    kept[_EARLIER] &= answered
    earlier: frozenset[str] = kept[_EARLIER]
    return earlier


def _cards(
    project: Project, points: Sequence[Point], found: Sequence[OpenPoint], pages: str
) -> None:
    if len(points) > PAGE:
        number = st.pagination(-(-len(points) // PAGE), key=pages)
        with st.container():
            _typed_elsewhere(project, points, number)
        points = points[(number - 1) * PAGE : number * PAGE]
    if pages == _PAGES:
        with st.container():
            agree_to_all(project, points)
    ids = {point.id for point in points}
    around = forge().around(project.project_id, [one for one in found if one.id in ids])
    names = titles()
    for point in points:
        point_card(project, point, around.get(point.id, ""), names)


def _typed_elsewhere(project: Project, points: Sequence[Point], page: int) -> None:
    """On which other pages there is a text that the browser had kept."""
    kept = [restored(project.project_id, point) for point in points]
    pages = {1 + n // PAGE for n, one in enumerate(kept) if one} - {page}
    if pages:
        noun = "page" if len(pages) == 1 else "pages"
        numbers = ", ".join(map(str, sorted(pages)))
        st.caption(f":material/restore: This browser had kept what you typed on {noun} {numbers}.")


def all_points(found: Sequence[OpenPoint], decisions: Mapping[str, Decision]) -> tuple[Point, ...]:
    """What stands in the documents in their order, questions first: they wait for words.

    Then decided ones that stand there no more.
    """
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
        for one in sorted(found, key=lambda one: one.kind != "question")
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
    noun = "section is" if count == 1 else "sections are"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(
            f":small[:orange[:material/update:] **{count} {noun} out of date**; bring up to date:]",
            width="content",
        )
        for step in stale:
            st.page_link(
                "phase.py",
                label=f"{escape(step.title)} ({step.stale})",
                query_params={"project": project.project_id, "phase": step.phase},
            )


def _filtered(points: Sequence[Point]) -> Sequence[Point]:
    names = {EVERY: "All documents"} | titles()
    names = {name: names[name] for name in names if name in {EVERY, *(p.phase for p in points)}}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
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
    answered = sum(1 for point in points if point.decision)
    where = ", below the open ones" if answered else ""
    st.caption(f"{len(points) - answered} open, {answered} answered{where}.")
    return [
        point for point in points if kind in (EVERY, point.kind) and phase in (EVERY, point.phase)
    ]
