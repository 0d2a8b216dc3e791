"""What a coding agent must know, read from the documents by their headings and code.

Nothing is concluded that does not stand there: what a document does not say is left empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from specforge_core.export.backlog import (
    Requirement,
    Story,
    Task,
    entries,
    requirements,
    stories,
    tables,
    tasks,
)
from specforge_core.export.blocks import Block, Code, Heading, Listing, Paragraph, plain
from specforge_core.export.handoff import Handoff, PackedDocument
from specforge_core.export.reading import read
from specforge_core.export.source import bodies, tidy

_TITLE_LINE = re.compile(r"(?:#+ *)?([A-Z][A-Z ,&/]{2,50}[A-Z])(?::[ \t]*(.*))?")
_READ = ("brief", "prd", "specs", "stories", "handoff")  # no others are asked for anything
_SHELLS = ("sh", "bash", "shell", "console", "zsh")
_MOST_COMMANDS = 20


@dataclass(frozen=True, slots=True)
class Digest:
    """prompt: the parts of the master prompt by their heading in capitals."""

    requirements: tuple[Requirement, ...]
    stories: tuple[Story, ...]
    tasks: tuple[Task, ...]
    commands: tuple[str, ...]
    prompt: Mapping[str, str]
    _blocks: Mapping[str, tuple[Block, ...]] = field(repr=False)

    def under(self, phase: str, words: str) -> tuple[str, ...]:
        """The entries of the lists, else the paragraphs, below the first heading with these words.

        Headings: real ones, and list entries or paragraphs in bold that say nothing else.
        """
        found = _below(self._blocks.get(phase, ()), words.lower())
        return entries(found)

    def opening(self, phase: str) -> str:
        """The first paragraph of a document in one line; "" if there is none."""
        paragraphs = (b for b in self._blocks.get(phase, ()) if isinstance(b, Paragraph))
        return next(filter(None, (plain(paragraph.runs) for paragraph in paragraphs)), "")

    def rows(self, phase: str, *columns: str) -> tuple[tuple[str, ...], ...]:
        """The cells below these headers, from the first table that has all of them."""
        for header, rows in tables(self._blocks.get(phase, ())):
            if all(column in header for column in columns):
                places = [header.index(column) for column in columns]
                return tuple(tuple(row[place] for place in places) for row in rows)
        return ()


def digest(handoff: Handoff) -> Digest:
    blocks = {one.phase: _read(one) for one in handoff.written if one.phase in _READ}
    master = handoff.section("handoff", "master-prompt")
    return Digest(
        requirements=requirements(blocks.get("prd", ())),
        stories=stories(blocks.get("stories", ())),
        tasks=tasks(blocks.get("stories", ())),
        commands=_commands(blocks.get("handoff", ())),
        prompt=prompt_parts(prompt_of(master.text) if master else ""),
        _blocks=blocks,
    )


def prompt_of(text: str) -> str:
    """The prompt inside a master-prompt section: its longest fenced block, else the text."""
    blocks = read(tidy(text))
    fences = [block.text for block in blocks if isinstance(block, Code)]
    if fences:
        return max(fences, key=len).strip()
    return re.sub(r"\A\s*##[^\n]*\n", "", text).strip()


def prompt_parts(prompt: str) -> Mapping[str, str]:
    """A prompt by its headings in capitals, each with the text below it."""
    parts: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in prompt.split("\n"):
        heading = _TITLE_LINE.fullmatch(line.strip()) if not line[:1].isspace() else None
        if heading:
            lines = parts.setdefault(heading[1], [])
            lines.extend(filter(None, [heading[2]]))
        else:
            lines.append(line)
    return {name: "\n".join(inside).strip("\n") for name, inside in parts.items()}


def _read(document: PackedDocument) -> tuple[Block, ...]:
    return tuple(block for text in bodies(document) for block in read(text))


def _below(blocks: Iterable[Block], words: str) -> list[Block]:
    """What follows the first heading with these words, up to the next one of its level."""
    found: list[Block] = []
    level = 0
    for block in blocks:
        if isinstance(block, Heading):
            if level and block.level <= level:
                break
            if not level and words in plain(block.runs).lower():
                level = block.level
        elif level:
            found.append(block)
    return found or _entry_of(blocks, words)


def _entry_of(blocks: Iterable[Block], words: str) -> list[Block]:
    """What a list entry holds that begins with these words and a colon."""
    for block in blocks:
        for item in block.items if isinstance(block, Listing) else ():
            match item.blocks:
                case (Paragraph(runs), *rest) if plain(runs).lower().startswith(f"{words}:"):
                    said = Paragraph((*runs[1:],)) if runs[0].strong else Paragraph(runs)
                    return [said, *rest]
    return []


def _commands(blocks: Iterable[Block]) -> tuple[str, ...]:
    """The command lines of shell blocks, each once."""
    lines = (
        line.strip().removeprefix("$ ")
        for block in _codes(blocks)
        if block.language.lower() in _SHELLS
        for line in block.text.split("\n")
    )
    kept = dict.fromkeys(line for line in lines if line and not line.startswith("#"))
    return tuple(kept)[:_MOST_COMMANDS]


def _codes(blocks: Iterable[Block]) -> Iterator[Code]:
    for block in blocks:
        if isinstance(block, Code):
            yield block
        elif isinstance(block, Listing):
            for item in block.items:
                yield from _codes(item.blocks)
