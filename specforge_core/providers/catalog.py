"""One row per provider, one per model. An OpenAI-compatible vendor is one more row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any, cast

from specforge_core.providers.wire import CompletionRequest, Wire


class Tier(StrEnum):
    """What a person may ask for instead of a model's name."""

    FAST = "fast"  # the cheap one, also for questions and checks
    BALANCED = "balanced"
    BEST = "best"


# Request fields by the person's wish, thinking off or on; nothing is sent without a wish.
Thinking = Mapping[bool, Mapping[str, Any]]

NO_SWITCH: Thinking = {}
_TYPED: Thinking = {
    False: {"thinking": {"type": "disabled"}},
    True: {"thinking": {"type": "enabled"}},
}
_ADAPTIVE: Thinking = {
    False: {"thinking": {"type": "disabled"}},
    True: {"thinking": {"type": "adaptive"}},
}
_EFFORT: Thinking = {False: {"reasoning_effort": "none"}, True: {"reasoning_effort": "medium"}}
_LEVEL: Thinking = {
    False: {"thinkingConfig": {"thinkingLevel": "low"}},
    True: {"thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True}},
}


@dataclass(frozen=True, slots=True)
class Model:
    """Limits in tokens; `context_tokens` 0 is unknown. `label` "" shows the name.

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
    open_models: whether a model that is no row here may be asked for.
    length_field: the request field that limits the answer.
    temperature: the lowest and highest it takes, None where it refuses any.
    stream_options: whether the endpoint understands `stream_options.include_usage`.
    thinking: the request fields that turn thinking off and on.
    terminator: whether a stream must end with its terminator (`[DONE]`,
    `message_stop`) or may end with a finish reason and a closed connection.
    price_id: its name in the price table; "" has no prices.
    tokenizer: the table that counts its tokens; "" where none that ships is right.
    """

    name: str
    label: str
    wire_name: str
    base_url: str
    key_var: str
    url_var: str
    models: tuple[Model, ...]
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
        """The row of a model; an unknown one (a custom endpoint's) gets cautious limits."""
        return next((model for model in self.models if model.name == name), Model(name, 8_192))

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
        return min(request.max_tokens + room, row.max_output_tokens)


WIRES: Mapping[str, str] = {
    "offline": "specforge_core.providers.offline:OfflineWire",
    "chat_completions": "specforge_core.providers.chat_completions:ChatCompletionsWire",
    "anthropic_messages": "specforge_core.providers.anthropic_messages:AnthropicMessagesWire",
    "gemini": "specforge_core.providers.gemini:GeminiWire",
}

# Models and limits: the vendors' pages and public price tables, November 2026.
_ROWS = (
    Provider(
        name="offline",
        label="Offline drafter, no LLM",
        wire_name="offline",
        base_url="",
        key_var="",
        url_var="",
        models=(
            Model("rules-1", 100_000, label="Rules"),
            Model("drill-slow-start", 100_000, label="Drill: slow start"),
            Model("drill-stall", 100_000, label="Drill: stream stalls"),
            Model("drill-cut", 100_000, label="Drill: stream is cut"),
            Model("drill-429", 100_000, label="Drill: rate limit (429)"),
            Model("drill-500", 100_000, label="Drill: server error (500)"),
            Model("drill-auth", 100_000, label="Drill: wrong key (401)"),
            Model("drill-empty", 100_000, label="Drill: empty answer"),
            Model("drill-length", 100_000, label="Drill: length limit"),
        ),
        open_models=False,
    ),
    Provider(
        name="openai",
        label="OpenAI",
        wire_name="chat_completions",
        base_url="https://api.openai.com/v1",
        key_var="OPENAI_API_KEY",
        url_var="OPENAI_BASE_URL",
        models=(
            Model("gpt-6.1-terra", 128_000, 1_050_000, Tier.BALANCED, thinks=True),
            Model("gpt-6-luna", 128_000, 1_050_000, Tier.FAST, thinks=True),
            Model(
                "gpt-6-astra",
                128_000,
                1_050_000,
                Tier.BEST,
                thinks=True,
                can_be_silent=False,
                thinking={
                    False: {"reasoning_effort": "low"},  # it has neither none nor minimal
                    True: {"reasoning_effort": "medium"},
                },
            ),
            Model("gpt-6.1-sol", 128_000, 1_050_000, thinks=True),
            Model("gpt-5.6-luna", 128_000, 1_050_000, thinks=True),
        ),
        length_field="max_completion_tokens",
        temperature=None,  # models of 5, 5.5 and 6 take their default only
        stream_options=True,
        thinking=_EFFORT,
        price_id="openai",
        tokenizer="o200k_base",
    ),
    Provider(
        name="anthropic",
        label="Anthropic",
        wire_name="anthropic_messages",
        base_url="https://api.anthropic.com",
        key_var="ANTHROPIC_API_KEY",
        url_var="ANTHROPIC_BASE_URL",
        models=(
            Model("claude-sonnet-5-5", 128_000, 1_000_000, Tier.BALANCED, thinks=True),
            Model("claude-haiku-5-5", 128_000, 1_000_000, Tier.FAST, thinks=True),
            Model("claude-opus-5-5", 128_000, 1_000_000, Tier.BEST, thinks=True),
            Model("claude-fable-5-2", 128_000, 1_000_000, thinks=True),
        ),
        temperature=None,  # API version 2026-10-21 refuses it, and the SDK too
        thinking=_ADAPTIVE,
        price_id="anthropic",
    ),
    Provider(
        name="deepseek",
        label="DeepSeek",
        wire_name="chat_completions",
        base_url="https://api.deepseek.com",
        key_var="DEEPSEEK_API_KEY",
        url_var="DEEPSEEK_BASE_URL",
        models=(
            Model("deepseek-v4-pro", 384_000, 1_000_000, Tier.BALANCED, thinks=True),
            Model("deepseek-flash", 384_000, 1_000_000, Tier.FAST, thinks=True),
        ),
        stream_options=False,  # usage comes with the last choice
        thinking=_TYPED,
        price_id="deepseek",
        tokenizer="o200k_base",  # 1-3 % short
    ),
    Provider(
        name="mistral",
        label="Mistral",
        wire_name="chat_completions",
        base_url="https://api.mistral.ai/v1",
        key_var="MISTRAL_API_KEY",
        url_var="MISTRAL_BASE_URL",
        models=(
            Model("mistral-medium-latest", 32_000, 262_000, Tier.BALANCED),
            Model("mistral-small-latest", 32_000, 262_000, Tier.FAST),
            Model("mistral-large-4", 32_000, 1_050_000, Tier.BEST),
            Model("ministral-3b-latest", 32_000, 131_000),
        ),
        temperature=(0.0, 1.0),
        stream_options=False,  # an unknown field is a 422; usage comes un-asked
        price_id="mistral",
    ),
    Provider(
        name="zai",
        label="Z.AI",
        wire_name="chat_completions",
        base_url="https://api.z.ai/api/paas/v4",
        key_var="ZAI_API_KEY",
        url_var="ZAI_BASE_URL",
        models=(
            Model(
                "glm-5.3",
                128_000,
                1_000_000,
                Tier.BALANCED,
                thinks=True,
                thinking=NO_SWITCH,
                can_be_silent=False,
            ),
            Model("glm-5.3-flash", 128_000, 1_050_000, Tier.FAST, thinks=True),
            Model("glm-4.7-flash", 128_000, 200_000, thinks=True),
        ),
        temperature=(0.0, 1.0),
        stream_options=False,  # usage comes with the last choice
        thinking=_TYPED,
        price_id="zai",
    ),
    Provider(
        name="minimax",
        label="MiniMax",
        wire_name="chat_completions",
        base_url="https://api.minimax.io/v1",
        key_var="MINIMAX_API_KEY",
        url_var="MINIMAX_BASE_URL",
        models=(
            Model("MiniMax-M3", 128_000, 1_000_000, Tier.BALANCED, thinks=True),
            Model(
                "MiniMax-M2.7-highspeed",
                128_000,
                204_800,
                Tier.FAST,
                thinks=True,
                thinking=NO_SWITCH,
                can_be_silent=False,
            ),
            Model(
                "MiniMax-M2.7",
                128_000,
                204_800,
                thinks=True,
                thinking=NO_SWITCH,
                can_be_silent=False,
            ),
        ),
        length_field="max_completion_tokens",
        temperature=(0.01, 1.0),  # above 0
        stream_options=False,  # usage comes un-asked
        thinking=_ADAPTIVE,
        terminator=False,  # the connection closes after the finish reason
        price_id="minimax",
    ),
    Provider(
        name="google",
        label="Google Gemini",
        wire_name="gemini",
        base_url="https://generativelanguage.googleapis.com",
        key_var="GOOGLE_API_KEY",
        url_var="GOOGLE_BASE_URL",
        models=(
            Model(
                "gemini-3.8-flash",
                65_536,
                1_048_576,
                Tier.BALANCED,
                thinks=True,
                can_be_silent=False,
            ),
            Model(
                "gemini-3.1-flash-lite",
                65_536,
                1_048_576,
                Tier.FAST,
                thinks=True,
                can_be_silent=False,
            ),
            Model(
                "gemini-3.1-pro-preview",
                65_536,
                1_048_576,
                Tier.BEST,
                thinks=True,
                can_be_silent=False,
            ),
            Model("gemini-3.5-flash-lite", 65_536, 1_048_576, thinks=True, can_be_silent=False),
        ),
        length_field="maxOutputTokens",
        thinking=_LEVEL,
        terminator=False,  # the stream ends with a finish reason and the end of the body
        price_id="google",
    ),
    Provider(
        name="custom",
        label="Custom OpenAI-compatible endpoint",
        wire_name="chat_completions",
        base_url="",
        key_var="CUSTOM_API_KEY",
        url_var="CUSTOM_BASE_URL",
        models=(),
        model_var="CUSTOM_MODEL",
        key_optional=True,
        stream_options=True,
        terminator=False,  # some servers end with the finish reason alone
        tokenizer="o200k_base",  # 1-3 % short for most open models
    ),
)

PROVIDERS: Mapping[str, Provider] = {row.name: row for row in _ROWS}
