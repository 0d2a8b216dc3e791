"""Who goes on when a provider fails, and how much may be spent."""

from __future__ import annotations

import streamlit as st

from pages.components.inputs import drawn, keep
from pages.components.markdown import escape
from pages.components.money import total
from pages.components.policy import change
from pages.components.session import forge
from specforge_core import ProviderStatus

DEAREST = 1_000_000.0


def failover(usable: list[ProviderStatus]) -> None:
    """The ordered list of those who go on."""
    labels = {}
    for provider in usable:
        if provider.models:
            labels[provider.name] = provider.label
        for model in provider.models if provider.url_var else ():
            labels[f"{provider.name}/{model.name}"] = f"{provider.label}, {model.label}"
    stored = list(forge().policy().failover)
    for name in stored:  # one that has lost its key is asked again when it has one
        labels.setdefault(name, f"{name} (not configured)")
    keep("failover", stored, lambda names: change(lambda _: {"failover": tuple(names)}))
    st.multiselect(
        "If a provider fails, go on with",
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key="failover",
        placeholder="Nobody: the document pauses and can be resumed",
        accept_new_options=True,
        select_all=False,
        help="Choose in the order in which they shall be asked, or type provider/model.",
    )
    drawn("failover")
    st.caption(
        "Asked in this order when retries do not help. What is written stays, and each section"
        " says who wrote it. A provider without a model uses its balanced one."
    )


def budgets() -> None:
    """Two amounts, each may be empty."""
    policy = forge().policy()
    for field in ("project_budget_usd", "day_budget_usd"):
        keep(
            field,
            getattr(policy, field),
            lambda usd, field=field: change(lambda _: {field: usd}),
        )
    left, right = st.columns(2)
    amount = {
        "min_value": 0.01,
        "max_value": DEAREST,
        "value": None,
        "step": 1.0,
        "format": "%.2f",
        "placeholder": "no budget",
        "icon": ":material/attach_money:",
    }
    left.number_input("For each project, in all", key="project_budget_usd", **amount)
    right.number_input("For everything, in a day (UTC)", key="day_budget_usd", **amount)
    drawn("project_budget_usd", "day_budget_usd")
    right.caption(escape(spent_today()))
    st.caption(
        "US dollars. A budget that is used up stops a document gently, before its next request:"
        " the text stays and Resume goes on. Requests whose price is unknown are not counted."
    )


def spent_today() -> str:
    """`Spent today: ≈$0.31 and 2 calls of unknown cost.`"""
    today = forge().spent_today()
    said = total(today.calls, today.usd, today.unknown, today.estimated)
    return f"Spent today: {'nothing' if said in ('', 'no cost') else said}."
