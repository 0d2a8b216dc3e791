"""What changed between two texts: side by side or inline, changed words marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape

import streamlit as st

from pages.components.inputs import drawn, keep
from specforge_core import Comparison, DiffRow, Span, compare

# Of one part of a long comparison: a browser is slow with longer tables.
ROWS_AT_ONCE = 200
CHARACTERS_AT_ONCE = 200_000
SHOWN_OF_A_SPAN = 4_000  # characters; of a longer piece of a line the begin and the end are shown

VIEWS = {"inline": "Inline", "side": "Side by side"}
_NUMBER, _SIGN = '<col class="number">', '<col class="sign">'
HEADS = {
    "inline": f"<colgroup>{_NUMBER}{_NUMBER}{_SIGN}<col></colgroup><thead><tr>"
    + "".join(
        f'<th scope="col"><span class="unseen">{head}</span></th>'
        for head in ("Line before", "Line after", "Change", "Text")
    ),
    "side": f"<colgroup>{_NUMBER}<col>{_NUMBER}<col></colgroup><thead><tr>"
    '<th colspan="2" scope="colgroup">{}</th><th colspan="2" scope="colgroup">{}</th>',
}
SIGNS = {"removed": "−", "added": "+"}

# What a browser does not show, or what turns the letters after it around.
_CONTROLS = (*range(9), *range(10, 32), *range(127, 160))
_WITHOUT_WIDTH = (0xAD, 0x200B, 0x2060, 0xFEFF)
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_NAMED = {code: f"⟨U+{code:04X}⟩" for code in (*_CONTROLS, *_WITHOUT_WIDTH, *_DIRECTIONS)}

Line = DiffRow | int  # an int stands for so many equal lines that are left out


def choose_view(key: str) -> str:
    """`inline` or `side`; the address keeps it over a refresh, the session on other pages."""
    stored = st.query_params.get("view") or st.session_state.get("diff view")
    keep(key, stored if stored in VIEWS else "inline", _remember)
    chosen = st.segmented_control(
        "Show the changes",
        list(VIEWS),
        format_func=lambda name: VIEWS[name],
        key=key,
        label_visibility="collapsed",
        required=True,
    )
    drawn(key)
    return chosen or "inline"


def _remember(view: str) -> None:
    st.query_params["view"] = view
    st.session_state["diff view"] = view


@lru_cache(maxsize=4)  # a reader who turns the pages of a long one need not wait again
def compared(old: str, new: str, context: int | None = 3) -> Comparison:
    """`compare`, remembered for a moment."""
    return compare(old, new, context)


def summary(comparison: Comparison) -> str:
    """`Words: 40 added, 12 removed · lines: 3 added, 2 removed`."""
    if comparison.equal:
        return "The texts are the same."
    words = _counted(comparison.words_added, comparison.words_removed)
    lines = _counted(comparison.lines_added, comparison.lines_removed)
    return f"{f'Words: {words}' if words else 'Only signs or spaces'} · lines: {lines}"


def _counted(added: int, removed: int) -> str:
    counts = {"added": added, "removed": removed}
    return ", ".join(f"{count:,} {done}" for done, count in counts.items() if count)


def diff_view(
    comparison: Comparison,
    view: str,
    key: str,
    label: str,
    names: tuple[str, str] = ("Before", "After"),
) -> None:
    """A table of the changed lines with those around them; nothing for equal texts.

    label: read to who cannot see it; names: of the two texts. Both are shown as typed.
    """
    if comparison.equal:
        return
    found = parts(comparison)
    number = 1
    if len(found) > 1:
        number = st.pagination(len(found), key=f"{key} part {len(found)}")
    st.html(_table(found[number - 1], view, label, names))


def parts(comparison: Comparison) -> list[list[Line]]:
    """The lines, cut into what is shown at once."""
    done: list[list[Line]] = [[]]
    characters = 0
    for line in _lines(comparison):
        size = 0 if isinstance(line, int) else _shown(line.old) + _shown(line.new)
        full = len(done[-1]) >= ROWS_AT_ONCE or characters + size > CHARACTERS_AT_ONCE
        if full and done[-1]:
            done.append([])
            characters = 0
        done[-1].append(line)
        characters += size
    return done


def _lines(comparison: Comparison) -> Iterator[Line]:
    for hunk in comparison.hunks:
        if hunk.hidden:
            yield hunk.hidden
        yield from hunk.rows
    if comparison.hidden_after:
        yield comparison.hidden_after


def _shown(spans: Iterable[Span]) -> int:
    return sum(min(len(span.text), SHOWN_OF_A_SPAN) for span in spans)


def _table(lines: Sequence[Line], view: str, label: str, names: tuple[str, str]) -> str:
    """A region that the keyboard can scroll. Columns have heads, signs have words: both are read
    out, where they are not seen.
    """
    draw = _side if view == "side" else _inline
    rows = "".join(_gap(line) if isinstance(line, int) else draw(line) for line in lines)
    head = HEADS[view].format(*(escape(_visible(name)) for name in names))
    return (
        f'<div class="diff" tabindex="0" role="region" aria-label="{escape(_visible(label))}">'
        f'<table class="{view}">{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _gap(hidden: int) -> str:
    noun = "line" if hidden == 1 else "lines"
    return f'<tr class="gap"><td colspan="4">{hidden:,} equal {noun}</td></tr>'


def _side(row: DiffRow) -> str:
    return (
        f'<tr class="{row.kind}">{_number("old", row.old_number)}'
        f'<td class="old">{_old(row)}</td>{_number("new", row.new_number)}'
        f'<td class="new">{_new(row)}</td></tr>'
    )


def _inline(row: DiffRow) -> str:
    """A changed line is one that went and, right under it, one that came."""
    if row.kind == "same":
        return (
            f'<tr class="same">{_number("old", row.old_number)}{_number("new", row.new_number)}'
            f"<td></td><td>{_new(row)}</td></tr>"
        )
    went = _one_sided("removed", row.old_number, None, _old(row)) if row.old_number else ""
    came = _one_sided("added", None, row.new_number, _new(row)) if row.new_number else ""
    return went + came


def _one_sided(kind: str, old: int | None, new: int | None, text: str) -> str:
    side = "old" if kind == "removed" else "new"
    return (
        f'<tr class="{kind}">{_number("old", old)}{_number("new", new)}'
        f'<td class="sign"><span class="unseen">{kind}</span>'
        f'<span aria-hidden="true">{SIGNS[kind]}</span></td><td class="{side}">{text}</td></tr>'
    )


def _number(side: str, number: int | None) -> str:
    return f'<td class="number {side}">{number or ""}</td>'


def _old(row: DiffRow) -> str:
    return _spans(row.old, "del", whole=row.kind == "removed")


def _new(row: DiffRow) -> str:
    return _spans(row.new, "ins", whole=row.kind == "added")


def _spans(spans: Iterable[Span], mark: str, *, whole: bool) -> str:
    """HTML. `whole`: of a line without a counterpart no word stands out against the others."""
    opening = f'<{mark} class="whole">' if whole else f"<{mark}>"
    return "".join(
        f"{opening}{_text(span.text)}</{mark}>" if span.changed else _text(span.text)
        for span in spans
    )


def _text(text: str) -> str:
    """HTML of a piece of a line; what is too long to be read is left out in its middle."""
    out = len(text) - SHOWN_OF_A_SPAN
    if out <= 0:
        return escape(_visible(text))
    half = SHOWN_OF_A_SPAN // 2
    ends = escape(_visible(text[:half])), escape(_visible(text[-half:]))
    return f'{ends[0]}<span class="out">… {out:,} characters not shown …</span>{ends[1]}'


def _visible(text: str) -> str:
    return text.translate(_NAMED)
