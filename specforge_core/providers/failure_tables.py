"""What the failures of providers are called, and the sentence that a person reads.

A sentence may name {label}, {status} (" (401)" or ""), {key} and {url} (the
variables to set), {host}, {asked} (the whole address) and {wait} ("20 seconds").
"""

from __future__ import annotations

from collections.abc import Mapping

from specforge_core.errors import ErrorCategory

# `error.code` and `error.type` say more than the status: OpenAI's 429 may be an empty account.
BY_CODE: Mapping[str, ErrorCategory] = {
    "invalid_api_key": ErrorCategory.AUTH,
    "authentication_error": ErrorCategory.AUTH,
    "permission_error": ErrorCategory.AUTH,
    "insufficient_quota": ErrorCategory.QUOTA,
    "billing_error": ErrorCategory.QUOTA,
    "billing_hard_limit_reached": ErrorCategory.QUOTA,
    "billing_not_active": ErrorCategory.QUOTA,
    "insufficient_balance": ErrorCategory.QUOTA,
    "rate_limit_exceeded": ErrorCategory.RATE_LIMIT,
    "rate_limit_error": ErrorCategory.RATE_LIMIT,
    "overloaded_error": ErrorCategory.OVERLOADED,
    "timeout_error": ErrorCategory.TIMEOUT,
    "api_error": ErrorCategory.SERVER,
    "server_error": ErrorCategory.SERVER,
    "internal_server_error": ErrorCategory.SERVER,
    "context_length_exceeded": ErrorCategory.CONTEXT_LENGTH,
    "exceed_context_size_error": ErrorCategory.CONTEXT_LENGTH,
    "request_too_large": ErrorCategory.CONTEXT_LENGTH,
    "content_filter": ErrorCategory.CONTENT_FILTER,
    "content_policy_violation": ErrorCategory.CONTENT_FILTER,
    "invalid_prompt": ErrorCategory.CONTENT_FILTER,
    "model_not_found": ErrorCategory.BAD_REQUEST,
    "not_found_error": ErrorCategory.BAD_REQUEST,
    # Mistral, DeepSeek, MiniMax, Moonshot, Groq, llama.cpp.
    "rate_limited": ErrorCategory.RATE_LIMIT,
    "service_unavailable_error": ErrorCategory.OVERLOADED,
    "authorized_error": ErrorCategory.AUTH,
    "insufficient_balance_error": ErrorCategory.QUOTA,
    "invalid_authentication_error": ErrorCategory.AUTH,
    "exceeded_current_quota_error": ErrorCategory.QUOTA,
    "rate_limit_reached_error": ErrorCategory.RATE_LIMIT,
    "engine_overloaded_error": ErrorCategory.OVERLOADED,
    "capacity_exceeded": ErrorCategory.OVERLOADED,
    "unavailable_error": ErrorCategory.OVERLOADED,
    # Google: the status of an error, and the reasons in its details.
    "UNAUTHENTICATED": ErrorCategory.AUTH,
    "PERMISSION_DENIED": ErrorCategory.AUTH,
    "API_KEY_INVALID": ErrorCategory.AUTH,
    "BILLING_DISABLED": ErrorCategory.QUOTA,
    "RESOURCE_EXHAUSTED": ErrorCategory.RATE_LIMIT,
    "MODEL_CAPACITY_EXHAUSTED": ErrorCategory.OVERLOADED,
    "UNAVAILABLE": ErrorCategory.OVERLOADED,
    "DEADLINE_EXCEEDED": ErrorCategory.TIMEOUT,
    "INTERNAL": ErrorCategory.SERVER,
}

# Z.AI numbers its failures, all of them with a 429 or a 400, or inside a 200. Others mean
# something else by the same numbers: Mistral's 1000 is an outage.
ZAI_CODES: Mapping[str, ErrorCategory] = {
    "1000": ErrorCategory.AUTH,
    "1001": ErrorCategory.AUTH,
    "1002": ErrorCategory.AUTH,
    "1003": ErrorCategory.AUTH,
    "1004": ErrorCategory.AUTH,
    "1110": ErrorCategory.AUTH,  # account not active
    "1111": ErrorCategory.AUTH,
    "1112": ErrorCategory.AUTH,  # account locked
    "1113": ErrorCategory.QUOTA,  # no balance
    "1211": ErrorCategory.BAD_REQUEST,  # unknown model
    "1234": ErrorCategory.SERVER,
    "1261": ErrorCategory.CONTEXT_LENGTH,
    "1301": ErrorCategory.CONTENT_FILTER,
    "1302": ErrorCategory.RATE_LIMIT,  # requests at once
    "1303": ErrorCategory.RATE_LIMIT,  # requests in a time
    "1304": ErrorCategory.QUOTA,  # calls of a day
    "1305": ErrorCategory.RATE_LIMIT,
    "1308": ErrorCategory.QUOTA,  # windows of hours, weeks and months of a plan, down to 1317
    "1309": ErrorCategory.QUOTA,
    "1310": ErrorCategory.QUOTA,
    "1312": ErrorCategory.OVERLOADED,
    "1313": ErrorCategory.QUOTA,
    "1316": ErrorCategory.QUOTA,
    "1317": ErrorCategory.QUOTA,
}

# Words of a Google 429 that no waiting helps.
SPENT = ("per day", "spending cap", "prepayment credits", "prepaid credits")

# What these words say is so whatever the code and the status are: xAI's empty account is a 429,
# and a request that is larger than a limit per minute will never fit under it.
DECISIVE: Mapping[str, ErrorCategory] = {
    "request too large for": ErrorCategory.CONTEXT_LENGTH,
    "insufficient balance": ErrorCategory.QUOTA,
    "insufficient credits": ErrorCategory.QUOTA,
    "used all available credits": ErrorCategory.QUOTA,
    "run out of credits": ErrorCategory.QUOTA,
    "reached your usage limit": ErrorCategory.QUOTA,
    "reached your specified api usage limits": ErrorCategory.QUOTA,  # Anthropic, a 400
    "output blocked by content filtering": ErrorCategory.CONTENT_FILTER,  # Anthropic
}

# LM Studio answers every address that it does not serve with this and a 200.
UNEXPECTED_ENDPOINT = "unexpected endpoint or method"

# Some 400s and 403s say what they mean in prose only.
BY_PHRASE: Mapping[str, ErrorCategory] = {
    "prompt is too long": ErrorCategory.CONTEXT_LENGTH,
    "maximum context length": ErrorCategory.CONTEXT_LENGTH,
    "context window": ErrorCategory.CONTEXT_LENGTH,
    "input token count": ErrorCategory.CONTEXT_LENGTH,
    "model token limit": ErrorCategory.CONTEXT_LENGTH,
    "exceed context limit": ErrorCategory.CONTEXT_LENGTH,  # Anthropic
    "input is too long": ErrorCategory.CONTEXT_LENGTH,  # Bedrock
    "`max_new_tokens` must be <=": ErrorCategory.CONTEXT_LENGTH,  # TGI
    "available context size": ErrorCategory.CONTEXT_LENGTH,
    "context the overflows": ErrorCategory.CONTEXT_LENGTH,  # LM Studio
    "content exists risk": ErrorCategory.CONTENT_FILTER,  # DeepSeek
    "credit balance is too low": ErrorCategory.QUOTA,
    "input was flagged": ErrorCategory.CONTENT_FILTER,
    "incorrect api key": ErrorCategory.AUTH,
    "api key not valid": ErrorCategory.AUTH,
    UNEXPECTED_ENDPOINT: ErrorCategory.BAD_REQUEST,
}

BY_STATUS: Mapping[int, ErrorCategory] = {
    401: ErrorCategory.AUTH,
    402: ErrorCategory.QUOTA,
    403: ErrorCategory.AUTH,
    408: ErrorCategory.TIMEOUT,
    409: ErrorCategory.OVERLOADED,
    413: ErrorCategory.CONTEXT_LENGTH,
    429: ErrorCategory.RATE_LIMIT,
    503: ErrorCategory.OVERLOADED,
    504: ErrorCategory.TIMEOUT,
    529: ErrorCategory.OVERLOADED,
}

# MiniMax numbers its failures, inside a 200 or at the end of the message.
BY_BASE_RESP: Mapping[int, ErrorCategory] = {
    1000: ErrorCategory.SERVER,
    1001: ErrorCategory.TIMEOUT,
    1002: ErrorCategory.RATE_LIMIT,
    1004: ErrorCategory.AUTH,
    1008: ErrorCategory.QUOTA,
    1013: ErrorCategory.SERVER,
    1024: ErrorCategory.SERVER,
    1026: ErrorCategory.CONTENT_FILTER,
    1027: ErrorCategory.CONTENT_FILTER,
    1033: ErrorCategory.SERVER,
    1039: ErrorCategory.CONTEXT_LENGTH,
    1041: ErrorCategory.RATE_LIMIT,  # connections
    2013: ErrorCategory.BAD_REQUEST,
    2049: ErrorCategory.AUTH,
    2056: ErrorCategory.QUOTA,
    2062: ErrorCategory.QUOTA,
}

WORDS: Mapping[ErrorCategory, str] = {
    ErrorCategory.AUTH: (
        "{label} refused the key{status}. Check {key} in .env or the environment, then try again."
    ),
    ErrorCategory.RATE_LIMIT: (
        "{label} allows no more requests right now{status}. Wait {wait}, then try again."
    ),
    ErrorCategory.QUOTA: (
        "The {label} account is out of credit or over its plan{status}."
        " Top it up, or choose another provider."
    ),
    ErrorCategory.OVERLOADED: "{label} is overloaded{status}. Wait {wait}, then try again.",
    ErrorCategory.TIMEOUT: "{label} took too long to answer{status}. Try again.",
    ErrorCategory.CONTEXT_LENGTH: (
        "The request is too long for the model{status}."
        " Shorten the description or the earlier documents, or choose a model with more room."
    ),
    ErrorCategory.CONTENT_FILTER: (
        "{label}'s safety filter refused the request{status}."
        " Reword the description or the answers, or choose another model."
    ),
    ErrorCategory.BAD_REQUEST: (
        "{label} did not accept the request{status}. Choose another model, or check {url}."
    ),
    ErrorCategory.SERVER: "{label} failed{status}. Wait a moment, then try again.",
    ErrorCategory.NETWORK: (
        "The connection to {label} broke. The text so far is kept;"
        " check the network, then try again."
    ),
    ErrorCategory.MALFORMED_STREAM: (
        "{label} sent something that is not an answer. Check {url}, then try again."
    ),
    ErrorCategory.UNKNOWN: "{label} reported an error{status}. Try again.",
}

NOT_FOUND = "{label} does not know this model or address{status}. Check the model and {url}."
ASKED_AT = " It was asked at {asked}."
ASKED_WITHOUT_V1 = " It was asked at {asked}; most servers want /v1 at the end of {url}."
MOVED = "{label} answered with a redirect{status}. Set {url} to the address it moved to."
UNREACHABLE = "{label} could not be reached at {host}. Check the network and {url}, then try again."
BAD_URL = "{label} has no usable base URL. Set {url} to one that begins with https://."
NO_KEY = "{label} needs a key. Set {key}, or choose the offline drafter."
BAD_KEY = "{key} holds characters that a key cannot have. Copy the key again, then try again."
