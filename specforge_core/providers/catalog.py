"""One row per provider. Adding an OpenAI-compatible vendor is one more row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from specforge_core.providers.wire import Wire


@dataclass(frozen=True, slots=True)
class Model:
    """`temperature` is False where the provider refuses it; `label` "" shows the name."""

    name: str
    max_output_tokens: int
    temperature: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who serves a model, and how its wire wants to be spoken to.

    name: key in the database and the URL. base_url "" means that a person must
    set it. key_var/url_var: environment variables, "" when none is needed.
    model_var: environment variable that names a model of one's own, first in the choice.
    open_models: whether a model that is no row here may be asked for.
    length_field: the request field that limits the answer.
    stream_options: whether the endpoint understands `stream_options.include_usage`.
    terminator: whether a stream must end with its terminator (`[DONE]`,
    `message_stop`) or may end with a finish reason and a closed connection.
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
    stream_options: bool = False
    terminator: bool = True

    @property
    def wire(self) -> Wire:
        """The wire, imported on first use: an SDK costs a second and 40-70 MB."""
        module, _, attribute = WIRES[self.wire_name].partition(":")
        return cast("Wire", getattr(import_module(module), attribute)())

    @property
    def default_model(self) -> str:
        return self.models[0].name if self.models else ""

    def model(self, name: str) -> Model:
        """The row of a model; an unknown one (a custom endpoint's) gets cautious limits."""
        return next((model for model in self.models if model.name == name), Model(name, 8_192))


WIRES: Mapping[str, str] = {
    "offline": "specforge_core.providers.offline:OfflineWire",
    "chat_completions": "specforge_core.providers.chat_completions:ChatCompletionsWire",
    "anthropic_messages": "specforge_core.providers.anthropic_messages:AnthropicMessagesWire",
}

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
            Model("gpt-6.1-terra", 128_000, temperature=False),
            Model("gpt-6.1-sol", 128_000, temperature=False),
            Model("gpt-6-astra", 128_000, temperature=False),
            Model("gpt-6-luna", 128_000, temperature=False),
        ),
        length_field="max_completion_tokens",
        stream_options=True,
    ),
    Provider(
        name="anthropic",
        label="Anthropic",
        wire_name="anthropic_messages",
        base_url="https://api.anthropic.com",
        key_var="ANTHROPIC_API_KEY",
        url_var="ANTHROPIC_BASE_URL",
        models=(
            Model("claude-sonnet-5-5", 128_000, temperature=False),
            Model("claude-opus-5-5", 128_000, temperature=False),
            Model("claude-haiku-5-5", 128_000, temperature=False),
            Model("claude-fable-5-2", 128_000, temperature=False),
        ),
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
    ),
)

PROVIDERS: Mapping[str, Provider] = {row.name: row for row in _ROWS}
