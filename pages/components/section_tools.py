"""What a reviewer can do with one section: edit it, have it written anew, refine it, pin it."""

from __future__ import annotations

import streamlit as st

from pages.components.browser import focus_in
from pages.components.choice import choose
from pages.components.editor import back_from_editor, open_editor
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.refine import open_conversation
from pages.components.session import act, forge
from specforge_core import NOTE_MAX, Run, Section, WorkStatus


def section_tools(run: Run, section: Section, reasons: tuple[str, ...], pinned: bool) -> None:
    """A row below a section that is not being written."""
    name = section.section
    if reasons:
        _out_of_date(run, section, reasons)
    if st.session_state.get("writing anew") == (run.run_id, name):
        _write_anew(run, section)
        return
    with st.container(horizontal=True, gap="small", key=f"tools {name}"):
        act(
            open_editor,
            name,
            label="Edit",
            key=f"edit {name}",
            icon=":material/edit_note:",
            type="tertiary",
            help=f"Change the text of “{escape(section.title)}”",
        )
        back_from_editor(name, f"edit {name}")
        act(
            _open,
            run.run_id,
            name,
            label="Write anew",
            key=f"anew {name}",
            icon=":material/refresh:",
            type="tertiary",
            disabled=pinned,
            help="Pinned: unpin it first." if pinned else "With a note, such as “shorter, add SSO”",
        )
        if section.status is WorkStatus.COMPLETE:
            act(
                open_conversation,
                name,
                label="Refine",
                key=f"refine {name}",
                icon=":material/forum:",
                type="tertiary",
                disabled=pinned,
                help="Ask for a change, see it as a difference, then take it or not.",
            )
        act(
            _unpin if pinned else _pin,
            run.project_id,
            run.phase,
            name,
            label="Pinned" if pinned else "Pin",
            key=f"pin {name}",
            icon=":material/keep:" if pinned else ":material/keep_off:",
            type="tertiary",
            help="Writing the document anew leaves a pinned section alone.",
        )


def _out_of_date(run: Run, section: Section, reasons: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"old {section.section}"):
        first, *more = reasons
        rest = f" And {len(more)} more." if more else ""
        st.caption(
            f":orange[:material/update: Out of date.] {escape(first)}{rest}",
            width="content",
            help="\n".join(f"- {escape(reason)}" for reason in reasons) if more else None,
        )
        act(
            _confirm,
            run.run_id,
            section.section,
            label="Still right",
            key=f"confirm {section.section}",
            type="tertiary",
            icon=":material/check:",
            help="The text stays as it is and counts as up to date.",
        )


def _confirm(run_id: str, section: str) -> None:
    forge().confirm(run_id, [section], person())


def _pin(project_id: str, phase: str, section: str) -> None:
    forge().pin(project_id, phase, section, person())


def _unpin(project_id: str, phase: str, section: str) -> None:
    forge().unpin(project_id, phase, section)


def _open(run_id: str, section: str) -> None:
    st.session_state["writing anew"] = (run_id, section)


def _close() -> None:
    st.session_state.pop("writing anew", None)


def _write_anew(run: Run, section: Section) -> None:
    """The note and the provider, in place; the present text stays until the new one is there."""
    name = section.section
    with st.container(border=True, key="write-anew"):
        st.markdown(f"**Write “{escape(section.title)}” anew**")
        note = st.text_area(
            "What should be different? (optional)",
            key=f"note {run.run_id} {name}",
            height=80,
            max_chars=NOTE_MAX,
            placeholder="Shorter, add SSO, name the numbers",
        )
        focus_in("write-anew")
        if not section.provider:
            st.caption(
                f":orange[:material/edit: Edited by {escape(section.author or 'hand')}.] Written"
                " anew, that text goes to the history. Or see the change first, then decide."
            )
        chosen = choose(f"anew {run.run_id} {name}", run)
        provider, model = chosen or ("", "")
        with st.container(horizontal=True):
            act(
                _again,
                run.run_id,
                name,
                provider,
                model,
                note or "",
                label="Write it anew",
                key=f"again {name}",
                type="primary" if section.provider else "secondary",
                disabled=chosen is None,
            )
            act(
                _look_first,
                run,
                name,
                provider,
                model,
                note or "",
                label="Show the change first",
                key=f"look first {name}",
                type="secondary" if section.provider else "primary",
                icon=":material/difference:",
                disabled=chosen is None or section.status is not WorkStatus.COMPLETE,
                help="The document stays as it is until you take the change.",
            )
            act(_close, label="Never mind", key=f"never mind {name}")


def _look_first(run: Run, section: str, provider: str, model: str, note: str) -> None:
    """As a proposal: what the note asks for, else what has changed since."""
    where = run.project_id, run.phase, [section]
    if note.strip():
        forge().propose(*where, note, provider, model, person())
    else:
        forge().refresh(*where, provider, model, person())
    _close()


def _again(run_id: str, section: str, provider: str, model: str, note: str) -> None:
    forge().retry_section(run_id, section, provider, model, note, person())
    _close()
