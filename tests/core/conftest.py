"""The loopback provider, as a fixture of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.loopback import LoopbackProvider


@pytest.fixture
def server() -> Iterator[LoopbackProvider]:
    with LoopbackProvider() as running:
        yield running
