"""Inputs that show what is stored, and save what a person changes in them.

Streamlit sends a text that is put into an input once. A run that is cut short in between, by a
click or by a message of a component, has spent it: the browser goes on showing what stood there
before, and sends that back as if a person had typed it. So what is put in stays on record
until the input is drawn, and until then nothing that the browser may still show is saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from specforge_core import SpecForgeError

NOTHING: Any = object()


def typed(key: str) -> Any:
    """What stands in the input `key`, NOTHING where a person has not seen it or put it there."""
    value = st.session_state.get(key, NOTHING)
    before = st.session_state.get(f"put {key}", ())
    return NOTHING if NOTHING in before or value in before else value


def show(key: str, value: Any) -> None:
    """Puts `value` into the input `key`, which is drawn next. Then call `drawn`."""
    state, name = st.session_state, f"put {key}"
    if name in state or key not in state or state[key] != value:
        state[name] = (*state.get(name, ()), state.get(key, NOTHING))
        state[key] = value


def drawn(*keys: str) -> None:
    """The inputs with these keys have been drawn: the browser shows what was put into them."""
    for key in keys:
        st.session_state.pop(f"put {key}", None)


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
