"""Well-formed markdown from text that may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Self

from specforge_core.providers.drafter.vocabulary import plural, with_article

ASSUMED = "*Assumption:*"
LONGEST = 260  # characters of one quoted statement

# Controls (Unicode's Cc and Cs), and the marks that turn the direction of text around them;
# joiners stay for emoji and for the scripts that need them.
_UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)")
_LINE_START = re.compile(r"^([#>+=-]|\d+(?=[.)](?:\s|$)))")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARK = re.compile(r"\\\*Assumption(:?)\\\*")
_LEADING_MARK = re.compile(r"^\s*(?:[-*+•–]\s+)?\\?\*Assumption:\\?\*\s*", re.IGNORECASE)
_NO_CODE = str.maketrans({"`": "'", "<": "(", ">": ")", '"': "'", "\\": "/", "$": "", "\n": " "})
_ESCAPED_NUMBER = re.compile(r"^\\(\d+)([.)])")


def clean(text: str) -> str:
    """`text` without control and direction characters; line breaks stay."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def plain(text: str) -> str:
    """One line in which no character is markup: no HTML, image, link, table or list."""
    line = " ".join(clean(text).split())
    line = _SPECIAL.sub(lambda match: f"\\{match[0]}", line).replace("<", "&lt;")
    line = _LINE_START.sub(r"\\\1", line)
    return _ESCAPED_NUMBER.sub(r"\1\\\2", line)


def bare(markdown: str) -> str:
    """The text of one line of markdown, without escapes and bold marks. It is not safe."""
    return _ESCAPED.sub(r"\1", markdown.replace("**", "").replace("&lt;", "<"))


def safe(markdown: str, longest: int = LONGEST) -> str:
    """Text out of somebody's markdown, made safe again; the mark of an assumption stays."""
    return _MARK.sub(r"*Assumption\1*", plain(clip(bare(markdown).strip(), longest)))


def untagged(text: str) -> tuple[str, bool]:
    """What follows the mark of an assumption at the start, and whether there is one."""
    match = _LEADING_MARK.match(text)
    return (text[match.end() :], True) if match else (text, False)


def tagged(text: str, *, assumed: bool) -> str:
    """Safe text with the mark that `untagged` took off."""
    return f"{ASSUMED} {in_text(text)}" if assumed else text


def literal(text: str) -> str:
    """Safe markdown as one line that may stand inside a fence, quoted or in a comment."""
    return " ".join(clean(bare(text)).translate(_NO_CODE).split())


def clip(text: str, longest: int = LONGEST) -> str:
    """`text` cut at a word, where words are separated, with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[:longest]
    words = head.rpartition(" ")[0]
    return f"{words if len(words) > longest // 2 else head}…"


def _capital(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]  # iOS stays


def sentence(text: str) -> str:
    """With a capital and a full stop, if it lacks them."""
    text = _capital(text)
    return text if text.endswith((".", "!", "?", "…", ":", "。", "！", "？", "؟")) else f"{text}."


def listed(items: Sequence[str], joiner: str = "and") -> str:
    """`a, b and c`."""
    *head, last = items
    return f"{', '.join(head)} {joiner} {last}" if head else last


def in_text(name: str) -> str:
    """`Finance team` -> `finance team`, but `CFO` stays."""
    return name[:1].lower() + name[1:] if name[1:2].islower() or name[1:2] in (" ", "-") else name


def a_person(name: str) -> str:
    """`An employee`, `The finance team`, `The CFO`: a name as the subject of a sentence."""
    if name.startswith("The "):
        return name
    return f"The {in_text(name)}" if _is_one(name) else _capital(with_article(in_text(name)))


def people(names: Sequence[str]) -> str:
    """`employees, the finance team and the CFO`: names inside a sentence."""
    return listed(
        [f"the {in_text(name)}" if _is_one(name) else in_text(plural(name)) for name in names]
    )


def _is_one(name: str) -> bool:
    return name.isupper() or name.endswith(("team", "staff", "people", "desk"))


def merged(phrases: Sequence[str]) -> list[str]:
    """`approve a bill`, `reject a bill` -> `approve or reject a bill`."""
    verbs: dict[str, list[str]] = {}
    for phrase in phrases:
        verb, _, rest = phrase.partition(" ")
        verbs.setdefault(rest, []).append(verb)
    return [f"{listed(group, 'or')} {rest}".strip() for rest, group in verbs.items()]


class Sheet:
    """A section in the making. Text given to it is markdown already; `plain` makes it so."""

    def __init__(self, title: str) -> None:
        self._blocks = [f"## {title}"]

    def say(self, text: str) -> Self:
        self._blocks.append(text)
        return self

    def head(self, title: str) -> Self:
        return self.say(f"### {title}")

    def bullets(self, items: Iterable[str]) -> Self:
        return self._lines(f"- {item}" for item in items)

    def numbered(self, items: Iterable[str]) -> Self:
        return self._lines(f"{number}. {item}" for number, item in enumerate(items, 1))

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Self:
        separator = "|" + "---|" * len(header)
        return self._lines(
            [self._row(header), separator, *(self._row(row) for row in rows)],
        )

    def fence(self, language: str, body: str) -> Self:
        return self.say(f"```{language}\n{body}\n```")

    def _row(self, cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    def _lines(self, lines: Iterable[str]) -> Self:
        return self.say("\n".join(lines))

    def __str__(self) -> str:
        return "\n\n".join(block for block in self._blocks if block) + "\n"
