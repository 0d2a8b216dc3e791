"""How the documents of the chain are called."""

from __future__ import annotations

from pages.components.session import forge


def titles() -> dict[str, str]:
    """The title of each phase by its name, in the order of the chain."""
    return {phase.name: phase.title for phase in forge().phases()}
