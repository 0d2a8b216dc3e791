"""Who wrote what: the provider and model of a run, and of a section that another one wrote."""

from __future__ import annotations

from pages.components.session import forge
from specforge_core import LiveRun, Run, Section


def provider_label(name: str) -> str:
    return next((one.label for one in forge().providers() if one.name == name), name)


def who(provider: str, model: str) -> str:
    """`OpenAI, gpt-6.1-terra`."""
    for one in forge().providers():
        if one.name == provider:
            label = next((m.label for m in one.models if m.name == model), model)
            # What a model is good for is a help to choose, and no part of its name.
            return f"{one.label}, {model if label.endswith(model) else label}"
    return f"{provider}, {model}"


def writers(state: LiveRun) -> str:
    """The models that wrote sections of it, the run's choice first: `OpenAI, a and Anthropic, b`.

    Where people wrote all of it: their names, or `hand`.
    """
    texts = [one for one in state.sections if one.tokens]
    models = dict.fromkeys((one.provider, one.model) for one in texts if one.provider)
    people = dict.fromkeys(one.author for one in texts if one.author)
    chosen = (state.run.provider, state.run.model)
    if texts and not models:
        names = list(people) or ["hand"]
    else:
        names = [who(*one) for one in sorted(models, key=lambda one: one != chosen) or [chosen]]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def origin(run: Run, section: Section) -> str:
    """Who wrote a section that the run's provider and model did not write, else ""."""
    if not section.tokens or (section.provider, section.model) == (run.provider, run.model):
        return ""
    if not section.provider:
        return f"Edited by {section.author or 'hand'}."
    written = f"Written by {who(section.provider, section.model)}"
    # The run's choice was another one in an earlier attempt. A text that was put there whole
    # (accepted, restored, pinned) begins and ends at one moment: nobody was asked for it.
    if section.attempt < run.attempt or section.started_at == section.ended_at:
        return f"{written}."
    failed = provider_label(run.provider) if section.provider != run.provider else run.model
    return f"{written}, after {failed} failed."
