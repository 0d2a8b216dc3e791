"""One short request to a provider: does it answer, and how fast."""

from __future__ import annotations

from concurrent.futures import Future
from time import monotonic
from typing import NamedTuple

import streamlit as st

from pages.components.choice import choose_model, fast_model
from pages.components.markdown import escape
from pages.components.money import money
from pages.components.session import forge
from pages.components.status import duration, stream_badges
from specforge_core import ConnectionTest, ProviderStatus, SpecForgeError


class Test(NamedTuple):
    """The latest test of a provider in this session; `began` in monotonic seconds."""

    model: str
    began: float
    future: Future[ConnectionTest]


def connection_test(provider: ProviderStatus) -> None:
    """A model to choose, the button, and what came of the latest test in this session.

    Comes back at once: a test goes on, also when the page is left, and is shown when it ends.
    """
    tests: dict[str, Test] = st.session_state.setdefault("tests", {})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = choose_model(
            st.container(width=360), f"test {provider.name} model", provider, fast_model(provider)
        )
        pressed = st.button(
            "Test connection", key=f"test {provider.name}", icon=":material/network_check:"
        )
    latest = tests.get(provider.name)
    if pressed and (latest is None or latest.future.done()):
        latest = tests[provider.name] = Test(model, monotonic(), _begun(provider.name, model))
    if latest is None:
        return
    if latest.future.done():
        _show(latest.future)
    else:
        _testing(provider.label, latest)


def _begun(provider: str, model: str) -> Future[ConnectionTest]:
    try:
        return forge().test_connection(provider, model)
    except SpecForgeError as exc:  # nobody can be asked: that is the result
        refused: Future[ConnectionTest] = Future()
        refused.set_exception(exc)
        return refused


@st.fragment(run_every=0.5)
def _testing(label: str, test: Test) -> None:
    """The seconds so far, then the result.

    No rerun ends it: that would close a list of choices which somebody has opened meanwhile.
    """
    if test.future.done():
        _show(test.future)
        return
    waited_s = monotonic() - test.began
    st.markdown(
        f":gray[:material/hourglass_top: Testing {escape(test.model or label)} … {waited_s:.0f} s]"
    )


def _show(test: Future[ConnectionTest]) -> None:
    if test.cancelled():  # SpecForge was stopped meanwhile
        return
    with st.container(gap=None):
        try:
            result = test.result()
        except SpecForgeError as exc:
            st.markdown(f":red[:material/error:] {escape(str(exc))}")
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
