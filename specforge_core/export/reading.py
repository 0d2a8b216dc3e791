"""Reads markdown into blocks. The one place that knows the parser.

What a model wrote is untrusted: raw HTML stays text, an image becomes a link that nobody
follows by itself, and only http, https and mailto are addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from specforge_core.export.blocks import (
    BREAK,
    Block,
    Code,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
)

DEEPEST = 8  # lists and quotes within each other; what lies deeper is drawn at this depth
_PARSED_DEPTH = 60  # the parser leaves out what lies deeper, see `_kept`
# In one paragraph. Looking for links takes the square of the brackets' number; a paragraph
# with more marks than these was not written to be read, and is shown as it is.
_MOST_BRACKETS, _MOST_MARKS = 400, 4_000
_FORMULA = re.compile(
    r"\$\$(?:[^$\\]|\\.){1,2000}?\$\$"
    r"|\$(?=[^\s$])(?:[^$\\\n]|\\.){1,500}?(?<!\s)\$(?!\d)",
    re.DOTALL,
)
_LINE_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\]\s+")
_FOLLOWED = re.compile(r"(?:https?://|mailto:)\S{1,2000}", re.IGNORECASE)
_MARKS = {"strong": "strong", "em": "emphasis", "s": "strike"}


def read(text: str, *, shift: int = 0) -> tuple[Block, ...]:
    """The blocks of a markdown text; `shift` is added to the level of its headings."""
    tokens = _parser().parse(text)
    return _Reader(text.split("\n"), shift).blocks(tokens, 0)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _PARSED_DEPTH})
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.core.ruler.at("inline", _inline)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """`$x$` is kept as code; "$5 and $10" is no formula."""
    found = _FORMULA.match(state.src, state.pos) if state.src[state.pos] == "$" else None
    if found is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0].replace("\n", " ")
    state.pos = found.end()
    return True


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = token.children or []
        if _unreadable(token.content):
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _unreadable(text: str) -> bool:
    return text.count("[") > _MOST_BRACKETS or sum(map(text.count, "*_~`$")) > _MOST_MARKS


class _Reader:
    """Turns the parser's flat list of tokens into blocks."""

    def __init__(self, lines: Sequence[str], shift: int) -> None:
        self._lines = lines
        self._shift = shift

    def blocks(self, tokens: Sequence[Token], depth: int) -> tuple[Block, ...]:
        found: list[Block] = []
        for token, inside in _elements(tokens):
            found.extend(self._block(token, inside, depth))
        return tuple(found)

    def _block(self, token: Token, inside: Sequence[Token], depth: int) -> Sequence[Block]:
        match token.type:
            case "heading_open":
                level = min(6, int(token.tag[1:]) + self._shift)
                return (Heading(level, _runs(inside)),)
            case "paragraph_open":
                return (Paragraph(_runs(inside)),)
            case "fence" | "code_block":
                words = token.info.split()
                return (Code(token.content.removesuffix("\n"), words[0] if words else ""),)
            case "hr":
                return (Rule(),)
            case "table_open":
                return (_table(inside),)
            case "blockquote_open":
                blocks = self._kept(token, self.blocks(inside, depth + 1))
                return (Quote(blocks),) if depth < DEEPEST else blocks
            case "bullet_list_open" | "ordered_list_open":
                return self._list(token, inside, depth)
        return ()

    def _list(self, token: Token, inside: Sequence[Token], depth: int) -> Sequence[Block]:
        items = tuple(
            _item(self._kept(item, self.blocks(inner, depth + 1)))
            for item, inner in _elements(inside)
        )
        if depth >= DEEPEST:
            return tuple(block for item in items for block in item.blocks)
        first = token.attrs.get("start", 1) if token.type.startswith("ordered") else None
        return (Listing(items, None if first is None else min(int(first), 99_999)),)

    def _kept(self, token: Token, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        """The blocks; or the lines as text, where the parser gave up because of their depth."""
        if blocks or token.map is None or token.level < _PARSED_DEPTH - 3:
            return blocks
        text = "\n".join(self._lines[token.map[0] : token.map[1]]).strip()
        return (Paragraph((Run(text.replace("\n", " ")),)),) if text else ()


def _elements(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each element of one level, with the tokens inside it."""
    begin, depth = 0, 0
    for at, token in enumerate(tokens):
        if depth == 0:
            begin = at
        depth += token.nesting
        if depth == 0:
            yield tokens[begin], tokens[begin + 1 : at]


def _item(blocks: tuple[Block, ...]) -> Item:
    """`[ ]` or `[x]` at its begin becomes a box."""
    match blocks:
        case (Paragraph((Run() as first, *others)), *rest) if box := _BOX.match(first.text):
            runs = (Run(first.text[box.end() :]), *others)
            return Item((Paragraph(runs), *rest), box[1] != " ")
    return Item(blocks)


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[Runs]] = []
    aligns: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(_runs(tokens[at + 1 : at + 2]))
            if len(rows) == 1:
                aligns.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
    return Table(tuple(aligns), tuple(tuple(row) for row in rows))


def _runs(tokens: Sequence[Token]) -> Runs:
    """The runs of an inline token, neighbours drawn alike joined."""
    joined: list[Run] = []
    for run in (run for token in tokens for run in _marked(token.children or ())):
        last = joined[-1] if joined else Run(BREAK)
        if BREAK in (last.text, run.text) or _look(last, "") != _look(run, ""):
            joined.append(run)
        else:
            joined[-1] = _look(run, last.text + run.text)
    return tuple(run for run in joined if run.text)


def _look(run: Run, text: str) -> Run:
    return Run(text, run.strong, run.emphasis, run.strike, run.code, run.href)


def _marked(tokens: Sequence[Token]) -> Iterator[Run]:
    marks = dict.fromkeys(_MARKS.values(), 0)
    href = ""
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in _MARKS:
            marks[_MARKS[name]] += token.nesting
        elif token.type == "link_open":
            href = followed(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            href = ""
        else:
            on = {mark: count > 0 for mark, count in marks.items()}
            yield from _leaf(token, Run("", **on, href=href))


def _leaf(token: Token, look: Run) -> Iterator[Run]:
    match token.type:
        case "softbreak":
            yield _look(look, " ")
        case "hardbreak":
            yield Run(BREAK)
        case "code_inline":
            yield Run(token.content, look.strong, look.emphasis, look.strike, True, look.href)
        case "image":
            source = str(token.attrs.get("src", ""))
            words = "".join(child.content for child in token.children or ()) or source
            shown = f"[image: {words}]"
            yield Run(shown, look.strong, look.emphasis, look.strike, href=followed(source))
        case _:
            first, *more = _LINE_BREAK.split(token.content)
            yield _look(look, first)
            for text in more:
                yield Run(BREAK)
                yield _look(look, text)


def followed(address: str) -> str:
    """The address if it may be made into a link, else ""."""
    return address if _FOLLOWED.fullmatch(address) else ""
