"""Where things lie in a package, and what an export is called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from specforge_core.export.files import reserved
from specforge_core.export.handoff import Handoff
from specforge_core.export.redact import MARK

LONGEST_SLUG = 60
_MOST_BYTES = 120  # a file's name may have 255, and more is put behind
_NO_WORDS = re.compile(rf"{re.escape(MARK)}|</?[A-Za-z][^<>]*>")


def document_paths(handoff: Handoff) -> Mapping[str, str]:
    """The path of each document by phase: "01-brief/brief.md", numbered by the chain."""
    return {
        document.phase: f"{number:02}-{slug(document.phase)}/{slug(document.phase)}.md"
        for number, document in enumerate(handoff.documents, 1)
    }


def slug(text: str, otherwise: str = "project") -> str:
    """A name for a file or a folder that every system takes: letters, digits and hyphens.

    Letters of every script stay, in NFKC and small, so that a title is known by its file.
    """
    folded = unicodedata.normalize("NFKC", _NO_WORDS.sub(" ", text)).lower()
    words = "".join(_lettered(unicodedata.normalize("NFKC", folded)))
    cut = words[:LONGEST_SLUG].encode()[:_MOST_BYTES].decode(errors="ignore")
    name = cut.strip("-") or otherwise
    return f"{name}-{otherwise}" if reserved(name) else name


def _lettered(text: str) -> Iterator[str]:
    """One hyphen for all that is no letter; a vowel sign or an accent belongs to its letter."""
    last = "-"
    for character in text:
        marks = last != "-" and unicodedata.category(character) in ("Mn", "Mc")
        now = character if character.isalnum() or marks else "-"
        if now != "-" or last != "-":
            yield now
        last = now
