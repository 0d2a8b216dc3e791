"""Deeds: what people or the product can do, found by verbs and the words around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from specforge_core.providers.drafter.actors import TOKEN, actor_at, actors, is_department, is_role
from specforge_core.providers.drafter.markdown import clip, plain
from specforge_core.providers.drafter.vocabulary import plural, singular, vocabulary

_GRAMMAR = vocabulary().grammar
_MODALS, _JOINERS = _GRAMMAR["modals"], _GRAMMAR["joiners"]
_BREAKS, _ARTICLES = _GRAMMAR["breaks"], _GRAMMAR["articles"]
_ENDS_NOUN = _BREAKS | _GRAMMAR["adverbs"]
_BEFORE_VERB = _MODALS | _GRAMMAR["before_verb"]
_BEFORE_SUBJECT = _BEFORE_VERB | _GRAMMAR["wishes"] | _GRAMMAR["adverbs"]
_PASSIVE = re.compile(
    r"(?!(?:no|none|nobody) )(?P<object>[\w' -]{3,60}?)"
    r" (?:must|should|can|could|may|have to|has to|needs? to) be"
    r" (?P<verb>\w+)(?P<rest>.*)",
    re.IGNORECASE,
)
# Its verbs are not known, and an English word in it may be a noun: `Export als CSV`.
_GERMAN = re.compile(
    r"\b(als|und|für|der|das|eine?|einen|muss|müssen|sollen?|kann|können|werden|mit)\b",
    re.IGNORECASE,
)
_NEXT_THOUGHT = re.compile(
    r"[.!?;:。()]\s*|\s+[-–—]\s+|,? (?:so that|because|which|but|whereas) "
    r"|, (?:and )?(?=anything|everything|the |it |they |each )"
)
_AND = re.compile(r"\b(?:and|or)\b|\d", re.IGNORECASE)
_SHORT = 3  # words of the last thing in a list without an "and"
_SMALL_END = re.compile(r"(?:[\s,/]+(?:and|or|to|also|then|must|can|should|may|will))*[\s,/]*$")


@dataclass(frozen=True, slots=True)
class Capability:
    """Somebody can do something. `who` is "" when the text does not say; `must` is its force."""

    who: str
    verb: str
    phrase: str  # "approve invoices above 5,000 EUR", safe as markdown
    thing: str  # "invoice", or ""
    force: str  # "Must", "Should" or "Could"
    source: str

    @property
    def kind(self) -> str:
        return vocabulary().verb_kinds.get(self.verb, "other")


@lru_cache(maxsize=4096)  # a sentence is read again for every document
def capabilities(text: str, source: str) -> tuple[Capability, ...]:
    """What a sentence says that people or the product can do, one entry per verb."""
    if _GERMAN.search(text):
        return ()
    spans = list(re.finditer(TOKEN, text))
    tokens = [span[0] for span in spans]
    starts = _verb_positions(tokens)
    force = force_of(text)
    found: list[Capability] = []
    who, thing = "", ""
    objects = _objects(text, spans, starts)
    for place, rest in zip(starts, objects, strict=True):
        verb = vocabulary().verb_forms[tokens[place].lower()]
        who = _subject(tokens, place) or who
        pronoun = re.match(r"(it|them)\b", rest)
        if pronoun and thing:
            named = f"the {thing}" if pronoun[1] == "it" else f"the {plural(thing)}"
            rest = named + rest[pronoun.end() :]
        thing = head_noun(_without_particle(verb, rest)) or thing
        if rest and not _is_meta(verb, rest):
            phrase = plain(clip(f"{verb} {rest}", 120))
            found.append(Capability(who, verb, phrase, thing, force, source))
    return tuple(found) or _passive(text, source)


def _passive(text: str, source: str) -> tuple[Capability, ...]:
    """`Approved bills must be exported` -> the product exports them, unless "by" says who."""
    match = _PASSIVE.match(text)
    verb = vocabulary().participles.get(match["verb"].lower(), "") if match else ""
    if not match or not verb:
        return ()
    rest = _trim(match["rest"])
    deed = plain(clip(f"{verb} {match['object'][:1].lower()}{match['object'][1:]} {rest}", 120))
    agent = re.search(r"\bby ((?:[\w-]+ ){0,3}[\w-]+)", rest)
    who = next(iter(actors(agent[1])), "") if agent else ""
    thing = head_noun(match["object"])
    return (Capability(who or "The product", verb, deed, thing, force_of(text), source),)


def force_of(text: str) -> str:
    if re.search(r"\b(could|may|nice to have|optional(ly)?|later|ideally)\b", text, re.IGNORECASE):
        return "Could"
    return "Should" if re.search(r"\bshould (also|ideally)\b", text, re.IGNORECASE) else "Must"


def _verb_positions(tokens: list[str]) -> list[int]:
    """Where a word of the verb list is used as a verb, judged by its neighbours."""
    starts: list[int] = []
    for place, token in enumerate(tokens):
        if token.lower() in vocabulary().verb_forms and _is_verb(tokens, place, bool(starts)):
            starts.append(place)
    return starts


def _is_verb(tokens: list[str], place: int, after_verb: bool) -> bool:
    words, token = vocabulary(), tokens[place].lower()
    before = tokens[place - 1].lower() if place else ""
    base = words.verb_forms[token] == token
    if _GRAMMAR["negations"] & {word.lower() for word in tokens[max(place - 3, 0) : place]}:
        return False
    if not _has_object(tokens, place, after_modal=before in _MODALS):
        return False
    if token.endswith("ing") and not base:
        return before in _GRAMMAR["before_gerund"] or (before in _JOINERS and after_verb)
    if before in _BEFORE_VERB or not before:
        return base
    if before in _JOINERS:
        return after_verb
    if before in words.product_words or _product_that(tokens, place - 1):
        return not base
    role = place - 2 if before in _GRAMMAR["adverbs"] and place > 1 else place - 1
    return is_role(tokens[role]) and _agrees(tokens, role, base)


def _product_that(tokens: list[str], place: int) -> bool:
    """`An API that validates`: whether the word at `place` stands for the product."""
    relative = place > 0 and tokens[place].lower() in ("that", "which")
    return relative and tokens[place - 1].lower() in vocabulary().product_words


def _has_object(tokens: list[str], place: int, *, after_modal: bool) -> bool:
    """A verb is followed by what it acts on, or by another verb with which it shares that."""
    if " ".join(tokens[place : place + 2]).lower() in _GRAMMAR["phrasal"]:
        place += 1
    following = tokens[place + 1].lower() if place + 1 < len(tokens) else "."
    if after_modal and following.isalpha() and following != "in":  # "must sign in" is no deed
        return True
    later = {word.lower() for word in tokens[place + 2 : place + 4]}
    if following in _JOINERS and later & vocabulary().verb_forms.keys():
        return True
    return following[0].isalnum() and following not in _BREAKS - {"it", "them"}


def _agrees(tokens: list[str], role: int, base: bool) -> bool:
    """`users see`, `the user sees`; but `patient records` is a thing."""
    word = tokens[role].lower()
    if singular(word) != word or word in ("staff", "people", "children", "team"):
        return base
    article = {token.lower() for token in tokens[max(role - 3, 0) : role]} & _ARTICLES
    return not base and (bool(article) or role <= 1 or is_department(word))


def _subject(tokens: list[str], place: int) -> str:
    """Who does the verb at `place`: the role before it, or before its modal or "to"."""
    last = place - 1
    purpose = tokens[last : last + 1] == ["to"] and last > 0 and is_role(tokens[last - 1])
    lead = {token.lower() for token in tokens[max(last - 4, 0) : max(last, 0)]}
    if purpose and not lead & _GRAMMAR["allowing"]:
        return ""  # "call the nurse to book a visit"
    while last >= 0 and tokens[last].lower() in _BEFORE_SUBJECT:
        last -= 1
    if last >= 0 and (
        tokens[last].lower() in vocabulary().product_words or _product_that(tokens, last)
    ):
        return "The product"
    return actor_at(tokens, last)


def _objects(text: str, spans: list[re.Match[str]], starts: list[int]) -> list[str]:
    """The words after each verb; in `book, move and cancel visits` all three have "visits"."""
    tokens = [span[0] for span in spans]
    rests: list[str] = []
    for number, place in enumerate(starts):
        last = starts[number + 1] if number + 1 < len(starts) else len(tokens)
        if last < len(tokens):
            last = _before_subject(tokens, place, last)
        rest = text[spans[place].end() : spans[last - 1].end()] if last > place + 1 else ""
        rests.append(_trim(rest))
    for number in range(len(rests) - 2, -1, -1):
        verb = vocabulary().verb_forms[tokens[starts[number]].lower()]
        if not _without_particle(verb, f"{rests[number]} ").strip():
            rests[number] = f"{rests[number]} {rests[number + 1]}".strip()
    return rests


def _before_subject(tokens: list[str], place: int, following: int) -> int:
    """Where the object of `place` ends: before the subject of the next verb and its joiner."""
    last = following
    while last > place + 1 and tokens[last - 1].lower() in _BEFORE_SUBJECT | _JOINERS:
        last -= 1
    if last > place + 1 and is_role(tokens[last - 1]):
        joiners = [i for i in range(place + 1, last) if tokens[i].lower() in _JOINERS]
        return joiners[-1] if joiners and last - joiners[-1] <= 5 else last
    return last


def _trim(rest: str) -> str:
    """Up to the next thought; nothing when only small words are left."""
    first, *others = _NEXT_THOUGHT.split(rest)[0].split(", ")
    for number, part in enumerate(others, 1):
        if is_role(part.split(" ")[0]):
            break
        last = number == len(others) and not _AND.search(rest) and len(part.split()) <= _SHORT
        first = f"{first} and {part}" if last else f"{first}, {part}"
    return _SMALL_END.sub("", first).strip()


def _without_particle(verb: str, rest: str) -> str:
    particle, _, thing = rest.partition(" ")
    return thing if f"{verb} {particle}" in _GRAMMAR["phrasal"] else rest


def head_noun(rest: str) -> str:
    """The last noun before the first small word: `approved invoices to SAP` -> `invoice`."""
    head = ""
    for token in TOKEN.findall(rest):
        lower = token.lower()
        if lower in _ARTICLES and not head:
            continue
        if lower in _ENDS_NOUN or not token[0].isalpha() or lower.endswith("ly"):
            break
        head = token
    known = head and not is_role(head) and len(head) > 2
    return singular(head if head.isupper() else head.lower()) if known else ""


def _is_meta(verb: str, rest: str) -> bool:
    """`build a habit tracker` names the product, not what it does."""
    words = vocabulary()
    head = re.split(r"\b(?:for|that|which|to|with|where)\b", rest)[0].split()
    last = head[-1].lower().strip(".,") if head else ""
    product = last in words.product_words or last.endswith(("er", "or"))
    return product and verb in _GRAMMAR["meta"]
