"""Text that is being edited, kept by the browser until it is stored or given up.

A refresh, a crash or a lost connection finds it again, with the text that it was based on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


# Several fields at once. What the server puts into them, such as a template, is kept as well.
_FORM = st.components.v2.component(
    "specforge_form",
    html="<div></div>",
    js="""
    export default function ({ data, parentElement, setStateValue }) {
      const key = "specforge draft " + data.key;
      const read = () => {
        try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
      };
      const keep = (texts) => {
        try {
          if (Object.entries(texts).some(([name, text]) => text !== data.base[name])) {
            localStorage.setItem(key, JSON.stringify(texts));
          } else localStorage.removeItem(key);
        } catch { /* a browser that keeps nothing */ }
      };
      const shown = (name) => document.querySelector(data.fields[name]);
      const first = parentElement.given === undefined;
      const given = parentElement.given ?? data.base;
      // A field in which somebody types is ahead of what the server knows.
      const news = Object.entries(data.texts).filter(([name, text]) =>
        text !== given[name] && !(data.fields[name] && shown(name) === document.activeElement));
      if (first && !news.length) setStateValue("found", read() || {});
      if (news.length) keep({ ...read(), ...Object.fromEntries(news) });
      parentElement.given = { ...data.texts };

      const typed = ({ target }) => {
        const name = Object.keys(data.fields).find((one) => target.matches?.(data.fields[one]));
        if (name) keep({ ...read(), [name]: target.value });
      };
      parentElement.leave?.();
      document.addEventListener("input", typed, true);
      parentElement.leave = () => document.removeEventListener("input", typed, true);
      return parentElement.leave;
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
            "label": label,
            "based_on": based_on,
            "store": f"{selector(store)} button",
            "leave": f"{selector(leave)} button",
        },
        key=f"draft {key}",
        on_found_change=lambda: None,
    ).found
    given = f"given {key}"
    if not found or found.get("text") is None or st.session_state.get(given):
        return None
    st.session_state[given] = True
    return Draft(str(found["text"]), dict(found["based_on"] or {}))


def keep_form(
    key: str, fields: Mapping[str, str], texts: Mapping[str, str], base: Mapping[str, str]
) -> dict[str, str] | None:
    """Keeps what stands in several fields; returns what was kept before, once.

    All by name. fields: the key of the field. texts: what the server knows of it; a name
    without a field is kept, too. base: the texts that need not be kept.
    """
    found = _FORM(
        data={
            "key": key,
            "fields": {
                name: f"{selector(field)} :is(input, textarea)" for name, field in fields.items()
            },
            "texts": dict(texts),
            "base": dict(base),
        },
        key=f"draft {key}",
        on_found_change=lambda: None,
        height="content",
    ).found
    given = f"given {key}"
    if not found or st.session_state.get(given):
        return None
    st.session_state[given] = True
    return {name: str(found[name]) for name in texts if name in found}


def forget(key: str) -> None:
    """With the next drawing of the page, the browser drops the draft."""
    st.session_state.setdefault("forget drafts", []).append(key)
    st.session_state.pop(f"given {key}", None)


def forget_drafts() -> None:
    """Belongs on every page that edits, at a place that does not move."""
    _FORGET(
        data={"keys": st.session_state.pop("forget drafts", [])}, key="forget", height="content"
    )
