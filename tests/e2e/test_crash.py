"""The real process, killed at random moments: what a reader has seen is on disk."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from specforge_core import Forge, Settings, WorkStatus
from specforge_core.store.sql import queries

COMMAND = (sys.executable, "-m", "specforge_core", "generate", "--json")
KILLS = 5  # per test; two of them run, so 10 kills in all
# Characters, of the document's 5,500: the process is at work for seconds when it is killed, however
# late a busy machine notices.
FIRST, LAST = 1, 2_500


def visible_until_killed(data_dir: Path, after: int) -> tuple[str, dict[str, str]]:
    """Generates, kills the process after `after` characters; returns run id and text seen."""
    process = subprocess.Popen(
        [*COMMAND, "--title", "Crash", "--description", "A ledger that never forgets a booking."],
        env={
            **os.environ,
            "SPECFORGE_DATA_DIR": str(data_dir),
            "SPECFORGE_OFFLINE_TPS": "300",
            "SPECFORGE_FLUSH_MS": "5",
        },
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    run_id, seen, length = "", defaultdict[str, str](str), 0
    with process.stdout as lines:
        for line in lines:
            event = json.loads(line)
            if event["event"] == "run":
                run_id = event["run_id"]
            elif event["event"] == "text":
                seen[event["section"]] += event["text"]
                length += len(event["text"])
            if length >= after:
                process.kill()  # what still stands in the pipe was visible too
    process.wait(timeout=30)
    return run_id, seen


@pytest.mark.parametrize("seed", [1, 2])
def test_every_character_that_was_visible_is_there_after_kill_9(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    rounds = [visible_until_killed(tmp_path, dice.randint(FIRST, LAST)) for _ in range(KILLS)]
    with Forge.open(Settings(data_dir=tmp_path, offline_tps=50_000)) as forge:
        assert forge.notice == ""
        assert list(queries().broken_runs(forge._database.reader())) == []
        for run_id, seen in rounds:
            assert seen, "the process was killed before it had shown anything"
            assert forge.run(run_id).status in (WorkStatus.INTERRUPTED, WorkStatus.COMPLETE)
            for section, text in seen.items():
                assert forge.section_text(run_id, section).startswith(text)
        killed = [run_id for run_id, _ in rounds if forge.run(run_id).status != "complete"]
        assert killed
        for run_id in killed:
            kept = forge.document(run_id)
            *_, last = forge.follow(forge.resume(run_id).run_id)
            assert last.run.status is WorkStatus.COMPLETE
            assert forge.document(run_id).startswith(kept)
        whole = {forge.document(run_id) for run_id, _ in rounds}
        assert len(whole) == 1, "a resumed document differs from one that was never killed"
