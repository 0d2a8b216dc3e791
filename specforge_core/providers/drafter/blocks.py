"""A section's markdown as blocks. It may come from anybody: all that is known is its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^#{1,6}\s")
ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Block:
    kind: str  # "heading", "table", "list", "text", "fence" or "gap"
    lines: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """The blocks in order; joined with line breaks they give the text again."""
    fence = ""
    marked: list[tuple[str, str]] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            marked.append(("fence", line))
            closed = mark and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closed else fence
        elif mark:
            fence = mark[1]
            marked.append(("fence", line))
        else:
            marked.append((_kind(line, marked[-1][0] if marked else "gap"), line))
    found: list[Block] = []
    for kind, group in groupby(marked, key=lambda one: one[0]):
        lines = tuple(line for _, line in group)
        one_each = kind == "heading"
        found += [Block(kind, (line,)) for line in lines] if one_each else [Block(kind, lines)]
    if fence:  # nobody closed it; what is added below must not become code
        found[-1] = Block("fence", (*found[-1].lines, fence))
    return found


def _kind(line: str, before: str) -> str:
    first = line.lstrip()[:1]
    if not first:
        return "gap"
    if first == "|":
        return "table"
    if line[0] == "#" and _HEADING.match(line):
        return "heading"
    if ITEM.match(line) or (before == "list" and line[:1].isspace()):
        return "list"
    return "text"


def joined(parts: list[Block]) -> str:
    """The text again; where a block was taken out, the gaps around it become one."""
    kept = [
        block
        for number, block in enumerate(parts)
        if not (number and block.kind == "gap" and parts[number - 1].kind == "gap")
    ]
    return "\n".join(line for block in kept for line in block.lines)
