"""What the people of this SpecForge have decided about providers; kept in the database as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from specforge_core.errors import InvalidInput
from specforge_core.events import StreamMode

Positive = Annotated[float, Field(gt=0, lt=1e9)]
NotNegative = Annotated[float, Field(ge=0, lt=1e6)]
Count = Annotated[int, Field(ge=1, le=100_000)]


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProviderPolicy(_Values):
    """How one provider is asked.

    stream_mode: `native`, or how an endpoint is served that cannot stream. thinking:
    None leaves it to the model. max_calls: at once. calls_per_minute: in any 60 seconds.
    """

    stream_mode: StreamMode = StreamMode.NATIVE
    thinking: bool | None = None
    max_calls: Count | None = None
    calls_per_minute: Count | None = None


class PriceOverride(_Values):
    """US dollars per million tokens."""

    input_usd: NotNegative
    output_usd: NotNegative
    cached_usd: NotNegative | None = None


class Policy(_Values):
    """failover: who goes on when a provider fails, in order: `provider` or `provider/model`.

    Budgets are US dollars: of all time for a project, of a UTC day for everything.
    prices: by `provider/model`; they win over the price table.
    """

    providers: Mapping[str, ProviderPolicy] = {}
    failover: tuple[str, ...] = ()
    project_budget_usd: Positive | None = None
    day_budget_usd: Positive | None = None
    prices: Mapping[str, PriceOverride] = {}

    def of(self, provider: str) -> ProviderPolicy:
        return self.providers.get(provider, ProviderPolicy())

    @classmethod
    def read(cls, stored: str) -> Policy:
        """From its JSON, "" is the default. Raises `InvalidInput` naming the wrong value."""
        try:
            return cls.model_validate_json(stored) if stored else cls()
        except ValidationError as exc:
            wrong = exc.errors()[0]
            place = " → ".join(map(str, wrong["loc"])) or "the settings"
            raise InvalidInput(
                place, f"{place} cannot be {str(wrong['input'])[:60]}: {wrong['msg'].lower()}."
            ) from exc

    def write(self) -> str:
        return self.model_dump_json(exclude_defaults=True)
