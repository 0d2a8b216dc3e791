"""Markdown that may come from anyone, made fit for `st.markdown`. Pure functions.

`safe` keeps the browser from fetching what a document names, `escape` shows
text as typed. How an unfinished document is ended: `unfinished.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache

JOINER = "\u2060"  # a word joiner: shows nothing, and keeps two characters from meaning something

# A line that opens a block of code or a formula: at the margin, in a list or in a quotation.
FENCE = re.compile(r"^(?P<lead>(?:\s|>|[-*+] |\d+[.)] )*)(?P<mark>`{3,}|~{3,}|\${2,})(?P<info>.*)$")

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_TOP_FENCE = re.compile(r"^(?P<mark>`{3,}(?=[^`]*$)|~{3,}|\${2,}(?=[^$]*$))")
_HTML_START = re.compile(r"^( {0,3})<(?=[A-Za-z/!?])")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_HTML_IMAGE = re.compile(
    r"<img\b[^<>]{0,500}?\bsrc\s*=\s*[\"']?([^\"'\s<>]{1,2000})[^<>]{0,500}>", re.IGNORECASE
)
# A link that holds a page of its own: Streamlit takes out `javascript:`, but not this one.
_DATA_LINK = re.compile(r"(?<=\])(?=[(:]\s*<?\s*data:)|(?=<data:)", re.IGNORECASE)
# `:smile:` is Streamlit's and takes effect even when escaped; `10:30:45` is a time.
_SHORTCODE = re.compile(r":(?=(?!\d{1,2}:)[+-]?\w[\w+-]*:)")
# What becomes an arrow, a dash or a live address although it is escaped.
_LIVE = re.compile(r"(?<=-)(?=[->])|(?<=<)(?=-)|(?<=https)(?=://)|(?<=http)(?=://)|(?<=www)(?=\.)")
_NAMING = re.compile(r":(?=:*\w)")  # `:red`, `:note[…]`, `::leaf`, `:::box` would be directives
_SIGNIFICANT = re.compile(
    r"""
      (?P<kept> \\. | \$\$[^$\n]+\$\$ | \$\$+ | \$(?!\s)[^$\n]+?(?<!\s)\$(?!\d)  # a formula
              | <[A-Za-z][\w+.-]*:[^\s<>]*> | (?:https?://|www\.)[^\s<>()\[\]|\\]* )  # an address
    | (?P<target> \]\([^\s()]*\) )
    | (?P<icon> :material/ )
    | (?P<dollar> \$ )
    | (?P<colon> : )
    """,
    re.VERBOSE,
)


def escape(text: str) -> str:
    """`text` on one line, shown as typed: no markdown, shortcode or directive takes effect."""
    apart = _LIVE.sub(JOINER, _SHORTCODE.sub(f":{JOINER}", " ".join(text.split())))
    return _PUNCTUATION.sub(r"\\\1", apart)


def safe(text: str) -> str:
    """Markdown of a document without images: `![name](address)` becomes a link.

    Only top-level fences count as code, because that is certain without a full
    parser; elsewhere an image can at worst look odd, never be fetched. A dollar
    sign that opens no formula is escaped, so that prices stay prices.
    """
    lines, fence = [], ""
    for line in text.split("\n"):
        if fence:
            # In a formula nothing is lost by a blank, and a parser that sees none sees no image.
            lines.append(line.replace("![", "! [") if fence[0] == "$" else line)
            if closes(line, fence):
                fence = ""
        elif opening := _TOP_FENCE.match(line):
            fence = opening["mark"]
            lines.append(line)
        else:
            lines.append(_safe_line(line))
    return "\n".join(lines)


def closes(line: str, mark: str) -> bool:
    """Whether a line ends the fence that `mark` has opened."""
    found = re.match(r"^ {0,3}(`{3,}|~{3,}|\${2,})\s*$", line)
    return found is not None and found[1][0] == mark[0] and len(found[1]) >= len(mark)


@lru_cache(maxsize=4096)  # a tick brings one new line; the others were made safe before
def _safe_line(line: str) -> str:
    # An HTML block would hide a fence from the parser, but not from this scan.
    line = _HTML_START.sub(rf"\1{JOINER}<", line)
    parts, position = [], 0
    for span in _CODE_SPAN.finditer(line):
        parts += [_safe_prose(line[position : span.start()]), span[0].replace("![", f"!{JOINER}[")]
        position = span.end()
    # A last look at the whole: what stood apart may have come together.
    return re.sub(r"!+\[", "[", "".join([*parts, _safe_prose(line[position:])]))


def _safe_prose(text: str) -> str:
    text = _DATA_LINK.sub(r"\\", _HTML_IMAGE.sub(r"[image](\1)", text))
    text = re.sub(r"(\\?)!+\[", lambda m: f"{m[1]}!{JOINER}[" if m[1] else "[", text)
    return _SIGNIFICANT.sub(_as_typed, text)


def _as_typed(found: re.Match[str]) -> str:
    """What means something to Streamlit, but not in markdown, made to be shown as it is."""
    if found["kept"]:
        return found[0]
    if found["target"]:
        return _NAMING.sub(r"\:", found[0])
    if found["icon"]:
        return r"\:material\/"
    if found["dollar"]:
        return r"\$"
    if not _NAMING.match(found.string, found.start()):
        return ":"
    return rf"\:{JOINER}" if _SHORTCODE.match(found.string, found.start()) else r"\:"
