"""The export: what state the documents are in, a format, a preview, the file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from pages.components.browser import copy_button
from pages.components.inputs import drawn, keep
from pages.components.markdown import escape
from pages.components.phases import titles
from pages.components.session import forge
from specforge_core import Exported, Format, Handoff, Project, SpecForgeError

PREVIEW = 20_000  # characters of a text that are shown
_KEY = "export preview"
# Who works with the keyboard scrolls only what can have the focus.
_FOCUSABLE = st.components.v2.component(
    "specforge_focusable",
    html="<div></div>",
    js="""
    export default function ({ data }) {
      const mark = () =>
        document.querySelectorAll(data.scrolls).forEach((part) => { part.tabIndex = 0; });
      const drawn = new MutationObserver(mark);
      drawn.observe(document.querySelector('[data-testid="stMain"]'),
        { childList: true, subtree: true });
      mark();
      return () => drawn.disconnect();
    }
    """,
)
WHOLE = ""  # the choice of all documents


def exports(project: Project) -> None:
    """Choose, be told what is not whole, look, copy, download."""
    phase, chosen = _choices()
    handoff = forge().handoff(project.project_id, phase)
    _states(handoff)
    with st.skeleton(height=240):
        exported = _made(handoff, chosen)
    if isinstance(exported, SpecForgeError):
        st.error(escape(str(exported)), icon=":material/error:")
        return
    if exported.flaw:
        st.warning(escape(exported.flaw), icon=":material/warning:")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.download_button(
            f"Download {escape(exported.file_name)}",
            # Made when it is clicked: from what is stored then, and counted as an export.
            lambda: forge().export(project.project_id, chosen.name, phase).data,
            file_name=exported.file_name,
            mime=exported.mime,
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
        if exported.text is not None and _is_text(exported):
            copy_button("Copy", exported.text)
        st.caption(size(len(exported.data)), width="content")
    _preview(exported)


def _choices() -> tuple[str, Format]:
    """The document (or all of them) and the format, which is remembered for everyone."""
    scopes = {WHOLE: "The whole project"} | titles()
    formats = forge().formats()
    with st.container(horizontal=True, gap="small"):
        phase = st.selectbox(
            "What",
            list(scopes),
            format_func=lambda name: scopes[name],
            key="export phase",
            persist_state="session",
            width=260,
        )
        usable = [one.name for one in formats.values() if phase == WHOLE or one.scope == "both"]
        # Two preferences: a single document is wanted for another purpose than the project.
        key = "export format" if phase == WHOLE else "export format of a document"
        kept = forge().preference(key)
        keep(key, kept if kept in usable else usable[0], partial(forge().set_preference, key))
        name = st.selectbox(
            "Format", usable, format_func=lambda name: formats[name].label, key=key, width=260
        )
        drawn(key)
    st.caption(formats[name].about)
    return phase, formats[name]


def _states(handoff: Handoff) -> None:
    """How whole every document is, before anybody downloads it."""
    lines = []
    for document in handoff.documents:
        sound = document.written and not document.labels
        icon = ":green[:material/check_circle:]" if sound else ":orange[:material/warning:]"
        if not document.written:
            icon = ":gray[:material/radio_button_unchecked:]"
        lines.append(f"{icon} **{escape(document.title)}**: {escape(document.summary)}")
        if document.written:
            lines += [f":gray[{escape(label)}]" for label in document.labels]
    with st.container(border=True, gap="small"):
        flawed = [one for one in handoff.written if one.labels]
        if not handoff.written:
            st.markdown("Nothing is written yet: the file would hold only the description.")
        elif flawed:
            count = "1 document is" if len(flawed) == 1 else f"{len(flawed)} documents are"
            st.markdown(
                f":orange[:material/warning:] **{count} not whole or not up to date.** The file"
                " says so, too."
            )
        else:
            st.markdown(":green[:material/check_circle:] All that is written is up to date.")
        st.markdown("  \n".join(lines))
        _undecided(handoff.project_id)


def _undecided(project_id: str) -> None:
    """That somebody takes assumptions over should not come as a surprise."""
    decided = forge().decisions(project_id)
    count = sum(1 for one in forge().open_points(project_id) if one.id not in decided)
    if count:
        points = "1 assumption or question" if count == 1 else f"{count} assumptions and questions"
        st.caption(f"{points} in the documents are not answered yet: see the tab Open points.")


def _made(handoff: Handoff, chosen: Format) -> Exported | SpecForgeError:
    """The file, made once for each state of the project that this reader looks at."""
    same = replace(handoff, exported_at=handoff.created_at)
    key, (known, kept) = (chosen.name, same), st.session_state.get("exported", (None, None))
    if key == known and kept is not None:
        return kept  # type: ignore[no-any-return]
    try:
        made = forge().preview(chosen.name, handoff)
    except SpecForgeError as exc:
        return exc
    st.session_state["exported"] = key, made
    return made


def _is_text(exported: Exported) -> bool:
    return exported.mime.startswith("text/")


def _preview(exported: Exported) -> None:
    if exported.text is None:
        st.markdown("This kind of file cannot be shown here. Download it to read it.")
        return
    shown = exported.text[:PREVIEW]
    label = "Preview" if _is_text(exported) else "Files in it"
    st.markdown(f"**{label}**")
    long = len(shown) > 1_000 or shown.count("\n") > 16
    # Not coloured: headings of highlighted markdown are too faint on their ground.
    with st.container(key=_KEY):
        st.code(shown, language=None, wrap_lines=True, height=420 if long else "content")
    _FOCUSABLE(data={"scrolls": ".st-key-export-preview pre"}, key="focusable", height="content")
    if len(shown) < len(exported.text):
        st.caption(f"The first {PREVIEW:,} of {len(exported.text):,} characters.")


def size(count: int) -> str:
    """`812 bytes`, `14 KB`, `3.2 MB`."""
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1_000:.0f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
