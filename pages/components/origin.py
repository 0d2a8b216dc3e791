"""Who wrote what: the provider and model of a run, and of a section that another one wrote."""

from __future__ import annotations

from pages.components.session import forge
from pages.components.status import STREAMS
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
    """All who wrote sections of it, the run's choice first: `OpenAI, a and Anthropic, b`."""
    found = dict.fromkeys((one.provider, one.model) for one in state.sections if one.tokens)
    chosen = (state.run.provider, state.run.model)
    ordered = sorted(found, key=lambda one: one != chosen) or [chosen]
    names = [who(*one) for one in ordered]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def origin(run: Run, section: Section) -> str:
    """Who wrote a section that the run's provider and model did not write, else ""."""
    if not section.tokens or (section.provider, section.model) == (run.provider, run.model):
        return ""
    written = f"Written by {who(section.provider, section.model)}"
    if section.attempt < run.attempt:
        return f"{written}."  # the run's choice was another one then
    failed = provider_label(run.provider) if section.provider != run.provider else run.model
    return f"{written}, after {failed} failed."


def byline(section: Section) -> str:
    """Who wrote a section, and how where it was no stream: `OpenAI, gpt-6.1-terra · Short turns`.

    "" before it has text.
    """
    if not section.tokens:
        return ""
    by, mode = who(section.provider, section.model), section.stream_mode
    return f"{by} · {STREAMS[mode][0]}" if mode in STREAMS else by
