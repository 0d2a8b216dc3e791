"""Dates and spans of time as people write them, in English and German."""

from __future__ import annotations

import re

_MONTHS = (
    "january|february|march|april|june|july|august|september|october|november|december"
    "|januar|februar|märz|juni|juli|oktober|dezember"
)
_SHORT = "jan|feb|mar|apr|may|mai|jun|jul|aug|sept?|oct|okt|nov|dec|dez"
_LEAD = r"(?:by|before|until|till|no later than|bis|vor|ab|zum)"
_PART = r"(?:the )?(?:(?:end|start|beginning|middle) of |mid[- ]|early |late |ende |anfang |mitte )"
_PERIOD = rf"(?:{_MONTHS}|may|mai|q[1-4]|spring|summer|autumn|fall|winter|christmas)"

_DATE = re.compile(
    rf"\b20\d\d-\d\d-\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]20\d\d\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of )?(?:(?:{_MONTHS})\b(?:,? 20\d\d)?"
    rf"|(?:{_SHORT})\b\.?,? 20\d\d)"
    rf"|\b(?:{_MONTHS}|{_SHORT})\.? \d{{1,2}}(?:st|nd|rd|th)?,? 20\d\d"
    rf"|\b(?:(?:{_LEAD}|in|from) )?(?:{_PART})?(?:the )?{_PERIOD},? (?:of )?20\d\d"
    rf"|\b{_LEAD} (?:{_PART})?(?:the )?(?:{_PERIOD}|20\d\d|year)\b(?! be\b)"
    rf"|\b(?:in|from) (?:{_PART})?(?:the )?{_PERIOD}\b"
    rf"|\b{_PART}(?:{_PERIOD}|20\d\d|(?:the |this |next )?year)\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:within|after|innerhalb von|binnen) (?:the first )?\w+ (?:days|weeks|months|quarters"
    r"|years|tagen|wochen|monaten|jahren)\b",
    re.IGNORECASE,
)


def date_in(text: str) -> str:
    """The first date, quarter or month that `text` names, as it is written there, or ""."""
    match = _DATE.search(text)
    return match[0] if match else ""


def time_in(text: str) -> str:
    """A date, or else a span such as "within three months", or ""."""
    match = _SPAN.search(text)
    return date_in(text) or (match[0] if match else "")
