"""One provider on the settings page."""

from __future__ import annotations

import streamlit as st

from pages.components.connection_test import connection_test
from pages.components.markdown import escape
from pages.components.money import rate
from pages.components.provider_policy import how_it_is_asked
from pages.components.session import forge
from specforge_core import Price, ProviderStatus

HEAD = "| Model | Context | Output | In | Cached | Out |\n|---|---:|---:|---:|---:|---:|"


@st.fragment
def provider_card(provider: ProviderStatus) -> None:
    """One that can be used: what is known of it, a test of it, and how it is asked.

    A fragment: a click in it draws this card anew, and not the page.
    """
    with st.container(border=True, gap="small"):
        st.markdown(f"**{escape(provider.label)}** :green-badge[:material/check: Configured]")
        st.caption(escape(" · ".join(_facts(provider))))
        if not provider.url_var:
            how_it_is_asked(provider)
            return
        connection_test(provider)
        if provider.models:
            with st.expander(f"Models and prices ({len(provider.models)})"):
                _models(provider)
        how_it_is_asked(provider)


def not_configured(provider: ProviderStatus) -> None:
    """One that cannot be used yet: exactly what to set."""
    with st.expander(f"{escape(provider.label)} :gray-badge[Not configured]"):
        st.caption(escape(provider.hint))
        st.code(provider.setup, language=None)


def _facts(provider: ProviderStatus) -> list[str]:
    facts = []
    if provider.key_tail:
        facts.append(f"Key ends in …{provider.key_tail}")
    if provider.base_url:
        facts.append(provider.base_url)
    if not provider.url_var:
        facts.append("Works by rules, without a key and without requests to anybody")
    if not provider.models:
        facts.append("Any model: name it when you generate")
    return facts


def _models(provider: ProviderStatus) -> None:
    prices = forge().prices(provider.name)
    rows = [HEAD]
    for model in provider.models:
        cells = [
            escape(model.label),
            _limit(model.context_tokens),
            _limit(model.max_output_tokens),
            *(escape(text) for text in _rates(prices.get(model.name))),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    st.markdown("\n".join(rows))
    st.caption(
        "Limits in tokens. In, cached, out: US dollars per million tokens."
        f" Price table of {forge().prices_as_of():%d %b %Y}; your own prices, below, win."
    )


def _rates(price: Price | None) -> tuple[str, str, str]:
    """Input, cached input, output. Cached input that has no price of its own costs the same."""
    if price is None:
        return rate(None), rate(None), rate(None)
    cached_usd = price.input_usd if price.cached_usd is None else price.cached_usd
    return rate(price.input_usd), rate(cached_usd), rate(price.output_usd)


def _limit(tokens: int) -> str:
    """`1.05 M`, `128 K`; 0 is unknown."""
    if not tokens:
        return "unknown"
    if tokens < 1_000_000:
        return f"{tokens / 1_000:.0f} K"
    return f"{tokens / 1_000_000:.2f}".rstrip("0").rstrip(".") + " M"
