"""Two texts compared: rows for two views, marked words, counts, and a bound on the time."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specforge_core.review.diff import Comparison, Row, Span, compare
from tests.growth import in_linear_time

LINES = st.lists(
    st.sampled_from(
        [
            "",
            " ",
            "a",
            "b",
            "a b c",
            "a b d",
            "x  y.",
            "| FR-1 | must | 5,000 |",
            "字字字",
            "é👩‍👩‍👧",
        ]
    ),
    max_size=40,
).map("\n".join)
TEXTS = st.one_of(LINES, st.text(max_size=200))


def rows(comparison: Comparison) -> list[Row]:
    return [row for hunk in comparison.hunks for row in hunk.rows]


def line(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def marked(spans: tuple[Span, ...]) -> list[str]:
    return [span.text for span in spans if span.changed]


def only_row(old: str, new: str) -> Row:
    (row,) = rows(compare(old, new, context=0))
    return row


def lines_of(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n") if text else []


# --- what any two texts keep -----------------------------------------------------


@given(TEXTS, TEXTS, st.sampled_from([None, 0, 1, 3]))
@example("", "", 3)
@example("", "\n", 3)
@example("a\r\nb\r", "a\nb", 0)
@settings(max_examples=300)
def test_the_shown_and_the_hidden_lines_are_both_texts(
    old: str, new: str, context: int | None
) -> None:
    comparison = compare(old, new, context)
    olds, news = lines_of(old), lines_of(new)
    rebuilt_old: list[str] = []
    rebuilt_new: list[str] = []
    gaps = [hunk.hidden for hunk in comparison.hunks] + [comparison.hidden_after]
    for hidden, hunk in zip(gaps, [*comparison.hunks, None], strict=True):
        gap = olds[len(rebuilt_old) : len(rebuilt_old) + hidden]
        assert gap == news[len(rebuilt_new) : len(rebuilt_new) + hidden], "a hidden line differs"
        rebuilt_old += gap
        rebuilt_new += gap
        for row in hunk.rows if hunk else ():
            if row.old_number is not None:
                rebuilt_old.append(line(row.old))
                assert row.old_number == len(rebuilt_old)
            if row.new_number is not None:
                rebuilt_new.append(line(row.new))
                assert row.new_number == len(rebuilt_new)
    assert rebuilt_old == olds
    assert rebuilt_new == news
    assert comparison.equal == (olds == news)


@given(TEXTS, TEXTS)
@settings(max_examples=200)
def test_the_kind_of_a_row_agrees_with_its_sides_and_marks(old: str, new: str) -> None:
    comparison = compare(old, new, context=None)
    for row in rows(comparison):
        sides = (row.old_number is not None, row.new_number is not None)
        assert sides == {"added": (False, True), "removed": (True, False)}.get(
            row.kind, (True, True)
        )
        assert (line(row.old) == line(row.new)) == (row.kind == "same") or row.kind in (
            "added",
            "removed",
        )
        assert bool(marked(row.old) or marked(row.new)) == (row.kind != "same") or not line(
            row.old + row.new
        )
        assert all(span.text for span in row.old + row.new)
    kinds = [row.kind for row in rows(comparison)]
    assert comparison.lines_added == len([k for k in kinds if k in ("added", "changed")])
    assert comparison.lines_removed == len([k for k in kinds if k in ("removed", "changed")])


@given(TEXTS)
def test_a_text_equals_itself_whatever_its_line_ends(text: str) -> None:
    unix = text.replace("\r", "")
    comparison = compare(unix, unix.replace("\n", "\r\n"))
    assert comparison.equal and not comparison.hunks
    assert comparison.hidden_after == len(lines_of(unix))


# --- what a reader sees ----------------------------------------------------------


def test_only_the_changed_words_are_marked() -> None:
    row = only_row("Approvals take 9 days on average.", "Approvals take 2 days on average.")
    assert row.kind == "changed"
    assert (marked(row.old), marked(row.new)) == (["9"], ["2"])


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("above 5,000 EUR", "above 6,500 EUR", ["5,000"], ["6,500"]),
        ("She signs in.", "She signs in with SSO.", [], [" with SSO"]),
        ("a big red car", "a red car", ["big "], []),
        ("one, two", "one; two", [","], [";"]),
        ("left  right side", "left right side", [" "], []),
        ("用户可以预约医生", "用户必须预约医生", ["可以"], ["必须"]),
        ("the “old” rule", "the “new” rule", ["old"], ["new"]),
        ("party 👩‍👩‍👧 time", "party 👨‍👩‍👧 time", ["👩‍👩‍👧"], ["👨‍👩‍👧"]),
    ],
)
def test_words_numbers_signs_and_spaces_are_compared_as_a_whole(
    old: str, new: str, gone: list[str], come: list[str]
) -> None:
    row = only_row(old, new)
    assert row.kind == "changed"
    assert (marked(row.old), marked(row.new)) == (gone, come)


def test_a_new_table_row_is_not_paired_with_its_changed_neighbour() -> None:
    old = (
        "| FR-1 | An employee can upload an invoice. |\n| FR-2 | A manager can reject an invoice. |"
    )
    new = (
        "| FR-1 | An auditor can read each change. |\n"
        "| FR-2 | An employee can upload an invoice as PDF. |\n"
        "| FR-3 | A manager can reject an invoice. |"
    )
    kinds = [(row.kind, row.old_number, row.new_number) for row in rows(compare(old, new))]
    assert kinds == [("added", None, 1), ("changed", 1, 2), ("changed", 2, 3)]


def test_unrelated_lines_are_removed_and_added_not_called_changed() -> None:
    comparison = compare("We keep invoices for ten years.\nsame", "Sign-in is by SSO only.\nsame")
    assert [row.kind for row in rows(comparison)] == ["removed", "added", "same"]


def test_a_blank_line_between_changed_paragraphs_stays_the_same() -> None:
    old = "Invoices are paid late today.\n\nApprovals take nine days now."
    new = "Invoices are paid very late today.\n\nApprovals take about nine days now."
    assert [row.kind for row in rows(compare(old, new))] == ["changed", "same", "changed"]


def test_hunks_hide_what_is_far_from_a_change_and_say_how_much() -> None:
    old = [f"line {number}" for number in range(1, 101)]
    new = [*old[:20], "new", *old[20:22], "newer", *old[22:90], *old[91:]]
    comparison = compare("\n".join(old), "\n".join(new))
    shape = [(hunk.hidden, [row.kind[0] for row in hunk.rows]) for hunk in comparison.hunks]
    assert shape == [(17, list("sssassasss")), (62, list("sssrsss"))]
    assert comparison.hidden_after == 6
    (whole,) = compare("\n".join(old), "\n".join(new), context=None).hunks
    assert whole.hidden == 0 and len(whole.rows) == 102


def test_counts_tell_lines_and_words_of_either_side() -> None:
    comparison = compare(
        "keep\ngone one\nabout 9 days", "keep\nabout 2 working days\nnew text here"
    )
    assert (comparison.lines_removed, comparison.lines_added) == (2, 2)
    assert (comparison.words_removed, comparison.words_added) == (3, 5)


def test_an_empty_side_is_all_added_or_all_removed() -> None:
    assert [row.kind for row in rows(compare("", "a\nb"))] == ["added", "added"]
    assert [row.kind for row in rows(compare("a\n\nb", ""))] == ["removed"] * 3
    assert compare("", "").hunks == ()


# --- large texts ------------------------------------------------------------------

RANDOM = random.Random(4)
VOCABULARY = ["".join(RANDOM.choices("abcdefghij", k=RANDOM.randint(2, 9))) for _ in range(2_000)]
COUNT = 10_000


def sentence(words: int = 12) -> str:
    return " ".join(RANDOM.choices(VOCABULARY, k=words))


def one_word_changed(text: str) -> str:
    words = text.split(" ")
    words[RANDOM.randrange(len(words))] = "changed"
    return " ".join(words)


def sentences(count: int) -> list[str]:
    return [sentence() for _ in range(count)]


def half_blank(count: int) -> list[str]:
    return [text for _ in range(count // 2) for text in (sentence(), "")]


ROWS = [f"| row {number} | yes |" for number in range(40)]
LARGE: dict[str, Callable[[int], tuple[list[str], list[str]]]] = {
    "every line changed": lambda n: (
        lines := sentences(n),
        [one_word_changed(one) for one in lines],
    ),
    "nothing in common": lambda n: (sentences(n), sentences(n)),
    "half of the lines blank": lambda n: (half_blank(n), half_blank(n)),
    "two different lines, shuffled": lambda n: (
        RANDOM.choices("ab", k=n),
        RANDOM.choices("ab", k=n),
    ),
    "forty different lines, shuffled": lambda n: (
        RANDOM.choices(ROWS, k=n),
        RANDOM.choices(ROWS, k=n),
    ),
    "the other way round": lambda n: (lines := sentences(n), lines[::-1]),
    "one line": lambda n: ([text := sentence(30 * n)], [one_word_changed(text)]),
    "one line, all of it other words": lambda n: ([sentence(10 * n)], [sentence(10 * n)]),
    "one word": lambda n: (["ab" * 100 * n], ["ba" * 100 * n]),
    "one line of signs": lambda n: (["|-" * 20 * n], ["-|" * 20 * n]),
}


@pytest.mark.parametrize("case", LARGE)
def test_large_texts_are_compared_in_linear_time(case: str) -> None:
    def texts(count: int) -> tuple[str, str]:
        old, new = LARGE[case](count)
        return "\n".join(old), "\n".join(new)

    (old, new), comparison = in_linear_time(lambda pair: compare(*pair, context=None), texts, 600)
    assert [line(row.old) for row in rows(comparison) if row.old_number] == lines_of(old)
    assert [line(row.new) for row in rows(comparison) if row.new_number] == lines_of(new)


def test_one_line_less_of_many_equal_ones_is_one_removed_line() -> None:
    comparison = compare("same\n" * COUNT, "same\n" * (COUNT - 1))
    assert (comparison.lines_removed, comparison.lines_added) == (1, 0)


def test_one_changed_word_in_a_line_of_one_megabyte_is_found() -> None:
    text = sentence(150_000)
    old, new = f"{text} nine {text}", f"{text} two {text}"
    row = only_row(old, new)
    assert (marked(row.old), marked(row.new)) == (["nine"], ["two"])


def test_every_small_change_of_ten_thousand_lines_is_marked_by_word() -> None:
    old = sentences(COUNT)
    comparison = compare("\n".join(old), "\n".join(f"{one} more" for one in old), context=None)
    assert comparison.words_added == COUNT and comparison.words_removed == 0
