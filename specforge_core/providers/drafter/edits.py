"""Changes to a section's markdown that keep it well-formed: shorten, add, remove, rename."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from specforge_core.providers.drafter.blocks import ITEM, Block, blocks, joined
from specforge_core.providers.drafter.markdown import clip, plain, sentence
from specforge_core.providers.drafter.vocabulary import plural, singular, with_article

ASKED = "asked for in review"

_RULE = re.compile(r"^\s*\|[\s:|-]+\|?\s*$")
_ID = re.compile(r"^[\s|>*_#+-]*(?:\d+[.)]\s+)?[*_]*[A-Z][A-Z0-9]{0,3}-?\d+\b")
_LABEL = re.compile(r"^\s*\*\*[^*]{1,40}:\*\*")
_SENTENCES = re.compile(r"(?<=[.!?。])\s+(?=\S)")
_CELLS = re.compile(r"(?<!\\)\|")
_NUMBERED = re.compile(r"^(?P<kind>[A-Z][A-Z0-9]{0,3}-?)(?P<number>\d+)$")
# The column of a table with ids that holds what is asked for, and what others hold meanwhile.
_TELLING = ("requirement", "epic", "task", "test", "script", "given")
_USUAL_CELLS = {"priority": "Should", "source": ASKED, "size": "4", "depends on": "none"}


# --- shorter ---------------------------------------------------------------------


def shorter(text: str) -> str:
    """The first half of each list and table, the first sentence of each paragraph.

    Rows and items with an id stay, because other documents name them.
    """
    cuts: dict[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
        "table": _short_table,
        "list": _short_list,
        "text": _short_text,
    }
    return joined(
        [replace(one, lines=cuts.get(one.kind, tuple)(one.lines)) for one in blocks(text)]
    )


def _short_table(lines: tuple[str, ...]) -> tuple[str, ...]:
    head = 2 if len(lines) > 1 and _RULE.match(lines[1]) else 0
    return (*lines[:head], *_half([(line,) for line in lines[head:]]))


def _short_list(lines: tuple[str, ...]) -> tuple[str, ...]:
    return _half(_items(lines))


def _half(items: list[tuple[str, ...]]) -> tuple[str, ...]:
    free = [number for number, item in enumerate(items) if not _ID.match(item[0])]
    gone = set(free[(len(free) + 1) // 2 :])
    return tuple(line for number, item in enumerate(items) if number not in gone for line in item)


def _items(lines: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The top items of a list, each with the lines below it."""
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    found: list[list[str]] = []
    for line in lines:
        top = ITEM.match(line) and len(line) - len(line.lstrip()) <= margin
        if top or not found:
            found.append([])
        found[-1].append(line)
    return [tuple(one) for one in found]


def _short_text(lines: tuple[str, ...]) -> tuple[str, ...]:
    if _LABEL.match(lines[0]):
        return lines
    first, *rest = _SENTENCES.split(" ".join(lines))
    whole = all(first.count(mark) % 2 == 0 for mark in ("**", "`", "“”"))
    return (first,) if rest and whole else lines


# --- add -------------------------------------------------------------------------


def add(text: str, wish: str) -> str:
    """A row of the first table whose rows have ids, else an item under a heading of its own."""
    said = plain(clip(wish))
    parts = blocks(text)
    for place, block in enumerate(parts):
        if block.kind == "table" and (row := _new_row(block.lines, said)):
            parts[place] = replace(block, lines=(*block.lines, row))
            return joined(parts)
    heading, line = f"### {ASKED.capitalize()}", f"- {sentence(said)} ({ASKED})"
    return put_under(joined(parts), heading, line)


def put_under(text: str, heading: str, item: str) -> str:
    """`item` at the end of the list below `heading`, which is made at the end if it is missing."""
    lines = text.rstrip("\n").split("\n")
    if item in lines:
        return text
    if heading not in lines:
        return "\n".join([*lines, "", heading, "", item, ""])
    end = lines.index(heading) + 1
    while end < len(lines) and (not lines[end] or lines[end].startswith("- ")):
        end += 1
    while not lines[end - 1]:
        end -= 1
    return "\n".join([*lines[:end], item, *lines[end:], ""])


def _new_row(lines: tuple[str, ...], said: str) -> str:
    """A row with the next number, or "" when the table's rows have no numbers."""
    cells = [_cells(line) for line in lines]
    found = [match for row in cells[2:] if row and (match := _NUMBERED.match(row[0].strip("*_` ")))]
    if not found or len(cells[0]) < 2:
        return ""
    last = max(found, key=lambda match: int(match["number"]))
    columns = [name.strip("*_ ").lower() for name in cells[0]]
    place = next((at for at, name in enumerate(columns) if name in _TELLING), 1)
    row = [_USUAL_CELLS.get(name, "–") for name in columns]
    row[0] = f"{last['kind']}{int(last['number']) + 1}"
    row[place] = sentence(said) + ("" if ASKED in row else f" ({ASKED})")
    return f"| {' | '.join(row)} |"


def _cells(line: str) -> list[str]:
    return [one.strip() for one in _CELLS.split(line.strip().removeprefix("|").removesuffix("|"))]


# --- remove ----------------------------------------------------------------------


def remove(text: str, what: str) -> str | None:
    """Without the rows, items, sentences and `###` parts that name `what`; None if none does."""
    named = names(what)
    parts = blocks(text)
    kept: list[Block] = []
    gone, level = False, 0
    for block in parts:
        depth = _depth(block)
        if level and not (depth and depth <= level):
            continue
        level = depth if depth > 2 and named(block.lines[0]) else 0
        left = () if level else _without(block, named)
        gone |= left != block.lines
        kept += [replace(block, lines=left)] if left else []
    return joined(kept) if gone else None


def _depth(block: Block) -> int:
    return len(block.lines[0].split(" ")[0]) if block.kind == "heading" else 0


def _without(block: Block, named: Callable[[str], bool]) -> tuple[str, ...]:
    lines = block.lines
    if block.kind == "table":
        head = 2 if len(lines) > 1 and _RULE.match(lines[1]) else 0
        rows = tuple(line for line in lines[head:] if not named(line))
        return (*lines[:head], *rows) if rows or len(lines) == head else ()
    if block.kind == "list":
        return tuple(line for item in _items(lines) if not named(" ".join(item)) for line in item)
    if block.kind == "text" and named(" ".join(lines)):
        left = [one for one in _SENTENCES.split(" ".join(lines)) if not named(one)]
        return (" ".join(left),) if left else ()
    return lines


def names(what: str) -> Callable[[str], bool]:
    """Whether a text holds all words of `what`, in one number or the other."""
    words = [singular(word) for word in re.findall(r"[\w-]+", what)][:8]
    patterns = [re.compile(rf"(?<![\w-]){_forms(word)}(?![\w-])", re.IGNORECASE) for word in words]
    return lambda text: bool(patterns) and all(pattern.search(text) for pattern in patterns)


def _forms(word: str) -> str:
    if word.lower().endswith("y"):
        return rf"{re.escape(word[:-1])}(?:y|ies)"
    return rf"{re.escape(word)}(?:e?s)?"


# --- rename ----------------------------------------------------------------------


def rename(text: str, old: str, new: str) -> str | None:
    """`old` becomes `new` in every number and with its capital; None where it does not stand.

    The section's own heading stays. In code only one word is put for another.
    """
    forms = {plural(old).lower(): plural(new), singular(old).lower(): singular(new)}
    forms[old.lower()] = new
    either = "|".join(re.escape(form) for form in forms)
    found = re.compile(rf"(?<!\w)(?:(?P<article>an?)\s+)?(?P<word>{either})(?!\w)", re.IGNORECASE)

    def put(match: re.Match[str]) -> str:
        word = forms[match["word"].lower()]
        word = word[:1].upper() + word[1:] if match["word"][:1].isupper() else word
        article = with_article(word).split()[0] if match["article"] else ""
        return f"{article.capitalize() if match[0][0] == 'A' else article} {word}".lstrip()

    one_word = re.fullmatch(r"\w+", new) is not None
    parts = [
        block
        if (_depth(block) in (1, 2)) or (block.kind == "fence" and not one_word)
        else replace(block, lines=tuple(found.sub(put, line) for line in block.lines))
        for block in blocks(text)
    ]
    changed = joined(parts)
    return changed if changed != text else None
