"""A provider on 127.0.0.1 that speaks the real wires, byte for byte, from scripts.

    with LoopbackProvider() as server:
        server.reply(chat_stream(["Hel", "lo"], usage=(9, 2)))
        ...  # point a provider's base URL at server.base_url
        server.wait_gone()

Replies are used in order; when none is left, the server writes a section of
markdown, paced by `tokens_per_s`.
"""

from tests.loopback.gemini import (
    gemini_answer,
    gemini_array,
    gemini_error,
    gemini_error_body,
    gemini_events,
    gemini_message,
    gemini_stream,
    quota_detail,
    reason_detail,
    retry_detail,
)
from tests.loopback.replies import Cut, Gate, Pause, Reply, Reset, Send, Stall
from tests.loopback.server import LoopbackProvider, Recorded
from tests.loopback.wires import (
    anthropic_error,
    anthropic_stream,
    chat_error,
    chat_stream,
    json_reply,
)

__all__ = [
    "Cut",
    "Gate",
    "LoopbackProvider",
    "Pause",
    "Recorded",
    "Reply",
    "Reset",
    "Send",
    "Stall",
    "anthropic_error",
    "anthropic_stream",
    "chat_error",
    "chat_stream",
    "gemini_answer",
    "gemini_array",
    "gemini_error",
    "gemini_error_body",
    "gemini_events",
    "gemini_message",
    "gemini_stream",
    "json_reply",
    "quota_detail",
    "reason_detail",
    "retry_detail",
]
