"""Which Chromium the browser tests and the measurements drive, and how."""

from __future__ import annotations

import shutil

# The shell first: the same engine without a window around it, a tab opens in a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
