"""Tells a reader whose tab is away that a run has ended: in the tab's title, and as they wish."""

from __future__ import annotations

import streamlit as st

_TELL = st.components.v2.component(
    "specforge_notice",
    html="<div></div>",
    js="""
    const wants = (what) => { try { return localStorage.getItem("specforge " + what) === "on"; }
      catch { return false; } };
    const beep = () => {
      const audio = new AudioContext();
      [660, 880].forEach((pitch, number) => {
        const tone = audio.createOscillator(), volume = audio.createGain();
        const begin = audio.currentTime + number * 0.18;
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.08, begin);
        volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.3);
        tone.connect(volume).connect(audio.destination);
        tone.start(begin);
        tone.stop(begin + 0.3);
      });
    };
    export default function ({ data }) {
      if (!data.ended || window.specforgeTold === data.ended) return;
      window.specforgeTold = data.ended;
      if (!document.hidden) return;
      const title = document.title;
      document.title = "\u25cf " + data.text;
      document.addEventListener("visibilitychange", function back() {
        if (document.hidden) return;
        document.title = title;
        document.removeEventListener("visibilitychange", back);
      });
      if (wants("sound")) try { beep(); } catch { /* no sound here */ }
      if (wants("notify") && globalThis.Notification?.permission === "granted")
        try { new Notification("SpecForge", { body: data.text, tag: data.ended }); }
        catch { /* only a service worker may, on some phones */ }
    }
    """,
)

_WISHES = st.components.v2.component(
    "specforge_wishes",
    html="""
    <label><input type="checkbox" data-what="notify"> <span>Browser notification</span></label>
    <label><input type="checkbox" data-what="sound"> <span>Sound</span></label>
    <p role="status"></p>
    """,
    css="""
    label { display: flex; gap: 0.5rem; align-items: center; font: 1rem var(--st-font);
      color: var(--st-text-color); padding: 0.25rem 0; cursor: pointer; width: fit-content; }
    input { width: 1.1rem; height: 1.1rem; accent-color: var(--st-primary-color); }
    input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
    p { font: 0.8rem var(--st-font); color: var(--st-gray-text-color); margin: 0; }
    """,
    js="""
    export default function ({ parentElement }) {
      const told = parentElement.querySelector("p");
      const key = (box) => "specforge " + box.dataset.what;
      const keep = (box) => {
        try { localStorage.setItem(key(box), box.checked ? "on" : "off"); told.textContent = ""; }
        catch { told.textContent = "This browser keeps no settings."; }
      };
      for (const box of parentElement.querySelectorAll("input")) {
        try { box.checked = localStorage.getItem(key(box)) === "on"; } catch { /* stays off */ }
        box.onchange = async () => {
          keep(box);
          if (box.dataset.what !== "notify" || !box.checked) return;
          // A browser asks only after a click, and only on https or localhost.
          const answer = await globalThis.Notification?.requestPermission();
          if (answer === "granted") return;
          box.checked = false;
          keep(box);
          told.textContent = answer
            ? "The browser refused. Allow notifications for this site, then try again."
            : "This browser shows no notifications here (it wants https or localhost).";
        };
      }
    }
    """,
)


def tell(ended: str, text: str) -> None:
    """`ended` names the end of a run that this reader has watched, "" for none; told once."""
    _TELL(data={"ended": ended, "text": text}, key="notice", height="content")


def wishes() -> None:
    """What this browser does when a run ends while its tab is away."""
    _WISHES(key="wishes", height="content")
