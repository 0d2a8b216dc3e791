"""How a provider is asked: its stream, its thinking, its limits. Each input is saved at once."""

from __future__ import annotations

import streamlit as st

from pages.components.inputs import drawn, keep
from pages.components.policy import change_provider
from pages.components.session import forge
from specforge_core import ProviderPolicy, ProviderStatus, StreamMode

STREAMING = {
    StreamMode.NATIVE: ("It streams", "The text appears as the model writes it."),
    StreamMode.CONTINUED: (
        "It cannot stream: short turns",
        "Each section comes in short turns of about 300 tokens that are joined. Text appears"
        " sooner and a stop loses little; it costs more, because the text so far is sent again.",
    ),
    StreamMode.SIMULATED: (
        "It cannot stream: whole answers",
        "Each answer is waited for, then replayed. Nothing is seen until it is whole.",
    ),
}
THINKING = {"model": "As the model does", "off": "Off", "on": "On"}
WISHES = {"model": None, "off": False, "on": True}
MOST = 100_000


def how_it_is_asked(provider: ProviderStatus) -> None:
    """An expander whose label says what differs from the usual."""
    name = provider.name
    keys = {field: f"{name} {field}" for field in ProviderPolicy.model_fields}
    _keep(name, keys)
    policy = forge().policy().of(name)
    with st.expander(f"How it is asked: {_in_words(policy)}", key=f"policy {name}"):
        st.radio(
            "Streaming",
            list(STREAMING),
            format_func=lambda mode: STREAMING[mode][0],
            captions=[about for _, about in STREAMING.values()],
            key=keys["stream_mode"],
        )
        if provider.url_var:
            st.segmented_control(
                "Thinking before it answers",
                list(THINKING),
                format_func=lambda wish: THINKING[wish],
                required=True,
                key=keys["thinking"],
                help="Where the model has a switch. Thinking is paid for like text.",
            )
        left, right = st.columns(2)
        limit = {"min_value": 1, "max_value": MOST, "value": None, "placeholder": "no limit"}
        left.number_input("Most requests at once", key=keys["max_calls"], **limit)
        right.number_input("Most requests a minute", key=keys["calls_per_minute"], **limit)
        drawn(*keys.values())
        st.caption("Further requests wait for their turn. A change counts from the next request.")


def _keep(name: str, keys: dict[str, str]) -> None:
    policy = forge().policy().of(name)
    wish = next(key for key, value in WISHES.items() if value == policy.thinking)
    keep(keys["stream_mode"], policy.stream_mode, lambda m: change_provider(name, stream_mode=m))
    keep(keys["thinking"], wish, lambda key: change_provider(name, thinking=WISHES[key]))
    for field in ("max_calls", "calls_per_minute"):
        keep(
            keys[field],
            getattr(policy, field),
            lambda most, field=field: change_provider(name, **{field: most}),
        )


def _in_words(policy: ProviderPolicy) -> str:
    """`streams`, `short turns · thinking off · 2 at once · 30 a minute`."""
    streams = {
        StreamMode.NATIVE: "streams",
        StreamMode.CONTINUED: "short turns",
        StreamMode.SIMULATED: "whole answers",
    }
    parts = [streams[policy.stream_mode]]
    if policy.thinking is not None:
        parts.append(f"thinking {'on' if policy.thinking else 'off'}")
    if policy.max_calls is not None:
        parts.append(f"{policy.max_calls:,} at once")
    if policy.calls_per_minute is not None:
        parts.append(f"{policy.calls_per_minute:,} a minute")
    return " · ".join(parts)
