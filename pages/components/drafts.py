"""Text that is being edited, kept by the browser until it is stored or given up.

A refresh, a crash or a lost connection finds it again, with the text that it was based on.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

_DRAFT = st.components.v2.component(
    "specforge_draft",
    html='<p class="told" role="status" aria-live="polite"></p>',
    css="""
    .told { font: 0.8rem var(--st-font); color: var(--st-gray-text-color); margin: 0; }
    """,
    js="""
    const PREFIX = "specforge draft ";
    export default function ({ data, parentElement, setStateValue }) {
      const told = parentElement.querySelector(".told");
      const key = PREFIX + data.key;
      let kept = null;
      try { kept = JSON.parse(localStorage.getItem(key)); } catch { /* keeps nothing */ }
      if (parentElement.asked !== data.key) {
        parentElement.asked = data.key;
        setStateValue("found", kept || { text: null, based_on: null });
      }
      const fields = "textarea";
      // Who pressed Edit goes on in the field: the button that had the focus is gone.
      let looks = parentElement.focused ? 0 : 30;
      parentElement.focused = true;
      const focus = () => {
        const field = [...document.querySelectorAll(fields)].find(mine);
        if (field && document.activeElement === document.body) field.focus();
        else if (looks-- > 0) setTimeout(focus, 100);
      };
      const mine = (field) => field.getAttribute("aria-label") === data.label;
      const typed = ({ target }) => {
        if (!target.matches?.(fields) || !mine(target)) return;
        try {
          const draft = { text: target.value, based_on: data.based_on };
          localStorage.setItem(key, JSON.stringify(draft));
          told.textContent = "Not stored yet. This browser keeps it, also over a refresh.";
        } catch { told.textContent = "Not stored yet."; }
      };
      // Streamlit's own shortcut would press Store before the field's text is sent.
      const pressed = (event) => {
        if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.stopPropagation();
        document.activeElement?.blur();
        setTimeout(() => document.querySelector(data.store)?.click(), 80);
      };
      const leave = () => {
        document.removeEventListener("input", parentElement.typed, true);
        document.removeEventListener("keydown", parentElement.pressed, true);
      };
      if (looks) focus();
      if (parentElement.typed) leave();
      Object.assign(parentElement, { typed, pressed });
      document.addEventListener("input", typed, true);
      document.addEventListener("keydown", pressed, true);
      return leave;
    }
    """,
)

_FORGET = st.components.v2.component(
    "specforge_forget",
    html="<div></div>",
    js="""
    export default function ({ data }) {
      try {
        data.keys.forEach((key) => localStorage.removeItem("specforge draft " + key));
      } catch { /* keeps nothing */ }
    }
    """,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, and the fingerprints of the text that it began with."""

    text: str
    based_on: dict[str, str]


def keep_draft(key: str, label: str, based_on: dict[str, str], store: str) -> Draft | None:
    """Keeps what is typed into the field called `label`; returns what was kept before, once.

    store: selects the button that Ctrl+S presses.
    """
    found = _DRAFT(
        data={"key": key, "label": label, "based_on": based_on, "store": store},
        key=f"draft {key}",
        on_found_change=lambda: None,
    ).found
    given = f"given {key}"
    if not found or found.get("text") is None or st.session_state.get(given):
        return None
    st.session_state[given] = True
    return Draft(str(found["text"]), dict(found["based_on"] or {}))


def forget(key: str) -> None:
    """With the next drawing of the page, the browser drops the draft."""
    st.session_state.setdefault("forget drafts", []).append(key)
    st.session_state.pop(f"given {key}", None)


def forget_drafts() -> None:
    """Belongs on every page that edits, at a place that does not move."""
    _FORGET(
        data={"keys": st.session_state.pop("forget drafts", [])}, key="forget", height="content"
    )
