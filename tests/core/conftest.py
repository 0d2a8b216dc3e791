"""The loopback provider, as a fixture of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import LoopbackProvider


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait for what may come after a finish reason takes two seconds of a person's time."""
    monkeypatch.setattr("specforge_core.providers.answer.LATE_S", 0.3)


@pytest.fixture
def server() -> Iterator[LoopbackProvider]:
    with LoopbackProvider() as running:
        yield running
