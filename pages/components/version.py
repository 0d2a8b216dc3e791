"""One version of a document: its text, what is different in another one, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import streamlit as st

from pages.components import history
from pages.components.browser import copy_button
from pages.components.diff_view import choose_view, compared, diff_view, summary
from pages.components.history import Entry
from pages.components.inputs import drawn, keep
from pages.components.markdown import escape, safe
from pages.components.origin import who
from pages.components.person import person
from pages.components.pieces import pieces
from pages.components.session import act, forge
from specforge_core import Phase, Project, VersionSection, slug

READ_AT_ONCE = 60_000  # characters of a text; a browser is slow with more
LONG = 300_000  # characters of two texts together, whose comparison takes a moment

TEXT, CHANGES = "Text", "Changes"
BEFORE, PRESENT = "before", "present"  # what `against` in the address may name besides a version


def version(
    project: Project, phase: Phase, listed: Sequence[Entry], shown: Entry, present: str
) -> None:
    """All about one version. present: the text of the document as it is now."""
    text = forge().version_text(shown.version_id)
    with st.container(key="version title"):
        st.header(escape(shown.title), anchor=False)
        size = f"{history.when(shown.version)} · {len(text):,} characters"
        st.caption(" ".join(filter(None, [size, history.marks(shown, present)])))
    if shown.version.note:
        st.markdown(f"“{escape(shown.version.note)}”")
    _with_the_text(project, phase, shown, text, present)
    _sections(shown)
    others = _others(listed, shown)
    against = _against(shown, others)
    if not against:
        _text(shown.version_id, text)
    elif against not in others:
        st.warning("What it is to be compared with is no version of this document. Choose one.")
    elif against == PRESENT:
        _changes((shown.name, text), ("The present text", present))
    else:
        older, newer = _in_order(listed, shown, against)
        _changes(
            (older.name, forge().version_text(older.version_id)),
            (newer.name, forge().version_text(newer.version_id)),
        )


# --- what to do with it --------------------------------------------------------


def _with_the_text(project: Project, phase: Phase, shown: Entry, text: str, present: str) -> None:
    with st.container(horizontal=True, gap="small"):
        if not history.same(text, present):
            run = forge().latest_run(project.project_id, phase.name)
            _restore(shown, at_work=run is not None and run.status.live)
        copy_button("Copy", text)
        st.download_button(
            "Download",
            text,
            file_name=f"{slug(project.title)}-{phase.name}-{shown.version.created_at:%Y%m%d-%H%M}.md",
            mime="text/markdown",
            key=f"download {shown.version_id}",
            icon=":material/download:",
            on_click="ignore",
        )


def _restore(shown: Entry, at_work: bool) -> None:
    """Asks once. at_work: the document is being written just now."""
    with st.popover(
        "Restore",
        icon=":material/settings_backup_restore:",
        key="ask restore",
        disabled=at_work,
        help="When what is being written has ended." if at_work else None,
    ):
        st.markdown(
            "Make this the text of the document again? That makes a new version:"
            " the present text stays in this list, nothing is lost."
        )
        act(
            _put_back,
            shown.version_id,
            label="Restore this version",
            key=f"restore {shown.version_id}",
            type="primary",
        )


def _put_back(version_id: str) -> None:
    forge().restore(version_id, person())
    st.query_params.pop("version", None)  # the new one is the newest
    st.query_params.pop("against", None)
    st.session_state["restored"] = True


def told() -> None:
    """After a restore, once: that it is done."""
    if st.session_state.pop("restored", False):
        st.success(
            "The document holds this text again. It is the newest version in the list.",
            icon=":material/check:",
        )


# --- its sections --------------------------------------------------------------


def _sections(shown: Entry) -> None:
    rows = forge().version_sections(shown.version_id)
    if not rows:
        st.caption(
            "This version is from before its sections were noted: who wrote each is unknown."
        )
        return
    head = "| Section | Written by | Tokens | State |\n| --- | --- | --: | --- |\n"
    with st.expander(f"{len(rows)} sections and who wrote them", icon=":material/toc:"):
        st.markdown(head + "\n".join(map(_row, rows)))


def _row(row: VersionSection) -> str:
    state = row.status.value.replace("_", " ").capitalize()
    if not row.characters:
        return f"| {escape(row.title)} | | | No text |"
    model = who(row.provider, row.model) if row.model else ""
    by = escape(" · ".join(filter(None, [model, row.author])) or "somebody")
    return f"| {escape(row.title)} | {by} | {row.tokens:,} | {state} |"


# --- its text, or what changed -------------------------------------------------


def _text(version_id: str, text: str) -> None:
    found = _parts(text)
    number = 1
    if len(found) > 1:
        number = st.pagination(len(found), key=f"part of the text {version_id}")
    with st.container(key="version text"):
        for piece in found[number - 1]:
            st.markdown(piece)


@lru_cache(maxsize=8)
def _parts(text: str) -> tuple[tuple[str, ...], ...]:
    """The text as markdown elements, in parts that a browser draws at once."""
    parts: list[tuple[str, ...]] = []
    open_part: list[str] = []
    for piece in pieces(safe(text)):
        if open_part and sum(map(len, open_part)) + len(piece) > READ_AT_ONCE:
            parts.append(tuple(open_part))
            open_part = []
        open_part.append(piece)
    return (*parts, tuple(open_part))


def _others(listed: Sequence[Entry], shown: Entry) -> Mapping[str, str]:
    """What it can be compared with: the name in the address, and the words."""
    older = history.before(listed, shown)
    named = {BEFORE: f"The version before: {older.name}"} if older else {}
    rest = {one.version_id: one.name for one in listed if one != shown}
    return {**named, PRESENT: "The present text", **rest}


def _against(shown: Entry, others: Mapping[str, str]) -> str:
    """What the address compares it with, "" for nothing: its text is shown then."""
    first, address = next(iter(others)), st.query_params
    asked = address.get("against", "")
    if asked == BEFORE and BEFORE not in others:
        asked = ""  # the first version has none

    def show(what: str) -> None:
        if what == TEXT:
            address.pop("against", None)
        else:
            address["against"] = first

    with st.container(horizontal=True, vertical_alignment="bottom"):
        keep("text or changes", CHANGES if asked else TEXT, show)
        shows = st.segmented_control(
            "Show",
            [TEXT, CHANGES],
            key="text or changes",
            label_visibility="collapsed",
            required=True,
        )
        drawn("text or changes")
        return "" if shows == TEXT else _other(shown, others, address.get("against", first))


def _other(shown: Entry, others: Mapping[str, str], asked: str) -> str:
    """What is chosen to compare it with, or what the address asked for in vain."""
    key = f"against {shown.version_id}"  # the words of a choice are those of this version
    keep(key, asked if asked in others else None, _compare_with)
    st.selectbox(
        "Compared with",
        list(others),
        index=0 if asked in others else None,
        format_func=lambda one: others.get(one, one),
        key=key,
        label_visibility="collapsed",
        placeholder="Compared with …",
    )
    drawn(key)
    return st.query_params.get("against", asked)


def _compare_with(against: str | None) -> None:
    if against:
        st.query_params["against"] = against


def _in_order(listed: Sequence[Entry], shown: Entry, against: str) -> tuple[Entry, Entry]:
    """The older one first."""
    other = history.find(listed, against) or history.before(listed, shown)
    assert other is not None  # noqa: S101 (it was among those to compare with)
    older, newer = sorted([shown, other], key=lambda entry: entry.number)
    return older, newer


def _changes(old: tuple[str, str], new: tuple[str, str]) -> None:
    """Name and text of either side."""
    with st.container(horizontal=True, vertical_alignment="center"):
        view = choose_view("view of the changes")
        whole = st.toggle("All lines", key="all lines", help="Also those that are equal")
    context = None if whole else 3
    if len(old[1]) + len(new[1]) > LONG:
        with st.skeleton(height=400):
            found = compared(old[1], new[1], context)
    else:
        found = compared(old[1], new[1], context)
    # Side by side, the names are the heads.
    names = f"  \n{escape(old[0])} → {escape(new[0])}" if view == "inline" else ""
    st.caption(summary(found) + names)
    diff_view(found, view, "changes", f"Changes from {old[0]} to {new[0]}", (old[0], new[0]))
