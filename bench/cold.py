"""What a fresh process does for the first time: `python -m bench.cold STEP PROVIDER`.

Nothing but the standard library is loaded before the first clock starts. It tells
"ready", then the seconds of `import specforge_core`, then those of the step, a line each;
after each line it waits for one, so that its memory can be read from outside.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from importlib import import_module


def connect(provider: str) -> None:
    from specforge_core import Settings
    from specforge_core.providers.connect import Connections

    Connections(Settings()).connect(provider)


def first_text(reader: str, provider: str) -> None:
    from bench import readers

    async def ask_once() -> None:
        async with getattr(readers, reader)(provider) as ask:
            await anext(ask())

    asyncio.run(ask_once())


STEPS: dict[str, Callable[[str], None]] = {
    "connect": connect,
    "specforge": lambda provider: first_text("specforge", provider),
    "bare": lambda provider: first_text("bare", provider),
}


def _tell(line: object) -> None:
    print(line, flush=True)
    sys.stdin.readline()


def _took_s(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    _tell("ready")
    _tell(_took_s(lambda: import_module("specforge_core")))
    _tell(_took_s(lambda: STEPS[sys.argv[1]](sys.argv[2])))
