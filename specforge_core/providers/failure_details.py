"""What a failure says besides its message: how long to wait, and Google's list of `details`.

Google's 429 is a limit per minute, which passes, or one per day, a plan without the model
or an empty account, which do not. It may ask for some seconds with every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from specforge_core.errors import ErrorCategory
from specforge_core.providers.failure_tables import BY_CODE, SPENT

LONGEST_WAIT_S = 86_400.0  # a provider that asks for more than a day does not mean it
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_RETRY_IN = re.compile(r"\bretry in " + _SECONDS.pattern)
_LIMIT_0 = re.compile(r"\blimit: 0(?!\.?\d)")


def category_in(error: Mapping[str, Any], message: str) -> ErrorCategory | None:
    """What the details decide, None where they leave it to the status."""
    reasons = [str(part.get("reason")) for part in _details(error)]
    if named := next((BY_CODE[reason] for reason in reasons if reason in BY_CODE), None):
        return named
    quotas = list(_quotas(error))
    if not quotas and error.get("status") != "RESOURCE_EXHAUSTED":
        return None
    said = message.lower()
    if any("perday" in quota for quota in quotas) or _LIMIT_0.search(said):
        return ErrorCategory.QUOTA
    if any(phrase in said for phrase in SPENT):
        return ErrorCategory.QUOTA
    if quotas or wait_in(error, message) is not None:
        return ErrorCategory.RATE_LIMIT
    # With nothing else said; the message of a limit per minute speaks of billing as well.
    return ErrorCategory.QUOTA if "billing" in said else ErrorCategory.RATE_LIMIT


def wait_in(error: Mapping[str, Any], message: str) -> float | None:
    """Seconds to wait, from `RetryInfo` or else from the message, which gateways leave in."""
    for part in _details(error):
        if found := _SECONDS.fullmatch(str(part.get("retryDelay"))):
            return min(float(found[1]), LONGEST_WAIT_S)
    found = _RETRY_IN.search(message)
    return min(float(found[1]), LONGEST_WAIT_S) if found else None


def wait_in_headers(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms`, or `retry-after` as a number or a date; a day at most."""
    for name, unit in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return min(float(value) / unit, LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    wait_s = (moment - datetime.now(UTC)).total_seconds()
    return min(max(0.0, wait_s), LONGEST_WAIT_S)


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = error.get("details")
    if not isinstance(parts, list):
        return []
    return [part for part in parts if isinstance(part, Mapping)]


def _quotas(error: Mapping[str, Any]) -> Iterator[str]:
    """The names of the limits that were hit, in lower case: `…perday…`, `…perminute…`."""
    for part in _details(error):
        violations = part.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, Mapping):
                yield str(violation.get("quotaId")).lower()
