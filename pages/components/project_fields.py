"""What stands beside the fields of a project: why one was refused, its length, what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.browser import counter
from pages.components.gallery import as_list
from pages.components.markdown import escape
from specforge_core import DESCRIPTION_MAX, InvalidInput

FAR_TOO_LONG = 10 * DESCRIPTION_MAX  # characters

# Streamlit hears of a text when its field is left. Told so, but not left, the field keeps the
# focus and the cursor, and the list beside it follows what is typed.
_FOLLOW = st.components.v2.component(
    "specforge_follow_field",
    html="<div></div>",
    js="""
    const PAUSE_MS = 500;
    export default function ({ data }) {
      let pending = 0;
      const leave = (field) => field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
      const typed = ({ target, isComposing }) => {
        if (isComposing || target.getAttribute?.("aria-label") !== data.label) return;
        clearTimeout(pending);
        pending = setTimeout(() => leave(target), PAUSE_MS);
      };
      document.addEventListener("input", typed, true);
      return () => document.removeEventListener("input", typed, true);
    }
    """,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was not taken. It stands beside its field until that is changed."""

    field: str
    text: str
    why: str

    @classmethod
    def of(cls, exc: InvalidInput, title: str, description: str) -> Refusal:
        return cls(exc.field, title if exc.field == "title" else description, str(exc))


def below(label: str, limit: int, field: str, text: str, refusal: Refusal | None) -> None:
    """Under a field of a project: why it was refused, and how long it is."""
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        if refusal and (refusal.field, refusal.text) == (field, text):
            st.markdown(f":red[:material/error: {escape(refusal.why)}]")
        elif len(text) > FAR_TOO_LONG:
            st.markdown(
                f":red[:material/error: {len(text):,} of {limit:,} characters. Keep the essence"
                " here; details fit into the answers to the questions of each document.]"
            )
        if len(text) <= FAR_TOO_LONG:  # or the browser would get it back to count it
            counter(label, limit, text)


def still_to_fill_in(marks: tuple[str, ...]) -> None:
    """Beside the description: what its marks in brackets ask for, as one types."""
    with st.container(border=True, gap="xsmall", width=230):
        st.markdown(f"**Still to fill in** ({len(marks)})")
        st.caption(as_list(marks))
        st.caption("Write over the marks in brackets.")
        _FOLLOW(data={"label": "Description"}, key="follow description", height="content")
