"""Whether a provider can be used: one short request shows key, address, model and speed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import Failure, StreamMode
from specforge_core.generation.calling import failure_of
from specforge_core.generation.plan import Target
from specforge_core.generation.services import Services
from specforge_core.generation.single_call import SingleCall
from specforge_core.provider_records import ConnectionTest
from specforge_core.providers.wire import CompletionRequest, Message

LONGEST_S = 45.0

# Long enough for a speed, and nothing to think about. Forty words and commas: 120 to 170 tokens.
PROMPT = (
    "Count from one to forty in English words, on one line, separated by commas."
    " Write nothing else."
)
ANSWER_TOKENS = 200


async def probe(
    target: Target, services: Services, clock: Clock, longest_s: float = LONGEST_S
) -> ConnectionTest:
    """Asks the target once and says what came of it; only a bug or a cancel raises.

    longest_s: an answer that is still being written then has shown that all is well.
    A whole answer is not replayed: a replay has a speed, and it is not the model's.
    """
    native = target.stream_mode is StreamMode.NATIVE
    request = CompletionRequest(
        target.model,
        system="",
        messages=(Message("user", PROMPT),),
        max_tokens=ANSWER_TOKENS,
        thinking=target.thinking,
        stream=native,
    )
    plain = replace(target, stream_mode=StreamMode.NATIVE)
    complete = await asyncio.to_thread(services.connect, plain)
    call = SingleCall(target, request, services, clock)
    failure: Failure | None = None
    try:
        async with asyncio.timeout(longest_s):
            await call.hear(complete)
    except ProviderError as error:
        failure = failure_of(error)
    except TimeoutError:
        if not call.begun:
            failure = failure_of(_silent(target, longest_s))
    return _test(target, services, clock, call, failure)


def _test(
    target: Target, services: Services, clock: Clock, call: SingleCall, failure: Failure | None
) -> ConnectionTest:
    reading, end = call.read(), call.end
    native = target.stream_mode is StreamMode.NATIVE
    cost_usd = services.cost_usd(target, reading.usage, clock.now()) if call.begun else None
    return ConnectionTest(
        provider=target.provider,
        label=target.label,
        model=target.model,
        ok=failure is None,
        ttft_s=reading.ttft_s,
        duration_s=reading.duration_s,
        decode_tps=reading.decode_tps,
        stream_mode=StreamMode.SIMULATED if native and end and end.whole else target.stream_mode,
        output_tokens=reading.usage.output_tokens if call.begun else None,
        token_source=reading.token_source,
        cost_usd=cost_usd,
        message=failure.message if failure else "",
        category=failure.category if failure else None,
        status=failure.status if failure else None,
        request_id=failure.request_id if failure else end.request_id if end else None,
    )


def _silent(target: Target, longest_s: float) -> ProviderError:
    return ProviderError(
        ErrorCategory.TIMEOUT,
        f"{target.label} sent no text within {longest_s:g} seconds."
        " Try again later, or choose another model.",
    )
