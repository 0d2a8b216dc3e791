"""Verbs about what people have decided: who is asked and how, and what it may cost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from specforge_core.errors import InvalidInput
from specforge_core.generation.limits import Limits
from specforge_core.generation.plan import Target
from specforge_core.generation.probe import probe
from specforge_core.generation.services import Services
from specforge_core.generation.single_call import unlimited
from specforge_core.generation.worker import Worker
from specforge_core.policy import Policy
from specforge_core.provider_records import ConnectionTest, Cost, Spending
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.connect import Connections
from specforge_core.providers.prices import Price, as_of
from specforge_core.providers.rows import Tier
from specforge_core.records import Run
from specforge_core.store.sql import queries
from specforge_core.verbs.shared import Verbs

log = logging.getLogger(__name__)

PREFERENCE = "policy"


class PolicyVerbs(Verbs):
    _connections: Connections
    _limits: Limits
    _policy: Policy
    _worker: Worker

    def policy(self) -> Policy:
        return self._policy

    def set_policy(self, policy: Policy) -> None:
        """Counts from the next request on. Raises `InvalidInput` for an unknown provider."""
        named = {*policy.providers, *(name.partition("/")[0] for name in policy.failover)}
        for name in sorted(named - set(PROVIDERS)):
            raise InvalidInput("provider", f"There is no provider “{name[:40]}”.")
        with self._database.transaction() as cursor:
            queries().set_preference(
                cursor, name=PREFERENCE, setting=policy.write(), moment=self._clock.now()
            )
        self._policy = policy

    def prices(self, provider: str) -> Mapping[str, Price | None]:
        """By model, what is asked for now; None is unknown, never nothing."""
        moment = self._clock.now()
        models = self._connections.status(provider).models
        return {one.name: self._connections.price(provider, one.name, moment) for one in models}

    @staticmethod
    def prices_as_of() -> date:
        """The day of the newest price in the table."""
        return as_of()

    def costs(self, project_id: str) -> tuple[Cost, ...]:
        """Of all ended calls of a project, the earliest first."""
        return self._database.remembered.get(
            ("costs", project_id),
            lambda: tuple(queries().call_costs(self._database.reader(), project_id=project_id)),
        )

    def spent_today(self) -> Spending:
        """By all projects, since midnight UTC: what the day's budget is compared with."""
        return Spending(*queries().spending(self._database.reader(), since=self._midnight()))

    def _midnight(self) -> datetime:
        return self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def _read_policy(self) -> Policy:
        stored = queries().preference(self._database.reader(), name=PREFERENCE)
        try:
            return Policy.read(str(stored or ""))
        except InvalidInput as exc:  # made by a newer version: its words are kept in the database
            log.warning("the stored settings of providers are not used: %s", exc)
            return Policy()

    def targets(self, provider: str, model: str) -> tuple[Target, ...]:
        """The chosen one, then the failover list's that are configured."""
        found = [self._target(provider, model)]
        for entry in self._policy.failover:
            name, _, wanted = entry.partition("/")
            try:
                row, chosen = self._connections.choose(name, wanted)
            except InvalidInput:
                continue  # without a key it could not help
            target = self._target(row.name, chosen)
            if all((one.provider, one.model) != (row.name, chosen) for one in found):
                found.append(target)
        return tuple(found)

    def test_connection(self, provider: str, model: str = "") -> Future[ConnectionTest]:
        """Begins one short request, which waits for no limit. No model is the fast one.

        It ends within a minute; closing the forge cancels it. Raises `InvalidInput` with
        what to set when nobody can be asked.
        """
        row, chosen = self._connections.choose(provider, model or Tier.FAST)
        target = self._target(row.name, chosen)
        return self._worker.begin(probe(target, unlimited(self._connections), self._clock))

    def _target(self, provider: str, model: str) -> Target:
        row, policy = PROVIDERS[provider], self._policy.of(provider)
        return Target(provider, row.label, model, policy.stream_mode, policy.thinking)

    def services(self, run: Run) -> Services:
        """What the writing of one attempt of a run asks for."""
        return replace(
            unlimited(self._connections),
            slot=self._limits.slot,
            refusal=partial(self._refusal, run),
        )

    def _refusal(self, run: Run, spent_usd: float) -> str:
        """`spent_usd`: by this attempt, whose calls may not all be stored yet."""
        policy, now = self._policy, self._clock.now()
        asked = (
            ("The budget of this project", policy.project_budget_usd, run.project_id, None),
            ("Today's budget of all projects", policy.day_budget_usd, None, self._midnight()),
        )
        for name, budget, project_id, since in asked:
            if budget is None:
                continue
            before: float = queries().spent_usd(
                self._database.reader(),
                project_id=project_id,
                since=since or now - timedelta(days=36_500),
                run_id=run.run_id,
                attempt=run.attempt,
            )
            if before + spent_usd >= budget:
                return (
                    f"{name} of ${budget:,.2f} is used up (${before + spent_usd:,.2f})."
                    " Raise it in Settings, then Resume."
                )
        return ""
