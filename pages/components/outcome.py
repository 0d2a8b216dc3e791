"""After a run: how it ended, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.browser import copy_button
from pages.components.choice import choose
from pages.components.costs import costs
from pages.components.editor import WHOLE, back_from_editor, open_editor
from pages.components.markdown import escape
from pages.components.money import spent
from pages.components.notice import tell
from pages.components.origin import who, writers
from pages.components.person import person
from pages.components.phase_switcher import go_to_next
from pages.components.refine import open_conversation
from pages.components.session import act, forge
from pages.components.status import BADGES, badge, duration, stream_badges, tokens
from specforge_core import (
    NOTE_MAX,
    Cost,
    ErrorCategory,
    LiveRun,
    Phase,
    Project,
    Run,
    WorkStatus,
    slug,
)

GO_ON = {
    WorkStatus.CANCELLED: "Continue",
    WorkStatus.TRUNCATED: "Continue",
    WorkStatus.PROVIDER_ERROR: "Resume",
    WorkStatus.INTERRUPTED: "Resume",
}


def header(project: Project, phase: Phase, run: Run) -> None:
    """The state in one sentence, then Continue or Resume, and what to do with the text."""
    state, paid = forge().live(run.run_id), forge().costs(project.project_id)
    end = _watched_end(run)
    if end and end != st.session_state.get("told end"):
        st.toast(_ended(state))  # for who reads at the end of the page, away from this header
    tell(end, f"{phase.title}: {BADGES[run.stream_status][0].lower()}")
    with st.container(border=True, gap="small"):
        badges, meaning = stream_badges(section.stream_mode for section in state.sections)
        st.markdown(f"{badge(run.stream_status)} {badges} {sentence(state)}", help=meaning)
        if _over_budget(run):
            st.page_link("settings.py", label="Budgets in Settings", icon=":material/tune:")
        if facts := _facts(state, paid):
            line = " · ".join(facts)
            st.caption(escape(line[0].upper() + line[1:]))
        if run.status in GO_ON:
            _go_on(run)
        _with_the_text(project, phase, state, paid)


def _watched_end(run: Run) -> str:
    """Names the end of the run's attempt if this session has seen it at work, else ""."""
    end = f"{run.run_id} {run.attempt}"
    return end if st.session_state.get("watched") == end else ""


def told_end(run: Run) -> None:
    """At the end of the page: two fragments notice an end, and the first drawing is broken off."""
    st.session_state["told end"] = _watched_end(run)


def sentence(state: LiveRun) -> str:
    """What happened, in one sentence of markdown."""
    run, count = state.run, tokens(state.progress.tokens)
    kept = f"{count} kept." if state.progress.tokens else "Nothing is written yet."
    ends = [section.status for section in state.sections]
    match run.status:
        case WorkStatus.COMPLETE:
            if run.attempt == 1 and run.started_at and run.ended_at:
                took = duration((run.ended_at - run.started_at).total_seconds())
                return f"{count} written in {took} by {escape(writers(state))}."
            return f"{count}, written by {escape(writers(state))}.{_by_hand(state)}"
        case WorkStatus.CANCELLED:
            return f"Stopped in {duration(run.stop_s or 0.0)}, {count} kept."
        case WorkStatus.TRUNCATED:
            cut = [s.title for s in state.sections if s.status is WorkStatus.TRUNCATED]
            names = escape(", ".join(cut))
            return f"The length limit was reached before this was whole: {names}. {kept}"
        case WorkStatus.INTERRUPTED if run.error_message:
            return f"{escape(run.error_message)} {kept}"
        case WorkStatus.INTERRUPTED if WorkStatus.INTERRUPTED not in ends:
            whole = ends.count(WorkStatus.COMPLETE)
            return f"{whole} of {len(ends)} sections are written. Resume writes the rest."
        case WorkStatus.INTERRUPTED:
            return f"SpecForge was stopped or restarted while it wrote. {kept}"
        case _:
            return f"{escape(run.error_message or 'The provider failed.')} {kept}"


def _by_hand(state: LiveRun) -> str:
    """How much of a document that a model has begun is no work of a model any more."""
    texts = [one for one in state.sections if one.tokens]
    edited = sum(1 for one in texts if not one.provider)
    if edited in (0, len(texts)):
        return ""
    return f" {edited} {'section' if edited == 1 else 'sections'} edited by hand."


def _ended(state: LiveRun) -> str:
    """What the last attempt has done: of a document of which it wrote a part, that part."""
    anew = [one for one in state.sections if one.attempt == state.run.attempt]
    if state.run.status is not WorkStatus.COMPLETE or len(anew) in (0, len(state.sections)):
        return sentence(state)
    return f"Written anew: {escape(', '.join(one.title for one in anew))}."


def _over_budget(run: Run) -> bool:
    return run.status is WorkStatus.INTERRUPTED and run.error_category is ErrorCategory.QUOTA


def _facts(state: LiveRun, paid: Sequence[Cost]) -> list[str]:
    """What a failure was, exactly, and what the run has cost."""
    run, facts = state.run, []
    if run.error_category and run.status is WorkStatus.PROVIDER_ERROR:
        failed = (s for s in state.sections if s.status is WorkStatus.PROVIDER_ERROR)
        last = next(failed, run)  # of a failover, the last who was asked
        facts += [who(last.provider, last.model), str(run.error_category).replace("_", " ")]
        if run.error_status:
            facts.append(f"HTTP {run.error_status}")
        if run.error_request_id:
            facts.append(f"request {run.error_request_id}")
    if cost := spent(one for one in paid if one.run_id == run.run_id):
        facts.append(cost if "cost" in cost else f"cost {cost}")
    return facts


def _go_on(run: Run) -> None:
    chosen = choose(f"go on {run.run_id}", run)
    provider, model = chosen or ("", "")
    act(
        forge().resume,
        run.run_id,
        provider,
        model,
        label=GO_ON[run.status],
        key="go on",
        type="primary",
        icon=":material/play_arrow:",
        disabled=chosen is None,
    )


def _with_the_text(project: Project, phase: Phase, state: LiveRun, paid: Sequence[Cost]) -> None:
    run = state.run
    text = forge().document(run.run_id)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if run.status is WorkStatus.COMPLETE:
            go_to_next(phase)
        if text:
            copy_button("Copy", text)
            st.download_button(
                "Download",
                text,
                file_name=f"{slug(project.title)}-{phase.name}.md",
                mime="text/markdown",
                icon=":material/download:",
                on_click="ignore",
            )
            act(open_conversation, label="Refine", key="refine", icon=":material/forum:")
            act(open_editor, WHOLE, label="Edit all", key="edit all", icon=":material/edit_note:")
            back_from_editor(WHOLE, "edit all")
        _regenerate(project, phase, run)
        _history(project, phase)
        costs(paid)


def _history(project: Project, phase: Phase) -> None:
    """Every change is there: a rewrite takes nothing away."""
    st.page_link(
        "history.py",
        label="History",
        icon=":material/history:",
        query_params={"project": project.project_id, "phase": phase.name},
    )


def _regenerate(project: Project, phase: Phase, run: Run) -> None:
    with st.popover("Regenerate", icon=":material/restart_alt:"):
        st.markdown("Write the whole document anew? The present text stays in the history.")
        pins = forge().pins(project.project_id, phase.name)
        if pins:
            st.caption(f":material/keep: {len(pins)} pinned sections are left alone.")
        note = st.text_area(
            "What should be different? (optional)",
            key=f"anew note {run.run_id}",
            height=80,
            max_chars=NOTE_MAX,
        )
        chosen = choose(f"again {run.run_id}", run)
        provider, model = chosen or ("", "")
        act(
            forge().generate,
            project.project_id,
            phase.name,
            provider,
            model,
            note or "",
            person(),
            label="Write it anew",
            key="again",
            type="primary",
            disabled=chosen is None,
        )
