"""A real Chromium, and what is noted inside its pages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page, Playwright, sync_playwright

from tests.chromium import CHROMIUM, OPTIONS

# Times are Date.now(), the clock of the provider's markers. `first` is the first
# frame after the first text of the document, a marker's time that of the DOM.
NOTES = """
window.bench = {click: 0, first: 0, charts: 0, chartsChanged: 0, markers: {}, longTasks: []};
document.addEventListener('click', () => {
    Object.assign(bench, {click: Date.now(), first: 0, charts: 0, chartsChanged: 0});
}, true);
new PerformanceObserver(list => {
    for (const task of list.getEntries())
        bench.longTasks.push([performance.timeOrigin + task.startTime, task.duration]);
}).observe({type: 'longtask', buffered: true});
const note = text => {
    for (const [, at] of text.matchAll(/m(\\d{13})x/g)) bench.markers[at] ??= Date.now();
};
const chart = '[data-testid=stVegaLiteChart]';
new MutationObserver(records => {
    for (const record of records) {
        if (record.type === 'characterData') note(record.target.data);
        for (const node of record.addedNodes) note(node.textContent);
    }
    if (bench.click && !bench.first) {
        const heading = document.querySelector('[data-testid=stMain] h2');
        if (heading && heading.textContent.trim()) {
            bench.first = -1;
            requestAnimationFrame(() => { bench.first = Date.now(); });
        }
    }
    if (bench.click && !bench.charts) {
        const drawn = document.querySelectorAll(`${chart} svg, ${chart} canvas`).length;
        if (drawn >= 3) {
            bench.charts = -1;
            requestAnimationFrame(() => { bench.charts = Date.now(); });
        }
    }
    // A chart is drawn again within its element, or comes as a new one.
    const inChart = ({target, addedNodes}) => target.closest?.(chart)
        || [...addedNodes].some(node => node.matches?.(chart) || node.querySelector?.(chart));
    if (records.some(inChart)) bench.chartsChanged = Date.now();
}).observe(document, {subtree: true, childList: true, characterData: true});
"""


class Browser:
    def __init__(self, playwright: Playwright) -> None:
        self._browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page of a person that nobody knows yet."""
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(NOTES)
        try:
            yield context.new_page()
        finally:
            context.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield Browser(playwright)


def noted(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("bench")
    return found


def wait_until(page: Page, condition: str, timeout_s: float = 30.0) -> None:
    """Waits for a JavaScript condition. Playwright's own way needs `eval`: our CSP forbids it."""
    page.evaluate(
        f"""new Promise((resolve, reject) => {{
            const last = Date.now() + {1000 * timeout_s};
            const look = () => {condition} ? resolve()
                : Date.now() > last ? reject(new Error('never: ' + {condition!r}))
                : setTimeout(look, 20);
            look();
        }})"""
    )


def settled(page: Page) -> None:
    """Until the script has run and nothing is drawn any more."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def generate(page: Page, url: str) -> None:
    """Opens a phase page that is ready, and clicks Generate."""
    page.goto(url)
    button = page.get_by_role("button", name=re.compile(r"Generate\b"))
    button.wait_for()
    settled(page)
    button.click()


def stop_and_keep(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Cancel$")).click()
    page.get_by_role("button", name="Stop and keep the text").click()


class Traffic:
    """What one page costs from now on: bytes of its websocket, and its main thread."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        # Thread time: the wall time of tasks would grow with whatever else the machine does.
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._session.on("Network.webSocketFrameReceived", self._count)
        self.restart()

    def restart(self) -> None:
        self._bytes = 0
        self._start, self._busy = time.monotonic(), self._main_thread_s()

    def _count(self, event: Any) -> None:
        frame = event["response"]
        size = len(frame["payloadData"])
        self._bytes += size if frame["opcode"] == 1 else size * 3 // 4  # binary comes in base64

    def _main_thread_s(self) -> float:
        listed = self._session.send("Performance.getMetrics")["metrics"]
        return float({one["name"]: one["value"] for one in listed}["TaskDuration"])

    def read(self) -> tuple[float, float]:
        """KB/s to the page, and the share of its main thread in percent."""
        seconds, busy = time.monotonic() - self._start, self._main_thread_s() - self._busy
        return self._bytes / 1000 / seconds, 100 * busy / seconds
