"""Range and providers of the telemetry page.

Both live in the address. Links in the navigation clear it, so the session remembers them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from pages.components.session import forge

RANGES = {
    "24h": ("24 hours", timedelta(hours=24)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
    "all": ("All", None),
}
DEFAULT = "7d"
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def filters() -> tuple[datetime, datetime, tuple[str, ...]]:
    """`since` and `until` in UTC, and the names of the chosen providers, empty for all."""
    labels = {provider.name: provider.label for provider in forge().providers()}
    query, kept = st.query_params, st.session_state
    if query:
        asked, names = query.get("range", DEFAULT), query.get_all("provider")
    else:
        asked, names = kept.get("telemetry", (DEFAULT, []))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Range",
            list(RANGES),
            default=asked if asked in RANGES else DEFAULT,
            required=True,
            format_func=lambda name: RANGES[name][0],
            key="range",
        )
        providers = st.multiselect(
            "Providers",
            list(labels),
            default=[name for name in names if name in labels],
            format_func=lambda name: labels[name],
            placeholder="All providers",
            key="provider",
            width=420,
        )
    # Not `bind=`: that would put the labels into the address instead of the short names.
    query.from_dict({"range": chosen, "provider": providers})
    kept["telemetry"] = chosen, providers
    until = datetime.now(UTC)
    span = RANGES[chosen][1]
    return (until - span if span else BEGINNING), until, tuple(providers)
