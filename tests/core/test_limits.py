"""A provider's own limits: requests at once and in a minute, in the order of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from specforge_core.clock import Clock
from specforge_core.generation.limits import Limits
from specforge_core.generation.plan import Target
from specforge_core.policy import ProviderPolicy

OPENAI, OTHER = Target("openai", "OpenAI", "m"), Target("mistral", "Mistral", "m")


class Visitors:
    """Requests that stay inside until they are let go; `order` is that of their entry."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.order: list[int] = []
        self.told: list[str] = []
        self.inside = 0
        self.most = 0
        self.leave: dict[int, asyncio.Event] = {}
        self.changed = asyncio.Condition()

    async def visit(self, number: int, target: Target = OPENAI) -> None:
        leave = self.leave.setdefault(number, asyncio.Event())
        async with self.limits.slot(target, self.told.append):
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.order.append(number)
            async with self.changed:
                self.changed.notify_all()
            try:
                await leave.wait()
            finally:
                self.inside -= 1

    async def entered(self, count: int) -> None:
        async with self.changed:
            await asyncio.wait_for(
                self.changed.wait_for(lambda: len(self.order) >= count), timeout=30
            )


def with_limits(
    policy: Callable[[str], ProviderPolicy], check: Callable[[Visitors], object], clock: Clock
) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await check(Visitors(Limits(policy, clock)))  # type: ignore[misc]

    asyncio.run(main())


def test_no_more_than_the_limit_are_inside_and_the_first_come_enter_first() -> None:
    async def check(visitors: Visitors) -> None:
        tasks = []
        for number in range(6):
            tasks.append(asyncio.create_task(visitors.visit(number)))
            await asyncio.sleep(0)
        await visitors.entered(2)
        assert visitors.inside == 2
        for number in range(6):
            visitors.leave[number].set()
            await visitors.entered(min(number + 3, 6))
        await asyncio.gather(*tasks)
        assert visitors.order == list(range(6)) and visitors.most == 2
        assert any("2 at once" in reason for reason in visitors.told)

    with_limits(lambda _: ProviderPolicy(max_calls=2), check, Clock())


def test_a_cancelled_visitor_leaves_its_place_inside_and_in_the_queue() -> None:
    async def check(visitors: Visitors) -> None:
        first = asyncio.create_task(visitors.visit(1))
        await visitors.entered(1)
        second = asyncio.create_task(visitors.visit(2))
        third = asyncio.create_task(visitors.visit(3))
        await asyncio.sleep(0.01)
        second.cancel()
        first.cancel()
        await visitors.entered(2)
        assert visitors.order == [1, 3]
        third.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        assert visitors.inside == 0

    with_limits(lambda _: ProviderPolicy(max_calls=1), check, Clock())


def test_a_minute_holds_no_more_requests_than_allowed_and_then_lets_them_in() -> None:
    seconds = [1_000.0]

    async def check(visitors: Visitors) -> None:
        for number in range(3):
            visitors.leave[number] = asyncio.Event()
            visitors.leave[number].set()
        await visitors.visit(0)
        seconds[0] += 30
        await visitors.visit(1)
        late = asyncio.create_task(visitors.visit(2))
        await asyncio.sleep(0.05)
        assert visitors.order == [0, 1]
        assert "2 a minute" in visitors.told[0]
        seconds[0] += 30.1  # the first one is a minute ago
        await asyncio.wait_for(late, 30)
        assert visitors.order == [0, 1, 2]

    clock = Clock(lambda: seconds[0], Clock().now)
    with_limits(lambda _: ProviderPolicy(calls_per_minute=2), check, clock)


def test_a_limit_that_is_raised_counts_for_who_waits_already() -> None:
    policy = [ProviderPolicy(max_calls=1)]

    async def check(visitors: Visitors) -> None:
        first = asyncio.create_task(visitors.visit(1))
        await visitors.entered(1)
        second = asyncio.create_task(visitors.visit(2))
        await asyncio.sleep(0.01)
        policy[0] = ProviderPolicy()
        await visitors.entered(2)
        for task in (first, second):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

    with_limits(lambda _: policy[0], check, Clock())


def test_one_provider_does_not_wait_for_another() -> None:
    async def check(visitors: Visitors) -> None:
        tasks = [
            asyncio.create_task(visitors.visit(1)),
            asyncio.create_task(visitors.visit(2, OTHER)),
        ]
        await visitors.entered(2)
        assert not visitors.told
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with_limits(lambda _: ProviderPolicy(max_calls=1), check, Clock())
