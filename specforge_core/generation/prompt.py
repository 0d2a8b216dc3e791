"""From a plan to the request of one section, and the receipt of what went in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256

from specforge_core.events import StreamMode
from specforge_core.generation.continuation import anchor
from specforge_core.generation.plan import Plan, SectionPlan, Target
from specforge_core.providers.wire import CompletionRequest, Message, Subject

_CONTINUE = """\
The section above was cut off. Go on from exactly where it stops.
First repeat its last words to the letter: {anchor}
and then continue. Repeat nothing else, do not start over, do not comment on this."""

# Our own tags, opened or closed by a text from outside.
_TAGS = re.compile(
    r"<(?=/?\s*(?:project_|answers|document_|sections_already|section_so_far))", re.IGNORECASE
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

    The inputs come first and in the same order for every section, so that a
    provider's prompt cache can serve them again. A tag inside an input is
    defused: text from a person must not close the tag that holds it.
    """
    parts = [
        _tag("project_title", plan.title),
        _tag("project_description", plan.description),
        _tag("answers", "\n\n".join(f"Q: {q}\nA: {a}" for q, a in plan.answers)),
        *(_tag(f"document_{one.phase}", one.text) for one in plan.documents),
        _tag("sections_already_written", "\n\n".join(written.values())),
        f"Write the section “{section.title}” of the {plan.phase_title}, "
        f"about {section.words} words.\n\n{section.prompt.strip()}",
    ]
    if text_so_far:
        parts.append(_tag("section_so_far", text_so_far))
        parts.append(_CONTINUE.format(anchor=anchor(text_so_far)))
    return CompletionRequest(
        model=target.model,
        system=plan.system,
        messages=(Message("user", "\n\n".join(part for part in parts if part)),),
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
            description=plan.description,
            answers=plan.answers,
            documents=tuple((one.phase, one.text) for one in plan.documents),
            text_so_far=text_so_far,
            attempt=plan.attempt,
        ),
    )


def _tag(name: str, text: str) -> str:
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
    inputs = [
        _input("title", plan.title),
        _input("description", plan.description),
        *(_input("answer", answer, question=question) for question, answer in plan.answers),
        *(
            _input("document", one.text, phase=one.phase, run_id=one.run_id, whole=one.whole)
            for one in plan.documents
        ),
        *(_input("section", text, position=index) for index, text in written.items()),
    ]
    if section.text_so_far:
        inputs.append(_input("section_so_far", section.text_so_far, position=section.index))
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
            "prompt": {"chars": len(prompt), "sha256": _digest(prompt)},
        },
        ensure_ascii=False,
    )


def _input(kind: str, text: str, **more: str | int | bool) -> dict[str, str | int | bool]:
    return {"kind": kind, **more, "chars": len(text), "sha256": _digest(text)}


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
