"""The default answer: a section of markdown of any size, written at a steady pace."""

from __future__ import annotations

import re
from functools import lru_cache

from tests.loopback.gemini import gemini_stream
from tests.loopback.replies import Reply, Send
from tests.loopback.wires import anthropic_stream, chat_stream, json_reply

_PIECE = re.compile(r"\s*\S{1,6}|\s+")  # about a token

_CONTENT = (b'"content":"', b"text_delta", b'"parts": [{"text"')

_PARAGRAPH = """\
The team reads every request on the day it arrives, **decides** within two days and tells the \
person who asked. A decision that waits longer is shown in `open-decisions`, with its reason.

- A request names who asks, what for and until when.
- A decision names who decided and what it costs.
- Nothing is closed without an answer.

| part | owner | due |
|---|---|---|
| intake | product | week 1 |
| review | engineering | week 2 |

```python
def due(request: Request) -> date:
    return request.received + timedelta(days=2)
```

"""


@lru_cache
def section_text(size_kb: float) -> str:
    """At least `size_kb` of markdown: numbered headings with a paragraph, list, table and code."""
    parts, size, number = [], 0, 0
    while size < size_kb * 1024:
        number += 1
        part = f"### Part {number}\n\n{_PARAGRAPH}"
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)


@lru_cache
def section_reply(wire: str, size_kb: float) -> Reply:
    """The section as a stream of the wire, one token or so per event."""
    pieces = _PIECE.findall(section_text(size_kb))
    usage = (800, len(pieces))
    if wire == "anthropic":
        return anthropic_stream(pieces, usage=usage)
    if wire == "gemini":
        return gemini_stream(pieces, usage=usage)
    return chat_stream(pieces, usage=usage)


def wire_of(path: str) -> str:
    path = path.partition("?")[0]
    if path.endswith(":streamGenerateContent"):
        return "gemini"
    return "anthropic" if path.endswith("/messages") else "chat"


def is_content(step: object) -> bool:
    """Whether a step carries text, and so takes a token's time."""
    return isinstance(step, Send) and any(mark in step.data for mark in _CONTENT)


def models_reply(path: str) -> Reply:
    """The list of models, as `GET …/models` of this wire has it."""
    if "/v1beta/" in path:
        methods = ["generateContent", "countTokens"]
        row = {"name": "models/loopback", "supportedGenerationMethods": methods}
        return json_reply({"models": [row]})
    row = {"id": "loopback", "object": "model", "created": 1795000000, "owned_by": "tests"}
    return json_reply({"object": "list", "data": [row]})
