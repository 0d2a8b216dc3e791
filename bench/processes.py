"""The processes that are measured, or kept apart so that their CPU is not counted."""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

from bench.provider import Script, command

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")


def in_child(work: Callable[..., T], *args: Any) -> T:
    """Runs a module-level function in a fresh process and returns what it returned."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


@contextmanager
def data_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="specforge-bench-") as folder:
        yield Path(folder)


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without the keys and settings of this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SPECFORGE_") and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    return {**kept, **more}


def seed(data_dir: Path, projects: int) -> list[str]:
    """Creates projects in a database that no process has open; returns their ids."""
    return in_child(_seed, data_dir, projects)


def _seed(data_dir: Path, projects: int) -> list[str]:
    from pages.components.project_form import EXAMPLE
    from specforge_core import Forge, Settings

    with Forge.open(Settings(data_dir=data_dir)) as forge:
        required = [one.key for one in forge.phase("brief").questions if one.required]
        made = []
        for number in range(projects):
            project = forge.create_project(f"{EXAMPLE.title} {number}", EXAMPLE.description)
            # Answered, so that Generate begins at the first click.
            forge.save_answers(project.project_id, "brief", dict.fromkeys(required, "As above."))
            made.append(project.project_id)
        return made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Provider:
    """The loopback provider; `play` says what the next requests get."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.provider"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._gone: queue.Queue[dict[str, float]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.root_url: str = self._answers.get(timeout=20)["root_url"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            (self._gone if "gone" in message else self._answers).put(message)

    def play(self, script: Script) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command(script))
        self._process.stdin.flush()
        self._answers.get(timeout=20)

    def gone(self) -> dict[str, float]:
        """The next client that left early: `gone` (monotonic) and `gone_ms` (since 1970)."""
        return self._gone.get(timeout=20)

    def forget_gone(self) -> None:
        while not self._gone.empty():
            self._gone.get()

    @property
    def environment(self) -> dict[str, str]:
        """For a process whose pages then choose the custom endpoint by themselves."""
        return {
            "CUSTOM_BASE_URL": f"{self.root_url}/v1",
            "CUSTOM_MODEL": "bench",
            "SPECFORGE_SECTION_TOKENS": "100000",  # its sections are far longer than real ones
        }

    @property
    def every_wire(self) -> dict[str, str]:
        return {
            **self.environment,
            "ANTHROPIC_BASE_URL": self.root_url,
            "ANTHROPIC_API_KEY": "bench-key-of-the-loopback",
            "GOOGLE_BASE_URL": self.root_url,
            "GOOGLE_API_KEY": "bench-key-of-the-loopback",
        }


class App:
    """The real server process: `streamlit run app.py` on a free port."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (data_dir / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *self._options()],
            cwd=ROOT,
            env=clean_environment(SPECFORGE_DATA_DIR=str(data_dir), **environment),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.measured = psutil.Process(self._process.pid)
        self._wait_until_ready()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            self.stop()
        self._log.close()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The server does not start: {self._log.name}") from None
                time.sleep(0.05)

    def _options(self) -> list[str]:
        return ["--server.port", str(self.port), "--server.address", "127.0.0.1"]

    def phase_url(self, project_id: str, phase: str = "brief") -> str:
        return f"{self.url}/phase?project={project_id}&phase={phase}"

    def stop(self) -> float:
        """SIGTERM; returns the seconds until the process was gone."""
        start = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return time.monotonic() - start

    def rss_mb(self) -> float:
        return float(self.measured.memory_info().rss) / 1e6


class Cpu:
    """CPU of a process as a share of one core, in percent, since it was made."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._start, self._used = time.monotonic(), self._seconds()

    def _seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def percent(self) -> float:
        return 100 * (self._seconds() - self._used) / (time.monotonic() - self._start)
