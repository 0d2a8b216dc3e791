"""Values that only their name tells to be secret: `API_KEY=…`, `"password": "…"`.

The value goes and the name stays. Documents are full of such names with values that are none:
placeholders, types, names of settings. So a value must look as if nobody had thought of it.
"""

from __future__ import annotations

import re

_VALUE = r"""
    (?P<value>[A-Za-z0-9+!@\#^][^\s"'`<>{}\[\]()|,;:&\\\u3000-\u303f\uff00-\uffef]{7,}+)
    (?P<more>[(\[{:]?)                                    # a call, a look-up, an address
"""
# A name is recognised by its end, so that no beginning is read twice. `plain` are names of
# things that everybody may know. Every value is taken to its end, whether it is secret or not:
# the search goes on behind it, which keeps it linear.
PATTERN = re.compile(
    r"""
    (?: (?P<plain>(?i:idempotency|public|publishable|primary|foreign|partition|cache|sort
                     |object|page|cursor|continuation)[-_ ]?(?i:key|token))
      | (?P<password>(?i:password|passwd|passphrase|pwd))
      | (?i:secret|token|(?:api|access|account|private|signing|encryption)[ ]?key)
      | (?<=[A-Za-z0-9][-_])(?i:key) | (?<=\\[-_])(?i:key) | (?<=[a-z0-9])Key
      | (?<![A-Za-z0-9])KEY(?==)
    )
    (?P<sign>[\\"'`*_]{0,4}[ \t]{0,3}(?::=|=>|[:=|\uff1a])[\\"'`*_ \t]{0,6})
    """
    + _VALUE,
    re.VERBOSE,
)
# The same as an option of a command: `--api-key …`.
OPTIONS = re.compile(
    r"""
    (?<![\w-])--
    (?: (?P<plain>(?:public|publishable|primary|foreign|partition|cache|sort|object|page)
                  -(?:key|token))
      | (?:[a-z0-9]{1,20}-){0,3}
        (?: (?P<password>password|passwd|passphrase|pwd) | secret | token | key )
    )
    (?P<sign>[ \t]{1,4}["']?)
    """
    + _VALUE,
    re.VERBOSE,
)
HINTS = ("key", "secret", "token", "passw", "passphrase", "pwd")

_NO_VALUE = re.compile(
    r"""
      (?:your|change|example|sample|dummy|fake|placeholder|insert|replace|todo|redacted|x{4})
    | (?:test|my|api|the|some|dev|local|min|max)[-_]
    | (?:min|max)(?:length|len|imum)?[0-9]
    | (?:secret|token|password|passw0rd)[-_]?[0-9]{0,6}$
    | (?:process|os|env|config|settings|self|this|secrets|vault|ctx|request|req)\.
    | (?-i:[a-z_-]{3,}/)                                  # a path
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TECHNICAL = re.compile(
    r"(?:argon2|base(?:32|64)|sha[-_]?\d|oauth2|pbkdf2|bcrypt|scrypt|char\d|md5|utf-?8|uuidv?\d"
    r"|string|int(?:32|64)|x509|ed25519)",
    re.IGNORECASE,
)
# As the rules for passwords make people choose one: `Winter2024`.
_CHOSEN = re.compile(r"[A-Z][a-z]{3,}[0-9]{1,8}[!?$%*#.]*")
_ALIKE = re.compile("[A-Za-z]+|[0-9]+")
_PIECE = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SHORTEST = 16  # of a key behind a bare colon, where ids and versions stand as well
_SHORTEST_GIVEN = 10
_LONG, _PIECE_LENGTH = 32, 3.6  # words run together have longer pieces than a random text


def without_value(found: re.Match[str], mark: str) -> str:
    """What is to stand instead of a match of a pattern: the same, or `mark` for the value."""
    value = found["value"].rstrip(".!?")
    if found["plain"] or found["more"] or _NO_VALUE.match(value):
        return found[0]
    # Behind a bare colon, or in a table, stands the rule for a value as often as the value.
    sign = found["sign"].strip()
    given = not sign or any(one in sign for one in "=\"'`")
    if not (_password if found["password"] else _key)(value, given):
        return found[0]
    start = found.start("value") - found.start()
    return f"{found[0][:start]}{mark}{found[0][start + len(value) :]}"


def _key(value: str, given: bool) -> bool:
    turns = _alternations(value)
    if len(value) < _SHORTEST:
        return given and len(value) >= _SHORTEST_GIVEN and turns > 3
    pieces = _PIECE.findall(value)
    random = len(value) >= _LONG and sum(map(len, pieces)) <= _PIECE_LENGTH * len(pieces)
    return turns > 3 or (turns == 3 and random)


def _password(value: str, given: bool) -> bool:
    if _TECHNICAL.search(value):
        return False
    return _alternations(value) >= (2 if given else 3) or bool(_CHOSEN.fullmatch(value))


def _alternations(value: str) -> int:
    """How often letters and digits take turns in one word: 1 in `blue-500`, 4 in `a1b2`."""
    words = re.split("[^A-Za-z0-9]+", value)
    return max(len(_ALIKE.findall(word)) for word in words)
