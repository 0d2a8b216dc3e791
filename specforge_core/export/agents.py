"""Instructions for coding agents: what to build, in which order, by which rules. Not the documents.

AGENTS.md, .cursorrules and Copilot's instructions are the same text under another title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from specforge_core.export.book import imprint
from specforge_core.export.digest import Digest, digest
from specforge_core.export.handoff import Handoff
from specforge_core.export.layout import document_paths
from specforge_core.export.paper import one_line, states

MOST_LINES = 200
_LINE = 240  # characters of an entry
RULES = (
    "Do not widen the scope: no feature, dependency or service that the documents do not name.",
    "Do not change, reuse or renumber the ids (FR, NFR, US, T).",
    "Do not weaken, skip or delete a test to make it pass.",
    "Put no key, password or personal data into code, logs or commits.",
    "Do not fill a gap by guessing: take the default that the documents give, or ask.",
)
DONE = (
    "Each acceptance criterion of the story is checked by a test, and the test passes.",
    "All checks of the project pass without a new warning.",
    "The change names the ids that it serves in its message.",
)


def agents_md(handoff: Handoff) -> bytes:
    return instructions(handoff, "Instructions for coding agents").encode()


def cursor_rules(handoff: Handoff) -> bytes:
    return instructions(handoff, "Rules for Cursor").encode()


def copilot(handoff: Handoff) -> bytes:
    return instructions(handoff, "Instructions for GitHub Copilot").encode()


def instructions(handoff: Handoff, title: str) -> str:
    """Markdown of at most `MOST_LINES` lines, whatever is missing or long."""
    known = digest(handoff)
    lines = [f"# {one_line(handoff.title, 120)}: {title}", "", imprint(handoff), ""]
    lines += [*_capped(list(states(handoff)), 16), ""] if handoff.labelled else []
    for heading, (most, write) in _PARTS.items():
        found = list(write(handoff, known))
        if found:
            lines += [f"## {heading}", "", *_capped(found, most), ""]
    return "\n".join(lines[:MOST_LINES]).rstrip() + "\n"


def _capped(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"- … and {len(lines) - most + 1} more in the documents."]


def _listed(entries: Iterable[str]) -> Iterator[str]:
    return (f"- {one_line(entry, _LINE)}" for entry in entries if entry.strip())


def _built(handoff: Handoff, known: Digest) -> Iterator[str]:
    found = (known.opening(phase) for phase in ("handoff", "prd", "brief"))
    yield one_line(next(filter(None, found), "") or handoff.description, 900)
    if goal := known.prompt.get("GOAL", "").strip():
        yield ""
        yield one_line(goal, 600)


def _constraints(_: Handoff, known: Digest) -> Iterator[str]:
    return _listed(known.under("brief", "constraints"))


def _stack(_: Handoff, known: Digest) -> Iterator[str]:
    said = known.prompt.get("STACK AND CONVENTIONS", "")
    if said:
        return _listed(line.strip().removeprefix("- ") for line in said.split("\n"))
    parts = known.rows("specs", "part", "responsibility")
    return _listed(": ".join(row) for row in parts)


def _commands(_: Handoff, known: Digest) -> Iterator[str]:
    if known.commands:
        yield "```sh"
        yield from known.commands
        yield "```"


def _requirements(_: Handoff, known: Digest) -> Iterator[str]:
    for one in known.requirements:
        priority = f" ({one_line(one.priority, 20)})" if one.priority else ""
        yield f"- {one.id}: {one_line(one.text, _LINE)}{priority}"


def _order(_: Handoff, known: Digest) -> Iterator[str]:
    for story in known.stories:
        names = f" ({', '.join(story.requirements)})" if story.requirements else ""
        yield f"- {story.id}: {one_line(story.title, 120)}{names}"
        for task in known.tasks:
            if story.id == next((one for one in task.serves if one.startswith("US-")), ""):
                yield f"  - {task.id}: {one_line(task.text, 160)}"
    told = {story.id for story in known.stories}
    for task in known.tasks:
        if next((one for one in task.serves if one.startswith("US-")), "") not in told:
            yield f"- {task.id}: {one_line(task.text, 160)}"


def _done(_: Handoff, known: Digest) -> Iterator[str]:
    said = known.under("stories", "rules for every task") or known.under(
        "specs", "definition of done"
    )
    return _listed(said or DONE)


def _where(handoff: Handoff, _: Digest) -> Iterator[str]:
    yield "In the hand-off package; paths are relative to its folder. Read them in this order."
    yield ""
    for document in handoff.written:
        path = document_paths(handoff)[document.phase]
        yield f"- `{path}`: {one_line(document.purpose, 160)} ({document.summary})"


def _never(_: Handoff, known: Digest) -> Iterator[str]:
    yield from _listed(RULES)
    yield from _listed(f"Not part of it: {one}" for one in known.under("brief", "out of scope"))


# heading: (lines at most, what writes them); together below MOST_LINES
_PARTS: Mapping[str, tuple[int, Callable[[Handoff, Digest], Iterator[str]]]] = {
    "What is built": (3, _built),
    "Constraints": (8, _constraints),
    "Stack and conventions": (14, _stack),
    "Commands": (22, _commands),
    "Requirements": (30, _requirements),
    "Order of work": (40, _order),
    "Definition of done": (10, _done),
    "Do not": (12, _never),
    "The full documents": (10, _where),
}
