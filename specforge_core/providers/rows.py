"""What a row of the catalog says of a provider, and of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any, cast

from specforge_core.errors import ErrorCategory
from specforge_core.providers.wire import CompletionRequest, Wire


class Tier(StrEnum):
    """What a person may ask for instead of a model's name."""

    FAST = "fast"  # the cheap one, also for questions and checks
    BALANCED = "balanced"
    BEST = "best"


# Request fields by the person's wish, thinking off or on; nothing is sent without a wish.
Thinking = Mapping[bool, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Model:
    """Limits in tokens; 0 is unknown. `label` "" shows the name.

    temperature: False where this model refuses one that its provider takes.
    thinks: it may think before it answers, which counts against the output limit.
    thinking: None is the provider's switch; `NO_SWITCH` for one that has none.
    can_be_silent: False where it thinks a little even when it is asked not to.
    """

    name: str
    max_output_tokens: int
    context_tokens: int = 0
    tier: Tier | None = None
    temperature: bool = True
    thinks: bool = False
    thinking: Thinking | None = None
    can_be_silent: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves a model, and how its wire wants to be spoken to.

    name: key in the database and the URL. base_url "" means that a person must
    set it. key_var/url_var: environment variables, "" when none is needed.
    model_var: environment variable that names a model of one's own, first in the choice.
    families: what holds for models that are no row here, by how their names begin.
    open_models: whether a model that is no row here may be asked for.
    length_field: the request field that limits the answer.
    temperature: the lowest and highest it takes, None where it refuses any.
    stream_options: whether the endpoint understands `stream_options.include_usage`.
    thinking: the request fields that turn thinking off and on.
    terminator: whether a stream must end with its terminator (`[DONE]`,
    `message_stop`) or may end with a finish reason and a closed connection.
    price_id: its name in the price table; "" has no prices.
    tokenizer: the table that counts its tokens; "" where none that ships is right.
    error_codes: what it means by codes that others use differently.
    """

    name: str
    label: str
    wire_name: str
    base_url: str
    key_var: str
    url_var: str
    models: tuple[Model, ...]
    families: tuple[Model, ...] = ()
    model_var: str = ""
    open_models: bool = True
    key_optional: bool = False
    length_field: str = "max_tokens"
    temperature: tuple[float, float] | None = (0.0, 2.0)
    stream_options: bool = False
    thinking: Thinking = field(default_factory=dict)
    terminator: bool = True
    price_id: str = ""
    tokenizer: str = ""
    error_codes: Mapping[str, ErrorCategory] = field(default_factory=dict)

    @property
    def wire(self) -> Wire:
        """The wire, imported on first use: an SDK costs a second and 40-70 MB."""
        module, _, attribute = WIRES[self.wire_name].partition(":")
        return cast("Wire", getattr(import_module(module), attribute)())

    @property
    def default_model(self) -> str:
        """The balanced model, else the first; "" when a person must name one."""
        return self.tiers.get(Tier.BALANCED) or (self.models[0].name if self.models else "")

    @property
    def tiers(self) -> Mapping[Tier, str]:
        return {model.tier: model.name for model in self.models if model.tier}

    def model(self, name: str) -> Model:
        """The row of a model, or of its family; of an unknown one no limit is known."""
        own = next((model for model in self.models if model.name == name), None)
        begin = name.removeprefix("ft:")  # OpenAI's fine-tuned ones
        family = next((family for family in self.families if begin.startswith(family.name)), None)
        return own or family or Model(name, 0)

    def temperature_for(self, model: str, wish: float | None) -> float | None:
        """The wish within the provider's bounds; None where it must not be sent."""
        if wish is None or self.temperature is None or not self.model(model).temperature:
            return None
        low, high = self.temperature
        return min(max(wish, low), high)

    def thinking_for(self, model: str, wish: bool | None) -> Mapping[str, Any]:
        """The request fields for thinking off or on; none without a wish or a switch."""
        own = self.model(model).thinking
        switch = self.thinking if own is None else own
        return {} if wish is None else switch.get(wish, {})

    def length_for(self, request: CompletionRequest) -> int:
        """The output limit to send: that of the answer, and room for thinking if there is any."""
        row = self.model(request.model)
        may_think = row.thinks and (request.thinking is not False or not row.can_be_silent)
        room = request.thinking_room if may_think else 0
        wanted = request.max_tokens + room
        return min(wanted, row.max_output_tokens or wanted)


WIRES: Mapping[str, str] = {
    "offline": "specforge_core.providers.offline:OfflineWire",
    "chat_completions": "specforge_core.providers.chat_completions:ChatCompletionsWire",
    "anthropic_messages": "specforge_core.providers.anthropic_messages:AnthropicMessagesWire",
    "gemini": "specforge_core.providers.gemini:GeminiWire",
}
