"""The choice of provider and model, and the page before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.components import shortcuts
from pages.components.browser import focus_on
from pages.components.gate import offer_skip
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from pages.components.status import badge
from specforge_core import Phase, Project, ProviderStatus, Run, RunKind, Step, StreamStatus


def ready(project: Project, phase: Phase, steps: Sequence[Step] = ()) -> None:
    """Ready to generate: what will be written, by whom, and the button.

    steps: of the project, where they are known already.
    """
    titles = ", ".join(section.title for section in phase.sections)
    steps = steps or forge().steps(project.project_id)
    step = next(one for one in steps if one.phase == phase.name)
    asking = f"generate without {project.project_id} {phase.name}"
    with st.container(border=True):
        st.markdown(f"{badge(StreamStatus.IDLE)} **Ready to generate**")
        st.caption(escape(f"{phase.purpose} {len(phase.sections)} sections: {titles}."))
        _warn_about_inputs(phase, steps)
        chosen = choose(f"generate {project.project_id} {phase.name}")
        if step.unanswered and st.session_state.get(asking):
            _ask_about(project, phase, step, chosen)
            return
        with st.container(horizontal=True):
            act(
                partial(_set, asking) if step.unanswered else generate,
                project,
                phase,
                *(chosen or ("", "")),
                label=f"Generate {escape(phase.title)}",
                key="generate",
                type="primary",
                icon=":material/edit:",
                disabled=chosen is None,
                shortcut=shortcuts.GENERATE,
                help=f"{shortcuts.GENERATE}. Within an answer it only saves the answer.",
            )
            offer_skip(project, phase.name, "Skip this phase")


def generate(project: Project, phase: Phase, provider: str, model: str) -> None:
    forge().generate(project.project_id, phase.name, provider, model, author=person())
    st.session_state[questions_box(project, phase)] = False  # now the document is looked at


def questions_box(project: Project, phase: Phase) -> str:
    """The key of the box with the questions: true while it is open."""
    return f"questions {project.project_id} {phase.name}"


def _set(name: str, *_: object) -> None:
    st.session_state[name] = True


def _ask_about(project: Project, phase: Phase, step: Step, chosen: tuple[str, str] | None) -> None:
    """Required questions are open: have them answered, or go on with assumptions."""
    count = len(step.unanswered)
    asked = forge().latest_run(project.project_id, phase.name, RunKind.ANSWERS)
    at_work = asked is not None and asked.status.live
    noun = "A required question is" if count == 1 else f"{count} required questions are"
    with st.container(key="unanswered"):
        lines = [f"- {escape(text)}" for text in step.unanswered]
        st.markdown("\n".join([f":orange[:material/help:] **{noun} open:**", "", *lines]))
        with st.container(horizontal=True):
            act(
                suggest,
                project,
                phase,
                step,
                *(chosen or ("", "")),
                label="Suggest answers",
                key="suggest required",
                type="primary",
                icon=":material/lightbulb:",
                disabled=chosen is None or at_work,
                help="Answers are being suggested below."
                if at_work
                else "They are marked until you edit or keep them. Then generate.",
            )
            act(
                generate,
                project,
                phase,
                *(chosen or ("", "")),
                label="Generate anyway",
                key="generate anyway",
                icon=":material/edit:",
                disabled=chosen is None,
            )
            act(
                st.session_state.pop,
                f"generate without {project.project_id} {phase.name}",
                None,
                label="Not yet",
                key="not yet",
                type="tertiary",
            )
            focus_on("suggest required")  # Ctrl+Enter has led here
        st.caption("Or answer below. Generated anyway, what is missing is marked as an assumption.")


def suggest(project: Project, phase: Phase, step: Step, provider: str, model: str) -> None:
    asked = forge().questions(project.project_id, phase.name).questions
    keys = [one.key for one in asked if one.text in step.unanswered]
    forge().suggest_answers(project.project_id, phase.name, provider, model, keys, person())
    st.session_state.pop(f"generate without {project.project_id} {phase.name}", None)


def _warn_about_inputs(phase: Phase, steps: Sequence[Step]) -> None:
    missing = [step.title for step in steps if step.phase in phase.inputs and step.run_id is None]
    if missing:
        names = escape(" and ".join(missing))
        st.caption(f":material/info: Better with the {names} written first: it is read for this.")


def choose(key: str, run: Run | None = None) -> tuple[str, str] | None:
    """Selects a provider and a model; None while that provider cannot be used.

    Begins with the run's, else with the first configured provider that has a model.
    `key` names the run as well: what was chosen for one document is not chosen for another.
    """
    providers = {one.name: one for one in forge().providers()}
    first = run.provider if run and run.provider in providers else _preferred(providers)
    left, right = st.columns(2)
    name = left.selectbox(
        "Provider",
        list(providers),
        index=list(providers).index(first),
        format_func=lambda name: _provider_label(providers[name]),
        key=f"{key} provider",
    )
    provider = providers[name]
    used = run.model if run and run.provider == name else ""
    model = choose_model(right, f"{key} model {name}", provider, used)
    if not provider.configured:
        st.info(escape(provider.hint), icon=":material/key:")
        return None
    return (name, model) if model else None


def choose_model(
    where: st.delta_generator.DeltaGenerator, key: str, provider: ProviderStatus, first: str = ""
) -> str:
    """One of the provider's models, or the name of another one where it may have more.

    Begins with `first`, which need not be in the list. "" while none is chosen.
    """
    labels = {model.name: model.label for model in provider.models}
    if first and provider.open_models:
        labels.setdefault(first, first)
    if not labels:
        typed = where.text_input("Model", key=key, placeholder="Name of the model")
        return (typed or "").strip()
    chosen = where.selectbox(
        "Model",
        list(labels),
        index=list(labels).index(first) if first in labels else 0,
        format_func=lambda name: labels.get(name, name),
        key=key,
        accept_new_options=provider.open_models,
        help="Choose one, or type the name of another." if provider.open_models else None,
    )
    return (chosen or "").strip()


def fast_model(provider: ProviderStatus) -> str:
    """The cheap one, "" where none is known as such."""
    return next((one.name for one in provider.models if one.tier == "fast"), "")


def _provider_label(provider: ProviderStatus) -> str:
    return provider.label if provider.configured else f"{provider.label} (not configured)"


def _preferred(providers: dict[str, ProviderStatus]) -> str:
    usable = [p.name for p in providers.values() if p.configured and p.models]
    with_key = [name for name in usable if providers[name].key_var]
    return (with_key or usable or list(providers))[0]
