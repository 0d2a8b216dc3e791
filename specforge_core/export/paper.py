"""Documents as markdown files: labelled at the top, harmless in any viewer; and all in one."""

from __future__ import annotations

from collections.abc import Iterator

from specforge_core.export.book import WARNING, imprint
from specforge_core.export.handoff import Handoff, PackedDocument
from specforge_core.export.source import bodies, harmless


def render(handoff: Handoff) -> bytes:
    """One markdown file: what is in it, then every written document under its title."""
    return "\n".join([*_front(handoff), *map(page, handoff.written)]).encode()


def page(document: PackedDocument) -> str:
    """A written document with its title, and what must be known before relying on it."""
    parts = [f"# {one_line(document.title)}\n", *_label(document), *bodies(document)]
    return harmless("\n".join(parts))


def overview(handoff: Handoff, paths: dict[str, str] | None = None) -> Iterator[str]:
    """A table of all documents with what they are for and their state; `paths` by phase."""
    yield "| | Document | What it is for | State |"
    yield "|---|---|---|---|"
    for number, document in enumerate(handoff.documents, 1):
        path = (paths or {}).get(document.phase)
        title = cell(document.title)
        named = f"[{title}]({path})" if path else title
        yield f"| {number} | {named} | {cell(document.purpose)} | {cell(document.summary)} |"


def states(handoff: Handoff) -> Iterator[str]:
    """A list of what must be known about the documents; nothing if they are all whole."""
    if handoff.doubtful:
        yield f"**{WARNING}**"
        yield ""
    if handoff.labelled:
        for document in handoff.labelled:
            for label in document.labels:
                yield f"- {one_line(document.title)}: {one_line(label)}"
        yield ""


def cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")


def one_line(text: str, most: int = 2_000) -> str:
    """One line that draws as text: no tag, no image, no heading."""
    line = " ".join(text.split())
    return harmless(line if len(line) <= most else f"{line[: most - 1].rstrip()}…")


def _front(handoff: Handoff) -> Iterator[str]:
    yield f"# {one_line(handoff.title)}\n"
    if handoff.description.strip():
        yield harmless(handoff.description.strip()) + "\n"
    yield f"{imprint(handoff)}\n"
    yield from states(handoff)
    if len(handoff.documents) > 1:
        yield from overview(handoff)
        yield ""


def _label(document: PackedDocument) -> Iterator[str]:
    if document.labels:
        yield "\n>\n".join(f"> **{one_line(label)}**" for label in document.labels) + "\n"
