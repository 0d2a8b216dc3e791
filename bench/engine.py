"""The engine without a page: many runs at once, cancel."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.processes import Provider, clean_environment, data_folder, in_child
from bench.provider import MARKER, Script
from bench.readers import WIRES
from bench.results import Row, percentile, single, spread
from specforge_core import Forge, Settings
from specforge_core.store.database import Database
from specforge_core.store.sql import queries

TPS = 60.0
FOLLOWED = 4  # runs that a reader follows, to know when a commit is over


def only(provider: Provider) -> None:
    """This process knows the loopback provider and no other."""
    kept = clean_environment(**provider.every_wire)
    os.environ.clear()
    os.environ.update(kept)


# --- received -> stored ----------------------------------------------------------


def concurrency(quick: bool) -> Iterator[Row]:
    """Token sent or received -> stored, by the number of runs at once, 60 tokens/s each."""
    seconds = 4.0 if quick else 8.0
    cases = [("offline", 1), ("offline", 50), ("offline", 200), ("custom", 50), ("custom", 200)]
    if quick:
        cases = [("offline", 50), ("custom", 200)]
    for provider, runs in cases:
        seen = in_child(_many_runs, provider, runs, seconds)
        over = "loopback SDK wire" if provider == "custom" else provider
        name = f"{runs} concurrent runs, {over}"
        worst = max((lags for lags in (seen.stored, seen.read) if lags), key=_p95, default=[])
        which = "read by a follower" if worst is seen.read else "commit begun"
        yield spread(f"token received → stored ({which}), {name}", worst, p95=100)
        if provider == "custom":
            yield spread(f"  token sent by the provider → stored, {name}", seen.sent)
        note = f"{seen.tps:.0f} of {TPS:.0f} tokens/s in each, in {seen.chunks:.1f} commits"
        yield single(f"  CPU, {name}", seen.cpu, "%", note=note)


def _p95(lags: list[float]) -> float:
    return percentile(lags, 0.95)


@dataclass
class _Seen:
    """Lags in ms: of chunks to their commit, of deltas to a follower, of markers to their commit.

    cpu in percent of a core; tps, chunks: a second, of one run.
    """

    stored: list[float]
    read: list[float]
    sent: list[float]
    cpu: float
    tps: float
    chunks: float


def _many_runs(provider: str, runs: int, seconds: float) -> _Seen:
    with Provider() as loopback, data_folder() as folder:
        only(loopback)
        loopback.play(Script(tps=TPS, seconds=120))
        settings = Settings(data_dir=folder, max_runs=runs, offline_tps=TPS)
        with Forge.open(settings) as forge:
            ids = [_generate(forge, provider) for _ in range(runs)]
            for run_id in ids:
                _until_text(forge, run_id)
            time.sleep(1)  # the rush of the beginning is over
            return _observe(forge, ids, seconds)


def _observe(forge: Forge, ids: list[str], seconds: float) -> _Seen:
    read: list[float] = []
    ended = threading.Event()
    followers = [
        threading.Thread(target=_follow, args=(forge._database, run_id, read, ended))
        for run_id in ids[-FOLLOWED:]
    ]
    begin, used, start = datetime.now(UTC), time.process_time(), time.monotonic()
    for follower in followers:
        follower.start()
    time.sleep(seconds)
    took = time.monotonic() - start
    cpu = 100 * (time.process_time() - used) / took
    ended.set()
    for follower in followers:
        follower.join()
    rows = (
        forge._database.reader()
        .execute(
            "select received_at, stored_at, tokens, content from chunks"
            " where stored_at between ? and ?",
            [begin, begin + timedelta(seconds=took)],
        )
        .fetchall()
    )
    stored = [_ms(kept - received) for received, kept, _, _ in rows]
    sent = [
        1000 * kept.timestamp() - int(moment)
        for _, kept, _, text in rows
        for moment in MARKER.findall(text)
    ]
    each = len(ids) * took
    return _Seen(stored, read, sent, cpu, sum(row[2] for row in rows) / each, len(rows) / each)


def _follow(database: Database, run_id: str, lags: list[float], ended: threading.Event) -> None:
    """Notes, for each chunk, how old its first delta is when a reader has read it."""
    last = queries().last_seq(database.reader(), run_id=run_id)
    while not ended.is_set():
        version = database.version(run_id)
        rows = list(queries().chunks_after(database.reader(), run_id=run_id, after_seq=last))
        now = datetime.now(UTC)
        for seq, _, _, _, _, received in rows:
            last = seq
            lags.append(_ms(now - received))
        database.wait_for_commit(run_id, version, timeout_s=0.5)


def _ms(lag: timedelta) -> float:
    return 1000 * lag.total_seconds()


def _generate(forge: Forge, provider: str) -> str:
    project = forge.create_project("Vendor invoice approval", "Invoices wait 9 days for approval.")
    forge.skip_to(project.project_id, "specs")
    return forge.generate(project.project_id, "specs", provider).run_id  # a long one


def _until_text(forge: Forge, run_id: str) -> None:
    next((state for state in forge.follow(run_id) if state.progress.tokens), None)


# --- cancel ------------------------------------------------------------------------


def cancels(quick: bool) -> Iterator[Row]:
    """forge.cancel -> the provider sees its client leave, on every network wire."""
    for provider, wire in WIRES.items():
        lags = in_child(_cancel_many, provider, 5 if quick else 15)
        yield spread(f"cancel → provider socket closed, {wire.name}", lags, p95=250)


def _cancel_many(provider: str, times: int) -> list[float]:
    dice, lags = random.Random(7), []
    with Provider() as loopback, data_folder() as folder:
        only(loopback)
        with Forge.open(Settings(data_dir=folder)) as forge:
            for _ in range(times):
                loopback.play(Script(tps=50))
                run_id = _generate(forge, provider)
                _until_text(forge, run_id)
                time.sleep(dice.random() / 4)  # any moment between two flushes
                clicked = time.monotonic()
                forge.cancel(run_id)
                lags.append(1000 * (loopback.gone()["gone"] - clicked))
                *_, last = forge.follow(run_id)
                assert last.run.status == "cancelled", last.run.status
    return lags
