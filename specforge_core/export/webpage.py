"""One HTML file that needs nothing else: no script, nothing fetched; light and dark; prints."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from pathlib import Path

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
    plain,
)
from specforge_core.export.book import WARNING, Book, Chapter, bind
from specforge_core.export.handoff import Handoff

_STYLE = (Path(__file__).parent / "webpage.css").read_text(encoding="utf-8")
_MARKS = (("strong", "strong"), ("emphasis", "em"), ("strike", "s"), ("code", "code"))


def render(handoff: Handoff) -> bytes:
    """UTF-8. The policy in its head allows this one style sheet and nothing else."""
    return "".join(_page(bind(handoff))).encode()


def _page(book: Book) -> Iterator[str]:
    yield _head(book)
    yield f'<body>\n<header>\n<p class="title" dir="auto">{escape(book.title)}</p>\n'
    yield '<div class="about" dir="auto">\n'
    yield from _blocks(book.description)
    yield f'</div>\n<p class="imprint">{escape(book.imprint)}</p>\n'
    if book.doubtful:
        yield f'<p class="label" role="note"><strong>{escape(WARNING)}</strong></p>\n'
    yield "</header>\n"
    yield from _contents(book)
    yield "<main>\n"
    for number, chapter in enumerate(book.chapters, 1):
        yield from _chapter(number, chapter)
    yield "</main>\n</body>\n</html>\n"


def _head(book: Book) -> str:
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{escape(book.generator)}">
<title>{escape(book.title)}</title>
<style>{_STYLE}</style>
</head>
"""


def _contents(book: Book) -> Iterator[str]:
    yield '<nav aria-label="Contents">\n<p class="contents">Contents</p>\n<ol>\n'
    for number, chapter in enumerate(book.chapters, 1):
        link = f'<a href="#d{number}">{escape(chapter.title)}</a>'
        yield f"<li>{link}{_state(chapter.labels)}\n<ul>\n"
        for place, heading in _sections(chapter):
            yield f'<li><a href="#d{number}-{place}">{escape(plain(heading.runs))}</a></li>\n'
        yield "</ul></li>\n"
    yield "</ol>\n"
    written = {chapter.title for chapter in book.chapters}
    for title, state in book.states:
        if title not in written:
            yield f"<p>{escape(title)}: {escape(state)}</p>\n"
    yield "</nav>\n"


def _state(labels: tuple[str, ...]) -> str:
    words = "; ".join(dict.fromkeys(label.partition(":")[0].lower() for label in labels))
    return f' <span class="state">{escape(words)}</span>' if words else ""


def _sections(chapter: Chapter) -> Iterator[tuple[int, Heading]]:
    """The headings for the contents, each with its place among all blocks of the chapter."""
    for place, block in enumerate(chapter.blocks):
        if isinstance(block, Heading) and block.level <= 2 and plain(block.runs):
            yield place, block


def _chapter(number: int, chapter: Chapter) -> Iterator[str]:
    yield f'<article id="d{number}" dir="auto">\n<h1>{escape(chapter.title)}</h1>\n'
    for label in chapter.labels:
        yield f'<p class="label" role="note">{escape(label)}</p>\n'
    if chapter.purpose:
        yield f'<p class="purpose">{escape(chapter.purpose)}</p>\n'
    anchors = {place: f' id="d{number}-{place}"' for place, _ in _sections(chapter)}
    for place, block in enumerate(chapter.blocks):
        yield from _block(block, anchors.get(place, ""))
    yield "</article>\n"


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block, anchor: str = "") -> Iterator[str]:
    match block:
        case Heading(level, runs):
            yield f'<h{level}{anchor} dir="auto">{_inline(runs)}</h{level}>\n'
        case Paragraph(runs):
            yield f'<p dir="auto">{_inline(runs)}</p>\n'
        case Code(text, language):
            name = f' data-language="{escape(language)}"' if language else ""
            yield f'<pre tabindex="0" dir="ltr"{name}><code>{escape(text)}</code></pre>\n'
        case Quote(blocks):
            yield "<blockquote>\n"
            yield from _blocks(blocks)
            yield "</blockquote>\n"
        case Listing():
            yield from _list(block)
        case Table():
            yield from _table(block)
        case Rule():
            yield "<hr>\n"


def _list(listing: Listing) -> Iterator[str]:
    tag = "ul" if listing.start is None else "ol"
    start = f' start="{listing.start}"' if listing.start not in (None, 1) else ""
    yield f'<{tag}{start} dir="auto">\n'
    for item in listing.items:
        yield from _item(item)
    yield f"</{tag}>\n"


def _item(item: Item) -> Iterator[str]:
    if item.checked is None:
        yield "<li>"
    else:
        box, words = ("☑", "done") if item.checked else ("☐", "to do")
        yield f'<li class="task"><span role="img" aria-label="{words}">{box}</span> '
    match item.blocks:
        case (Paragraph(runs), *others):  # a short item needs no paragraph of its own
            yield _inline(runs)
            yield from _blocks(others)
        case blocks:
            yield from _blocks(blocks)
    yield "</li>\n"


def _table(table: Table) -> Iterator[str]:
    header, *rows = table.rows
    classes = [f' class="{align}"' if align else "" for align in table.aligns]
    yield '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n<thead><tr>'
    for cell, named in zip(header, classes, strict=True):
        yield f'<th scope="col"{named} dir="auto">{_inline(cell)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in rows:
        cells = zip(row, classes, strict=True)
        yield "<tr>"
        yield from (f'<td{named} dir="auto">{_inline(cell)}</td>' for cell, named in cells)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"


def _inline(runs: Runs) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    if run.text == BREAK:
        return "<br>\n"
    text = escape(run.text)
    for mark, tag in reversed(_MARKS):
        if getattr(run, mark):
            text = f"<{tag}>{text}</{tag}>"
    if run.href:
        text = f'<a href="{escape(run.href)}" rel="noopener noreferrer nofollow">{text}</a>'
    return text
