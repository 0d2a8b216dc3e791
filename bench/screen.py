"""What a person sees: first text, live text, the stop button, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from bench.browser import Browser, Traffic, chromium, generate, noted, stop_and_keep, wait_until
from bench.processes import App, Cpu, Provider, data_folder, seed
from bench.provider import Script
from bench.results import Row, single, spread

FILL_SECTIONS = 3  # of the five of a brief; the other two are live, with a change between them
FIRST_MARKER = "Object.keys(bench.markers).length > 0"


def first_text(quick: bool) -> Iterator[Row]:
    """Click on Generate -> first text, with the offline drafter at its usual pace."""
    clicks = 5 if quick else 16
    waits = []
    with data_folder() as folder:
        projects = seed(folder, clicks + 1)
        with App(folder) as app, chromium() as browser:
            for project in projects:
                with browser.page() as page:
                    generate(page, app.phase_url(project))
                    wait_until(page, "bench.first > 0")
                    notes = noted(page)
                    waits.append(notes["first"] - notes["click"])
                    stop_and_keep(page)
                    page.get_by_text("Stopped in").first.wait_for()
    yield single("the very first click after a start, imports included", waits[0], "ms")
    yield spread("click on Generate → first text on screen, offline provider", waits[1:], p95=500)


def live_text(quick: bool) -> Iterator[Row]:
    """Token received -> visible, by the size of the document and the speed of the stream."""
    seconds = 6.0 if quick else 12.0
    cases = [(2, 50), (2, 200), (40, 50), (40, 200), (200, 50), (200, 200)]
    if quick:
        cases = [(40, 50), (200, 200)]
    with data_folder() as folder, Provider() as provider:
        projects = seed(folder, len(cases))
        with App(folder, **provider.environment) as app, chromium() as browser:
            for project, (size_kb, tps) in zip(projects, cases, strict=True):
                provider.play(Script(size_kb, FILL_SECTIONS, tps, seconds / 2, settle_s=3))
                with browser.page() as page:
                    yield from _watch(page, app, app.phase_url(project), (size_kb, tps), seconds)


def _watch(page: Page, app: App, url: str, case: tuple[int, int], seconds: float) -> Iterator[Row]:
    size_kb, tps = case
    generate(page, url)
    wait_until(page, FIRST_MARKER, 60)
    traffic, cpu = Traffic(page), Cpu(app.measured)
    page.wait_for_timeout(1000 * (seconds - 2))
    server, (kb_per_s, main_thread) = cpu.percent(), traffic.read()
    page.get_by_text("written in").first.wait_for(timeout=60_000)
    notes = noted(page)
    lags = [seen - int(sent) for sent, seen in notes["markers"].items()]
    first = min(map(int, notes["markers"]))
    long = [took for began, took in notes["longTasks"] if began > first]
    before = [took for began, took in notes["longTasks"] if notes["click"] < began <= first]
    name = f"{size_kb} KB, {tps} tokens/s"
    p50, p95 = {2: (None, None), 40: (200, 300), 200: (None, 350)}[size_kb]
    yield spread(f"token received → visible, {name}", lags, p50=p50, p95=p95)
    yield single(f"  to one viewer, {name}", kb_per_s, "KB/s", most=60 if size_kb == 40 else None)
    limit = 25 if size_kb == 40 else None
    yield single(f"  browser main thread, {name}", main_thread, "%", most=limit)
    note = f"before the live section {max(before, default=0):.0f}"
    longest = max(long, default=0)
    yield single(f"  longest browser task, {name}", longest, "ms", most=100, note=note)
    yield single(f"  server CPU, provider SDK included, {name}", server, "%")


def stop_button(quick: bool) -> Iterator[Row]:
    """Click on "Stop and keep the text" -> the provider sees its client leave."""
    with data_folder() as folder, Provider() as provider:
        projects = seed(folder, 3 if quick else 8)
        provider.play(Script())
        with App(folder, **provider.environment) as app, chromium() as browser:
            lags = [_stop(browser, app, provider, project) for project in projects]
    yield spread("“Stop and keep the text” in the browser → provider socket closed", lags, p95=250)


def _stop(browser: Browser, app: App, provider: Provider, project: str) -> float:
    with browser.page() as page:
        generate(page, app.phase_url(project))
        wait_until(page, FIRST_MARKER)
        provider.forget_gone()
        stop_and_keep(page)
        gone = provider.gone()["gone_ms"]
        page.get_by_text("Stopped in").first.wait_for()
        return gone - float(noted(page)["click"])
