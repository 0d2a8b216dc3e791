"""From a plan to the request of one section, and the receipt of what went in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple, Self

from specforge_core.events import StreamMode
from specforge_core.generation.continuation import anchor
from specforge_core.generation.inputs import (
    AnsweredQuestion,
    Resolution,
    digest,
    input_list,
    one_input,
)
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.providers.wire import CompletionRequest, Message, Subject
from specforge_core.templates import fill

_CONTINUE = """\
The section above was cut off. Go on from exactly where it stops.
First repeat its last words to the letter: {anchor}
and then continue. Repeat nothing else, do not start over, do not comment on this."""

# Our own tags, opened or closed by a text from outside.
_TAGS = re.compile(
    r"<(?=/?\s*(?:project_|answers|document_|sections_already|section_(?:so_far|now)|conversation))",
    re.IGNORECASE,
)


class _Inputs(NamedTuple):
    """What a section is written from. A mark `[USER INPUT NEEDED: what]` that a person has
    answered since as an open point is filled in.
    """

    description: str
    answers: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, plan: Plan, section: SectionPlan) -> Self:
        decided = {one.statement: one.answer for one in plan.resolutions}
        return cls(
            fill(plan.description, decided),
            tuple((question, fill(answer, decided)) for question, answer in answers_of(plan)),
            tuple((phase, fill(text, decided)) for phase, text in documents_of(plan, section)),
        )


def section_request(
    plan: Plan,
    target: Target,
    section: SectionPlan,
    written: Mapping[int, str],
    text_so_far: str,
) -> CompletionRequest:
    """One user message: the inputs, each in its own tag, then the task.

    written: the texts of the other sections by their place, in document order.
    """
    inputs = _Inputs.of(plan, section)
    own = "\n\n".join(written.values()) if section.task in ("section", "revise") else ""
    return CompletionRequest(
        model=target.model,
        system=plan.system,
        messages=(Message("user", _message(plan, section, inputs, own, text_so_far)),),
        max_tokens=plan.turn_tokens(target),
        temperature=plan.temperature,
        thinking=target.thinking,
        stream=target.stream_mode is StreamMode.NATIVE,
        subject=Subject(
            phase=plan.phase,
            section=section.key,
            section_title=section.title,
            section_index=section.index,
            title=plan.title,
            description=inputs.description,
            answers=inputs.answers,
            documents=(*inputs.documents, (plan.phase, own)) if own else inputs.documents,
            text_so_far=text_so_far,
            attempt=plan.attempt,
            task=section.task,
            request=section.request,
            present=section.present,
        ),
    )


def _message(plan: Plan, section: SectionPlan, inputs: _Inputs, own: str, text_so_far: str) -> str:
    """The inputs come first and in the same order for every section, so that a provider's
    prompt cache can serve them again. own: the other sections of the document.
    """
    parts = [
        _tag("project_title", plan.title),
        _tag("project_description", inputs.description),
        _tag("answers", "\n\n".join(f"Q: {q}\nA: {a}" for q, a in inputs.answers)),
        *(_tag(f"document_{phase}", text) for phase, text in inputs.documents),
        _tag("sections_already_written", own),
        _tag("conversation", section.conversation),
        _tag("section_now", section.present),
        _task(plan, section),
    ]
    if text_so_far:
        parts.append(_tag("section_so_far", text_so_far))
        parts.append(_CONTINUE.format(anchor=anchor(text_so_far)))
    return "\n\n".join(part for part in parts if part)


def _task(plan: Plan, section: SectionPlan) -> str:
    prompt = section.prompt.strip()
    if not section.words:
        return prompt
    return (
        f"Write the section “{section.title}” of the {plan.phase_title}, "
        f"about {section.words} words.\n\n{prompt}"
    )


def answers_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """(question, answer): those of the phases, then what was decided about open points."""
    answered: tuple[AnsweredQuestion | Resolution, ...] = (*plan.answers, *plan.resolutions)
    return tuple((one.question, one.answer) for one in answered)


def documents_of(plan: Plan, section: SectionPlan) -> tuple[tuple[str, str], ...]:
    """(phase, text) of the earlier documents, as far as they are read for a section."""
    found = []
    for document in plan.documents:
        parts = document.read(section.reads)
        whole = len(parts) == len(document.parts) or not document.parts
        text = document.text if whole else "\n\n".join(part.text.strip("\n") for part in parts)
        if text:
            found.append((document.phase, text))
    return tuple(found)


def _tag(name: str, text: str) -> str:
    """A tag inside a text is defused: one from a person must not close the tag that holds it."""
    if not text.strip():
        return ""
    return f"<{name}>\n{_TAGS.sub('< ', text)}\n</{name}>"


def receipt(
    plan: Plan,
    target: Target,
    section: SectionPlan,
    written: Mapping[int, str],
    request: CompletionRequest,
) -> str:
    """JSON: every input with its length in characters and SHA-256, the model, the settings.

    It is that of the first request of the section in this attempt, made with the same
    `written`. A continuation at the length limit adds only what this attempt wrote.
    """
    inputs = input_list(
        plan.title,
        plan.description,
        plan.answers,
        plan.resolutions,
        plan.documents,
        section.reads,
        written,
    )
    if section.text_so_far:
        inputs.append(one_input("section_so_far", section.text_so_far, position=section.index))
    if section.present:
        inputs.append(one_input("section_now", section.present, position=section.index))
    prompt = request.system + "".join(message.text for message in request.messages)
    return json.dumps(
        {
            "phase": plan.phase,
            "section": section.key,
            "provider": target.provider,
            "model": target.model,
            "stream_mode": target.stream_mode,
            "settings": {
                "max_tokens": request.max_tokens,
                "temperature": request.temperature,
                "thinking": request.thinking,
                "continuations": plan.continuations,
            },
            "inputs": inputs,
            "prompt": {"chars": len(prompt), "sha256": digest(prompt)},
        },
        ensure_ascii=False,
    )
