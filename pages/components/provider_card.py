"""One provider on the settings page."""

from __future__ import annotations

import streamlit as st

from pages.components.markdown import escape
from specforge_core import ProviderStatus


def provider_card(provider: ProviderStatus) -> None:
    """Whether it can be used; its key's end and address, or exactly what to set."""
    with st.container(border=True, gap="small"):
        state = (
            ":green-badge[:material/check: Configured]"
            if provider.configured
            else ":gray-badge[Not configured]"
        )
        st.markdown(f"**{escape(provider.label)}** {state}")
        if not provider.configured:
            st.caption(escape(provider.hint))
            st.code(provider.setup, language=None)
            return
        facts = []
        if provider.key_tail:
            facts.append(f"key ends in …{provider.key_tail}")
        if provider.base_url:
            facts.append(provider.base_url)
        models = ", ".join(model.label for model in provider.models)
        facts.append(f"models: {models}" if models else "any model: name it when you generate")
        st.caption(escape(" · ".join(facts)))
