"""Inputs that show what is stored, and save what a person changes in them.

Streamlit sends a text that is put into an input once. A run that is cut short meanwhile, by a
click or by a message of a component, has spent it: the browser goes on showing what stood there
before, and sends that back as if a person had typed it. So what is put in stays on record
until it must have arrived, and until then nothing that the browser may still show is saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import streamlit as st

from specforge_core import SpecForgeError

NOTHING: Any = object()
ON_ITS_WAY_S = 0.3  # a run that begins sooner may have thrown away what the last one has drawn


@dataclass(frozen=True, slots=True)
class _Put:
    """before: what stood in the input, NOTHING where it is new. drawn: on the clock, in s."""

    value: Any
    before: tuple[Any, ...]
    drawn: float | None = None


def typed(key: str) -> Any:
    """What stands in the input `key`, NOTHING where a person has not seen it or put it there."""
    value, put = st.session_state.get(key, NOTHING), _on_its_way(key)
    if put and (NOTHING in put.before or value in put.before):
        return NOTHING
    return value


def show(key: str, value: Any) -> None:
    """Puts `value` into the input `key`, which is drawn next. Then call `drawn`."""
    state, name, put = st.session_state, f"put {key}", _on_its_way(key)
    stands = state.get(key, NOTHING)
    if put and put.value == value:
        state[key] = value
    elif stands is NOTHING or stands != value:
        before = (*put.before, put.value) if put else ()
        state[name], state[key] = _Put(value, (*before, stands)), value
    else:
        state.pop(name, None)


def show_again(*keys: str) -> None:
    """Before these inputs are drawn: puts in again what may have been lost on its way."""
    for key in keys:
        put = _on_its_way(key)
        if put and typed(key) in (NOTHING, put.value):
            show(key, put.value)


def drawn(*keys: str) -> None:
    """The inputs with these keys have been drawn, with what was put into them."""
    for key in keys:
        put = _on_its_way(key)
        if put and put.drawn is None:
            st.session_state[f"put {key}"] = replace(put, drawn=monotonic())


def _on_its_way(key: str) -> _Put | None:
    """What was put in and may not have arrived.

    A new input has arrived when it is drawn: a person may change it at once.
    """
    put: _Put | None = st.session_state.get(f"put {key}")
    if put and put.drawn is not None:
        arrived = NOTHING in put.before or monotonic() - put.drawn > ON_ITS_WAY_S
        return None if arrived else put
    return put


def keep(key: str, stored: Any, save: Callable[[Any], object]) -> None:
    """Before the input `key` is drawn: saves what a person has changed in it. Then call `drawn`.

    Without such a change it shows what is stored now, whoever stored it. In a new session it
    does so too: the page of a browser that comes back may be days old.
    """
    state, known, trouble = st.session_state, f"known {key}", ""
    value = typed(key)
    if known in state and value is not NOTHING and value != state[known]:
        try:
            save(value)
            stored = value
        except SpecForgeError as exc:
            trouble = str(exc)
    show(key, stored)
    state[known] = stored
    if trouble:
        state["trouble"] = trouble
        st.rerun()
