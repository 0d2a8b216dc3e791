"""The background thread: one asyncio loop, any number of runs at once, one cancel from outside."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from specforge_core.clock import Clock
from specforge_core.errors import SpecForgeError
from specforge_core.events import EndReason, Failure, RunFinished
from specforge_core.generation.calling import failure_of
from specforge_core.generation.plan import Plan
from specforge_core.generation.services import Services, Sink
from specforge_core.generation.writing import Writing

log = logging.getLogger(__name__)
T = TypeVar("T")

STOPPED = "The writing thread has stopped. Restart SpecForge."

# Seconds for which one thread may keep the others waiting; Python's own 0.005 lets a loop
# that is busy with many sockets hold up commits and pages: each asks several times.
SWITCH_S = 0.000_5


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt of a run. `prepare` is called in a thread when the run's turn comes.

    `submitted` is the monotonic time of the person's click.
    """

    run_id: str
    attempt: int
    last_seq: int
    submitted: float
    prepare: Callable[[], tuple[Plan, Services]]


class Worker:
    """`tick` is called every `tick_s` with the ids of the runs that are looked after here."""

    def __init__(
        self,
        make_sink: Callable[[], Sink],
        close_clients: Callable[[], Awaitable[None]],
        tick: Callable[[list[str]], None],
        clock: Clock,
        max_runs: int,
        tick_s: float,
    ) -> None:
        self._make_sink = make_sink
        self._close_clients = close_clients
        self._tick = tick
        self._clock = clock
        self._max_runs = max_runs
        self._tick_s = tick_s
        self._waiting: deque[Job] = deque()
        self._tasks: dict[str, asyncio.Task[EndReason]] = {}
        self._cancelled: set[tuple[str, int]] = set()  # attempts that a person stopped
        self._begun: set[str] = set()  # runs of `_tasks` that `Writing` looks after
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop
        self._sink: Sink
        self._stop: asyncio.Event
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="specforge-worker", daemon=True)

    # --- called from any thread --------------------------------------------------

    def start(self) -> None:
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()
        self._started.result(timeout=10)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and not self._stopping

    @property
    def at_work(self) -> int:
        """How many runs are being written now."""
        return len(self._tasks)

    def require_alive(self) -> None:
        """Raises SpecForgeError when nothing can be written any more."""
        if not self.alive:
            raise SpecForgeError(STOPPED)

    def submit(self, job: Job) -> None:
        """Raises SpecForgeError when the worker is dead."""
        self._in_loop(self._enqueue, job)

    def cancel(self, run_id: str, attempt: int) -> None:
        """Returns at once; the run's end is recorded when its socket is closed."""
        self._in_loop(self._cancel, run_id, attempt)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs `work` in the loop and returns at once; what it becomes is cancelled at a stop.

        Raises SpecForgeError when the worker is dead.
        """
        try:
            self.require_alive()
            return asyncio.run_coroutine_threadsafe(work, self._loop)
        except (SpecForgeError, RuntimeError) as exc:
            work.close()
            raise SpecForgeError(STOPPED) from exc

    def _in_loop(self, call: Callable[..., None], *args: object) -> None:
        self.require_alive()
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError as exc:  # the loop was closed since
            raise SpecForgeError(STOPPED) from exc

    def stop(self, timeout_s: float) -> None:
        """Ends live runs as interrupted, makes everything durable, ends the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._begin_stop)
            self._thread.join(timeout_s)

    # --- in the loop ---------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as exc:
            log.exception("the writing thread died")
            if not self._started.done():
                self._started.set_exception(exc)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._sink = self._make_sink()
        flushing = asyncio.create_task(self._sink.run())
        ticking = asyncio.create_task(self._ticks())
        self._started.set_result(None)
        try:
            stopped = asyncio.create_task(self._stop.wait())
            # A flush or tick that dies takes the thread down: healthz must say so.
            done, _ = await asyncio.wait(
                {stopped, flushing, ticking}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done - {stopped}:
                task.result()
        finally:
            self._stopping = True
            ticking.cancel()
            await self._interrupt_all()
            self._sink.stop()
            await flushing
            self._sink.close()
            await self._close_clients()

    def _begin_stop(self) -> None:
        self._stopping = True
        self._stop.set()

    async def _interrupt_all(self) -> None:
        for job in self._waiting:
            self._end(job, EndReason.INTERRUPTED)
        self._waiting.clear()
        tasks = list(self._tasks.values())
        for run_id, task in self._tasks.items():
            if run_id not in {one for one, _ in self._cancelled}:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            waiting = [job.run_id for job in self._waiting]
            looked_after = [*self._tasks, *waiting, *self._sink.unsettled()]
            await asyncio.to_thread(self._tick, looked_after)

    def _enqueue(self, job: Job) -> None:
        if (job.run_id, job.attempt) in self._cancelled:  # by who saw its row before it came here
            self._cancelled.discard((job.run_id, job.attempt))
            self._end(job, EndReason.CANCELLED)
            return
        self._waiting.append(job)
        self._pump()

    def _pump(self) -> None:
        while self._waiting and len(self._tasks) < self._max_runs and not self._stopping:
            job = self._waiting.popleft()
            task = asyncio.create_task(self._attempt(job), name=job.run_id)
            self._tasks[job.run_id] = task
            task.add_done_callback(partial(self._done, job))

    async def _attempt(self, job: Job) -> EndReason:
        sink = self._sink
        sink.begin(job.run_id, job.last_seq)
        waited = self._clock.monotonic() - job.submitted
        try:
            # In a thread: it reads the database and may import an SDK, which takes a second.
            plan, services = await asyncio.to_thread(job.prepare)
            self._begun.add(job.run_id)
        except Exception as error:
            log.exception("run %s cannot begin", job.run_id)
            return self._end(job, EndReason.PROVIDER_ERROR, failure_of(error))
        writing = Writing(
            plan, services, sink.record, self._clock, sink.room, self._why_cancelled, waited
        )
        return await writing.write()

    def _why_cancelled(self) -> EndReason:
        return EndReason.INTERRUPTED if self._stopping else EndReason.CANCELLED

    def _done(self, job: Job, task: asyncio.Task[EndReason]) -> None:
        self._tasks.pop(job.run_id, None)
        self._cancelled.discard((job.run_id, job.attempt))
        begun = job.run_id in self._begun
        self._begun.discard(job.run_id)
        if task.cancelled():
            if not begun:  # `Writing` closes its own books; before it nobody does
                self._end(job, self._why_cancelled())
        elif (error := task.exception()) is not None:
            log.error("run %s ended without its books closed", job.run_id, exc_info=error)
            self._end(job, EndReason.PROVIDER_ERROR, failure_of(error))
        self._pump()

    def _cancel(self, run_id: str, attempt: int) -> None:
        mark = (run_id, attempt)
        if mark in self._cancelled:
            return  # a second cancel would break into the clean-up of the first
        for job in self._waiting:
            if job.run_id == run_id:
                self._waiting.remove(job)
                self._end(job, EndReason.CANCELLED)
                return
        self._cancelled.add(mark)
        if run_id in self._tasks:
            self._tasks[run_id].cancel()

    def _end(self, job: Job, reason: EndReason, failure: Failure | None = None) -> EndReason:
        """The end of a run that wrote nothing in this attempt."""
        now = self._clock.now()
        self._sink.record(RunFinished(job.run_id, job.attempt, reason, failure, now))
        return reason
