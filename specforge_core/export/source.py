"""Markdown that stays markdown: made whole, made harmless, cut into what one block holds.

Everything here keeps the words; only marks are added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from specforge_core.export.handoff import PackedDocument

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^\s`]*)")
_TITLE = re.compile(r"^ {0,3}(?:#\s|=+\s*$)", re.MULTILINE)
_HOLDS_MARKDOWN = ("markdown", "md", "mdx")
# Code and escapes are left alone; an image and a tag of HTML get a backslash before them.
_HARMFUL = re.compile(
    r"(`+)[^\n]*?(?<!`)\1(?!`)|\\.|!(?=\[)|<(?=[A-Za-z/!?])(?!https?://|mailto:|br\s*/?>)",
    re.IGNORECASE,
)


_MAY_HARM = re.compile(r"!\[|<[A-Za-z/!?]")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.core.ruler.disable("inline")
    return parser


def outline(text: str) -> list[Token]:
    """The block tokens of a text; what stands inside a paragraph is not looked at."""
    return _parser().parse(text)


def mended(text: str) -> str:
    """The text with longer marks around a fence of markdown that holds fences itself."""
    text = text.strip("\n")
    fenced = "```" in text or "~~~" in text
    return "\n".join(_longer_fences(text.split("\n"))) if fenced else text


def tidy(text: str) -> str:
    """The text mended, with a fence that is never closed closed at its end, and one line end."""
    text = mended(text)
    tokens = outline(text) if _seems_open(text.split("\n")) else []
    last = next((token for token in reversed(tokens) if token.level == 0), None)
    if last and last.type == "fence" and not closed(last, text.split("\n")):
        text = f"{text}\n{last.markup}"
    return f"{text}\n"


def closed(fence: Token, lines: Sequence[str]) -> bool:
    """Whether the last line of a top-level fence is the one that closes it."""
    begin, end = fence.map or (0, 0)
    last = lines[end - 1].strip() if end - begin > 1 else ""
    return last.startswith(fence.markup) and not last.strip(fence.markup[0])


def has_title(text: str) -> bool:
    """Whether it has a heading of level 1, so that its headings must be moved down."""
    may = _TITLE.search(text)
    return bool(may) and any(token.tag == "h1" for token in outline(text))


def harmless(text: str) -> str:
    """The text such that no viewer fetches an image or acts on raw HTML in it."""
    if not _MAY_HARM.search(text):
        return text
    lines = text.split("\n")
    code = {
        number
        for token in outline(text)
        if token.type in ("fence", "code_block") and token.map
        for number in range(*token.map)
    }
    return "\n".join(
        line if number in code else _HARMFUL.sub(_escaped, line)
        for number, line in enumerate(lines)
    )


def bodies(document: PackedDocument) -> tuple[str, ...]:
    """The parts of a document, tidy, without a first heading that repeats its title."""
    first, *others = document.parts
    line, _, rest = first.lstrip().partition("\n")
    if re.fullmatch(r"#\s+(.*?)[\s#]*", line) and line.strip("# ").casefold() == (
        document.title.casefold()
    ):
        first = rest
    return tuple(tidy(part) for part in (first, *others) if part.strip())


def untitled(text: str) -> str:
    """A section without its own heading of level 1 or 2 at its begin."""
    return re.sub(r"\A\s*##?\s[^\n]*\n*", "", text)


def excerpt(text: str, lines: int) -> tuple[str, bool]:
    """The first whole blocks of a section in about so many lines, without its heading.

    Also: whether anything was left out. A first block that is longer is cut between its lines.
    """
    rows = text.split("\n")
    kept: list[str] = []
    for begin, end in _blocks(text):
        if kept and len(kept) + 1 + end - begin > lines:
            return "\n".join(kept).strip(), True
        block = "\n".join(rows[begin:end]).rstrip().split("\n")
        kept += [*([""] if kept else []), *block]
        if len(kept) > lines:
            return "\n".join(kept[:lines]).strip(), True
    return "\n".join(kept).strip(), False


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The lines of each block, but of no heading of the section itself."""
    tokens = outline(text)
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and token.map:
            if token.type == "heading_open" and token.tag in ("h1", "h2"):
                continue
            yield token.map[0], token.map[1]


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found[0] in ("!", "<") else found[0]


def _longer_fences(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening is None:
            yield lines[at]
            at += 1
            continue
        inner = opening[2].lower() in _HOLDS_MARKDOWN and _close_of_nested(lines, at, opening[1])
        end, longest = inner or (_close(lines, at, opening[1]), 0)
        marks = opening[1][0] * (longest + 1) if longest else ""
        for number, line in enumerate(lines[at : end + 1], at):
            yield line.replace(opening[1], marks, 1) if marks and number in (at, end) else line
        at = end + 1


def _seems_open(lines: Sequence[str]) -> bool:
    """Whether a fence may be open at the end. The parser knows, but takes far longer."""
    at = 0
    while at < len(lines):
        if opening := _FENCE.match(lines[at]):
            at = _close(lines, at, opening[1])
        at += 1
    return at > len(lines)


def _close(lines: Sequence[str], begin: int, marks: str) -> int:
    """The number of the line that closes a fence; the count of lines if none does."""
    for number in range(begin + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(marks) and not line.strip(marks[0]):
            return number
    return len(lines)


def _close_of_nested(lines: Sequence[str], begin: int, marks: str) -> tuple[int, int] | None:
    """Where a fence that holds fences ends, and their longest marks; None if it holds none."""
    depth, longest = 0, 0
    for number in range(begin + 1, len(lines)):
        found = _FENCE.match(lines[number])
        if found is None or found[1][0] != marks[0]:
            continue
        if found[2]:
            depth, longest = depth + 1, max(longest, len(found[1]))
        elif depth:
            depth -= 1
        else:
            return (number, max(longest, len(marks))) if longest >= len(marks) else None
    return None
