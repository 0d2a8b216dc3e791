"""People and groups, found by their words and by the words around them."""

from __future__ import annotations

import re
from functools import lru_cache

from specforge_core.providers.drafter.markdown import plain
from specforge_core.providers.drafter.vocabulary import singular, vocabulary

TOKEN = re.compile(r"[^\W\d_][\w'’]*(?:-\w+)*|\d[\d.,]*\w*|[^\w\s]")
_GRAMMAR = vocabulary().grammar
_ENDS = (
    _GRAMMAR["breaks"] | _GRAMMAR["modals"] | _GRAMMAR["joiners"] | _GRAMMAR["negations"]
) | vocabulary().verb_forms.keys()
_NO_MODIFIERS = _ENDS | _GRAMMAR["articles"] | _GRAMMAR["no_modifiers"]


def actor_at(tokens: list[str], last: int) -> str:
    """The person or group named by the words that end at `last`, or ""."""
    if last < 0 or not is_role(tokens[last]) or _is_role_verb(tokens, last):
        return ""
    first = last
    while first > 0 and last - first < 2 and _is_modifier(tokens[first - 1]):
        first -= 1
    name = " ".join([*tokens[first:last], singular(tokens[last])])
    return plain(name[:1].upper() + name[1:])


@lru_cache(maxsize=4096)  # a sentence is read again for every document
def actors(text: str) -> tuple[str, ...]:
    """Every person or group named in `text`, in order, with repetitions."""
    tokens = TOKEN.findall(text)
    found = []
    for number in range(len(tokens)):
        general = tokens[number].lower() in ("people", "person", *vocabulary().departments)
        if not general and not _is_compound(tokens, number):
            found.append(actor_at(tokens, number))
    return tuple(name for name in found if name)


def _is_compound(tokens: list[str], place: int) -> bool:
    """`supplier invoices` and `user name` are things, although a role comes first."""
    token, following = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
    if is_role(following):
        return True
    one = (
        singular(token) == token
        and not token.isupper()
        and token.lower() not in ("staff", "team", "people")
    )
    return one and following[:1].islower() and following.lower() not in _ENDS


def _is_role_verb(tokens: list[str], place: int) -> bool:
    """`25 clinics pilot`, but `the pilot` and `pilots` may be people."""
    before = tokens[place - 1] if place else ""
    return tokens[place].lower() in vocabulary().role_verbs and singular(before) != before


def _is_modifier(token: str) -> bool:
    lower = token.lower()
    return token[0].isalpha() and lower not in _NO_MODIFIERS and not lower.endswith("ly")


def is_role(token: str) -> bool:
    words, lower = vocabulary(), token.lower()
    head = lower.rpartition("-")[2]
    if singular(head) in words.roles or head in words.departments:
        return True
    return head.endswith(words.role_suffixes) and len(head) > 5 and head not in words.no_roles


def is_department(token: str) -> bool:
    return token.lower() in vocabulary().departments
