"""A document in the making, ended so that every mark in it is closed. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from pages.components.markdown import FENCE, closes

TAIL = 1_500  # characters at the end in which an open link is looked for

_MARK_ONLY = re.compile(
    r"^(?:\s|>)*(?:[-*+](?:\s+\[[ xX]?\]?)?|\d{1,3}[.)]?|#{1,6}|[-=*_~`|:]+)?\s*$"
)
_TABLE_LINE = re.compile(r"^\s*\|")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_ITEM_START = re.compile(r"^(?:\s|>)*(?:[-*+] |\d{1,9}[.)] |#{1,6} )")
_RULE = re.compile(r"^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$")
_OPEN_TAG = re.compile(r"(?:^|(?<=\s))<[A-Za-z/][^<>\n]{0,60}$")
_OPEN_LINK = re.compile(r"\[(?P<text>[^\[\]\n]*)(?:\]\((?:[^()\n]|\([^()\n]*+\)?)*+)?$")
_INLINE = re.compile(r"\\.|`+|\$+|\*+|_+|~~+", re.DOTALL)


def close_open(text: str, cursor: str = "") -> str:
    """The beginning of a document, ended so that it reads well; `cursor` marks the end.

    Closes fences, tables, emphasis, code, links and formulas that the text has
    opened, and holds back marks that mean nothing yet.
    """
    lines = text.rstrip().split("\n")
    opening = _open_fence(lines)
    if opening is not None:
        return _close_fence(lines, opening, cursor)
    while len(lines) > 1 and _MARK_ONLY.match(lines[-1]) and not _stands_alone(lines):
        lines.pop()
    if len(lines) == 1 and _MARK_ONLY.match(lines[0]):
        return cursor
    if _stands_alone(lines):
        return "\n".join([*lines, "", cursor]) if cursor else "\n".join(lines)
    if _TABLE_LINE.match(lines[-1]):
        return _close_table(lines, cursor)
    start = _scope_start(lines)
    scope = "\n".join(lines[start:])
    return "\n".join([*lines[:start], _close_inline(scope, cursor)])


def _open_fence(lines: list[str]) -> int | None:
    """The line that opened a fence or a formula block which is still open."""
    opened: int | None = None
    mark = ""
    for number, line in enumerate(lines):
        if opened is None:
            found = FENCE.match(line)
            if found and found["mark"][0] not in found["info"]:
                opened, mark = number, found["mark"]
        elif closes(line.lstrip(" >"), mark):
            opened = None
    return opened


def _close_fence(lines: list[str], opening: int, cursor: str) -> str:
    found = FENCE.match(lines[opening])
    assert found is not None  # noqa: S101 (that is how it was found)
    lead = re.sub(r"[^\s>]", " ", found["lead"])
    mark, info = found["mark"], found["info"]
    body = lines[opening + 1 :]
    if body and body[-1].strip() and set(body[-1].strip()) == {mark[0]}:
        body = body[:-1]  # a closing mark that is not whole yet
    if mark[0] == "$" or info.strip().lower() == "mermaid":
        # Half a formula or half a diagram is an error: it is code until it is whole.
        mark, info = "```", "latex" if mark[0] == "$" else "text"
    if body and cursor:
        body = [*body[:-1], body[-1] + cursor]
    return "\n".join([*lines[:opening], f"{found['lead']}{mark}{info}", *body, f"{lead}{mark}"])


def _stands_alone(lines: list[str]) -> bool:
    """Whether the last line is whole, and anything appended to it would break it."""
    line = lines[-1]
    if _RULE.match(line) and (len(lines) == 1 or not lines[-2].strip()):
        return True
    return bool(FENCE.match(line)) and _open_fence(lines[:-1]) is not None


def _scope_start(lines: list[str]) -> int:
    """The line where the block that is being written began: marks do not reach across blocks."""
    for number in range(len(lines) - 1, -1, -1):
        if _ITEM_START.match(lines[number]):
            return number
        if not lines[number].strip() or FENCE.match(lines[number]):
            return number + 1
    return 0


def _close_table(lines: list[str], cursor: str) -> str:
    start = len(lines)
    while start and _TABLE_LINE.match(lines[start - 1]):
        start -= 1
    table = lines[start:]
    header, rows = table[0], table[2:]
    columns = max(1, len(_cells(header)))
    delimiter = "|" + " --- |" * columns
    if rows:
        rows[-1] = _close_row(rows[-1], cursor)
        delimiter = table[1]
    else:
        header = _close_row(header, cursor)
    head = lines[:start]
    gap = [""] if head and head[-1].strip() else []
    return "\n".join([*head, *gap, header, delimiter, *rows])


def _cells(row: str) -> list[str]:
    bare = re.sub(r"\\.", "xx", row.strip()).removeprefix("|").removesuffix("|")
    return bare.split("|")


def _close_row(row: str, cursor: str) -> str:
    *_, last = _CELL_EDGE.finditer(row)
    if last.end() == len(row.rstrip()):
        return f"{row[: last.start()].rstrip()}{cursor} |" if last.start() else row
    return f"{row[: last.end()]}{_close_inline(row[last.end() :], cursor)} |"


@dataclass(slots=True)
class _Mark:
    sign: str
    count: int
    position: int


def _close_inline(scope: str, cursor: str) -> str:
    """One block of running text with its open code, formula, emphasis and link closed."""
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\$", r"\1", scope.rstrip())
    text = _OPEN_TAG.sub("", text).rstrip()
    marks, code = _open_marks(text)
    if code is not None:
        content = text[code.position + code.count :]
        if not content.strip(" `"):
            text, code = text[: code.position].rstrip(), None
        elif code.sign == "$":
            text = f"{text[: code.position]}`{content}"
            code = _Mark("`", 1, code.position)
        else:
            text = text.rstrip("` ")  # a closing mark that is not whole yet
    if code is None:
        tail = _OPEN_LINK.sub(lambda m: m["text"] if len(m["text"]) > 1 else "", text[-TAIL:])
        text = f"{text[:-TAIL]}{tail}".rstrip()
        marks, _ = _open_marks(text)
        while marks and marks[-1].position + marks[-1].count >= len(text):
            text = text[: marks.pop().position].rstrip()
    closers = "".join(mark.sign * mark.count for mark in reversed(marks))
    inner = code.sign * code.count if code else ""
    return f"{text}{cursor}{inner}{closers}"


def _open_marks(text: str) -> tuple[list[_Mark], _Mark | None]:
    """Emphasis marks still open at the end of `text`, and the code or formula it ends in."""
    marks: list[_Mark] = []
    signs = Counter[str]()  # of `marks`, which nobody searches for each run of a long line
    position = 0
    while found := _INLINE.search(text, position):
        run, start, position = found[0], found.start(), found.end()
        sign = run[0]
        if sign in "`$":
            closing = _closing_run(text, run, position)
            if closing is not None:
                position = closing
            elif sign == "`" or re.match(r"(?!\s|\d)[^\n]{0,80}$", text[position:]):
                return marks, _Mark(sign, len(run), start)
        elif sign != "\\":
            _take(marks, signs, text, run, start)
    return marks, None


def _closing_run(text: str, run: str, position: int) -> int | None:
    sign = re.escape(run[0])
    closing = re.compile(rf"(?<!{sign}){sign}{{{len(run)}}}(?!{sign})").search(text, position)
    return closing.end() if closing else None


def _take(marks: list[_Mark], signs: Counter[str], text: str, run: str, start: int) -> None:
    """Let a run of `*`, `_` or `~` close what is open, then open what is left of it."""
    before = text[start - 1] if start else " "
    after = text[start + len(run)] if start + len(run) < len(text) else ""
    sign, count = run[0], len(run)
    if sign == "_" and before.isalnum() and after.isalnum():
        return
    while count and not before.isspace() and signs[sign]:
        while marks[-1].sign != sign:
            signs[marks.pop().sign] -= 1
        used = min(count, marks[-1].count)
        marks[-1].count -= used
        count -= used
        if not marks[-1].count:
            signs[marks.pop().sign] -= 1
    if count and not after.isspace() and not (sign == "_" and before.isalnum()):
        marks.append(_Mark(sign, count, start + len(run) - count))
        signs[sign] += 1
