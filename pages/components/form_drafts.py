"""What is typed into a form of several fields, kept by the browser as in `drafts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.components.browser import selector
from pages.components.drafts import asking_session, first_told

# Several fields at once. What the server puts into them, such as a template, is kept as well;
# what equals its base, because it was stored or given up, is not.
_FORM = st.components.v2.component(
    "specforge_form",
    html="<div></div>",
    js="""
    export default function ({ data, parentElement: own, setStateValue }) {
      const key = "specforge draft " + data.key;
      const base = (name) => data.base[name] ?? "";
      const text = (name) => data.texts[name] ?? base(name);
      const given = (name) => JSON.stringify([text(name), base(name)]);
      const names = Object.keys({ ...data.fields, ...data.texts, ...data.base });
      // A field in which somebody types is ahead of what the server knows.
      const now = (name) => {
        const field = data.fields[name] && document.querySelector(data.fields[name]);
        return field && field === document.activeElement ? field.value : text(name);
      };
      const read = () => {
        let kept = {};
        try { kept = JSON.parse(localStorage.getItem(key)) ?? {}; } catch { /* keeps nothing */ }
        for (const [name, one] of Object.entries(kept))  // as it was kept before it had a base
          if (typeof one === "string") kept[name] = { text: one, based_on: base(name) };
        return kept;
      };
      const keep = (texts) => {
        const kept = read();
        for (const [name, text] of Object.entries(texts))
          if (text === base(name)) delete kept[name];
          else kept[name] = { text, based_on: base(name) };
        try {
          if (Object.keys(kept).length) localStorage.setItem(key, JSON.stringify(kept));
          else localStorage.removeItem(key);
        } catch { /* a browser that keeps nothing */ }
      };
      const keep_those = (named) => keep(Object.fromEntries(named.map((one) => [one, now(one)])));

      if (own.session === data.session)
        keep_those(names.filter((name) => own.given[name] !== given(name)));
      else {
        // What stands in the page, of an earlier session or a template, is ahead of what was kept;
        // what was stored elsewhere need not be kept any more.
        const kept = read();
        const ahead = names.filter((name) =>
          now(name) !== base(name) && now(name) !== kept[name]?.text);
        keep_those([...ahead, ...names.filter((name) => kept[name]?.text === base(name))]);
        setStateValue("found", { session: data.session, texts: Object.fromEntries(
          Object.entries(read()).filter(([name]) => !ahead.includes(name))) });
      }
      own.session = data.session;
      own.given = Object.fromEntries(names.map((name) => [name, given(name)]));

      const typed = ({ target }) => {
        const name = Object.keys(data.fields).find((one) => target.matches?.(data.fields[one]));
        if (name) keep({ [name]: target.value });
      };
      own.leave?.();
      document.addEventListener("input", typed, true);
      own.leave = () => document.removeEventListener("input", typed, true);
      return own.leave;
    }
    """,
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into one field of a form, and the text that was its base then."""

    text: str
    based_on: str


def keep_form(
    key: str, fields: Mapping[str, str], texts: Mapping[str, str], base: Mapping[str, str]
) -> dict[str, Typed]:
    """Keeps what stands in several fields; returns what was kept before, once, else nothing.

    All by name. fields: the key of the field. texts: what the server knows of it; a name
    without a field is kept, too. base: the texts that need not be kept.
    """
    found = _FORM(
        data={
            "key": key,
            "session": asking_session(),
            "fields": {
                name: f"{selector(field)} :is(input, textarea)" for name, field in fields.items()
            },
            "texts": {name: text for name, text in texts.items() if text != base[name]},
            "base": {name: text for name, text in base.items() if text},
        },
        key=f"draft {key}",
        on_found_change=lambda: None,
        height="content",
    ).found
    if not first_told(key, found):
        return {}
    st.session_state[f"given {key}"] = True
    return {
        name: Typed(str(one["text"]), str(one["based_on"]))
        for name, one in found["texts"].items()
        if name in texts
    }
