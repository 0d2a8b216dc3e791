"""Keeps a model's inline thinking and broken characters out of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specforge_core.events import ReasoningDelta, TextDelta

_OPEN, _CLOSE = "<think>", "</think>"
MOST_BLANKS = 256  # characters before a tag; holding more would cost ever more with each delta

LEAST_REPEATED = 8  # characters
THOUGHT_FIELDS = ("reasoning_content", "reasoning", "reasoning_details")


class Thoughts:
    """The thinking that comes in fields of its own, once however often it is said.

    Some vendors say the same in two fields: the first one with text is the one that is
    read. Some send it from its beginning each time: what is new in it is returned. Two
    deltas alone do not tell ("1", "10"), so the second is held until a third decides.
    """

    def __init__(self) -> None:
        self.field = ""  # the one that is read
        self._before: str | None = ""  # all of it so far; None where only new pieces are sent
        self._held = ""  # a second delta that repeats the first
        self._grows = False  # every delta repeats all before it

    def feed(self, delta: Mapping[str, Any]) -> str:
        """The new thinking in a delta, "" if there is none."""
        for field in (self.field,) if self.field else THOUGHT_FIELDS:
            if text := _thought(delta.get(field)):
                self.field = field
                return self._new(text)
        return ""

    def finish(self) -> str:
        """What was held: too short a repetition is a chance."""
        held, self._held, before = self._held, "", self._before or ""
        return held[len(before) :] if len(before) >= LEAST_REPEATED else held

    def _new(self, text: str) -> str:
        if self._before is None:
            return text
        known = self._held or self._before
        repeats = text.startswith(known) and (len(text) > len(known) or self._grows)
        if self._before == "":
            self._before = text
            return text
        if repeats and not self._held and not self._grows:
            self._held = text
            return ""
        if repeats:
            new = text[len(self._before) :]
            self._before, self._held, self._grows = text, "", True
            return new
        pieces = self._held + text
        self._before, self._held = None, ""
        return pieces


def _thought(value: object) -> str:
    """A text, or the texts of a list of details; no part of the document, so no error if odd."""
    if isinstance(value, str):
        return value
    details = value if isinstance(value, list) else ()
    texts = (detail.get("text") for detail in details if isinstance(detail, dict))
    return "".join(text for text in texts if isinstance(text, str))


class InlineThinking:
    """Sorts the text of one answer, delta by delta, into thinking and document.

    Thinking is what stands in `<think>…</think>` at the very start of the
    answer; the tags may be split over deltas. Blank lines between the closing tag
    and the answer belong to the tag. A tag further on is text.
    """

    def __init__(self) -> None:
        self._held = ""
        self.settled = False  # from here on, every text is part of the document
        self._thinking = False
        self._closed = False

    def feed(self, text: str) -> Iterator[TextDelta | ReasoningDelta]:
        """What can be told from the text so far; the rest is held until more comes."""
        text, self._held = self._held + text, ""
        if not self._thinking and not self._closed:
            start = text.lstrip()
            if start.startswith(_OPEN):
                self._thinking, text = True, start[len(_OPEN) :]
            elif _OPEN.startswith(start) and len(text) <= MOST_BLANKS:
                self._held = text
                return
        if self._thinking:
            thought, tag, text = text.partition(_CLOSE)
            if not tag:
                kept = _overlap(thought, _CLOSE)
                thought, self._held = thought[: len(thought) - kept], thought[len(thought) - kept :]
            if thought:
                yield ReasoningDelta(thought)
            if not tag:
                return
            self._thinking, self._closed = False, True
        if self._closed:
            text = text.lstrip()
        if text:
            self.settled = True
            yield TextDelta(text)

    def finish(self) -> Iterator[TextDelta | ReasoningDelta]:
        """What was still held when the answer ended."""
        held, self._held = self._held, ""
        if held:
            yield ReasoningDelta(held) if self._thinking else TextDelta(held)


def _overlap(text: str, tag: str) -> int:
    """How many of the last characters could be the beginning of the tag."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)


class SurrogatePairs:
    """Joins a character that was split over two deltas into its halves (`\\ud83d`, `\\ude00`).

    Half a character cannot be stored, so one that stays alone becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._high = ""

    def feed(self, text: str) -> str:
        """The text with whole characters only; a high half at its end is held."""
        if not self._high and text.isascii():
            return text
        text, self._high = self._high + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def finish(self) -> str:
        """U+FFFD if half a character was still held."""
        held, self._high = self._high, ""
        return "\ufffd" if held else ""
