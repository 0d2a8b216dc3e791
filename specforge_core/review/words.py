"""Which words of a changed line changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from specforge_core.review.matching import TOKEN, gaps, keyed, matched, same_begin


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; the pieces of a line, joined, are the line."""

    text: str
    changed: bool


Spans = tuple[Span, ...]
_Part = tuple[str, bool]


def same_ends(old: str, new: str) -> tuple[int, int]:
    """Characters of the begin and of the end, up to a space, that two lines have in common.

    Most changes are small, and what lies around them need not be read word by word.
    """
    head = old.rfind(" ", 0, same_begin(old, new)) + 1
    same_end = same_begin(old[head:][::-1], new[head:][::-1])
    space = old.find(" ", len(old) - same_end)
    return head, len(old) - space if space >= 0 else 0


def changed_words(old: str, new: str, ends: tuple[int, int], by_word: bool) -> tuple[Spans, Spans]:
    """The spans of two lines: words, numbers and signs are compared, each as a whole.

    Without `by_word` all between the common `ends` is marked.
    """
    head, tail = ends
    olds, news = old[head : len(old) - tail], new[head : len(new) - tail]
    whole = not by_word or not olds or not news or (_is_word(olds) and _is_word(news))
    parts = [((olds, True), (news, True))] if whole else list(_parts(olds, news))
    begin, end = (old[:head], False), (old[len(old) - tail :], False)
    return (
        _spans([begin, *(part for part, _ in parts), end]),
        _spans([begin, *(part for _, part in parts), end]),
    )


def _parts(old: str, new: str) -> Iterator[tuple[_Part, _Part]]:
    olds, news = TOKEN.findall(old), TOKEN.findall(new)
    runs = matched(keyed(olds), keyed(news))
    sizes = [*(size for _, _, size in runs), 0]
    for (i, i_end, j, j_end), size in zip(gaps(runs, len(olds), len(news)), sizes, strict=True):
        # The space after a changed word is the same one, unless nothing came in its place.
        space = int(i_end > i and j_end > j and olds[i_end - 1] == news[j_end - 1])
        old_end, new_end = i_end - space, j_end - space
        yield ("".join(olds[i:old_end]), True), ("".join(news[j:new_end]), True)
        same = "".join(olds[old_end : i_end + size])
        yield (same, False), (same, False)


def _is_word(text: str) -> bool:
    return text.isascii() and text.isalnum()


def _spans(parts: Iterable[_Part]) -> Spans:
    spans: list[Span] = []
    for text, changed in parts:
        if text and spans and spans[-1].changed == changed:
            spans[-1] = Span(spans[-1].text + text, changed)
        elif text:
            spans.append(Span(text, changed))
    return tuple(spans)
