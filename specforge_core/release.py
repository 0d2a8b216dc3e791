"""Which release of SpecForge this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    try:
        return version("specforge")
    except PackageNotFoundError:
        return "0.1.0"
