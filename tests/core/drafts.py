"""Whole chains of drafts, and what makes a draft well-formed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from specforge_core.phases import load_phases
from specforge_core.providers.drafter import draft_section
from specforge_core.providers.wire import Subject

Pairs = tuple[tuple[str, str], ...]

HOSTILE: Mapping[str, str] = {
    "one word": "Invoices",
    "nothing": "",
    "blank": " \n\t ",
    "html": "<script>alert(1)</script> <img src=x onerror=alert(1)> must <b>work</b>",
    "images and links": "![x](http://e.example/i.png) users must [click](javascript:alert(1)) it",
    "tables": "a | b | c must || stay\n| x |\n---|---\n# Head\n> q\n1. x",
    "fences": "Users must\n```json\n{broken\n~~~\n    see code",
    "fence in a sentence": 'Users must see ``` and """ and \\ in `${{ secrets.KEY }}`.',
    "controls": "Users\x00 must \x1b[31msee\u202e reversed\u2066 text\x07",
    "emoji": "Users 👩‍👩‍👧‍👦 must share 🎉 party photos 🇩🇪. They love 💸",
    "chinese": "用户可以预约医生。系统必须在两秒内响应！医院每天有九百个预约,现在都靠电话。",
    "arabic": "يجب على المستخدمين حجز المواعيد. النظام الحالي بطيء جدا؟",
    "german": "Patienten sollen Termine online buchen. Die Praxis verliert täglich zwölf Anrufe.",
    "format": "Users must {thing} %s {0} \\ $x^2$ ~~a~~ __b__ `c` {things[0]}",
    "ids": "FR-1 US-1 must E-1 | T-1 | AC-1 stay. ### US-7: not a story\n| FR-9 | x |",
    "one long line": "word" * 1250,
    "many sentences": ("Users must upload 10 files a day. " * 150)[:5000],
    "surrogate": "Users must see \ud800 this",
}


def chain(
    title: str,
    description: str,
    answers: Pairs = (),
    given: Mapping[str, str] | None = None,
    *,
    whole: bool = False,
) -> dict[str, str]:
    """All documents in order, each from those before it; `given` takes the place of a draft.

    A section gets what its phase file says it reads, or with `whole` all earlier documents.
    """
    documents: dict[str, str] = {}
    parts: dict[str, str] = {}
    for phase in load_phases().values():
        for index, section in enumerate(phase.sections):
            reads = None if whole else section.reads
            read = [(name, _read(documents, parts, name, reads)) for name in phase.inputs]
            subject = Subject(
                phase.name,
                section.key,
                section.title,
                title,
                description,
                answers,
                tuple((name, text) for name, text in read if text),
                section_index=index,
            )
            parts[f"{phase.name}.{section.key}"] = draft_section(subject)
        drafts = [parts[f"{phase.name}.{section.key}"] for section in phase.sections]
        documents[phase.name] = (given or {}).get(phase.name, "\n".join(drafts))
        if phase.name in (given or {}):
            parts |= {f"{phase.name}.{one.key}": documents[phase.name] for one in phase.sections}
    return documents


def _read(
    documents: Mapping[str, str], parts: Mapping[str, str], name: str, reads: tuple[str, ...] | None
) -> str:
    if reads is None or name in reads:
        return documents[name]
    chosen = dict.fromkeys(parts[one] for one in reads if one.startswith(f"{name}."))
    return "\n\n".join(chosen)


def prose_of(draft: str) -> str:
    return re.sub(r"^```\w+\n.*?^```$", "", draft, flags=re.MULTILINE | re.DOTALL)


def fences_of(draft: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", draft, flags=re.MULTILINE | re.DOTALL)


def check_markdown(draft: str) -> None:
    """No HTML, image, link, control character; tables are square, fences closed, JSON valid."""
    prose = prose_of(draft)
    assert "```" not in prose
    assert "<" not in prose
    assert not re.search(r"(?<!\\)\[", prose)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", draft)
    assert not re.search(r"(?<!\\)\$", prose)
    columns = 0
    for line in prose.splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert columns in (0, cells), line
        columns = cells
    for block in fences_of(draft, "json"):
        json.loads(block)
    draft.encode("utf-8")
