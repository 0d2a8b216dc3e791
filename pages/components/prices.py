"""A person's own prices, by provider and model; they win over the price table."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from pages.components.money import rate
from pages.components.origin import who
from pages.components.policy import change
from pages.components.session import act, forge
from specforge_core import PriceOverride, ProviderStatus

RATES = {"input_usd": "Input", "cached_usd": "Cached input", "output_usd": "Output"}
DEAREST = 999_999.0


def own_prices(usable: list[ProviderStatus]) -> None:
    """An expander: what is set, each with Remove, and a form for one more."""
    own = forge().policy().prices
    st.caption(
        "What a request costs comes from a price table that ships with SpecForge, as of"
        f" {forge().prices_as_of():%d %b %Y}. What you set here wins, from the next request on."
    )
    for name, price in own.items():
        _one(name, price)
    with st.expander("Set a price", key="set a price"):
        _form(usable)


def _one(name: str, price: PriceOverride) -> None:
    provider, _, model = name.partition("/")
    cached = "" if price.cached_usd is None else f"{rate(price.cached_usd)} cached, "
    words = f"{rate(price.input_usd)} in, {cached}{rate(price.output_usd)} out"
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{escape(who(provider, model))}**: {escape(words)}", width="content")
        act(
            _remove,
            name,
            label="Remove",
            key=f"remove {name}",
            type="tertiary",
            icon=":material/delete:",
            help=f"The price table counts again for {escape(who(provider, model))}.",
        )


def _form(usable: list[ProviderStatus]) -> None:
    labels = {
        f"{provider.name}/{model.name}": f"{provider.label}, {model.label}"
        for provider in usable
        if provider.url_var
        for model in provider.models
    }
    # Each form has a number: what was saved is not there to be saved again.
    number = st.session_state.setdefault("price form", 0)
    with st.form(f"price {number}", border=False):
        name = st.selectbox(
            "Model",
            list(labels),
            index=None,
            format_func=lambda name: labels.get(name, name),
            placeholder="Choose, or type provider/model",
            accept_new_options=True,
            key=f"price model {number}",
        )
        values = {}
        for column, (field, label) in zip(st.columns(3), RATES.items(), strict=True):
            values[field] = column.number_input(
                label,
                min_value=0.0,
                max_value=DEAREST,
                value=None,
                step=0.1,
                format="%.4f",
                placeholder="as input" if field == "cached_usd" else "required",
                key=f"price {field} {number}",
            )
        st.caption("US dollars per million tokens.")
        saved = st.form_submit_button("Save price")
    if saved and _saved((name or "").strip(), values):
        st.session_state["price form"] = number + 1
        st.rerun()


def _saved(name: str, values: dict[str, float | None]) -> bool:
    """Whether it could be saved; if not, the sentence that says why stands below the form."""
    provider, _, model = name.partition("/")
    known = {one.name for one in forge().providers()}
    if provider not in known or not model:
        refused = "Choose a model, or type it as provider/model, such as custom/llama-4."
    elif values["input_usd"] is None or values["output_usd"] is None:
        refused = "Set both the input and the output price; 0 is free."
    else:
        price = PriceOverride(**values)
        change(lambda policy: {"prices": {**policy.prices, name: price}})
        return True
    st.markdown(f":red[:material/error: {escape(refused)}]")
    return False


def _remove(name: str) -> None:
    change(lambda policy: {"prices": {k: v for k, v in policy.prices.items() if k != name}})
