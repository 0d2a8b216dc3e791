"""Nothing leaves that is no reader's business: keys, secrets, paths of somebody's machine.

What is taken out is replaced by a visible mark, so that a reader knows of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

from specforge_core.export import named
from specforge_core.export.handoff import Handoff, PackedDocument, PackedSection
from specforge_core.providers.scrub import SHORTEST_PART

MARK = "[removed]"

# Control characters, halves of surrogate pairs and non-characters, which XML refuses or a
# terminal obeys; overrides of the writing direction and tag characters, which hide text from
# a person that a coding agent still reads.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)
_LOST = range(0xD800, 0xE000)
# Characters without a width, which may stand inside a key; emoji and some scripts need them.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202c\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)

# What stands before is told in ASCII: other scripts put no space between a word and a key. The
# letters that say whose key it is count in any case (a sentence begins with a capital), but then
# the rest has to look like a key, for `SK-BASED-PLAN` and `dim_sk_customer_index` are none.
_KEYS = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
      (?<!_)(?:sk|gsk|xai)[-_][A-Za-z0-9][A-Za-z0-9_*-]{14,}       # OpenAI, Anthropic, Groq, xAI
    | (?i:sk|gsk|xai)[-_](?:(?=(?:proj|live|test|ant|svcacct|admin|or|None)[-_])
        |(?=[a-z0-9]{20})|(?=[A-Za-z]{0,40}[0-9])(?=[A-Z0-9]{0,40}[a-z])(?=[A-Za-z0-9]{16}))
        [A-Za-z0-9][A-Za-z0-9_*-]{14,}
    | [PSRpsr]k_(?:live|test)_[A-Za-z0-9]{8,}                      # Stripe
    | (?i:[psr]k_(?:live|test)_)(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9]{8,}
    | AIza[\w-]{20,} | (?i:aiza)(?=[A-Za-z_-]{0,40}[0-9])[\w-]{20,} | (?i:ya29)\.[\w-]{20,} # Google
    | (?i:gh[pousr]_)[A-Za-z0-9]{16,} | (?i:github_pat_)\w{20,} | (?i:glpat)-[\w-]{16,}
    | (?:AKIA|ASIA)[0-9A-Z]{12,}                                   # AWS
    | (?i:xox[a-z])-[\w-]{8,} | (?i:hf_)[A-Za-z0-9]{20,} | (?i:npm_)[A-Za-z0-9]{20,}
    | S[Gg]\.[\w-]{16,}\.[\w-]{16,}
    | [Ee]yJ[\w-]{8,600}+\.[\w-]{8,}(?:\.[\w-]*)?                      # a signed token
    )
    | (?<=(?i:bearer)\ )(?=[^\s]*\d)[\w.~+/-]{20,}=*
    """,
    re.VERBOSE | re.ASCII,
)
# A generated password in a URL; "postgres:postgres@" and "${PASSWORD}@" are none.
_URL_PASSWORDS = re.compile(
    r"(://[^\s:/@]{1,80}:)(?![$<{%])(?=[^\s:@/]{0,200}\d)(?=[^\s:@/]{0,200}[A-Za-z])[^\s:@/]{12,200}(?=@)"
)
_PRIVATE_KEYS = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:\s*(?:Proc-Type|DEK-Info|Version|Comment):[^\n]{0,200})*"
    r"(?:[^-]{0,20000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\\n|\s)*[A-Za-z0-9+/=]{16,})*)"
)

# Names that containers and hosts give to everybody tell of nobody's machine.
_EVERYBODY = "app|appuser|node|nonroot|runner|user|username|www-data|deploy|service"
_NAME = r"[\w.][\w.-]*"
_END = r"\s`'\"<>()\[\]{}|,;\u2018-\u201f\u3000-\u303f\uff00-\uffef"  # Chinese commas, too
_REST = rf"(?:[\\/][^{_END}]*)?"
# A letter of ASCII before it makes it the middle of a path, unless that is an option (`-I/home/…`).
_START = r"(?:(?<![A-Za-z0-9./~}-])|(?<=\s-[A-Za-z]))"
# Not of a person: what images keep below /root; numbers that `~` makes about right ("~half/day").
_CACHES = r"\.(?:cache|npm|cargo|m2|gradle|nuget|local)(?![\w.-])"
_ABOUT = "an?|half|one|two|three|four|five|six|seven|eight|nine|ten|twice|once"
_PATHS = re.compile(
    rf"""
    (?P<stays> https?://[^{_END}?\#=&\x80-\U0010ffff]*
      | \b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b[\s|`"]{{1,8}}/[^{_END}?\#=&]* )
    | (?<![A-Za-z0-9_])(?i:file):[\\/][^{_END}]*
    | {_START}/(?:home|Users)/(?!(?:{_EVERYBODY})(?![\w.-])){_NAME}{_REST}
    | {_START}/root/(?!{_CACHES}){_NAME}{_REST}
    | (?<![A-Za-z0-9./~}}"'-])(?<!url\()~(?!(?:{_ABOUT})/)[a-z][a-z0-9_.-]{{0,31}}/[^{_END}]+
    | (?<![A-Za-z0-9])[A-Za-z]:[\\/]{{1,2}}(?i:Users|Documents\ and\ Settings)[\\/]{{1,2}}
      (?:[^\\/:*?"<>|`\s][^\\/:*?"<>|`\n]{{0,40}}[\\/][^{_END}]*|{_NAME})
    | {_START}/mnt/[a-z]/(?i:Users)/{_NAME}{_REST}
    | {_START}(?:/private)?/var/folders/{_NAME}{_REST}
    """,
    re.VERBOSE,
)

_FOLDER = re.compile(r"[\\/]|[A-Za-z]:[\\/]")
# Where images and systems put any program; a folder of this name says nothing.
_SHARED = re.compile(
    rf"(?:/usr/src|/opt|/srv|/home|/var/www)?/(?:{_EVERYBODY})|/usr/(?:local/)?lib(?:/.*)?"
)
_HALF_KEYS = re.compile(rf"{re.escape(MARK)}(?:{_UNSEEN.pattern}+[A-Za-z0-9_+/=.-]+)+")

# What a text must hold, in small letters, for its pattern to be tried (a megabyte takes a second
# to be searched), the pattern, what stands there instead.
_RULES: tuple[
    tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...
] = (
    (("-----begin",), _PRIVATE_KEYS, MARK),
    (
        (
            *("sk-", "sk_", "gsk", "xai", "k_live_", "k_test_", "aiza", "ya29.", "glpat-"),
            *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "hf_", "npm_", "sg."),
            *("akia", "asia", "xox", "eyj", "bearer "),
        ),
        _KEYS,
        MARK,
    ),
    (("://",), _URL_PASSWORDS, rf"\1{MARK}"),
    (named.HINTS, named.PATTERN, lambda found: named.without_value(found, MARK)),
    (("--",), named.OPTIONS, lambda found: named.without_value(found, MARK)),
    (
        ("file:", "/home/", "/root/", "users", "documents and settings", "/var/folders/", "~"),
        _PATHS,
        lambda found: found["stays"] or MARK,
    ),
)


def clean(text: str) -> str:
    """Text that every format can hold: `\\n` line ends, without characters that nobody sees."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", " ").replace("\u2029", " ")
    return _UNFIT.sub(lambda found: "\ufffd" if ord(found[0]) in _LOST else "", text)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text, cleaned, with secrets, keys and paths of machines replaced by `[removed]`.

    A given secret is found as it is, escaped for markdown, JSON or a URL. One of fewer than
    eight characters is no key, but may well be a word ("ollama"): it is left alone, unless it is
    a folder with which a longer path begins. Where characters without a width hide something,
    all of them go.
    """
    text, given = clean(text), tuple(_given(secrets))
    text = _redacted(text, given)
    if _UNSEEN.search(text):
        text = _HALF_KEYS.sub(MARK, text)
        bare = _UNSEEN.sub("", text)
        seen = _redacted(bare, given)
        text = text if seen == bare else seen
    return text


def _redacted(text: str, given: Iterable[re.Pattern[str]]) -> str:
    for pattern in given:
        text = pattern.sub(MARK, text)
    small = text.lower()  # a mark brings none of the hints
    for hints, pattern, instead in _RULES:
        if any(hint in small for hint in hints):
            text = pattern.sub(instead, text)
    return text


def presentable(handoff: Handoff) -> Handoff:
    """The same hand-off with every text in it redacted, and without the secrets themselves."""
    secrets = handoff.secrets
    return replace(
        handoff,
        title=_line(handoff.title, secrets) or "Untitled",
        description=redact(handoff.description, secrets),
        generator=_line(handoff.generator, secrets),
        documents=tuple(_document(document, secrets) for document in handoff.documents),
        secrets=(),
    )


@lru_cache(maxsize=16)  # the preview, the download and each further format ask for the same
def _document(document: PackedDocument, secrets: tuple[str, ...]) -> PackedDocument:
    return replace(
        document,
        title=_line(document.title, secrets) or document.phase,
        purpose=_line(document.purpose, secrets),
        text=redact(document.text, secrets),
        sections=tuple(_section(section, secrets) for section in document.sections),
    )


def _section(section: PackedSection, secrets: tuple[str, ...]) -> PackedSection:
    return replace(
        section,
        title=_line(section.title, secrets) or section.key,
        text=redact(section.text, secrets),
        provider=_line(section.provider, secrets),
        model=_line(section.model, secrets),
        stale=tuple(_line(reason, secrets) for reason in section.stale),
    )


def _line(text: str, secrets: tuple[str, ...]) -> str:
    return " ".join(redact(text, secrets).split())


def _given(secrets: Iterable[str]) -> Iterable[re.Pattern[str]]:
    """Longest first, so that one which holds another goes whole; a folder with what lies in it."""
    for given in sorted({clean(one).strip() for one in secrets}, key=len, reverse=True):
        if _SHARED.fullmatch(given):
            continue
        if len(given) >= SHORTEST_PART:
            escaped = "".join(rf"\\?{re.escape(character)}" for character in given)
            forms = (quote(given, safe=""), json.dumps(given)[1:-1])
            found = "|".join([escaped, *map(re.escape, forms)])
            rest = _REST if _FOLDER.match(given) else ""
            yield re.compile(f"(?:{found}){rest}", re.IGNORECASE)
        elif re.match("/.", given):
            yield re.compile(rf"{_START}{re.escape(given)}/[\w.][^{_END}]*")
