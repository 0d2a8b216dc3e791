"""One open point: what the document says, where, and the answer of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import normalize
from urllib.parse import urlencode

import streamlit as st

from pages.components.answering import AGREED, agree, bring_back, give_up, said, save
from pages.components.browser import focus_in, focus_on
from pages.components.markdown import JOINER, escape
from pages.components.project_card import ago
from pages.components.session import act
from pages.components.typed_answers import Point, Standing, field_of, restored, take_over
from specforge_core import ANSWER_MAX, Project

_PLACEHOLDERS = {"assumption": "What is true?", "question": "Answer"}
_ICONS = {"assumption": ":material/lightbulb:", "question": ":material/help:"}
_SENTENCE_ENDS = tuple(".?!…。？！")


def point_card(project: Project, point: Point, around: str, names: Mapping[str, str]) -> None:
    """around: the words that the statement stands among, "" where it says all by itself."""
    with st.container(border=True, gap="small", key=f"point {point.id}"):
        in_full = _in_full(point, around)
        label = f"**{escape(point.label)}** " if point.label and not in_full else ""
        st.markdown(f":gray[{_ICONS[point.kind]}] {label}{in_full or escape(point.statement)}")
        if around and not in_full:
            st.caption(f"From: “{escape(around)}”")
        elif point.note and not around:
            st.caption(escape(point.note))
        _where(project, point, names)
        now = take_over(project.project_id, point)
        _answer(project, point, now)
        _outcome(project, point, now)


def _in_full(point: Point, around: str) -> str:
    """The row or sentence of a statement that is only a part of it, "" for one that is whole."""
    before, found, after = around.partition(point.statement)
    if not found or found.endswith(_SENTENCE_ENDS):
        return ""
    gap = " " if after[:1].isspace() else ""
    return f"{escape(before)} **{escape(found)}**{gap}{escape(after)}".strip()


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


def _answer(project: Project, point: Point, now: Standing) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_area(
            f"Answer to: {point.statement[:80]}".replace("![", f"!{JOINER}["),
            value=now.text,
            key=field_of(project.project_id, point),
            height=68,
            placeholder=_PLACEHOLDERS[point.kind],
            label_visibility="collapsed",
            persist_state="session",
        )
        _buttons(project.project_id, point, text, now.seen)
    if len(text) > ANSWER_MAX:
        st.markdown(f":red[{len(text):,} of {ANSWER_MAX:,} characters: shorten it.]")


def _buttons(project_id: str, point: Point, text: str, seen: str) -> None:
    what = project_id, point, text, seen
    act(
        save,
        *what,
        label="Save",
        key=f"save {point.id}",
        help="What was written from this point becomes out of date;"
        " what is written from now on knows the answer.",
    )
    if point.kind == "assumption" and not point.decision:
        act(agree, *what, label=AGREED, key=f"agree {point.id}", icon=":material/check:")
    if point.decision and point.id not in said():
        act(
            bring_back,
            project_id,
            point,
            "",
            seen,
            label="Take back",
            key=f"take back {point.id}",
            type="tertiary",
        )


def _outcome(project: Project, point: Point, now: Standing) -> None:
    """What has just become of the point, with the way back; else what a reader must know of it."""
    told = said().get(point.id)
    if told and told.wrong:
        st.error(escape(told.text), icon=":material/error:")
    elif told and told.before is None:
        st.info(escape(told.text), icon=":material/undo:")
        focus_in(f"point-{point.id}")  # Undo, which had the focus, is gone
    elif told:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.success(escape(told.text), icon=":material/check:")
            # The button Agreed is gone. Not into the field: a phone would open its keyboard.
            focus_on(f"save {point.id}")
            act(
                bring_back,
                project.project_id,
                point,
                told.before,
                point.stored,
                label="Undo",
                key=f"undo {point.id}",
                icon=":material/undo:",
            )
    else:
        _answered(point, now)
        if restored(project.project_id, point):
            _restored(project.project_id, point)


def _answered(point: Point, now: Standing) -> None:
    """By whom; with their words where others stand in the field."""
    if point.decision is None:
        return
    by = f" by {escape(point.decision.author)}" if point.decision.author else ""
    when = ago(point.decision.decided_at)
    if now.overtaken:
        text = escape(now.stored)
        st.markdown(f":orange[:material/group: Answered meanwhile{by}, {when}:] “{text}”")
    else:
        st.caption(f":green[:material/check:] Answered{by}, {when}.")


def _restored(project_id: str, point: Point) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(
            ":material/restore: This browser had kept what you typed here before. It is not saved.",
            width="content",
        )
        act(
            give_up,
            project_id,
            point,
            label="Discard",
            key=f"discard {point.id}",
            type="tertiary",
        )


def _anchor(title: str) -> str:
    """Where a heading with this title stands, as Streamlit names it."""
    ascii_only = normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only.lower()))
