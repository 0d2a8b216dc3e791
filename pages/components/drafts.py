"""Text that is being edited, kept by the browser until it is stored or given up.

A refresh, a crash or a lost connection finds it again, with the text that it was based on.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import streamlit as st

from pages.components.browser import selector

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
      const asked = data.session + data.key;
      if (parentElement.asked !== asked) {
        parentElement.asked = asked;
        setStateValue("found", { ...kept, session: data.session });
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
      // Escape in the field leaves the editor, which asks first where something would be lost.
      const pressed = (event) => {
        const store = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
        const leave = event.key === "Escape" && event.target.matches?.("textarea")
          && mine(event.target);
        if (!store && !leave) return;
        event.preventDefault();
        event.stopPropagation();
        document.activeElement?.blur();
        const button = store ? data.store : data.leave;
        setTimeout(() => document.querySelector(button)?.click(), 80);
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


def keep_draft(
    key: str, label: str, based_on: dict[str, str], store: str, leave: str
) -> Draft | None:
    """Keeps what is typed into the field called `label`; returns what was kept before, once.

    store, leave: keys of the buttons that Ctrl+S and Escape press.
    """
    found = _DRAFT(
        data={
            "key": key,
            "session": asking_session(),
            "label": label,
            "based_on": based_on,
            "store": f"{selector(store)} button",
            "leave": f"{selector(leave)} button",
        },
        key=f"draft {key}",
        on_found_change=lambda: None,
    ).found
    if not first_told(key, found) or found.get("text") is None:
        return None
    st.session_state[f"given {key}"] = True
    return Draft(str(found["text"]), dict(found["based_on"] or {}))


def asking_session() -> str:
    """This session's name. After a restart of the server, a page that was open all the time is in
    another one, and is asked again: it goes on saying what the first one was told.
    """
    name: str = st.session_state.setdefault("asks for drafts", token_hex(8))
    return name


def first_told(key: str, found: dict[str, Any] | None) -> bool:
    """Whether the browser has said to this session what it had kept, for the first time."""
    answers_us = found is not None and found.get("session") == asking_session()
    return answers_us and not st.session_state.get(f"given {key}")


def forget(key: str) -> None:
    """With the next drawing of the page, the browser drops the draft."""
    st.session_state.setdefault("forget drafts", []).append(key)
    st.session_state.pop(f"given {key}", None)


def forget_drafts() -> None:
    """Belongs on every page that edits, at a place that does not move."""
    _FORGET(
        data={"keys": st.session_state.pop("forget drafts", [])}, key="forget", height="content"
    )
