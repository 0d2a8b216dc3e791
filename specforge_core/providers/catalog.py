"""One row per provider, one per model. An OpenAI-compatible vendor is one more row here."""

from __future__ import annotations

from collections.abc import Mapping

from specforge_core.providers.failure_tables import ZAI_CODES
from specforge_core.providers.rows import Model, Provider, Thinking, Tier

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
_LEAST_EFFORT: Thinking = {  # gpt-6-astra and the o-models have neither none nor minimal
    False: {"reasoning_effort": "low"},
    True: {"reasoning_effort": "medium"},
}
_LEVEL: Thinking = {
    False: {"thinkingConfig": {"thinkingLevel": "low"}},
    True: {"thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True}},
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
            Model(
                "gpt-6.1-terra", 128_000, 1_050_000, Tier.BALANCED, temperature=False, thinks=True
            ),
            Model("gpt-6-luna", 128_000, 1_050_000, Tier.FAST, temperature=False, thinks=True),
            Model(
                "gpt-6-astra",
                128_000,
                1_050_000,
                Tier.BEST,
                temperature=False,
                thinks=True,
                thinking=_LEAST_EFFORT,
                can_be_silent=False,
            ),
            Model("gpt-6.1-sol", 128_000, 1_050_000, temperature=False, thinks=True),
            Model("gpt-5.6-luna", 128_000, 1_050_000, temperature=False, thinks=True),
        ),
        # Those that think take no temperature but their default; gpt-4.1 and gpt-4o take any.
        families=tuple(
            Model(
                begin,
                100_000,
                temperature=False,
                thinks=True,
                thinking=_LEAST_EFFORT,
                can_be_silent=False,
            )
            for begin in ("gpt-6", "gpt-5", "o1", "o3", "o4")
        ),
        length_field="max_completion_tokens",
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
        error_codes=ZAI_CODES,
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
        error_codes=ZAI_CODES,  # of its plans for coding, which have addresses of their own
    ),
)

PROVIDERS: Mapping[str, Provider] = {row.name: row for row in _ROWS}
