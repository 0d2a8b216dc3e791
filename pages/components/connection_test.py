"""One short request to a provider: does it answer, and how fast."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.choice import choose_model, fast_model
from pages.components.markdown import escape
from pages.components.money import money
from pages.components.session import forge
from pages.components.status import duration, stream_badges
from specforge_core import ConnectionTest, ProviderStatus, SpecForgeError

Results = dict[str, ConnectionTest | str]  # by provider; text: why nobody could be asked


def connection_test(provider: ProviderStatus) -> Callable[[], None]:
    """A model to choose, the button, and what came of the latest test in this session.

    Call what it returns when the rest of the card is drawn: it makes the test, for which
    nothing that comes after it would be drawn for seconds.
    """
    # A dict that stays the same object: to write into it cannot be broken off by a rerun.
    results: Results = st.session_state.setdefault("tests", {})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = choose_model(
            st.container(width=360), f"test {provider.name} model", provider, fast_model(provider)
        )
        pressed = st.button(
            "Test connection", key=f"test {provider.name}", icon=":material/network_check:"
        )
    place = st.empty()

    def test() -> None:
        if pressed:
            with place, st.spinner(f"Asking {escape(provider.label)} …", show_time=True):
                results[provider.name] = _test(provider.name, model)
        if provider.name in results:
            with place.container(gap=None):
                _show(results[provider.name])

    return test


def _test(provider: str, model: str) -> ConnectionTest | str:
    try:
        return forge().test_connection(provider, model)
    except SpecForgeError as exc:
        return str(exc)


def _show(result: ConnectionTest | str) -> None:
    if isinstance(result, str):
        st.markdown(f":red[:material/error:] {escape(result)}")
        return
    if not result.ok:
        st.markdown(f":red[:material/error:] {escape(result.message)}")
        st.caption(escape(" · ".join(_of_failure(result))))
        return
    badges, meaning = stream_badges([result.stream_mode])
    st.markdown(
        f":green[:material/check_circle:] **{escape(result.model)}** answers."
        f" {escape(' · '.join(_measured(result)))} {badges}",
        help=meaning,
    )


def _measured(result: ConnectionTest) -> list[str]:
    parts = []
    if result.ttft_s is not None:
        parts.append(f"First token after {result.ttft_s:.2f} s")
    if result.decode_tps is not None:
        parts.append(f"{result.decode_tps:.0f} tokens/s")
    parts.append("cost unknown" if result.cost_usd is None else _cost(result))
    return parts


def _cost(result: ConnectionTest) -> str:
    if not result.cost_usd:
        return "no cost"
    counted_by = result.token_source
    return f"cost {money(result.cost_usd, about=counted_by != 'provider')}"


def _of_failure(result: ConnectionTest) -> list[str]:
    parts = [result.model, f"after {duration(result.duration_s)}"]
    if result.category:
        parts.insert(1, str(result.category).replace("_", " "))
    if result.status:
        parts.append(f"HTTP {result.status}")
    if result.request_id:
        parts.append(f"request {result.request_id}")
    return parts
