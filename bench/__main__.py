"""`python -m bench [--only NAME] [--quick] [--json FILE]`: prints one table for DESIGN §8."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bench import (
    cpu,
    diff,
    engine,
    export,
    floods,
    history,
    imports,
    lifecycle,
    screen,
    telemetry,
    viewers,
    wires,
)
from bench.results import Row, table

GROUPS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "first-text": screen.first_text,
    "concurrency": engine.concurrency,
    "live-text": screen.live_text,
    "viewers": viewers.viewers,
    "cancel": engine.cancels,
    "stop-button": screen.stop_button,
    "crash": lifecycle.crash,
    "cpu": cpu.cpu_per_delta,
    "wires": wires.wires,
    "imports": imports.imports,
    "telemetry": telemetry.million_calls,
    "diff": diff.diff,
    "floods": floods.floods,
    "history": history.history,
    "export": export.export_times,
    "start": lifecycle.start,
    "stop": lifecycle.stop,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog="parts:\n" + "\n".join(f"  {name:12} {_about(name)}" for name in GROUPS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", action="append", choices=GROUPS, metavar="PART", help="may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats and cases")
    parser.add_argument("--json", type=Path, help="also write the rows, with all numbers, here")
    args = parser.parse_args()
    rows: list[Row] = []
    failed: list[str] = []
    started, busy = time.monotonic(), os.getloadavg()[0]
    for name in args.only or GROUPS:
        print(f"{time.monotonic() - started:4.0f} s  {name} …", file=sys.stderr, flush=True)
        try:
            for row in GROUPS[name](args.quick):
                print(f"        {row.what}: {row.measured}", file=sys.stderr, flush=True)
                rows.append(row)
        except Exception as exc:  # noqa: BLE001 (the other groups' numbers are worth having)
            traceback.print_exc()
            failed.append(name)
            rows.append(Row(name, "", f"not measured: {type(exc).__name__}, see above", "no"))
    print(table(rows))
    print(
        f"\nMeasured in {time.monotonic() - started:.0f} s on {os.cpu_count()} cores."
        f" Load average before it: {busy:.1f}; above 0.5 others slowed it down."
    )
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    sys.exit(bool(failed))


def _about(name: str) -> str:
    return (GROUPS[name].__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    main()
