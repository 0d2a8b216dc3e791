"""Where things lie in a package, and what an export is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from specforge_core.export.files import reserved
from specforge_core.export.handoff import Handoff

LONGEST_SLUG = 60


def document_paths(handoff: Handoff) -> Mapping[str, str]:
    """The path of each document by phase: "01-brief/brief.md", numbered by the chain."""
    return {
        document.phase: f"{number:02}-{slug(document.phase)}/{slug(document.phase)}.md"
        for number, document in enumerate(handoff.documents, 1)
    }


def slug(text: str, otherwise: str = "project") -> str:
    """A name for a file or a folder that every system takes: a-z, 0-9 and hyphens."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", letters)[:LONGEST_SLUG].strip("-") or otherwise
    return f"{name}-{otherwise}" if reserved(name) else name
