"""What a text is about: its telling words without their endings, and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from specforge_core.providers.drafter.statements import Statement
from specforge_core.providers.drafter.vocabulary import vocabulary

_WORD = re.compile(r"[^\W_]+")
_ENDING = re.compile(r"(?<=\w{3})(?:ations?|ments?|ings?|ers?|als?|ed|es|en|s|e)$")
_DOUBLED = re.compile(r"([^\W\d_])\1$")
# What an exclusion says besides its topic.
_FRAME = re.compile(
    r"\b(?:in|for|from|of) (?:the |its )?(?:first|initial|second|later) (?:release|version|phase)"
    r"|\bin (?:v\d\S*|der ersten \w+)",
    re.IGNORECASE,
)
_APART = re.compile(r"[,;:]| (?:and|or|nor|und|oder) ", re.IGNORECASE)
_HEAD_ENDS = re.compile(
    r"[.,;:(]|\b(?:with|via|for|in|on|using|by|through|from|to|of|mit|für|per|als|über)\b",
    re.IGNORECASE,
)
MOST_WORDS = 4  # of a topic: a longer one is a sentence, and says more than what is left out


@lru_cache(maxsize=4096)  # a sentence is compared with many others
def stems(text: str) -> frozenset[str]:
    """The telling words of `text` and its numbers, so that `booking` is `book`."""
    small = vocabulary().grammar["untelling"]
    words = (word for word in _WORD.findall(text.casefold()) if word not in small)
    return frozenset(_DOUBLED.sub(r"\1", _ENDING.sub("", word)) for word in words)


def topics(excluded: str) -> tuple[frozenset[str], ...]:
    """Of a statement such as "No payroll, no mobile app in the first release."."""
    framing = vocabulary().grammar["framing"]
    parts = (
        frozenset(one for one in stems(part) if one not in framing)
        for part in _APART.split(_FRAME.sub("", excluded))
    )
    return tuple(part for part in parts if 0 < len(part) <= MOST_WORDS)


def topic_of(asked: str) -> frozenset[str]:
    """What `asked` asks for: {sso} of `SSO with Okta`, but {export} of `Export to payroll`."""
    return stems(_HEAD_ENDS.split(asked, maxsplit=1)[0])


def unrepeated(statements: Sequence[Statement]) -> list[Statement]:
    """Without those whose words another one says as well: `SSO` beside `SSO with Okta`."""
    words = [stems(one.text) for one in statements]
    return [
        one
        for number, (one, said) in enumerate(zip(statements, words, strict=True))
        if not (any(said < other for other in words) or said in words[:number])
    ]
