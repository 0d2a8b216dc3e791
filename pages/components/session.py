"""The forge that the launcher opened, and what a reader's session remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.components.markdown import escape
from specforge_core import Forge, SpecForgeError

_served: Forge | SpecForgeError = SpecForgeError(
    "SpecForge was started without its forge. Use: make run"
)


def serve(forge: Forge | SpecForgeError) -> None:
    """What every page of this process works with: the forge, or why there is none."""
    global _served
    _served = forge


def served() -> Forge | SpecForgeError:
    return _served


def forge() -> Forge:
    """The forge. Without one, the page says why, ends here, and looks for it by itself."""
    if isinstance(_served, SpecForgeError):
        said = "\n\n".join(map(escape, str(_served).splitlines()))
        st.error(said, icon=":material/database_off:")
        _look_again(str(_served))
        st.stop()
    return _served


@st.fragment(run_every=2.0)
def _look_again(said: str) -> None:
    """Draws the page anew when the forge is there, or another reason why it is not."""
    if str(_served) != said:
        st.rerun()


def act(verb: Callable[..., object], *args: object, label: str, **look: Any) -> None:
    """A button that does `verb`; what it refuses is shown by `show_trouble` in the next run.

    The button's value decides, not a callback: a session that was made anew, after a
    restart or a long sleep, still gets the value of the first click but has no callbacks.
    """
    if st.button(label, **look):
        try:
            verb(*args)
        except SpecForgeError as exc:
            st.session_state["trouble"] = str(exc)
        st.rerun()


@st.fragment(run_every=3600.0)
def come_back() -> None:
    """Lets a browser that comes back after a restart or a long sleep draw its page by itself.

    It asks for the page when anything in it ticks, however slowly. Without that, the new session
    learns of the page with the first click, too late to know what that click has changed, and
    does not know the fragments whose clicks the browser goes on sending.
    """


def show_trouble() -> None:
    """What the last click could not do, once; and what is wrong with the whole of SpecForge."""
    if notice := forge().notice:
        st.warning(escape(notice), icon=":material/warning:")
    if trouble := st.session_state.pop("trouble", ""):
        st.error(escape(trouble), icon=":material/error:")
