"""Changes to what people have decided about providers."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from pages.components.session import forge
from specforge_core import Policy

_turn = Lock()  # two people who change different things at once both get their way


def change(update: Callable[[Policy], dict[str, Any]]) -> None:
    """Stores new values of some fields of the policy as it is now; the others stay.

    Raises `InvalidInput` for a value that cannot be.
    """
    with _turn:
        policy = forge().policy()
        changed = policy.model_copy(update=update(policy))
        forge().set_policy(Policy.read(changed.write()))  # a copy is not checked, what is read is


def change_provider(name: str, **values: object) -> None:
    """The same for one provider's."""

    def update(policy: Policy) -> dict[str, Any]:
        one = policy.of(name).model_copy(update=values)
        return {"providers": {**policy.providers, name: one}}

    change(update)
