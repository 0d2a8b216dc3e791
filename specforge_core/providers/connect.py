"""From a provider's name to something that answers requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from specforge_core.errors import InvalidInput
from specforge_core.events import StreamMode, Usage, WireEvent
from specforge_core.policy import Policy
from specforge_core.provider_records import ModelOption, ProviderStatus
from specforge_core.providers import prices
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.client import SharedClient
from specforge_core.providers.guard import guarded
from specforge_core.providers.prices import Price
from specforge_core.providers.rows import Model, Provider, Tier
from specforge_core.providers.scrub import shown
from specforge_core.providers.simulate import replayed
from specforge_core.providers.wire import CompletionRequest, Endpoint, Trace
from specforge_core.settings import Settings, environment

CHARS_PER_TOKEN = 16  # far more than any tokenizer packs into one: a bound, not an estimate

Complete = Callable[[CompletionRequest], AsyncGenerator[WireEvent]]


class Connections:
    """The providers as this process reaches them; owns the one HTTP client."""

    def __init__(self, settings: Settings, policy: Callable[[], Policy] = Policy) -> None:
        self._settings = settings
        self._policy = policy
        self._client = SharedClient()

    def choose(self, name: str, model: str) -> tuple[Provider, str]:
        """The provider's row and the model to use: a name, a tier, or "" for the default.

        Raises `InvalidInput` with what to set.
        """
        provider = PROVIDERS.get(name)
        if provider is None:
            raise InvalidInput(
                "provider",
                f"There is no provider “{name[:40]}”. Choose one of: {', '.join(PROVIDERS)}.",
            )
        status = _status(provider, environment())
        if not status.configured:
            raise InvalidInput("provider", f"{provider.label} is not configured. {status.hint}")
        chosen = model.strip() or _default_model(provider, status)
        if chosen in set(Tier):
            chosen = provider.tiers.get(Tier(chosen)) or _default_model(provider, status)
        if not chosen:
            raise InvalidInput("model", f"Name the model that {provider.label} shall use.")
        if not provider.open_models and chosen not in {option.name for option in status.models}:
            names = ", ".join(option.name for option in status.models)
            raise InvalidInput(
                "model", f"{provider.label} has no model “{chosen[:60]}”. Choose one of: {names}."
            )
        return provider, chosen

    @staticmethod
    def status(name: str) -> ProviderStatus:
        """Of one provider of the catalog, as the environment is now."""
        return _status(PROVIDERS[name], environment())

    def connect(self, name: str, mode: StreamMode = StreamMode.NATIVE) -> Complete:
        """Imports the wire (an SDK takes a second: call it in a thread), reads the key."""
        provider, settings = PROVIDERS[name], self._settings
        wire, known = provider.wire, environment()
        if provider.price_id:
            prices.load()  # here, and not when the first call ends in the event loop
        endpoint = Endpoint(
            base_url=_given(known, provider.url_var) or provider.base_url,
            api_key=_given(known, provider.key_var),
            client=self._client,
            pace_tps=settings.offline_tps,
        )

        def complete(request: CompletionRequest) -> AsyncGenerator[WireEvent]:
            first_s = settings.first_content_s if request.stream else settings.whole_answer_s
            trace = Trace()
            answer = guarded(
                wire.stream(provider, replace(endpoint, trace=trace), request),
                trace=trace,
                label=provider.label,
                # A continuation of a text that was whole already has nothing to add.
                may_be_empty=request.subject is not None and request.subject.text_so_far != "",
                most_chars=CHARS_PER_TOKEN * request.max_tokens,
                first_content_s=first_s,
                between_content_s=settings.between_content_s,
            )
            return replayed(answer) if mode is StreamMode.SIMULATED else answer

        return complete

    def cost_usd(self, provider: str, model: str, usage: Usage, moment: datetime) -> float | None:
        """Of one call, None when the price is unknown. Quick once `connect` was called."""
        return prices.cost_usd(provider, model, usage, moment, self._own_prices())

    def price(self, provider: str, model: str, moment: datetime) -> Price | None:
        return prices.price(provider, model, moment, self._own_prices())

    def _own_prices(self) -> Mapping[str, Price]:
        return {
            name: Price(own.input_usd, own.output_usd, own.cached_usd)
            for name, own in self._policy().prices.items()
        }

    async def aclose(self) -> None:
        await self._client.aclose()


def provider_statuses(known: Mapping[str, str]) -> tuple[ProviderStatus, ...]:
    """All rows of the catalog, each with whether it can be used and what to set if not."""
    return tuple(_status(provider, known) for provider in PROVIDERS.values())


def _status(provider: Provider, known: Mapping[str, str]) -> ProviderStatus:
    key = _given(known, provider.key_var)
    base_url = _given(known, provider.url_var) or provider.base_url
    named = _given(known, provider.model_var)
    needed: list[tuple[str, str]] = []
    optional: list[tuple[str, str]] = []
    if provider.url_var and not provider.base_url:
        needed.append((provider.url_var, "<its base URL, ending in /v1>"))
    if provider.key_var:
        keys = optional if provider.key_optional else needed
        keys.append((provider.key_var, "<your key>"))
    if provider.model_var:
        optional.append((provider.model_var, "<name of the model>"))
    missing = [f"{name}={value}" for name, value in needed if not _given(known, name)]
    models = tuple(map(_option, provider.models))
    hint = f"Set {' and '.join(missing)} in .env or the environment, then try again."
    lines = [f"{name}={value}" for name, value in needed]
    return ProviderStatus(
        name=provider.name,
        label=provider.label,
        configured=not missing,
        hint=hint if missing else "",
        key_var=provider.key_var,
        url_var=provider.url_var,
        base_url=shown(base_url),
        setup="\n".join([*lines, *(f"# optional: {name}={value}" for name, value in optional)]),
        key_tail=key[-4:] if len(key) >= 12 else "",
        models=(ModelOption(named, named), *models) if named else models,
        open_models=provider.open_models,
    )


def _option(model: Model) -> ModelOption:
    name = model.label or model.name
    return ModelOption(
        model.name,
        f"{model.tier.capitalize()}: {name}" if model.tier else name,
        model.context_tokens,
        model.max_output_tokens,
        model.tier or "",
    )


def _default_model(provider: Provider, status: ProviderStatus) -> str:
    """The person's own model, which stands first, else the provider's."""
    own = provider.model_var and status.models
    return status.models[0].name if own else provider.default_model


def _given(known: Mapping[str, str], name: str) -> str:
    """The value of a variable; one that still holds its placeholder counts as not given."""
    value = known.get(name, "").strip() if name else ""
    return "" if value.startswith("<") else value
