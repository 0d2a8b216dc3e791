"""Measures one provider request, on the monotonic clock, at the edge of the wire."""

from __future__ import annotations

from dataclasses import dataclass

from specforge_core.clock import Clock
from specforge_core.events import TokenSource, Usage
from specforge_core.providers.tokens import estimate_tokens

SHORTEST_S = 0.1  # deltas of one packet come microseconds apart, which is no speed of a model
FEWEST_DELTAS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds from the request, and tokens with where their count comes from."""

    ttft_s: float | None
    ttfa_s: float | None
    duration_s: float
    decode_tps: float | None
    usage: Usage
    token_source: TokenSource


class Meter:
    """One per call. `text` and `reasoning` are called once per delta, so they do little."""

    def __init__(self, clock: Clock, prompt_bytes: int) -> None:
        self._clock = clock
        self._prompt_bytes = prompt_bytes
        self._sent = clock.monotonic()
        self._first_text: float | None = None
        self._first_reasoning: float | None = None
        self._last = self._sent
        self._deltas = 0
        self._bytes = 0
        self._reasoning_bytes = 0
        self.usage = Usage()
        self.counted: list[int] | None = None  # tokens of prompt and answer, by a tokenizer

    def text(self, size: int) -> None:
        self._deltas += 1
        self._last = self._clock.monotonic()
        if self._first_text is None:
            self._first_text = self._last
        self._bytes += size

    def reasoning(self, size: int) -> None:
        self._deltas += 1
        self._last = self._clock.monotonic()
        if self._first_reasoning is None:
            self._first_reasoning = self._last
        self._reasoning_bytes += size

    def read(self, *, whole: bool) -> Reading:
        """`whole` False: the call broke off, so the provider's output count is stale."""
        usage, source = self._tokens(whole)
        first = min(
            (t for t in (self._first_text, self._first_reasoning) if t is not None), default=None
        )
        return Reading(
            ttft_s=None if first is None else first - self._sent,
            ttfa_s=None if self._first_text is None else self._first_text - self._sent,
            duration_s=self._clock.monotonic() - self._sent,
            decode_tps=self._decode_tps(usage, first),
            usage=usage,
            token_source=source,
        )

    def _tokens(self, whole: bool) -> tuple[Usage, TokenSource]:
        known = self.usage
        if whole and known.output_tokens is not None:
            return known, "provider"
        if whole and self.counted is not None:
            return self._by_tokenizer(*self.counted), "tokenizer"
        guess = Usage(
            input_tokens=known.input_tokens or estimate_tokens(self._prompt_bytes),
            output_tokens=estimate_tokens(self._bytes + self._reasoning_bytes),
            reasoning_tokens=estimate_tokens(self._reasoning_bytes) or None,
            cached_tokens=known.cached_tokens,
        )
        return guess, "estimate"

    def _by_tokenizer(self, prompt: int, answer: int) -> Usage:
        """Thinking that was not part of the answer is estimated."""
        thought = estimate_tokens(self._reasoning_bytes)
        known = self.usage
        return Usage(
            input_tokens=known.input_tokens or prompt,
            output_tokens=answer + thought,
            reasoning_tokens=thought or None,
            cached_tokens=known.cached_tokens,
        )

    def _decode_tps(self, usage: Usage, first: float | None) -> float | None:
        """(tokens - 1) / (last - first): the AIPerf and Artificial Analysis definition.

        Thinking that was billed but not sent is in the count and not in the
        interval; it is taken out, or the speed would look many times too high.
        """
        if first is None or self._deltas < FEWEST_DELTAS or self._last - first < SHORTEST_S:
            return None
        tokens = usage.output_tokens or 0
        if self._first_reasoning is None:
            tokens -= usage.reasoning_tokens or 0
        return (tokens - 1) / (self._last - first) if tokens > 1 else None
