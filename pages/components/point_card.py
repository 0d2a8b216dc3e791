"""One open point: what the document says, where, and the answer of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import normalize
from urllib.parse import urlencode

import streamlit as st

from pages.components.answering import AGREED, Point, bring_back, field_of, said, save
from pages.components.browser import focus_in, focus_on
from pages.components.markdown import JOINER, escape
from pages.components.project_card import ago
from pages.components.session import act
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
        _answer(project, point)
        _outcome(project, point)


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
            save,
            project.project_id,
            point,
            text,
            seen,
            label="Save",
            key=f"save {point.id}",
            help="What was written from this point becomes out of date;"
            " what is written from now on knows the answer.",
        )
        if point.kind == "assumption" and not stored:
            act(
                save,
                project.project_id,
                point,
                AGREED,
                seen,
                label=AGREED,
                key=f"agree {point.id}",
                icon=":material/check:",
            )
        if stored and point.id not in said():
            act(
                bring_back,
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
    told, decision = said().get(point.id), point.decision
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


def _anchor(title: str) -> str:
    """Where a heading with this title stands, as Streamlit names it."""
    ascii_only = normalize("NFKD", title).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_only.lower()))
