"""Range and providers of the telemetry page.

Both live in the address. Links in the navigation clear it, so the session remembers them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st
from streamlit.runtime.state import QueryParamsProxy

from pages.components.session import forge

Filters = tuple[str, list[str]]  # the range, the names of providers

RANGES = {
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
    "all": ("All", None),
}
DEFAULT = "7d"
NO_FILTERS: Filters = (DEFAULT, [])
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def filters() -> tuple[datetime, datetime, tuple[str, ...]]:
    """`since` and `until` in UTC, and the names of the chosen providers, empty for all."""
    labels = {provider.name: provider.label for provider in forge().providers()}
    query, kept = st.query_params, st.session_state
    came, last = "range" not in kept, kept.get("telemetry", NO_FILTERS)
    # Without a query: a link in the navigation, or back to where nothing was chosen yet.
    asked = _asked(query) if query else last if came else NO_FILTERS
    known = (
        asked[0] if asked[0] in RANGES else DEFAULT,
        [name for name in dict.fromkeys(asked[1]) if name in labels],
    )
    if came or known != last:  # another address: a link, or the way back
        kept["range"], kept["provider"] = known
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Range",
            list(RANGES),
            required=True,
            format_func=lambda name: RANGES[name][0],
            key="range",
        )
        providers = st.multiselect(
            "Providers",
            list(labels),
            format_func=lambda name: labels[name],
            placeholder="All providers",
            key="provider",
            width=420,
        )
    # Not `bind=`: that would put the labels into the address instead of the short names.
    if (chosen, providers) != (_asked(query) if query else NO_FILTERS):  # each a step to go back
        query.from_dict({"range": chosen, "provider": providers})
    kept["telemetry"] = chosen, providers
    until = datetime.now(UTC)
    span = RANGES[chosen][1]
    return (until - span if span else BEGINNING), until, tuple(providers)


def _asked(query: QueryParamsProxy) -> Filters:
    return query.get("range", DEFAULT), query.get_all("provider")
