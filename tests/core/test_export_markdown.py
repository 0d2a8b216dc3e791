"""Markdown is read once; nothing in it is lost, followed or run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specforge_core.export.blocks import (
    BREAK,
    Block,
    Code,
    Heading,
    Item,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    leftward,
    narrow,
    plain,
)
from specforge_core.export.reading import read
from specforge_core.export.redact import clean
from specforge_core.export.source import excerpt, harmless, tidy


def said(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading(_, runs) | Paragraph(runs):
                yield plain(runs)
            case Code(text):
                yield text
            case Quote(inside):
                yield from said(inside)
            case Listing(items):
                for item in items:
                    yield from said(item.blocks)
            case Table(_, rows):
                yield from (plain(cell) for row in rows for cell in row)


def runs(text: str) -> tuple[Run, ...]:
    (block,) = read(text)
    assert isinstance(block, Paragraph)
    return block.runs


def test_marks_become_runs() -> None:
    assert runs("a *b* **c** ~~d~~ `e`") == (
        Run("a "),
        Run("b", emphasis=True),
        Run(" "),
        Run("c", strong=True),
        Run(" "),
        Run("d", strike=True),
        Run(" "),
        Run("e", code=True),
    )


@pytest.mark.parametrize("address", ["https://e.org/a?b=c&d", "http://e.org", "mailto:a@e.org"])
def test_an_address_of_the_web_is_followed(address: str) -> None:
    assert runs(f"[x]({address})") == (Run("x", href=address),)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc", "../a.md", "//e.org/x"]
)
def test_any_other_address_is_text(address: str) -> None:
    assert not any(run.href for run in runs(f"[x]({address})"))
    assert "x" in plain(runs(f"[x]({address})"))


def test_an_image_is_named_and_never_shown() -> None:
    assert runs("![plan](https://e.org/a.png)") == (
        Run("[image: plan]", href="https://e.org/a.png"),
    )


def test_html_is_text_but_a_line_break_is_a_line_break() -> None:
    assert plain(runs("<b>x</b> <script>y</script>")) == "<b>x</b> <script>y</script>"
    assert [run.text for run in runs("a<br>b<br />c  \nd")] == [
        "a",
        BREAK,
        "b",
        BREAK,
        "c",
        BREAK,
        "d",
    ]


def test_formulas_are_code_and_prices_are_not() -> None:
    assert [run.text for run in runs("so $a_1 * b_2$ and $$x\n\\cdot y$$ is") if run.code] == [
        "$a_1 * b_2$",
        "$$x \\cdot y$$",
    ]
    assert not any(run.code for run in runs("from $5 to $10 and $ 3"))


def test_lists_keep_their_numbers_boxes_and_depth() -> None:
    (listing,) = read("3. a\n   - [ ] b\n   - [x] c\n4. d\n")
    assert isinstance(listing, Listing) and listing.start == 3
    (_, inner) = listing.items[0].blocks
    assert isinstance(inner, Listing) and inner.start is None
    assert inner.items == (
        Item((Paragraph((Run("b"),)),), checked=False),
        Item((Paragraph((Run("c"),)),), checked=True),
    )


def test_a_table_keeps_aligns_and_escaped_bars() -> None:
    (table,) = read("| a | b | c |\n|:-|:-:|-:|\n| `x \\| y` | *z* |\n")
    assert isinstance(table, Table) and table.aligns == ("left", "center", "right")
    assert table.rows[1] == ((Run("x | y", code=True),), (Run("z", emphasis=True),), ())


def test_headings_move_below_the_title_of_the_document() -> None:
    assert [
        b.level for b in read("# a\n\n## b\n\n###### c", shift=1) if isinstance(b, Heading)
    ] == [
        2,
        3,
        6,
    ]


def test_code_keeps_its_lines_and_its_language() -> None:
    text = "```py title\n\tx = 1\n\n  y\n```\n\n~~~mermaid\ngraph\n~~~\n\n---\n"
    assert read(text) == (Code("\tx = 1\n\n  y", "py"), Code("graph", "mermaid"), Rule())


def test_a_wide_table_is_cut_into_pieces_that_repeat_the_first_column() -> None:
    (table,) = read("|i|a|b|c|\n|-|-|-|-|\n|1|2|3|4|\n")
    assert isinstance(table, Table)
    pieces = narrow(table, 3)
    assert [[plain(cell) for cell in piece.rows[1]] for piece in pieces] == [
        ["1", "2", "3"],
        ["1", "4"],
    ]
    assert narrow(table, 4) == (table,)


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_what_lies_too_deep_is_still_said(mark: str) -> None:
    for depth in (5, 20, 70, 200):
        assert "deep" in " ".join(said(read(mark * depth + "deep")))


@pytest.mark.parametrize(("text", "left"), [("1. שלום", True), ("Hi שלום", False), ("12", False)])
def test_the_first_letter_decides_the_direction(text: str, left: bool) -> None:
    assert leftward((Run(text),)) is left


WORDS = st.text(st.sampled_from("ab 01*_`~[]()<>!|#-+>$\\\n\t&;:/.=\"'{}é漢ש"), max_size=200)


@given(WORDS)
def test_any_text_can_be_read_and_keeps_its_letters(text: str) -> None:
    found = "".join(said(read(text)))
    for letter in "é漢ש":
        assert found.count(letter) >= text.count(letter) - text.count("](") - text.count("`")
    assert isinstance(read(tidy(text)), tuple)


@given(WORDS)
def test_harmless_text_holds_no_image_and_keeps_every_letter(text: str) -> None:
    safe = harmless(text)
    assert safe.replace("\\", "") == text.replace("\\", "")
    assert not any(run.text.startswith("[image:") for run in _all_runs(read(safe)))


def _all_runs(blocks: Iterable[Block]) -> Iterator[Run]:
    for block in blocks:
        match block:
            case Heading(_, found) | Paragraph(found):
                yield from found
            case Quote(inside):
                yield from _all_runs(inside)
            case Listing(items):
                for item in items:
                    yield from _all_runs(item.blocks)
            case Table(_, rows):
                yield from (run for row in rows for cell in row for run in cell)


@given(st.text(max_size=60))
def test_clean_text_has_nothing_that_xml_refuses(text: str) -> None:
    safe = clean(text)
    safe.encode()
    assert all(c in "\t\n" or ord(c) >= 32 for c in safe)


def test_an_excerpt_is_whole_blocks_and_says_whether_more_follows() -> None:
    text = "## T\n\none\n\n- two\n- three\n\n```\nfour\n```\n"
    assert excerpt(text, 50) == ("one\n\n- two\n- three\n\n```\nfour\n```", False)
    assert excerpt(text, 5) == ("one\n\n- two\n- three", True)
    assert excerpt("## T\n\n" + "x\n" * 9, 3) == ("x\nx\nx", True)
    assert excerpt("", 5) == ("", False)
