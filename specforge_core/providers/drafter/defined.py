"""What the earlier documents define by id: requirements, epics, stories, tasks, tests.

A document may come from the drafter, from a model or from a person who edited it, so an id is
recognised in a table's first cell, a heading, a bold beginning or a list item.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

MOST = 120  # items of one kind; what a document has beyond them is not drafted from
LONGEST_BODY = 4_000  # characters below a heading that are looked at
LONGEST = 300_000  # characters of a document that are looked at

KINDS: Mapping[str, frozenset[str]] = {
    "prd": frozenset({"FR", "REQ", "R", "F", "NFR", "O"}),
    "stories": frozenset({"E", "US", "T", "M"}),
    "tests": frozenset({"UT", "IT", "E2E", "AC"}),
}
_ID = (
    r"(?:(?P<kind>NFR|FR|REQ|US|UT|IT|E2E|AC)[-‐‑– ]?|(?P<letter>[ETRF])[-‐‑–]"
    r"|(?P<short>[MO])[-‐‑–]?)0*(?P<number>\d{1,5})(?![\w-])"
)
_NAMED = re.compile(rf"(?<![\w-]){_ID}")
_DEFINED = re.compile(
    rf"^(?P<lead>[ \t]*(?:[|#>*+-][ \t|#]*|\d+[.)][ \t]+)?[*_`]*){_ID}(?P<rest>.*)"
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ENDS = re.compile(r"^#{1,3}\s")
_NAMES = re.compile(r"^[*_`]*\s*[:–—]")
_LEAD = re.compile(r"^[*_`\s]*[:.–—)-]*[*_`\s]*")
_CELLS = re.compile(r"(?<!\\)\|")
# A story is told under its heading, everything else in its row.
_STORY_RANK = {"heading": 0, "bold": 1, "row": 2}
_RANK = {"row": 0, "heading": 1, "bold": 2}


@dataclass(frozen=True, slots=True)
class Item:
    """Raw markdown: `text` beside the id, `cells` as (column in lower case, text), `body` below."""

    kind: str  # "FR", "US", …
    id: str
    text: str
    form: str  # "row", "heading" or "bold"
    cells: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def cell(self, *columns: str) -> str:
        """The first cell whose column's name holds one of `columns`, or ""."""
        found = (text for name, text in self.cells if any(word in name for word in columns))
        return next(found, "")

    @property
    def everything(self) -> str:
        return "\n".join([self.text, *(text for _, text in self.cells), self.body])


def ids_in(text: str, *kinds: str) -> tuple[str, ...]:
    """The ids of `kinds` that a text names, each once, in order."""
    found = (_id(match) for match in _NAMED.finditer(text))
    return tuple(dict.fromkeys(one for kind, one in found if kind in kinds))


@lru_cache(maxsize=64)
def defined(phase: str, document: str) -> tuple[Item, ...]:
    """The items of the kinds that this phase defines, in the document's order."""
    kept: dict[str, Item] = {}
    counts: Counter[str] = Counter()
    for item in _found(document[:LONGEST], KINDS.get(phase, frozenset())):
        if item.id in kept:
            kept[item.id] = _joined(kept[item.id], item)
        elif counts[item.kind] < MOST:
            counts[item.kind] += 1
            kept[item.id] = item
    return tuple(kept.values())


def _joined(first: Item, second: Item) -> Item:
    """One item told twice: the better place gives the text; what only one of them has is kept."""
    rank = _STORY_RANK if first.kind == "US" else _RANK
    main, other = sorted((first, second), key=lambda one: rank[one.form])
    return replace(main, body=main.body or other.body, cells=main.cells or other.cells)


def _found(document: str, kinds: frozenset[str]) -> Iterator[Item]:
    """Every place outside of a fence that begins with an id."""
    item: Item | None = None
    body: list[str] = []
    header: list[str] = []
    for line in _unfenced(document):
        header = (header or _cells(line)) if line.lstrip().startswith("|") else []
        begun = _item(line, header, kinds)
        if begun or _ENDS.match(line):
            if item:
                yield replace(item, body="\n".join(body)[:LONGEST_BODY])
            item, body = begun, []
        elif item and len(body) < LONGEST_BODY // 10:
            body.append(line[:LONGEST_BODY])
    if item:
        yield replace(item, body="\n".join(body)[:LONGEST_BODY])


def _unfenced(document: str) -> Iterator[str]:
    """The lines outside of code; a fence that nobody closes ends at the next section."""
    fence = ""
    for line in document.splitlines():
        mark = _FENCE.match(line)
        if fence and not line.startswith("## "):
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        fence = mark[1] if mark else ""
        if not mark:
            yield line


def _item(line: str, header: list[str], kinds: frozenset[str]) -> Item | None:
    match = _DEFINED.match(line)
    kind, key = _id(match) if match else ("", "")
    if not match or kind not in kinds:
        return None
    lead = match["lead"].strip()
    if lead.startswith("|"):
        cells = _cells(line)[1:]
        names = [name.strip("*_` ").lower() for name in header[1:] if header != _cells(line)]
        names += [""] * (len(cells) - len(names))
        return Item(
            kind, key, cells[0] if cells else "", "row", tuple(zip(names, cells, strict=False))
        )
    if lead.startswith("#") or lead.endswith(("*", "_")) or _NAMES.match(match["rest"]):
        text = _LEAD.sub("", match["rest"]).rstrip("#*_` ")
        return Item(kind, key, text, "heading" if lead.startswith("#") else "bold")
    return None


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELLS.split(line.strip().removeprefix("|").removesuffix("|"))]


def _id(match: re.Match[str]) -> tuple[str, str]:
    """(kind, id): `FR 03` is FR-3; milestones and objectives have no dash."""
    kind = match["kind"] or match["letter"] or match["short"]
    dash = "" if match["short"] else "-"
    return kind, f"{kind}{dash}{int(match['number'])}"
