"""`doctor` and `providers`: what can be used, and what to do about the rest. No database."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict, fields
from typing import Any

from specforge_core.clock import Clock
from specforge_core.console import DONE, FAILED, say
from specforge_core.errors import InvalidInput
from specforge_core.events import StreamMode
from specforge_core.generation.plan import Target
from specforge_core.generation.probe import probe
from specforge_core.generation.services import Services
from specforge_core.generation.single_call import unlimited
from specforge_core.provider_records import ConnectionTest, ProviderStatus
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.connect import Connections, provider_statuses
from specforge_core.providers.rows import Tier
from specforge_core.settings import Settings, environment

Check = Target | str  # who is asked, or why nobody can be


def doctor(options: argparse.Namespace) -> int:
    """All are asked at once and printed in the catalog's order. A name makes it exit 1 if not set.

    Raises `InvalidInput` for a provider that is none.
    """
    connections = Connections(Settings.load())
    if options.provider not in {"", *PROVIDERS}:
        connections.choose(options.provider, "")
    if not options.provider and options.model not in set(Tier):
        raise InvalidInput("model", "Say with --provider whose model that is.")
    checks = [
        (status, _check(status, options.model, connections))
        for status in provider_statuses(environment())
        if options.provider in ("", status.name)
    ]
    asks = unlimited(connections)
    for _, check in checks:
        if isinstance(check, Target):
            asks.connect(check)  # here, or an SDK's import would be in the times of the others
    return asyncio.run(_examined(checks, asks, connections, options))


def _check(status: ProviderStatus, model: str, connections: Connections) -> Check:
    if not status.configured:
        return status.hint
    try:
        provider, chosen = connections.choose(status.name, model)
    except InvalidInput as error:
        return str(error)
    return Target(provider.name, provider.label, chosen)


async def _examined(
    checks: list[tuple[ProviderStatus, Check]],
    asks: Services,
    connections: Connections,
    options: argparse.Namespace,
) -> int:
    tasks = {
        check.provider: asyncio.create_task(probe(check, asks, Clock()))
        for _, check in checks
        if isinstance(check, Target)
    }
    code = DONE
    try:
        for status, check in checks:
            found = check if isinstance(check, str) else await tasks[check.provider]
            works = not isinstance(found, str) and found.ok
            if not works and (status.configured or options.provider):
                code = FAILED
            say(_as_json(status, found) if options.json else _as_text(status, found))
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await connections.aclose()
    return code


def _as_json(status: ProviderStatus, found: ConnectionTest | str) -> str:
    """All fields of `ConnectionTest`, those that do not apply null, and `configured`."""
    if isinstance(found, str):
        unknown: dict[str, Any] = dict.fromkeys(field.name for field in fields(ConnectionTest))
        known = {"provider": status.name, "label": status.label, "ok": False, "message": found}
        return json.dumps(unknown | known | {"configured": status.configured}) + "\n"
    return json.dumps(asdict(found) | {"configured": True}) + "\n"


def _as_text(status: ProviderStatus, found: ConnectionTest | str) -> str:
    if isinstance(found, str):
        state, words = "failed" if status.configured else "not configured", found
    else:
        state = "ok" if found.ok else "failed"
        words = f"{found.model}  {_measured(found) if found.ok else found.message}"
        if not found.ok and found.request_id:
            words += f" (request {found.request_id})"
    return f"{status.name:<10}  {state:<14}  {words}\n"


def _measured(test: ConnectionTest) -> str:
    whole = test.stream_mode is not StreamMode.NATIVE
    no_speed = "came whole" if whole else "too short for a speed"
    return ", ".join(
        (
            f"first token after {test.ttft_s or 0:.2f} s",
            no_speed if test.decode_tps is None else f"{test.decode_tps:.0f} tokens/s",
            f"{test.output_tokens} tokens ({test.token_source})",
            "cost unknown" if test.cost_usd is None else f"${test.cost_usd:.6f}",
            test.stream_mode,
        )
    )


def providers(options: argparse.Namespace) -> int:
    for one in provider_statuses(environment()):
        if options.json:
            say(json.dumps(asdict(one)) + "\n")
        else:
            state = "ready" if one.configured else f"not configured. {one.hint}"
            say(f"{one.name:<10}  {one.label:<34}  {state}\n")
    return DONE
