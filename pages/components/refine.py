"""The conversation beside a document: a request, the answer as it streams, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.browser import focus_in
from pages.components.choice import choose
from pages.components.live import stop_key, streaming_text
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.status import badge, tokens
from specforge_core import (
    NOTE_MAX,
    Phase,
    Project,
    Run,
    Section,
    Settled,
    SpecForgeError,
    WorkStatus,
)

SHOWN = 20  # requests; earlier ones are a click away
EVERYTHING = ""  # instead of a section: the whole document
CAME_OF_IT = {
    Settled.ACCEPTED: ":green[:material/check:] taken",
    Settled.DISMISSED: ":gray[:material/close:] not taken",
}


def open_conversation(section: str = EVERYTHING) -> None:
    """It stands in the address, so a refresh keeps it."""
    st.query_params["refine"] = section or "all"


def close_conversation() -> None:
    st.query_params.pop("refine", None)


def conversation_open() -> bool:
    return "refine" in st.query_params


def conversation(project: Project, phase: Phase, sections: tuple[Section, ...]) -> None:
    """Beside the document; above it on a narrow screen (style.css)."""
    with st.container(border=True, key="conversation"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.subheader("Refine", width="content")
            act(close_conversation, label="Close", key="close refine", icon=":material/close:")
        runs = forge().proposals(project.project_id, phase.name)
        said = [run for run in runs if run.note]
        if not said:
            st.caption(
                "Say what should change. The answer is shown as a difference, and nothing"
                " changes before you take it."
            )
        _earlier(f"earlier requests {project.project_id} {phase.name}", said[:-SHOWN])
        for run in said[-SHOWN:]:
            _turn(run)
        live = next((run for run in runs if run.status.live), None)
        if live is None:
            _ask(project, phase, sections)
        elif not live.note:
            st.caption("Sections are being brought up to date. Ask when that is done.")


def _earlier(key: str, said: Sequence[Run]) -> None:
    """Drawn when somebody asks for them: a long conversation would make each click slow."""
    if not said:
        return
    box = st.expander(
        f"Earlier requests ({len(said)})",
        key=key,
        icon=":material/history:",
        on_change="rerun",
    )
    if box.open:
        with box:
            for run in said:
                _turn(run)


def _turn(run: Run) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape(run.note or ""))
        if run.author:
            st.caption(escape(run.author))
    with st.chat_message("assistant", avatar=":material/edit_note:"):
        if run.status.live:
            answer(run.run_id)
        else:
            st.markdown(_outcome(run))


def _outcome(run: Run) -> str:
    if run.settled in CAME_OF_IT:
        return CAME_OF_IT[run.settled]
    if run.status is WorkStatus.COMPLETE:
        return (
            ":blue[:material/difference:] The change is shown above the document. Take it, or not."
        )
    message = f" {escape(run.error_message)}" if run.error_message else ""
    return f"{badge(run.stream_status)}{message}"


@st.fragment(run_every=0.3)
def answer(run_id: str) -> None:
    """The proposed text as it comes, and Stop."""
    state = forge().live(run_id)
    if not state.run.status.live:
        st.session_state["just proposed"] = run_id
        st.rerun()
    section = state.open_section
    with st.container(horizontal=True, vertical_alignment="center"):
        act(
            forge().cancel,
            run_id,
            label="Stop",
            key=f"stop {run_id}",
            icon=":material/stop:",
            shortcut=stop_key(state.run),
            disabled=state.run.cancel_requested_at is not None,
        )
        st.caption(tokens(state.progress.tokens), width="content")
    if section is None:
        st.caption(escape(state.run.waiting_for or "Starting"))
        return
    number = 1 + state.sections.index(section)
    place = f" ({number} of {len(state.sections)})" if len(state.sections) > 1 else ""
    st.caption(f"{escape(section.title)}{place}")
    with st.container(height=320, autoscroll=True, key="answer"):
        for piece in streaming_text(forge().section_text(run_id, section.section)):
            st.markdown(piece)


def _ask(project: Project, phase: Phase, sections: tuple[Section, ...]) -> None:
    titles = {EVERYTHING: "The whole document"} | {one.section: one.title for one in sections}
    wanted = st.query_params.get("refine", "")
    first = wanted if wanted in titles else EVERYTHING
    key = f"{project.project_id} {phase.name}"
    about = st.selectbox(
        "Change",
        list(titles),
        index=list(titles).index(first),
        format_func=lambda name: titles[name],
        key=f"about {key} {first}",
    )
    with st.expander("Provider and model", icon=":material/tune:"):
        chosen = choose(f"refine {key}")
    with st.container(key="request"):
        request = st.chat_input(
            "Shorter, add SSO, …", key=f"ask {key}", max_chars=NOTE_MAX, disabled=chosen is None
        )
    focus_in("request")
    if request and chosen:
        _propose(project, phase, about, request, *chosen)


def _propose(
    project: Project, phase: Phase, about: str, request: str, provider: str, model: str
) -> None:
    try:
        forge().propose(
            project.project_id,
            phase.name,
            [about] if about else [],
            request,
            provider,
            model,
            person(),
        )
    except SpecForgeError as exc:
        st.session_state["trouble"] = str(exc)
    st.rerun()
