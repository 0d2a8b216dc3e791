"""Fields that save themselves a moment after the last key, without losing focus or text.

The browser commits the field when typing pauses; the server saves it and says so beside it.
What could not be saved stays in the field, and in the browser until it could.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from pages.components.browser import selector
from pages.components.inputs import NOTHING, show, typed
from specforge_core import SpecForgeError

COMPARED = 4_000  # characters, enough to tell two texts of one length apart

_AUTOSAVE = st.components.v2.component(
    "specforge_autosave",
    html='<div role="status"><span></span> <button type="button" hidden>Put it back</button></div>',
    css="""
    div { font: 0.8rem/1.5 var(--st-font); color: var(--st-gray-text-color); min-height: 1.2rem; }
    .wrong { color: var(--st-red-text-color); }
    button {
      font: inherit; color: var(--st-link-color); background: none; border: none; padding: 0;
      text-decoration: underline; cursor: pointer;
    }
    """,
    js="""
    const PAUSE_MS = 800, SILENT_MS = 8000, APART_MS = 60;

    export default function ({ data, parentElement }) {
      const told = parentElement.querySelector("span");
      const back = parentElement.querySelector("button");
      const own = (parentElement.autosave ??= { pending: 0, left: -Infinity });
      const field = () => document.querySelector(data.field);
      const draft = "specforge answer " + data.key;
      const arrived = (area) =>
        area?.value.length === data.length && area.value.startsWith(data.start);

      const tell = (text, wrong = false) => {
        if (told.textContent !== text) told.textContent = text;
        told.classList.toggle("wrong", wrong);
      };
      const keep = (value) => {
        try {
          if (value === null) localStorage.removeItem(draft);
          else localStorage.setItem(draft, JSON.stringify(value));
        } catch { /* a browser that keeps nothing */ }
      };
      const kept = () => {
        try { return JSON.parse(localStorage.getItem(draft)); } catch { return null; }
      };
      const later = (what, wait) => {
        clearTimeout(own.pending);
        own.pending = setTimeout(what, wait);
      };

      // What the server says about the text that stands in the field.
      const settle = () => {
        clearTimeout(own.pending);
        own.pending = 0;
        if (data.refused) return tell("Not saved", true);
        keep(null);
        const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
        tell(data.saved_at
          ? "Saved " + new Date(data.saved_at).toLocaleTimeString([], clock) : "");
      };
      const commit = () => {
        const area = field();
        if (!area) return;
        if (arrived(area)) return settle();
        own.left = performance.now();
        // Streamlit commits a field that is left. Said so, but not left, it keeps focus and cursor.
        area.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
        later(() => tell("Not saved yet: no answer from SpecForge. This browser keeps it.", true),
          SILENT_MS);
      };
      const typed = (event) => {
        const area = field();
        if (!area || event.target !== area) return;
        back.hidden = true;
        keep({ text: area.value, based_on: data.stored });
        tell("Saving …");
        later(commit, event.isComposing ? 4 * PAUSE_MS : PAUSE_MS);
      };
      // Ctrl+Enter in a field commits it, and must not press the button that has this shortcut.
      const pressed = (event) => {
        if (event.key === "Enter" && event.target === field()) event.stopPropagation();
      };

      // Streamlit joins what happens at once into one message, for the fragment of the field
      // alone: a button elsewhere would not be pressed. So a click follows a moment later.
      const left = (event) => {
        const area = field();
        if (event.target === area && !arrived(area)) own.left = performance.now();
      };
      const clicked = (event) => {
        if (!event.isTrusted || performance.now() - own.left > APART_MS) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        setTimeout(() => event.target.click(), APART_MS);
      };

      const put = (text) => {
        const area = field(), whole = Object.getOwnPropertyDescriptor(
          HTMLTextAreaElement.prototype, "value");
        if (!area) return;
        whole.set.call(area, text);
        area.dispatchEvent(new Event("input", { bubbles: true }));
      };
      // A text that was typed before a refresh or a restart, and could not be saved.
      const look_back = () => {
        const found = kept(), area = field();
        if (!found || !area || own.pending) return;
        if ([data.stored, area.value].includes(found.text.trim())) return keep(null);
        if (found.based_on === data.stored) return put(found.text);
        tell("A text that you typed was not saved; somebody else has answered since.");
        back.hidden = false;
        back.onclick = () => { back.hidden = true; put(found.text); };
      };

      own.leave?.();
      const heard = { input: typed, focusout: left, click: clicked };
      for (const name in heard) document.addEventListener(name, heard[name], true);
      document.body.addEventListener("keydown", pressed);
      own.leave = () => {
        for (const name in heard) document.removeEventListener(name, heard[name], true);
        document.body.removeEventListener("keydown", pressed);
      };
      if (!own.seen) {
        own.seen = true;
        setTimeout(look_back, 400);  // the field is drawn by then
      } else if (back.hidden && (!own.pending || arrived(field()))) settle();
      return () => { own.leave(); clearTimeout(own.pending); };
    }
    """,
)


@dataclass(frozen=True, slots=True)
class Field:
    """What a session knows of a field: its text, and what was stored then, by whomever.

    problem: why the text is not saved, else "". replaced: the text that lost where two persons
    answered, "" where none did; mine: it is the one that was typed in this session.
    """

    shown: str
    stored: str
    saved_at: datetime | None = None
    problem: str = ""
    replaced: str = ""
    mine: bool = False


def keep_field(key: str, stored: str, save: Callable[[str], str]) -> Field:
    """Before the field `key` is drawn: saves what was typed, else shows what is stored now.

    Then the field is drawn, with what it shows as its value, and `drawn` is called.

    save: stores a text and returns it as it is stored. An untouched field follows what others
    store; one that was typed in is never written over. In a new session, what is stored is
    shown: the page of a browser that comes back may be days old.
    """
    state, name = st.session_state, f"field {key}"
    text, known = typed(key), state.get(name)
    if known is None or key not in state:
        known = Field(stored, stored)
    elif text is not NOTHING and (text != known.shown or known.problem):
        known = _saved(known, text, stored, save)
    elif stored != known.stored:
        mine = known.shown if known.saved_at else ""
        known = Field(stored, stored, replaced=mine or known.replaced, mine=bool(mine))
    show(key, known.shown)
    state[name] = known
    return known


def _saved(known: Field, text: str, stored: str, save: Callable[[str], str]) -> Field:
    elsewhere = stored if stored not in (known.stored, text) else ""
    replaced = elsewhere or known.replaced
    try:
        return Field(text, save(text), datetime.now(UTC), "", replaced)
    except SpecForgeError as exc:
        return replace(known, shown=text, stored=stored, problem=str(exc), replaced=replaced)


def settle_replaced(key: str) -> None:
    """A person has decided between two texts: the stored one is shown, and is nobody's loss."""
    name = f"field {key}"
    st.session_state[name] = replace(st.session_state[name], replaced="", saved_at=None)


def autosave(key: str, field: Field) -> None:
    """Below the field `key`: `Saving …`, `Saved 12:04` or `Not saved`."""
    _AUTOSAVE(
        data={
            "key": key,
            "field": f"{selector(key)} textarea",
            "start": field.shown[:COMPARED],
            "length": len(field.shown.encode("utf-16-le", "surrogatepass")) // 2,
            "stored": field.stored,
            "saved_at": field.saved_at.isoformat() if field.saved_at else None,
            "refused": bool(field.problem),
        },
        key=f"autosave {key}",
        height="content",
    )
