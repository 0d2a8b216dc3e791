"""How changes between two texts look: as drawn for a reader who sees, and for one who hears."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pytest

from pages.components import diff_view
from pages.components.diff_view import VIEWS, parts, summary
from specforge_core import compare

ROOT = Path(__file__).resolve().parents[2]
STYLE = (ROOT / "pages" / "components" / "style.css").read_text(encoding="utf-8")
OLD = "# Plan\n\nApproval takes nine days.\nGone.\n"
NEW = "# Plan\n\nApproval takes two days.\nNew, and last.\n"


class Table(HTMLParser):
    """What stands in a drawn comparison: the rows with their cells, and what is marked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.region: dict[str, str | None] = {}
        self.tags: set[str] = set()
        self.rows: list[tuple[str, list[str]]] = []
        self.marked: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        if tag == "div":
            self.region = found
        if tag == "tr":
            self.rows.append((found.get("class") or "head", []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
        if tag in ("del", "ins") and found.get("class") != "whole":
            self.marked.append((tag, ""))
        if tag != "col":
            self._open.append("whole" if found.get("class") == "whole" else tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.rows[-1][1][-1] += data
        if self._open[-1] in ("del", "ins"):
            tag, text = self.marked[-1]
            self.marked[-1] = tag, text + data


def drawn(old: str, new: str, view: str = "inline", context: int | None = 3) -> Table:
    """The first part."""
    found = parts(compare(old, new, context))[0]
    return Table(diff_view._table(found, view, "Change of “Plan”", ("Before", "After")))


def test_a_changed_line_stands_above_what_it_became_with_the_words_marked() -> None:
    table = drawn("Approval takes nine days.", "Approval takes two days.")
    assert table.rows[1:] == [
        ("removed", ["1", "", "removed−", "Approval takes nine days."]),
        ("added", ["", "1", "added+", "Approval takes two days."]),
    ]
    assert table.marked == [("del", "nine"), ("ins", "two")]


def test_side_by_side_both_states_of_a_line_are_in_one_row_under_their_names() -> None:
    table = drawn("Approval takes nine days.", "Approval takes two days.", "side")
    assert table.rows == [
        ("head", ["Before", "After"]),
        ("changed", ["1", "Approval takes nine days.", "1", "Approval takes two days."]),
    ]
    assert table.marked == [("del", "nine"), ("ins", "two")]


def test_a_line_without_a_counterpart_is_marked_as_a_whole_not_by_word() -> None:
    table = drawn("One.\n", "One.\nTwo.\n")
    assert table.rows[1:] == [
        ("same", ["1", "1", "", "One."]),
        ("added", ["", "2", "added+", "Two."]),
    ]
    assert table.marked == []


@pytest.mark.parametrize("view", VIEWS)
def test_equal_lines_that_are_left_out_are_counted(view: str) -> None:
    lines = [f"line {number}" for number in range(30)]
    changed = [*lines[:10], "other", *lines[11:]]
    table = drawn("\n".join(lines), "\n".join(changed), view)
    gaps = [cells for kind, cells in table.rows if kind == "gap"]
    assert gaps == [["7 equal lines"], ["16 equal lines"]]
    assert not [row for row in drawn("a\nb", "a\nc", view, None).rows if row[0] == "gap"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("old", "new"), [("", "One.\n\nTwo."), ("One.\n\nTwo.", "")])
def test_an_empty_text_is_compared_like_any_other(view: str, old: str, new: str) -> None:
    table = drawn(old, new, view)
    assert [kind for kind, _ in table.rows[1:]] == ["added" if new else "removed"] * 3
    assert "One." in chain.from_iterable(cells for _, cells in table.rows)


@pytest.mark.parametrize("view", VIEWS)
def test_what_looks_like_html_is_shown_and_not_executed(view: str) -> None:
    nasty = '</td></table><script>alert(1)</script><img src=x onerror="alert(1)">&lt;b&gt;'
    table = drawn(f"a {nasty}", f"b {nasty}", view)
    assert table.tags.isdisjoint({"script", "img", "b"})
    shown = [cell for _, cells in table.rows for cell in cells if nasty in cell]
    assert shown == [f"a {nasty}", f"b {nasty}"]


def test_a_name_cannot_leave_its_place_either() -> None:
    name = '"><script>alert(1)</script>{0}'
    html = diff_view._table(parts(compare("a", "b"))[0], "side", name, (name, name))
    table = Table(html)
    assert "script" not in table.tags
    assert table.region["aria-label"] == name
    assert table.rows[0] == ("head", [name, name])


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("\x00\x07", "⟨U+0000⟩⟨U+0007⟩"), ("\u200b", "⟨U+200B⟩"), ("\u202e", "⟨U+202E⟩")],
)
def test_a_change_that_cannot_be_seen_is_named(typed: str, shown: str) -> None:
    table = drawn("two days", f"two {typed}days")
    assert table.rows[2][1][-1] == f"two {shown}days"


def test_tabs_and_spaces_stay_what_they_are() -> None:
    assert drawn("", "\ta  b ").rows[1][1][-1] == "\ta  b "


@pytest.mark.parametrize("view", VIEWS)
def test_of_a_very_long_line_the_ends_and_the_change_are_shown(view: str) -> None:
    long = "word " * 100_000
    html = diff_view._table(
        parts(compare(f"Begin {long} nine {long} end", f"Begin {long} two {long} end"))[0],
        view,
        "",
        ("", ""),
    )
    assert len(html) < 60_000
    table = Table(html)
    assert table.marked == [("del", "nine"), ("ins", "two")]
    text = table.rows[-1][1][-1]
    assert text.startswith("Begin word")
    assert text.endswith("word  end")
    assert re.search(r"… \d{3},\d{3} characters not shown …", text)


def test_ten_thousand_changed_lines_come_in_parts_that_a_browser_can_draw() -> None:
    old = "\n".join(f"line {number} is old" for number in range(10_000))
    new = "\n".join(f"line {number} is new" for number in range(10_000))
    found = parts(compare(old, new))
    assert max(len(part) for part in found) == diff_view.ROWS_AT_ONCE
    assert sum(len(part) for part in found) == 10_000
    numbers = [row.old_number for part in found for row in part if not isinstance(row, int)]
    assert numbers == list(range(1, 10_001))


def test_long_lines_make_more_parts() -> None:
    text = "\n".join("word " * 700 for _ in range(200))
    found = parts(compare("", text))
    assert 3 < len(found) < 10
    assert sum(len(part) for part in found) == 200


def test_a_region_that_the_keyboard_can_scroll_says_what_it_is() -> None:
    region = drawn(OLD, NEW).region
    assert region["tabindex"] == "0"
    assert region["role"] == "region"
    assert region["aria-label"] == "Change of “Plan”"


def test_the_columns_have_heads_for_who_hears_them() -> None:
    assert drawn(OLD, NEW).rows[0][1] == ["Line before", "Line after", "Change", "Text"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a b\n", "a b", "The texts are the same."),
        ("", "", "The texts are the same."),
        ("It is two", "It is one two three", "Words: 2 added · lines: 1 added, 1 removed"),
        ("", "one\ntwo", "Words: 2 added · lines: 2 added"),
        ("one", "", "Words: 1 removed · lines: 1 removed"),
        ("yes, no", "yes; no", "Only signs or spaces · lines: 1 added, 1 removed"),
        ("", "w " * 1234, "Words: 1,234 added · lines: 1 added"),
    ],
)
def test_the_summary_counts_words_and_lines(old: str, new: str, said: str) -> None:
    assert summary(compare(old, new)) == said


# --- colours -------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts_of = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts_of
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "place"), [("light", 0), ("dark", 1)])
def test_every_text_of_a_comparison_stands_out_from_every_ground(theme: str, place: int) -> None:
    rules = "".join(re.findall(r"^\.diff[^{]*\{[^}]*\}", STYLE, re.MULTILINE))
    pairs = {
        name: {
            found[place].strip()
            for found in (
                colours.split(",")
                for colours in re.findall(rf"[ ;]{name}: light-dark\(([^)]*)\)", rules)
            )
        }
        for name in ("color", "background")
    }
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    page = config["theme"][theme]
    texts = pairs["color"] | {page["textColor"]}
    grounds = pairs["background"] | {page["backgroundColor"]}
    assert len(texts) > 1
    assert len(grounds) > 5
    low = {(a, b): contrast(a, b) for a in texts for b in grounds if contrast(a, b) < 4.5}
    # Faint texts stand on plain grounds only, never on marked words.
    marks = set(re.findall(r"\.diff (?:del|ins) \{\s*background: light-dark\(([^)]*)\)", rules))
    marked = {one.split(",")[place].strip() for one in marks}
    assert marked
    assert not [pair for pair in low if pair[1] not in marked or pair[0] == page["textColor"]]
