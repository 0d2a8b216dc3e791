"""The process as such: start, memory, a crash, SIGTERM."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
from playwright.sync_api import Error, Page

from bench.browser import Browser, chromium, generate, settled, wait_until
from bench.processes import (
    ROOT,
    App,
    Provider,
    clean_environment,
    data_folder,
    free_port,
    in_child,
    seed,
)
from bench.provider import Script
from bench.results import Row, median, single

CRASH = ["--title", "Crash", "--description", "A ledger that never forgets a booking."]
MARKED = "Object.keys(bench.markers).length > 0"


# --- kill -9 -----------------------------------------------------------------------


def crash(quick: bool) -> Iterator[Row]:
    """Characters that a reader of the command line had seen and that are not stored afterwards."""
    dice, kills = random.Random(11), 4 if quick else 10
    lost = seen = 0
    with data_folder() as folder:
        for _ in range(kills):
            run_id, texts = _killed(folder, dice.randint(1, 120))
            seen += sum(map(len, texts.values()))
            lost += in_child(_lost, folder, run_id, texts)
    note = f"{kills} kills, {seen:,} characters had been shown"
    yield single("stored text lost on kill -9", lost, "characters", most=0, note=note)


def _killed(folder: Path, after: int) -> tuple[str, dict[str, str]]:
    """Kills a process after so many pieces of text; returns its run and what it had shown."""
    process = subprocess.Popen(
        [sys.executable, "-m", "specforge_core", "generate", "--json", *CRASH],
        cwd=ROOT,
        env=clean_environment(
            SPECFORGE_DATA_DIR=str(folder), SPECFORGE_OFFLINE_TPS="900", SPECFORGE_FLUSH_MS="5"
        ),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    run_id, texts, pieces = "", defaultdict[str, str](str), 0
    with process.stdout as lines:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "run":
                run_id = event["run_id"]
            elif event["event"] == "text":
                texts[event["section"]] += event["text"]
                pieces += 1
            if pieces == after:
                process.kill()
                after = -1  # what still stands in the pipe was visible too
    process.wait(timeout=30)
    return run_id, dict(texts)


def _lost(folder: Path, run_id: str, texts: dict[str, str]) -> int:
    from specforge_core import Forge, Settings

    with Forge.open(Settings(data_dir=folder)) as forge:
        stored = {section: forge.section_text(run_id, section) for section in texts}
    return sum(len(text) - _common(text, stored[section]) for section, text in texts.items())


def _common(shown: str, stored: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(shown, stored, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(shown), len(stored)))


# --- start -------------------------------------------------------------------------


def start(quick: bool) -> Iterator[Row]:
    """`make run` with a ready environment -> the first page, in a browser that is open already."""
    times, idle, worked = [], [], []
    with chromium() as browser:
        for _ in range(1 if quick else 3):
            with data_folder() as folder:
                took, rss, later = _make_run(browser, folder)
            times.append(took)
            idle.append(rss)
            worked.append(later)
    yield single("`make run` on a warm machine → first page", median(times), "s", most=5)
    yield single("idle memory, first page open", median(idle), "MB", most=250)
    yield single("  after Projects, a document and Telemetry were opened", median(worked), "MB")


def _make_run(browser: Browser, folder: Path) -> tuple[float, float, float]:
    port, begun = free_port(), time.monotonic()
    make = subprocess.Popen(
        ["make", "--no-print-directory", "run", f"PORT={port}", "ADDRESS=127.0.0.1"],
        cwd=ROOT,
        env=clean_environment(SPECFORGE_DATA_DIR=str(folder)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with browser.page() as page:
            _open(page, f"http://127.0.0.1:{port}/")
            took = time.monotonic() - begun
            server = _server(make.pid)
            page.wait_for_timeout(3000)
            idle = server.memory_info().rss / 1e6
            _work(page)
            return took, idle, server.memory_info().rss / 1e6
    finally:
        _server(make.pid).terminate()
        make.wait(timeout=20)


def _open(page: Page, url: str) -> None:
    while True:
        try:
            page.goto(url)
            break
        except Error as exc:
            if "ERR_CONNECTION_REFUSED" not in str(exc):
                raise
            time.sleep(0.05)
    page.locator("[data-testid=stMain]").get_by_text("Give SpecForge a title").wait_for()


def _server(make: int) -> psutil.Process:
    """The server that `make` started, or make itself if it has become the server."""
    family = [psutil.Process(make), *psutil.Process(make).children(recursive=True)]
    return max(family, key=lambda one: one.memory_info().rss)


def _work(page: Page) -> None:
    page.get_by_role("button", name="Load example").click()
    wait_until(page, "document.querySelector('input[aria-label=Title]').value")
    settled(page)
    page.get_by_role("button", name="Create project").click()
    page.get_by_role("button", name="Generate Brief").click()
    page.get_by_role("button", name="Generate anyway").click()
    page.locator("[data-testid=stMain] h2").first.wait_for()
    page.get_by_role("link", name="Telemetry").click()
    page.get_by_role("heading", name="Telemetry").wait_for()
    settled(page)


# --- stop --------------------------------------------------------------------------


def stop(quick: bool) -> Iterator[Row]:
    """SIGTERM while pages are open and a document is being written."""
    times, left = [], list[str]()
    with Provider() as provider, chromium() as browser:
        for _ in range(1 if quick else 3):
            provider.play(Script(tps=50))
            with data_folder() as folder:
                times.append(_stopped(browser, provider, folder))
                left += _statuses(folder)
    yield single("SIGTERM with open pages and a live stream → exit", max(times), "s", most=5)
    wrong = sum(status != "interrupted" for status in left)
    note = f"left as: {', '.join(sorted(set(left)))}"
    yield single("  live runs then not marked interrupted", wrong, "runs", most=0, note=note)


def _stopped(browser: Browser, provider: Provider, folder: Path) -> float:
    (project,) = seed(folder, 1)
    with (
        App(folder, **provider.environment) as app,
        browser.page() as writer,
        browser.page() as reader,
    ):
        generate(writer, app.phase_url(project))
        wait_until(writer, MARKED)
        reader.goto(app.phase_url(project))
        wait_until(reader, MARKED)
        return app.stop()


def _statuses(folder: Path) -> list[str]:
    """As the process left them: opening a forge would find orphans and interrupt them."""
    with duckdb.connect(str(folder / "specforge.duckdb"), read_only=True) as database:
        return [status for (status,) in database.execute("select status from runs").fetchall()]
