"""Given, when, then: acceptance criteria as values, and out of somebody's markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from specforge_core.providers.drafter.markdown import safe

MOST = 6  # of one requirement or story

_BEGINS = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?[*_]*given\b", re.IGNORECASE | re.MULTILINE
)
_PARTS = re.compile(
    r"given\b[*_:\s]*(.{2,400}?)[*_,;\s]*\bwhen\b[*_:\s]*(.{2,400}?)[*_,;\s]*\bthen\b[*_:\s]*"
    r"(.{2,400}?)(?=\n\s*\n|\n[ \t]*[-*+#|]|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ITEM_MARK = re.compile(r"\n[ \t]*(?:[-*+][ \t]+)?(?=[*_]*(?:when|then)\b)", re.IGNORECASE)
_REFUSAL = re.compile(
    r"refus|reject|denied|not (allowed|possible)|nothing (is|was)|unchanged|stays|waits"
    r"|both versions",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """Each part is safe as markdown, also in a table's cell."""

    given: str
    when: str
    then: str

    def __str__(self) -> str:
        end = "" if self.then.endswith((".", "!", "…")) else "."
        return f"**Given** {self.given} **when** {self.when} **then** {self.then}{end}"

    @property
    def refuses(self) -> bool:
        return _REFUSAL.search(self.then) is not None


def criteria_in(markdown: str) -> tuple[Criterion, ...]:
    """Each list item or line that says `Given … when … then …`, on one line or on three."""
    text = _ITEM_MARK.sub(" ", markdown)
    starts = [match.start() for match in _BEGINS.finditer(text)][:MOST]
    ends = [*starts[1:], len(text)]
    found = (_PARTS.search(text, start, end) for start, end in zip(starts, ends, strict=False))
    return tuple(Criterion(*(safe(part) for part in one.groups())) for one in found if one)
