"""One request that belongs to no run: measured like every other, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing

from specforge_core.clock import Clock
from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import ReasoningDelta, StreamEnd, TextDelta, Usage
from specforge_core.generation.meter import Meter, Reading
from specforge_core.generation.plan import Target
from specforge_core.generation.services import Complete, Services
from specforge_core.providers.connect import Connections
from specforge_core.providers.tokens import count_tokens
from specforge_core.providers.wire import CompletionRequest


def unlimited(connections: Connections) -> Services:
    """What a request asks for, without the limits and budgets that a run is held to."""
    return Services(
        connect=lambda one: connections.connect(one.provider, one.stream_mode),
        cost_usd=lambda one, usage, moment: connections.cost_usd(
            one.provider, one.model, usage, moment
        ),
        count_tokens=_counted,
    )


def _counted(target: Target, texts: Sequence[str]) -> list[int] | None:
    counts = [count_tokens(text, target.provider) for text in texts]
    return [count for count, _ in counts] if all(s == "tokenizer" for _, s in counts) else None


class SingleCall:
    """Its time begins when it is made. `tell` hears text and thinking as they come."""

    def __init__(
        self,
        target: Target,
        request: CompletionRequest,
        services: Services,
        clock: Clock,
        tell: Callable[[TextDelta | ReasoningDelta], None] = lambda event: None,
    ) -> None:
        self._target = target
        self._request = request
        self._services = services
        self._tell = tell
        self._meter = Meter(clock, request.size)
        self._texts: list[str] = []
        self._counted = False  # by the provider to the end, although the answer is a failure
        self.begun = False  # text or thinking has come
        self.end: StreamEnd | None = None

    async def hear(self, complete: Complete) -> None:
        """To the end of the answer. Raises `ProviderError`; lets a cancel through."""
        try:
            await self._hear(complete)
        except ProviderError as error:
            self._counted = error.counted and self._meter.usage != Usage()
            raise

    async def _hear(self, complete: Complete) -> None:
        async with aclosing(complete(self._request)) as stream:
            async for event in stream:
                match event:
                    case TextDelta(text):
                        self._meter.text(_size(text))
                        self._texts.append(text)
                        self._pass_on(event)
                    case ReasoningDelta(text):
                        self._meter.reasoning(_size(text))
                        self._pass_on(event)
                    case Usage():
                        self._meter.usage = event
                    case StreamEnd():
                        await self._services.count_untold(
                            self._meter, self._target, self._request, self._texts
                        )
                        self.end = event
                        return
        raise ProviderError(ErrorCategory.TRUNCATED_STREAM, "The answer stopped before its end.")

    def read(self) -> Reading:
        """What was measured; tokens of an answer that has not come to its end are an estimate."""
        return self._meter.read(whole=self.end is not None or self._counted)

    @property
    def worth_telling(self) -> bool:
        """Whether there was an answer, or counts of one."""
        return self.begun or self._counted

    def _pass_on(self, event: TextDelta | ReasoningDelta) -> None:
        self.begun = True
        self._tell(event)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
