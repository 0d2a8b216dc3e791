"""What every test needs: an environment without the keys and settings of this machine."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key or setting in the developer's shell changes no test."""
    for name in os.environ:
        if name.startswith("SPECFORGE_") or name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
