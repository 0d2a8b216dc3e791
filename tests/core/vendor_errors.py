"""Errors as each OpenAI-compatible vendor writes them, and what each must be taken for."""

from __future__ import annotations

from typing import Any

from specforge_core.errors import ErrorCategory
from tests.loopback import Reply, anthropic_error, chat_error, json_reply
from tests.loopback.chunks import Json


def _flat(status: int, body: Json, **headers: str) -> Reply:
    return json_reply(body, status, headers)


def _zai(code: str, message: str, status: int = 429) -> Reply:
    return _flat(status, {"error": {"code": code, "message": message}})


def _minimax(status: int, kind: str, message: str) -> Reply:
    error = {"type": kind, "message": message, "http_code": str(status)}
    return _flat(status, {"type": "error", "error": error, "request_id": "req_mm"})


def _mistral(status: int, message: Any, kind: str, code: str | None) -> Reply:
    flat = {"object": "error", "message": message, "type": kind, "param": None, "code": code}
    return _flat(status, flat | {"raw_status_code": status}, **{"mistral-correlation-id": "c-1"})


EXTRA = [
    {
        "type": "extra_forbidden",
        "loc": ["body", "stream_options"],
        "msg": "Extra inputs are not permitted",
        "input": {},
    }
]
TOP_UP = "is out of credit or over its plan"
C = ErrorCategory
VendorError = tuple[str, Reply, ErrorCategory, str, str | None]
VENDOR_ERRORS: dict[str, VendorError] = {
    # vendor: row, answer, category, words that a person reads, request id
    "deepseek key": (
        "deepseek",
        chat_error(
            401,
            "Authentication Fails, Your api key: ****1234 is invalid",
            kind="authentication_error",
            code="invalid_request_error",
            headers={"x-request-id": "", "x-ds-trace-id": "t-1"},
        ),
        C.AUTH,
        "Check DEEPSEEK_API_KEY in .env or the environment, then try again.",
        "t-1",
    ),
    "deepseek balance": (
        "deepseek",
        chat_error(402, "Insufficient Balance", kind="unknown_error", code="invalid_request_error"),
        C.QUOTA,
        f"The DeepSeek account {TOP_UP} (402). Top it up",
        "req_loopback_error",
    ),
    "deepseek field": (
        "deepseek",
        chat_error(422, "Failed to deserialize the JSON body: `foo`"),
        C.BAD_REQUEST,
        "It said: “Failed to deserialize",
        "req_loopback_error",
    ),
    "deepseek busy": (
        "deepseek",
        chat_error(503, "Service is too busy.", kind="service_unavailable_error"),
        C.OVERLOADED,
        "DeepSeek is overloaded (503). Wait a moment, then try again.",
        "req_loopback_error",
    ),
    "mistral key": (
        "mistral",
        _flat(401, {"detail": "Invalid API Key"}, **{"mistral-correlation-id": "c-1"}),
        C.AUTH,
        "Check MISTRAL_API_KEY in .env or the environment, then try again.",
        "c-1",
    ),
    "mistral field": (
        "mistral",
        _mistral(422, {"detail": EXTRA}, "invalid_request_error", None),
        C.BAD_REQUEST,
        "It said: “body.stream_options: Extra inputs are not permitted”.",
        "c-1",
    ),
    "mistral model": (
        "mistral",
        _mistral(400, "Invalid model: mistral-huge", "invalid_model", "1500"),
        C.BAD_REQUEST,
        "Invalid model: mistral-huge",
        "c-1",
    ),
    "mistral rate": (
        "mistral",
        _mistral(429, "Rate limit exceeded", "rate_limited", "1300"),
        C.RATE_LIMIT,
        "Mistral allows no more requests right now (429). Wait a moment, then try again.",
        "c-1",
    ),
    "mistral length": (
        "mistral",
        _mistral(
            400,
            "Prompt contains 99 tokens, too large for model with 32 maximum context length",
            "invalid_request_prompt_too_long",
            "3051",
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        "c-1",
    ),
    "zai key": ("zai", _zai("1002", "Token invalid", 401), C.AUTH, "Check ZAI_API_KEY", None),
    "zai filter": (
        "zai",
        _zai("1301", "System detected potentially unsafe content", 400),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "zai length": ("zai", _zai("1261", "Prompt too long", 400), C.CONTEXT_LENGTH, "too long", None),
    "zai server": ("zai", _zai("500", "Internal error", 500), C.SERVER, "Z.AI failed (500)", None),
    **{
        f"zai {code}": ("zai", _zai(code, "Too much"), C.RATE_LIMIT, "Wait a moment", None)
        for code in ("1302", "1303", "1305")
    },
    **{
        f"zai {code}": (
            "zai",
            _zai(code, "Limit reached"),
            C.QUOTA,
            "choose another provider",
            None,
        )
        for code in ("1113", "1304", "1308", "1309", "1310", "1313", "1316", "1317")
    },
    "minimax key": (
        "minimax",
        _minimax(401, "authorized_error", "login fail: Please carry the API secret key (1004)"),
        C.AUTH,
        "Check MINIMAX_API_KEY",
        "req_mm",
    ),
    "minimax rate": (
        "minimax",
        _minimax(429, "rate_limit_error", "rate limit exceeded(RPM) (1002)"),
        C.RATE_LIMIT,
        "Wait a moment",
        "req_mm",
    ),
    "minimax balance": (
        "minimax",
        _minimax(429, "rate_limit_error", "insufficient balance (1008)"),
        C.QUOTA,
        TOP_UP,
        "req_mm",
    ),
    "minimax plan": (
        "minimax",
        _minimax(429, "rate_limit_error", "usage limit exceeded (2056)"),
        C.QUOTA,
        TOP_UP,
        "req_mm",
    ),
    "minimax server": (
        "minimax",
        _minimax(500, "api_error", "unknown error, 794 (1000)"),
        C.SERVER,
        "MiniMax failed (500). Wait a moment, then try again.",
        "req_mm",
    ),
    **{
        f"minimax 200 {number}": (
            "minimax",
            _flat(200, {"base_resp": {"status_code": number, "status_msg": "no"}}),
            category,
            "",
            None,
        )
        for number, category in {
            1000: C.SERVER,
            1001: C.TIMEOUT,
            1002: C.RATE_LIMIT,
            1004: C.AUTH,
            1008: C.QUOTA,
            1013: C.SERVER,
            1026: C.CONTENT_FILTER,
            1027: C.CONTENT_FILTER,
            1039: C.CONTEXT_LENGTH,
            2013: C.BAD_REQUEST,
            2049: C.AUTH,
            2056: C.QUOTA,
            2062: C.QUOTA,
        }.items()
    },
    "openai quota": (
        "openai",
        chat_error(429, "You exceeded your current quota", code="insufficient_quota"),
        C.QUOTA,
        TOP_UP,
        "req_loopback_error",
    ),
    "openai rate": (
        "openai",
        chat_error(
            429, "Rate limit reached. Please try again in 1.2s.", code="rate_limit_exceeded"
        ),
        C.RATE_LIMIT,
        "Wait 1 seconds, then try again.",
        "req_loopback_error",
    ),
    "openai too large": (
        "openai",
        chat_error(
            429,
            "Request too large for gpt-6-astra on tokens per min (TPM): Limit 30, Requested 40.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (429)",
        "req_loopback_error",
    ),
    "openrouter credit": (
        "custom",
        _flat(402, {"error": {"code": 402, "message": "Insufficient credits"}, "user_id": "u"}),
        C.QUOTA,
        TOP_UP,
        None,
    ),
    "openrouter moderation": (
        "custom",
        _flat(403, {"error": {"code": 403, "message": 'Your input was flagged for "x".'}}),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "openrouter upstream": (
        "custom",
        _flat(
            429,
            {
                "error": {
                    "code": 429,
                    "message": "Provider returned error",
                    "metadata": {"raw": "model is temporarily rate-limited upstream"},
                }
            },
        ),
        C.RATE_LIMIT,
        "temporarily rate-limited upstream",
        None,
    ),
    "azure rate": (
        "custom",
        _flat(
            429,
            {"error": {"code": "RateLimitReached", "message": "Retry after 26 seconds."}},
            **{"apim-request-id": "a-1", "retry-after-ms": "25500", "retry-after": "26"},
        ),
        C.RATE_LIMIT,
        "Wait 26 seconds, then try again.",
        "a-1",
    ),
    "azure filter": (
        "custom",
        _flat(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "message": "The response was filtered",
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                    "status": 400,
                }
            },
        ),
        C.CONTENT_FILTER,
        "Reword the description",
        None,
    ),
    "groq rate": (
        "custom",
        chat_error(
            429,
            "Rate limit reached on tokens per day (TPD). Please try again in 7m12.5s.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        C.RATE_LIMIT,
        "Wait 432 seconds",
        "req_loopback_error",
    ),
    "groq capacity": (
        "custom",
        chat_error(498, "Flex tier capacity exceeded", code="capacity_exceeded"),
        C.OVERLOADED,
        "is overloaded (498)",
        "req_loopback_error",
    ),
    "xai key": (
        "custom",
        _flat(
            400,
            {
                "code": "Client specified an invalid argument",
                "error": "Incorrect API key provided: x",
            },
        ),
        C.AUTH,
        "Check CUSTOM_API_KEY",
        None,
    ),
    "xai credit": (
        "custom",
        _flat(
            429,
            {
                "code": "Some resource has been exhausted",
                "error": "Your team 1 has either used all available credits or reached its limit.",
            },
        ),
        C.QUOTA,
        TOP_UP,
        None,
    ),
    "moonshot credit": (
        "custom",
        _flat(
            429,
            {
                "error": {
                    "type": "exceeded_current_quota_error",
                    "message": "suspended, please recharge",
                    "request_id": "m-1",
                }
            },
        ),
        C.QUOTA,
        TOP_UP,
        "m-1",
    ),
    "moonshot busy": (
        "custom",
        _flat(429, {"error": {"type": "engine_overloaded_error", "message": "overloaded"}}),
        C.OVERLOADED,
        "is overloaded (429)",
        None,
    ),
    "ollama key": (
        "custom",
        chat_error(401, "unauthorized", kind="api_error"),
        C.AUTH,
        "Check CUSTOM_API_KEY",
        "req_loopback_error",
    ),
    "ollama model": (
        "custom",
        chat_error(404, 'model "x" not found, try pulling it first', kind="not_found_error"),
        C.BAD_REQUEST,
        "try pulling it first",
        "req_loopback_error",
    ),
    "vllm length": (
        "custom",
        _flat(
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 4096 tokens.",
                "type": "BadRequestError",
                "code": 400,
            },
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        None,
    ),
    "llama.cpp length": (
        "custom",
        _flat(
            400,
            {
                "error": {
                    "code": 400,
                    "message": "request (9 tokens) exceeds the available context size (4 tokens)",
                    "type": "exceed_context_size_error",
                }
            },
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        None,
    ),
    "llama.cpp loading": (
        "custom",
        _flat(
            503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
        ),
        C.OVERLOADED,
        "It said: “Loading model”.",
        None,
    ),
    "mistral outage": (
        "mistral",
        _mistral(500, "Service unavailable.", "internal_server_error", "1000"),
        C.SERVER,
        "Mistral failed (500). Wait a moment, then try again.",
        "c-1",
    ),
    "zai account locked": ("zai", _zai("1112", "Locked"), C.AUTH, "Check ZAI_API_KEY", None),
    "openai not active": (
        "openai",
        chat_error(429, "Your account is not active", code="billing_not_active"),
        C.QUOTA,
        TOP_UP,
        "req_loopback_error",
    ),
    "openai policy": (
        "openai",
        chat_error(400, "Invalid prompt: flagged", code="invalid_prompt"),
        C.CONTENT_FILTER,
        "Reword the description",
        "req_loopback_error",
    ),
    "openai overloaded": (
        "openai",
        chat_error(503, "The engine is currently overloaded", kind="server_error"),
        C.OVERLOADED,
        "OpenAI is overloaded (503)",
        "req_loopback_error",
    ),
    "anthropic limits": (
        "anthropic",
        anthropic_error(
            400, "invalid_request_error", "You have reached your specified API usage limits."
        ),
        C.QUOTA,
        TOP_UP,
        "req_loopback_error",
    ),
    "anthropic filter": (
        "anthropic",
        anthropic_error(400, "invalid_request_error", "Output blocked by content filtering policy"),
        C.CONTENT_FILTER,
        "Reword the description",
        "req_loopback_error",
    ),
    "anthropic context": (
        "anthropic",
        anthropic_error(
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 195000 + 21333 > 200000",
        ),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        "req_loopback_error",
    ),
    "bedrock context": (
        "custom",
        _flat(400, {"message": "Input is too long for requested model."}),
        C.CONTEXT_LENGTH,
        "too long for the model (400)",
        None,
    ),
    "tgi context": (
        "custom",
        _flat(422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000"}),
        C.CONTEXT_LENGTH,
        "too long for the model (422)",
        None,
    ),
}
