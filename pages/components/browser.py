"""What only the browser can do: count while a person types, copy, follow a growing page."""

from __future__ import annotations

import re
from time import monotonic, sleep

import streamlit as st

# Longer than Streamlit's page waits for more to draw at once.
DRAW_S = 0.03
FOCUS_S = 4.0  # in which the focus may still be moved after a click

_COUNTER = st.components.v2.component(
    "specforge_counter",
    html='<div class="count" aria-live="polite"></div>',
    css="""
    .count { font: 0.8rem var(--st-font); color: var(--st-gray-text-color); text-align: right; }
    .count.over { color: var(--st-red-text-color); font-weight: 600; }
    """,
    js="""
    export default function ({ data, parentElement }) {
      const count = parentElement.querySelector(".count");
      const fields = "input, textarea";
      const mine = (field) => field.getAttribute("aria-label") === data.label;
      const show = (text) => {
        // Code points, as the server counts them, without the blanks it will strip.
        const length = [...text.trim()].length;
        const over = length - data.limit;
        count.textContent = `${length.toLocaleString("en")} / ${data.limit.toLocaleString("en")}`
          + (over > 0 ? ` · ${over.toLocaleString("en")} over` : "");
        count.classList.toggle("over", over > 0);
      };
      const typed = ({ target }) => target.matches?.(fields) && mine(target) && show(target.value);
      const found = [...document.querySelectorAll(fields)].find(mine);
      // A text set by the server (an example, a page opened again) comes without an input event.
      show(parentElement.seen === data.text && found ? found.value : data.text);
      parentElement.seen = data.text;
      parentElement.typed && document.removeEventListener("input", parentElement.typed, true);
      parentElement.typed = typed;
      document.addEventListener("input", typed, true);
      return () => document.removeEventListener("input", typed, true);
    }
    """,
)

_COPY = st.components.v2.component(
    "specforge_copy",
    html='<button type="button">Copy</button>',
    css="""
    button {
      font: 400 0.875rem var(--st-font); line-height: 1.6; padding: 0.25rem 0.75rem;
      min-height: 2.5rem; cursor: pointer; white-space: nowrap;
      color: var(--st-text-color); background: var(--st-background-color);
      border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
    }
    button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
    button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
    """,
    js="""
    export default function ({ data, parentElement }) {
      const button = parentElement.querySelector("button");
      button.textContent = data.label;
      // navigator.clipboard exists only on https and localhost.
      const by_selection = () => {
        const area = document.createElement("textarea");
        area.value = data.text;
        document.body.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        return done;
      };
      button.onclick = async () => {
        let done = false;
        try { await navigator.clipboard.writeText(data.text); done = true; }
        catch { done = by_selection(); }
        button.textContent = done ? "Copied" : "Your browser refused: use Download";
        setTimeout(() => { button.textContent = data.label; }, 2000);
      };
    }
    """,
)

_FOLLOW = st.components.v2.component(
    "specforge_follow",
    html="<div></div>",
    js="""
    export default function () {
      const page = document.querySelector('[data-testid="stMain"]');
      if (!page || page.follower) return;
      const below = () => page.scrollHeight - page.clientHeight - page.scrollTop;
      // Who scrolls to the end wants to follow, and who scrolls up again does not.
      let following = false;
      const scrolled = () => { following = page.scrollTop > 0 && below() < 60; };
      const to_the_end = () => { if (following) page.scrollTop = page.scrollHeight; };
      const grown = new ResizeObserver(to_the_end);
      page.addEventListener("scroll", scrolled, { passive: true });
      grown.observe(page.querySelector('[data-testid="stMainBlockContainer"]'));
      page.follower = grown;
      return () => {
        page.removeEventListener("scroll", scrolled);
        grown.disconnect();
        delete page.follower;
      };
    }
    """,
)

_FOCUS = st.components.v2.component(
    "specforge_focus",
    html="<div></div>",
    js="""
    export default function ({ data, parentElement }) {
      if (parentElement.looking) return;
      parentElement.looking = -1;
      // The button that had the focus is gone, or goes in a moment; who works with the
      // keyboard would have to begin at the top of the page.
      const named = (field) => field.textContent.trim().startsWith(data.label);
      // A button with a help text stands in the page twice, one for each width of the window,
      // and only the one that is seen takes the focus.
      const seen = (field) => field.checkVisibility() && named(field);
      let left = 30;
      const look = () => {
        const field = [...document.querySelectorAll(data.among)].find(seen);
        if (field && document.activeElement === document.body) field.focus();
        else if (left--) parentElement.looking = setTimeout(look, 100);
      };
      look();
      return () => clearTimeout(parentElement.looking);
    }
    """,
)


_SHOW = st.components.v2.component(
    "specforge_show",
    html="<div></div>",
    js="""
    export default function ({ data }) {
      if (!data.what || window.specforgeShown === data.what) return;
      window.specforgeShown = data.what;
      // Again and again for a second: what is drawn meanwhile moves the place, and a smooth
      // scroll would be broken off by it.
      let left = 10;
      const look = () => {
        document.querySelector(data.place)?.scrollIntoView({ block: "start" });
        if (left--) setTimeout(look, 100);
      };
      look();
    }
    """,
)

_SCROLLED = st.components.v2.component(
    "specforge_scrolled",
    html="<div></div>",
    js="""
    export default function ({ parentElement }) {
      // What is larger than its place scrolls in itself: by keyboard, too. A popover has more in
      // it than text as a rule, but for those that only tell something.
      const over = '[data-testid="stPopoverBody"]';
      const among = `[data-testid="stMain"] :is(table, pre), ${over}, ${over} :is(table, pre)`;
      const larger = (one) =>
        one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
      const reach = () => {
        parentElement.later = 0;
        for (const one of document.querySelectorAll(among))
          if (larger(one)) one.tabIndex = 0;
          else one.removeAttribute("tabindex");
      };
      const soon = () => { parentElement.later ||= setTimeout(reach, 500); };
      const seen = new MutationObserver(soon);
      seen.observe(document.body, { subtree: true, childList: true });
      addEventListener("resize", soon);
      soon();
      return () => {
        seen.disconnect();
        removeEventListener("resize", soon);
        clearTimeout(parentElement.later);
        parentElement.later = 0;
      };
    }
    """,
)


def selector(key: str) -> str:
    """Selects the element with this key in the browser."""
    return f".st-key-{re.sub(r'[^a-zA-Z0-9_-]', '-', key)}"


def let_draw() -> None:
    """Before what takes the browser long: what was sent so far is drawn first, not with it."""
    sleep(DRAW_S)


def reach_what_scrolls() -> None:
    """Lets the keyboard scroll each table, code and popover of the page that is larger than its
    place, also one that comes later.
    """
    _SCROLLED(key="scrolled", height="content")


def counter(label: str, limit: int, text: str) -> None:
    """`412 / 5,000` under the field called `label`, as a person types; `text` is its value."""
    _COUNTER(data={"label": label, "limit": limit, "text": text}, key=f"count {label}")


def copy_button(label: str, text: str) -> None:
    """A button that puts `text` into the clipboard."""
    _COPY(data={"label": label, "text": text}, key=f"copy {label}", width="content")


def follow() -> None:
    """Keeps the end of the page in view for a reader who has scrolled there."""
    _FOLLOW(key="follow", height="content")


def show_once(key: str, what: str) -> None:
    """Scrolls to the container with this key, once for each `what`; "" is none."""
    _SHOW(data={"place": selector(key), "what": what}, key=f"show {key}", height="content")


def focus_first(label: str) -> None:
    """Puts the focus on the button called `label` when the one that had it has gone."""
    _FOCUS(data={"label": label, "among": "button"}, key=f"focus {label}", height="content")


def focus_on(key: str) -> None:
    """Puts the focus on the button with this key, in the same case."""
    among = f"{selector(key)} button"
    _FOCUS(data={"label": "", "among": among}, key=f"focus on {key}", height="content")


def focus_next(key: str) -> None:
    """After a click on a button that goes: the focus comes to the first button in the container
    with this key, as soon as that is drawn (`settle_focus`).
    """
    st.session_state["focus next"] = key, monotonic()


def settle_focus() -> None:
    """Belongs at the end of a page whose buttons call `focus_next`.

    For some seconds, because what was begun may draw the page several times.
    """
    key, since = st.session_state.get("focus next", ("", 0.0))
    if key and monotonic() - since < FOCUS_S:
        focus_on(key)


def focus_in(key: str) -> None:
    """Puts the focus into the field of the container with this key, in the same case."""
    among = f"{selector(key)} :is(textarea, input)"
    _FOCUS(data={"label": "", "among": among}, key=f"focus in {key}", height="content")
