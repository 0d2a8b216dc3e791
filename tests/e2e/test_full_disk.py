"""A disk that takes no more: said in one sentence, waited for, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# A limit on file sizes stands for the full disk: it needs no privilege, and the
# database meets it in the same write calls. Its signal must be ignored first.
PROGRAM = """
import os, resource, signal, sys, time
from specforge_core import Forge, Settings

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = sys.argv[1]
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

def write(forge, project, limit):
    run = forge.generate(project.project_id, "brief", "offline")
    notice, since = "", 0
    for state in forge.follow(run.run_id):
        if limit and state.progress.tokens > 50:
            log = os.path.getsize(os.path.join(folder, "specforge.duckdb.wal"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (log + 4096, unlimited[1]))
            limit = False
        if forge.notice and not notice:
            notice = forge.notice
            since = time.monotonic()
        if notice and since and time.monotonic() - since > 1:  # longer than a lease
            assert not forge.health().ok and forge.health().database == forge.notice
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            since = 0
    return run.run_id, state.run.status, notice

settings = Settings(data_dir=folder, offline_tps=700, heartbeat_s=0.1, lease_s=0.5)
with Forge.open(settings) as forge:
    project = forge.create_project("Invoices", "Finance approves invoices. " * 20)
    first, status, notice = write(forge, project, True)
    assert status == "complete", status
    assert "cannot be written" in notice and "Free disk space" in notice, notice
    assert forge.notice == "" and forge.health().ok
    _, _, none = write(forge, project, False)
    assert none == ""
with Forge.open(Settings(data_dir=folder, offline_tps=9000)) as forge:
    second, *_ = write(forge, project, False)
    assert forge.document(first) == forge.document(second) != ""
"""


def test_a_full_disk_is_said_and_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
