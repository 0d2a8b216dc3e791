"""What a project has cost so far: by document, by section, and who was paid."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.markdown import escape
from pages.components.money import money, spent
from pages.components.origin import who
from pages.components.session import forge
from specforge_core import Cost, Phase

HEAD = "| Section | Cost |\n|---|---:|"


def costs(of_project: Sequence[Cost]) -> None:
    """A popover; nothing before the first call has ended."""
    if not of_project:
        return
    with st.popover("Costs", icon=":material/payments:"):
        st.markdown(f"**This project: {escape(spent(of_project))}**")
        if budget := forge().policy().project_budget_usd:
            st.caption(escape(f"Its budget: {money(budget)}, of all time."))
        for phase in forge().phases():
            if found := [cost for cost in of_project if cost.phase == phase.name]:
                st.markdown(f"**{escape(phase.title)}**: {escape(spent(found))}")
                st.markdown(_table(phase, found))
        st.caption(_footnote(of_project))


def _table(phase: Phase, found: Sequence[Cost]) -> str:
    """One row for each section, over all runs and attempts, in document order."""
    titles = {section.key: section.title for section in phase.sections}
    rows = [HEAD]
    known = [*titles, *dict.fromkeys(cost.section for cost in found)]  # a plan may have changed
    for key in sorted({cost.section for cost in found}, key=known.index):
        of_it = [cost for cost in found if cost.section == key]
        rows.append(
            f"| {escape(titles.get(key, key))} :small[:gray[{escape(_asked(of_it))}]]"
            f" | {escape(spent(of_it))} |"
        )
    return "\n".join(rows)


def _asked(of_it: Sequence[Cost]) -> str:
    """`2 calls · 1,600 tokens in, 700 out · OpenAI, gpt-6.1-terra`."""
    calls = sum(cost.calls for cost in of_it)
    asked = dict.fromkeys(who(cost.provider, cost.model) for cost in of_it)
    return (
        f"{calls:,} {'call' if calls == 1 else 'calls'}"
        f" · {sum(cost.input_tokens for cost in of_it):,} tokens in,"
        f" {sum(cost.output_tokens for cost in of_it):,} out · {'; '.join(asked)}"
    )


def _footnote(found: Sequence[Cost]) -> str:
    notes = ["All runs and attempts, also those that were stopped or have failed."]
    if any(cost.estimated for cost in found):
        notes.append("≈: some tokens were not counted by the provider.")
    if any(cost.unknown for cost in found):
        notes.append("Where a price is unknown, set it in Settings: it counts from then on.")
    return " ".join(notes)
