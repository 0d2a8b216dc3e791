"""Takes off the fence that some models put around a whole answer, whatever they were told.

Every section begins with its heading, so a first line "```markdown" before one
is no part of the document, and neither is the line that closes it.
"""

from __future__ import annotations

import re

from specforge_core.generation.continuation import Joiner, anchor

_WRAPPERS = ("```markdown", "```md")
_BEGINNINGS = {wrapper[:size] for wrapper in _WRAPPERS for size in range(len(wrapper) + 1)}
_LONGEST_FENCE = 200  # characters of a line; what is longer is no fence that a model would write
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_MARKS = re.compile(r"\s*(`{3,}|~{3,})")


class Unfenced:
    """A `Joiner` that also drops a fence around the answer; fed and finished in the same way.

    A continuation goes on inside the fence of the answer before it, of which the
    stored text shows nothing; so its last line is dropped if it closes nothing.
    """

    def __init__(self, text_so_far: str) -> None:
        self._opening = _Opening(text_so_far)
        self._joiner = Joiner(text_so_far)
        self._closing = _Closing(text_so_far)
        self._continues = bool(text_so_far)
        self._begun = self._continues

    def feed(self, text: str) -> str:
        return self._begin(self._inside(self._joiner.feed(self._opening.feed(text))))

    def finish(self) -> str:
        """What is still held back, less the fence; call it when the stream ends."""
        last = self._joiner.feed(self._opening.finish()) + self._joiner.finish()
        return self._begin(self._inside(last) + self._closing.finish())

    def _begin(self, text: str) -> str:
        """Without the empty lines before the answer, which some models begin with."""
        if self._begun:
            return text
        text = text.lstrip("\n")
        self._begun = text != ""
        return text

    def _inside(self, text: str) -> str:
        return self._closing.feed(text) if self._continues or self._opening.found else text


class _Opening:
    """Drops the line that opens the wrapping fence. Holds back that line and blanks alone."""

    def __init__(self, text_so_far: str) -> None:
        self.found = False
        self._next = "" if text_so_far else "#"
        # A continuation was asked to begin with the anchor, which may begin with such a line.
        asked = anchor(text_so_far).lstrip()
        self._deciding = not asked or not _may_wrap(*_first_line(asked))
        self._held = ""

    def feed(self, text: str) -> str:
        if not self._deciding:
            return text
        self._held += text
        line, rest = _first_line(self._held)
        more = len(self._held) < _LONGEST_FENCE and not rest.strip()
        return "" if more and _may_wrap(line, rest) else self.finish()

    def finish(self) -> str:
        line, rest = _first_line(self._held)
        held, self._held, self._deciding = self._held, "", False
        self.found = line in _WRAPPERS and rest.strip()[:1].startswith(self._next)
        return rest.removeprefix("\n") if self.found else held


def _first_line(text: str) -> tuple[str, str]:
    """The first line that is not blank, in lower case; its line end and what follows."""
    line, end, rest = text.lstrip().partition("\n")
    return line.rstrip().lower(), end + rest


def _may_wrap(line: str, rest: str) -> bool:
    return line in (_WRAPPERS if rest else _BEGINNINGS)


class _Closing:
    """Drops a last line "```" that closes no fence of the section. Holds back lines like it."""

    def __init__(self, text_so_far: str) -> None:
        self._line = ""  # from its begin, while it could be a fence
        self._plain = False  # in the middle of a line that is none
        self._open = ""  # the marks that opened the fence of the section
        self._last = False  # whether "```" stands in the held text, with only blanks after it
        self._held = ""
        self.feed(text_so_far)
        self._held = ""  # it is stored already

    def feed(self, text: str) -> str:
        if self._plain and "\n" not in text:
            return text
        return "".join([self._passed(part) for part in _LINES.findall(text)])

    def finish(self) -> str:
        if self._line:
            self._whole_line(self._line)
        return "" if self._last else self._held

    def _passed(self, part: str) -> str:
        """What can be passed on after this part of one line."""
        whole = part.endswith("\n")
        self._held += part
        if self._plain:
            self._plain = not whole
        else:
            self._line += part
            if whole:
                self._whole_line(self._line)
                self._line = ""
            elif _may_be_fence(self._line):
                return ""
            else:
                self._begin_text()
                self._line, self._plain = "", True
        if self._last:
            return ""
        held, self._held = self._held, ""
        return held

    def _whole_line(self, line: str) -> None:
        if not line.strip():
            return
        self._begin_text()
        fence = _MARKS.match(line) if len(line) < _LONGEST_FENCE else None
        if fence is None:
            return
        marks, language = fence[1], line[fence.end() :].strip()
        if self._open:
            if marks.startswith(self._open) and not language:
                self._open = ""
        elif line.rstrip() == "```":
            self._last = True
        elif marks[0] not in language:  # ```code``` in a line of text
            self._open = marks

    def _begin_text(self) -> None:
        """More comes after a "```", so that was the begin of a fence."""
        if self._last:
            self._open, self._last = "```", False


def _may_be_fence(line: str) -> bool:
    marks = line.lstrip()
    return len(line) < _LONGEST_FENCE and (
        marks.startswith(("```", "~~~")) or marks in ("", "`", "``", "~", "~~")
    )
