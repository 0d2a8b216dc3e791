"""The keys that press a button, in one place: buttons take them from here, and the help lists them.

Chosen so that no browser has a use of its own for them.
"""

from __future__ import annotations

import streamlit as st

GENERATE = "Ctrl+Enter"
STOP = "Alt+X"
NEXT = "Alt+N"
STORE = "Ctrl+S"  # pressed by drafts.py, which sends what stands in the field first
LEAVE = "Escape"  # pressed by drafts.py, too

WHAT = {
    GENERATE: "Generate. Within an answer it only saves the answer.",
    STOP: "Stop what is being written; what is there is kept. A document asks once.",
    STORE: "Store what you are editing",
    LEAVE: "Leave the editor; it asks before anything is lost",
    NEXT: "The next phase",
}


def keyboard_help() -> None:
    """A list of the keys behind a small button."""
    with st.popover("Keys", icon=":material/keyboard:", type="tertiary", help="Keyboard shortcuts"):
        rows = [f"| `{keys}` | {what} |" for keys, what in WHAT.items()]
        st.markdown("\n".join(["| Keys | What they do |", "|---|---|", *rows]))
        st.caption("On a Mac, Cmd works as Ctrl and Option as Alt.")
