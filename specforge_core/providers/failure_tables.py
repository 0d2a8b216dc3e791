"""What the failures of providers are called, and the sentence that a person reads.

A sentence may name {label}, {status} (" (401)" or ""), {key} and {url} (the
variables to set), {host} and {wait} ("20 seconds").
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
    "model_not_found": ErrorCategory.BAD_REQUEST,
    "not_found_error": ErrorCategory.BAD_REQUEST,
}

# Some 400s say what they mean in prose only.
BY_PHRASE: Mapping[str, ErrorCategory] = {
    "prompt is too long": ErrorCategory.CONTEXT_LENGTH,
    "maximum context length": ErrorCategory.CONTEXT_LENGTH,
    "context window": ErrorCategory.CONTEXT_LENGTH,
    "credit balance is too low": ErrorCategory.QUOTA,
    "api key not valid": ErrorCategory.AUTH,
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

# MiniMax numbers its failures inside a 200.
BY_BASE_RESP: Mapping[int, ErrorCategory] = {
    1001: ErrorCategory.TIMEOUT,
    1002: ErrorCategory.RATE_LIMIT,
    1004: ErrorCategory.AUTH,
    1008: ErrorCategory.QUOTA,
    1026: ErrorCategory.CONTENT_FILTER,
    1027: ErrorCategory.CONTENT_FILTER,
    1039: ErrorCategory.CONTEXT_LENGTH,
    2013: ErrorCategory.BAD_REQUEST,
    2049: ErrorCategory.AUTH,
    2056: ErrorCategory.QUOTA,
    2062: ErrorCategory.QUOTA,
}

WORDS: Mapping[ErrorCategory, str] = {
    ErrorCategory.AUTH: "{label} refused the key{status}. Check {key}, then Resume.",
    ErrorCategory.RATE_LIMIT: (
        "{label} allows no more requests right now{status}. Wait {wait}, then Resume."
    ),
    ErrorCategory.QUOTA: (
        "The {label} account is out of credit or over its plan{status}."
        " Top it up, or choose another provider."
    ),
    ErrorCategory.OVERLOADED: "{label} is overloaded{status}. Wait {wait}, then Resume.",
    ErrorCategory.TIMEOUT: "{label} took too long to answer{status}. Press Resume to try again.",
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
    ErrorCategory.SERVER: "{label} failed{status}. Wait a moment, then Resume.",
    ErrorCategory.NETWORK: (
        "The connection to {label} broke. The text so far is kept; check the network, then Resume."
    ),
    ErrorCategory.MALFORMED_STREAM: (
        "{label} sent something that is not an answer. Check {url}, then Resume."
    ),
    ErrorCategory.UNKNOWN: "{label} reported an error{status}. Press Resume to try again.",
}

NOT_FOUND = "{label} does not know this model or address{status}. Check the model and {url}."
MOVED = "{label} answered with a redirect{status}. Set {url} to the address it moved to."
UNREACHABLE = "{label} could not be reached at {host}. Check the network and {url}, then Resume."
BAD_URL = "{label} has no usable base URL. Set {url} to one that begins with https://."
NO_KEY = "{label} needs a key. Set {key}, or choose the offline drafter."
BAD_KEY = "{key} holds characters that a key cannot have. Copy the key again, then Resume."
