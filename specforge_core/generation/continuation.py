"""Joins a continuation to the text before it, so that nothing is repeated and nothing lost.

Current models refuse a prefilled answer, so a continuation is a new answer that
is asked to begin with the last words of the text (the anchor). Whatever the
model repeats is dropped here; if it does not obey, the text is joined as it is.
"""

from __future__ import annotations

import re

ANCHOR_CHARS = 40
# Shorter repetitions are more often the language than a repetition ("the ", "- ").
LEAST_OVERLAP = 8
# A model that repeats more than its anchor rarely repeats more than a paragraph.
TAIL_CHARS = 1_000
FIRST_CJK = "\u2e80"
_HEADING = re.compile(r"#{2,6} \S")
_MAY_BE_HEADING = re.compile(r"#{1,6} ?")
_ENDS_A_WORD = (".", ",", ";", ":", "!", "?", ")")
_BEFORE_A_REPETITION = ' \t\n\r…"“«'  # blanks and marks with which models begin a quotation


def anchor(text: str) -> str:
    """The last words of `text`: from a word's begin at most `ANCHOR_CHARS` before its end."""
    tail = text[-ANCHOR_CHARS:]
    if len(text) > ANCHOR_CHARS and not text[-ANCHOR_CHARS - 1].isspace():
        _, gap, rest = tail.partition(" ")
        tail = rest if gap and rest else tail
    return tail


class Joiner:
    """Feed it the continuation as it arrives; it returns what is new.

    It holds text back only while that could still be a repetition of the end
    of the text before, or of all of it: some models start over.
    """

    def __init__(self, text_so_far: str) -> None:
        self._before = text_so_far.lstrip()  # models do not repeat leading blanks
        self._tail = self._before[-TAIL_CHARS:]
        self._anchor = anchor(text_so_far).lstrip()
        self._held = ""
        self._deciding = bool(text_so_far)

    def feed(self, text: str) -> str:
        if not self._deciding:
            return text
        self._held += text
        return "" if self._may_repeat(self._held.lstrip(_BEFORE_A_REPETITION)) else self.finish()

    def _may_repeat(self, head: str) -> bool:
        """Whether more text could make `head` a heading, a repetition, or a longer one."""
        if _MAY_BE_HEADING.fullmatch(head):
            return True
        if len(head) < len(self._tail) and (not head or head in self._tail):
            return True
        return len(head) < len(self._before) and self._before.startswith(head)

    def finish(self) -> str:
        """What is still held back, less the repetition; call it when the stream ends."""
        if not self._deciding:
            return ""
        self._deciding = False
        held, self._held = self._held, ""
        head = held.lstrip(_BEFORE_A_REPETITION)
        if repeated := self._repeated(head):
            return head[repeated:]
        # The text ends with blanks that the model did not repeat: keep the stored ones.
        words = self._tail.rstrip()
        if overlap := _overlap(words, head):
            return _less(self._tail[len(words) :], head[overlap:])
        return _gap(self._tail, held) + held

    def _repeated(self, head: str) -> int:
        """How many characters of `head` the text before holds already.

        The anchor first, as that is what was asked for: in a periodic ending
        ("-----") a longer overlap would be new text.
        """
        if len(self._anchor) >= LEAST_OVERLAP and head.startswith(self._anchor):
            return len(self._anchor)
        if len(head) > len(self._tail) and head.startswith(self._before):
            return len(self._before)
        return _overlap(self._tail, head)


def _overlap(tail: str, head: str) -> int:
    """Length of the longest end of `tail` that `head` begins with, 0 if it is a short chance."""
    whole = min(LEAST_OVERLAP, len(tail))
    for size in range(min(len(tail), len(head)), whole - 1, -1):
        if tail.endswith(head[:size]):
            return size
    return 0


def _less(blanks: str, text: str) -> str:
    """`text` without the blanks that stand before it already; a space may stand for a newline."""
    if blanks and not text.startswith(blanks[0]):
        return text.lstrip(" ")
    while blanks and text.startswith(blanks[0]):
        text, blanks = text[1:], blanks[1:]
    return text


def _gap(tail: str, head: str) -> str:
    """Providers strip the blank before the first word of an answer; two words must not fuse.

    Only between words of scripts that set blanks between words, and not inside emphasis.
    A heading begins a line of its own.
    """
    if _HEADING.match(head) and tail[-1:] not in ("", "\n"):
        return "\n\n"
    last, first = tail[-1:], head[:1]
    if not (first.isalnum() and (last.isalnum() or last in _ENDS_A_WORD)):
        return ""
    return " " if max(last, first) < FIRST_CJK else ""
