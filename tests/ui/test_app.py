"""The process around the pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT_RUN = """
import sys
from app import PAGES
from streamlit.runtime.scriptrunner.exec_code import modified_sys_path

before = list(sys.path)
with modified_sys_path(str(PAGES / "navigation.py")):
    during = list(sys.path)
print(during == before == sys.path)
"""


def test_a_script_run_leaves_the_places_of_imports_alone() -> None:
    """Else a thread that imports meanwhile may skip one: "No module", "no package metadata"."""
    command = [sys.executable, "-c", SCRIPT_RUN]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "True", done.stderr
