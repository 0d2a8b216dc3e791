"""The lines of a markdown text as its readers need them: code or prose, heading, table row."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(
    r"^(\s{0,40}(?:(?:[-*+]|\d{1,9}[.)])\s{1,4}){0,4})(`{3,40}(?!`)|~{3,40}(?!~))(.*)$"
)
# The mark of a list item with its task box: "- ", "2. ", "* [x] ".
ITEM = re.compile(r"^(\s*)(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?=[ \t]|$)")
_RULE = re.compile(r"^[\s:|-]+$")
_BAR = re.compile(r"(?<!\\)\|")
# Languages whose examples may hold fences themselves.
_ABOUT_TEXT = {"", "markdown", "md", "text", "txt", "plain", "plaintext"}
_WIDEST = 4_000  # characters of one line that are read as markdown

_INLINE = re.compile(
    r"\\([!-/:-@\[-`{-~])"  # an escaped sign
    r"|(?<!`)(`{1,3})(?!`)(.+?)(?<!`)\2(?!`)"  # code
    r"|!?\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)"  # a link or an image: its words
    r"|~~|\*+(?=\S)|(?<=\S)\*+|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)"  # emphasis
)


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1. `level` of a heading, from 1, or 0; `title` is its plain text.

    `code`: inside a fence, or one of its marks. `table` counts the tables from 1, 0 is none.
    """

    number: int
    text: str
    code: bool = False
    level: int = 0
    title: str = ""
    table: int = 0

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of a table's row as markdown, () for any other line and for the rule."""
        if not self.table or is_rule(self.text):
            return ()
        row = self.text.strip().removeprefix("|")
        row = row[:-1] if row.endswith("|") and not row.endswith("\\|") else row
        return tuple(cell.strip() for cell in _BAR.split(row))


def read(text: str) -> list[Line]:
    """All lines of `text`, without their ends. CRLF and CR equal LF.

    A fence that is never closed hides nothing, and neither does one of a programming
    language before whose end another fence begins: its own end was lost.
    """
    texts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    code = _code_lines(texts)
    tables = _tables(texts, code)
    return [
        Line(index + 1, line, code=code[index], table=tables.get(index, 0))
        if code[index] or index in tables
        else _prose(index + 1, line)
        for index, line in enumerate(texts)
    ]


def plain(markdown: str, longest: int = _WIDEST) -> str:
    """One line of at most `longest` characters without markup; HTML stays as it is written."""
    shown = html.unescape(_unmarked(" ".join(markdown[: 2 * _WIDEST].split())))
    shown = "".join([char for char in shown if char.isprintable() or char.isspace()])
    return clipped(" ".join(shown.split()), longest)


def clipped(text: str, longest: int) -> str:
    """`text`, or its begin with an ellipsis: at most `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def is_rule(row: str) -> bool:
    """Whether a table's row is the line below its head."""
    return "-" in row and _RULE.match(row) is not None


def _unmarked(markdown: str) -> str:
    return _INLINE.sub(
        lambda match: match[1] or match[3] or (_unmarked(match[4]) if match[4] else ""), markdown
    )


def _prose(number: int, line: str) -> Line:
    heading = _HEADING.match(line) if "#" in line else None
    if heading is None:
        return Line(number, line)
    title = line[heading.end() :].strip()
    bare = title.rstrip("#")  # the closing sequence of "## Title ##"
    title = title if bare.rstrip() == bare != "" else bare
    return Line(number, line, level=len(heading[1]), title=plain(title))


def _tables(texts: Sequence[str], code: Sequence[bool]) -> dict[int, int]:
    """The number of the table for each line that is in one."""
    found: dict[int, int] = {}
    count = 0
    for index, line in enumerate(texts):
        if "|" not in line or code[index]:
            continue
        inside = index - 1 in found
        after = texts[index + 1] if index + 1 < len(texts) else ""
        if inside or line.lstrip().startswith("|") or ("|" in after and is_rule(after)):
            count += not inside
            found[index] = count
    return found


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line of backticks or tildes. `ends`: nothing else stands in it."""

    line: int
    indent: int
    sign: str
    size: int
    language: str
    ends: bool


def _marks(texts: Sequence[str]) -> Iterator[_Mark]:
    for index, text in enumerate(texts):
        found = _FENCE.match(text) if "```" in text or "~~~" in text else None
        if found and not ("`" in found[2] and "`" in found[3]):
            language = found[3].strip().partition(" ")[0].lower()
            ends = not found[3].strip() and not found[1].strip()
            yield _Mark(index, len(found[1]), found[2][0], len(found[2]), language, ends)


def _code_lines(texts: Sequence[str]) -> list[bool]:
    code = [False] * len(texts)
    marks = list(_marks(texts))
    unclosed: set[tuple[str, int, int]] = set()  # shapes; what follows is not searched twice
    at = 0
    while at < len(marks):
        shape = marks[at].sign, marks[at].size, marks[at].indent
        end = at if shape in unclosed else _end(marks, at)
        if end == len(marks):
            unclosed.add(shape)
        elif end > at:
            first, last = marks[at].line, marks[end].line
            code[first : last + 1] = [True] * (last + 1 - first)
            at = end
        at += 1
    return code


def _end(marks: Sequence[_Mark], at: int) -> int:
    """The mark that ends the fence begun at `at`; their number if none does, `at` if it is lost."""
    begin = marks[at]
    for index in range(at + 1, len(marks)):
        mark = marks[index]
        if mark.sign != begin.sign or mark.size < begin.size:
            continue
        if mark.ends and mark.indent <= begin.indent + 3:
            return index
        if mark.language and begin.language not in _ABOUT_TEXT:
            return at
    return len(marks)
