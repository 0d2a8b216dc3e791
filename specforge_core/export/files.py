"""The files that a document holds: a heading with a path, then a fenced block.

Paths were written by a model, so each is checked before anybody unpacks it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it.token import Token

from specforge_core.export.handoff import PackedDocument
from specforge_core.export.source import closed, mended, outline

MOST_FILES = 500
LONGEST_PATH, LONGEST_NAME = 180, 100  # characters; Windows stops at 260 with the folder above
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³"}
)
# With the short names that Windows gives to a file, "GIT~1".
_GIT = re.compile(r"\.git|git~[0-9]+", re.IGNORECASE)
_BARE_NAMES = frozenset(
    {"dockerfile", "makefile", "license", "procfile", "caddyfile", "jenkinsfile", "justfile"}
    | {"codeowners", "gemfile", "vagrantfile", "rakefile", "containerfile", "notice", "changelog"}
)


@dataclass(frozen=True, slots=True)
class PackedFile:
    path: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that is not unpacked. `reason` completes "… is not unpacked: it …"."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    files: tuple[PackedFile, ...]
    refused: tuple[RefusedFile, ...]


def unpack(document: PackedDocument | None) -> Unpacked:
    """The files of a document in its order, and those refused."""
    files: dict[str, PackedFile] = {}
    refused: list[RefusedFile] = []
    for path, fence, lines in _found(document):
        text = fence.content
        reason = problem(path)
        if not reason and not closed(fence, lines):
            reason = "has no end, so that it may be cut off"
        if not reason:
            reason = _clash(path, files)
        if reason:
            refused.append(RefusedFile(path, reason))
        else:
            info = fence.info.split()
            files[_same(path)] = PackedFile(path, text, info[0] if info else "")
    return Unpacked(tuple(files.values()), tuple(refused))


def problem(path: str) -> str:
    """Why a path is not safe to unpack anywhere, completing "it …"; "" if it is."""
    if len(path) > LONGEST_PATH:
        return f"has a path of more than {LONGEST_PATH} characters"
    if path.startswith(("/", "~")) or path[1:2] == ":":
        return "leads to a fixed place of a machine"
    return next((why for part in path.split("/") if (why := _part_problem(part))), "")


def reserved(name: str) -> bool:
    """Whether Windows keeps a file's name for a device, whatever its ending."""
    return name.partition(".")[0].rstrip().lower() in _RESERVED


def _part_problem(part: str) -> str:
    if part in ("", ".", ".."):
        return "leads out of its folder, or has an empty folder in its path"
    if any(c in '<>:"|?*\\' or not c.isprintable() for c in part):
        return "has a character in its path that not every system takes"
    if part[-1] in ". " or part[0] == " ":
        return "has a name in its path that begins with a space, or ends with one or with a dot"
    if reserved(part):
        return f"has the name “{part}” in its path, which Windows keeps for itself"
    if len(part.encode()) > LONGEST_NAME:
        return "has a name in its path that is too long"
    return "would change how git works here" if _GIT.fullmatch(part) else ""


def _clash(path: str, files: Mapping[str, PackedFile]) -> str:
    same = _same(path)
    if len(files) >= MOST_FILES:
        return f"comes after {MOST_FILES} others"
    if same in files:
        return "has the path of an earlier one"
    inside_a_file = any(folder in files for folder in _folders(same))
    if inside_a_file or any(same in _folders(other) for other in files):
        return "needs as a folder what is a file, or the other way round"
    return ""


def _folders(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:count]) for count in range(1, len(names))]


def _same(path: str) -> str:
    """What two paths have in common that name one file on Windows or a Mac."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _found(document: PackedDocument | None) -> Iterator[tuple[str, Token, list[str]]]:
    """Each path with its fence, and the lines of the text which that was found in."""
    for text in map(mended, document.parts if document else ()):
        tokens, lines, path = outline(text), text.split("\n"), ""
        for at, token in enumerate(tokens):
            if token.level:
                continue
            if token.type == "heading_open":
                path = _path(tokens[at + 1].content) if token.tag == "h3" else ""
            elif token.type == "fence" and path:
                yield path, token, lines
                path = ""


def _path(heading: str) -> str:
    """The path that a heading names, "" if it is none: "### `src/app.py`", "### Makefile"."""
    _, mark, coded = heading.partition("`")
    path = (coded.partition("`")[0] if mark else heading).strip().replace("\\_", "_")
    path = path.removeprefix("./")
    named = "/" in path or "\\" in path or path.lower() in _BARE_NAMES
    ending = path.rpartition(".")[2]
    like = named or (ending != path and ending[:1].isalpha() and len(ending) <= 12)
    return path if like and (mark or " " not in path) else ""
