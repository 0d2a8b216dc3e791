"""A loopback provider and a facade of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from specforge_core import Forge, Settings
from tests.core.runs import Opener
from tests.loopback import LoopbackProvider


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait for what may come after a finish reason takes two seconds of a person's time."""
    monkeypatch.setattr("specforge_core.providers.answer.LATE_S", 0.3)


@pytest.fixture
def server() -> Iterator[LoopbackProvider]:
    with LoopbackProvider() as running:
        yield running


@pytest.fixture
def open_forge(tmp_path: Path) -> Iterator[Opener]:
    opened: list[Forge] = []

    def opener(**settings: object) -> Forge:
        values = {"data_dir": tmp_path, "offline_tps": 5_000.0, "retries": 0, **settings}
        opened.append(Forge.open(Settings.model_validate(values)))
        return opened[-1]

    yield opener
    for forge in opened:
        forge.close()


@pytest.fixture
def forge(open_forge: Opener) -> Forge:
    return open_forge()
