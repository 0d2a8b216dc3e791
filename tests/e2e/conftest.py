"""The real server in its own process, and a real Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.chromium import CHROMIUM, OPTIONS

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=20_000)  # two busy cores; a test waits for an event, not for this

# Until the page has been drawn after a click or a restart, and what the browser answers to it, too.
DRAWN_AGAIN = """async () => {
  const app = document.querySelector("[data-testid=stApp]");
  let last = performance.now();
  const seen = new MutationObserver(() => { last = performance.now(); });
  seen.observe(app, { attributes: true });
  while (performance.now() - last < 1500 || app.dataset.testScriptState !== "notRunning")
    await new Promise((go) => setTimeout(go, 50));
  seen.disconnect();
}"""


@dataclass
class App:
    """The application as `make run` starts it. `stop` and `kill` can be followed by `start`."""

    data_dir: Path
    settings: dict[str, str]
    root: Path = ROOT  # of the product's files
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.data_dir.with_suffix(".log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> App:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self.port))  # the same port again after a restart
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        options = ["--server.port", str(self.port), "--server.address", "127.0.0.1"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=self.root,
                env={
                    **os.environ,
                    "SPECFORGE_DATA_DIR": str(self.data_dir),
                    "SPECFORGE_RETRIES": "0",
                    **self.settings,
                },
                stdout=log,
                stderr=log,
            )
        self._until_healthy()
        return self

    def _until_healthy(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.url}/healthz").status_code in (200, 503):
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"not healthy within 60 s: {self.log.read_text()}")

    def end(self, how: signal.Signals) -> int:
        """Sends the signal and waits; returns the exit status, negative when a signal ended it."""
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(timeout=60)
        self.process = None
        return status


Serve = Callable[..., App]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(SPECFORGE_…="…")` starts the application on a fresh data folder."""
    apps: list[App] = []

    def start(**settings: str) -> App:
        apps.append(App(tmp_path / f"data-{len(apps)}", settings))
        return apps[-1].start()

    yield start
    for app in apps:
        if app.process is not None:
            app.end(signal.SIGKILL)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no Chromium found; run: make test"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield running
        running.close()


NewTab = Callable[..., Page]


@pytest.fixture
def new_tab(browser: Browser) -> Iterator[NewTab]:
    """A tab of its own person. What goes wrong in the page fails the test."""
    wrong: list[str] = []
    contexts = []

    def opened(width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda message: (
                wrong.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
