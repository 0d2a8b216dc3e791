"""The versions of a document: the list, and what the address chooses from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from math import ceil

import streamlit as st

from pages.components.inputs import drawn, keep
from pages.components.markdown import escape
from pages.components.origin import who
from pages.components.project_card import ago
from pages.components.session import forge
from pages.components.status import MARKS
from specforge_core import Phase, Project, Run, Version, WorkStatus, compare

MOST = 10_000  # versions of one document
AT_ONCE = 10  # in the list, so that their changes are counted without a wait
COUNTED = 200_000  # characters of two versions; in larger ones the words are counted when opened
LINE_ENDS = 20  # what two equal texts may differ by

KINDS = {
    "generated": "Generated",
    "regenerated": "Regenerated",
    "section_regen": "Section rewritten",
    "edited": "Edited",
    "refined": "Refined",
    "restored": "Restored",
}
BY_MODEL = ("generated", "regenerated", "section_regen")


@dataclass(frozen=True, slots=True)
class Entry:
    """A version and its number among those of the document: 1 is the oldest."""

    number: int
    version: Version

    @property
    def version_id(self) -> str:
        return self.version.version_id

    @property
    def title(self) -> str:
        """`12 · Edited by Ada`: unlike that of any other version, and always the same."""
        return f"{self.number} · {KINDS[self.version.kind]} by {author(self.version)}"

    @property
    def name(self) -> str:
        """`12 · Edited, 03 Nov 2026, 14:02 UTC`: without a look at who wrote it."""
        return f"{self.number} · {KINDS[self.version.kind]}, {_date(self.version)}"


def entries(project: Project, phase: Phase) -> tuple[Entry, ...]:
    """Newest first."""
    found = forge().versions(project.project_id, phase.name, MOST)
    return tuple(Entry(len(found) - place, one) for place, one in enumerate(found))


def find(listed: Sequence[Entry], version_id: str) -> Entry | None:
    return next((one for one in listed if one.version_id == version_id), None)


def before(listed: Sequence[Entry], entry: Entry) -> Entry | None:
    """The next older one."""
    return listed[1 - entry.number] if entry.number > 1 else None


def chosen(listed: Sequence[Entry]) -> Entry | None:
    """That of the address, the newest where it names none; None for what is no version of this
    document.
    """
    asked = st.query_params.get("version")
    return find(listed, asked) if asked else listed[0]


def choose(listed: Sequence[Entry], present: str) -> None:
    """The list, part by part; what is chosen stands in the address. present: the document's text
    as it is now.
    """
    shown = chosen(listed)
    part = _part(listed, shown)
    older = [before(listed, one) for one in part]
    key = f"versions {part[-1].version_id}"
    keep(key, shown.version_id if shown in part and shown else None, _open)
    titles = {one.version_id: f"**{escape(one.title)}**" for one in part}
    with st.container(key="versions"):
        st.radio(
            "Versions, the newest first",
            list(titles),
            index=None,
            format_func=lambda version_id: titles.get(version_id, version_id),
            captions=[_facts(*pair, present) for pair in zip(part, older, strict=True)],
            key=key,
            label_visibility="collapsed",
        )
    drawn(key)


def _part(listed: Sequence[Entry], shown: Entry | None) -> Sequence[Entry]:
    """As much as is listed at once; at first that with the version of the address."""
    if len(listed) <= AT_ONCE:
        return listed
    first = (len(listed) - shown.number) // AT_ONCE + 1 if shown else 1
    number = st.pagination(
        ceil(len(listed) / AT_ONCE),
        default=first,
        max_visible_pages=5,
        key=f"part of the versions {shown.version_id if shown else ''}",
    )
    return listed[(number - 1) * AT_ONCE : number * AT_ONCE]


def _open(version_id: str | None) -> None:
    if version_id:
        st.query_params["version"] = version_id


def _facts(entry: Entry, older: Entry | None, present: str) -> str:
    """When; how long, and what changed; what was asked for; how it ended. In markdown."""
    version = entry.version
    change = _change(older.version, version) if older else ""
    size = f"{version.characters:,} characters"
    note = f"“{escape(version.note)}”" if version.note else ""
    lines = [when(version), " · ".join(filter(None, [size, change])), note, marks(entry, present)]
    return "  \n".join(filter(None, lines))


def _change(older: Version, version: Version) -> str:
    """`+40 −12 words`; "" for texts that are too long to be compared here."""
    if older.characters + version.characters > COUNTED:
        return ""
    added, removed = _words(older.version_id, version.version_id)
    return f"+{added:,} −{removed:,} words" if added or removed else "no word changed"


@lru_cache(maxsize=4096)  # a version never changes
def _words(older: str, newer: str) -> tuple[int, int]:
    found = compare(forge().version_text(older), forge().version_text(newer), 0)
    return found.words_added, found.words_removed


def author(version: Version) -> str:
    """The person; else the model of what a model has written; else `somebody`."""
    models = _models(version.version_id) if version.kind in BY_MODEL else ()
    return version.author or " and ".join(models) or "somebody"


@lru_cache(maxsize=4096)
def _models(version_id: str) -> tuple[str, ...]:
    """Who wrote what was new in a version; () for one from before its sections were stored."""
    rows = [row for row in forge().version_sections(version_id) if row.model and row.characters]
    if forge().version(version_id).kind == "section_regen":
        last = max((row.attempt for row in rows), default=0)
        rows = [row for row in rows if row.attempt == last]
    return tuple(dict.fromkeys(who(row.provider, row.model) for row in rows))


def marks(entry: Entry, present: str) -> str:
    """Badges of a version that is not whole, or that is what the document holds now."""
    found, status = [], WorkStatus(entry.version.end_reason.value)
    if status is not WorkStatus.COMPLETE:
        icon, color = MARKS[status]
        found.append(f":{color}-badge[{icon} {status.value.replace('_', ' ').capitalize()}]")
    as_long = abs(entry.version.characters - len(present)) < LINE_ENDS
    if as_long and _digest(entry.version_id) == digest(present):
        found.append(":green-badge[:material/check: Present text]")
    return " ".join(found)


@lru_cache(maxsize=4096)  # a version never changes
def _digest(version_id: str) -> str:
    return digest(forge().version_text(version_id))


def digest(text: str) -> str:
    """Of a text whatever empty lines it begins and ends with."""
    return sha256(text.strip("\n").encode()).hexdigest()


def when(version: Version) -> str:
    """`3 h ago, 03 Nov 2026, 14:02 UTC`."""
    days = (datetime.now(UTC) - version.created_at).days
    since = f"{days} {'day' if days == 1 else 'days'} ago" if days else ago(version.created_at)
    return f"{since}, {_date(version)}"


def _date(version: Version) -> str:
    return f"{version.created_at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def same(one: str, other: str) -> bool:
    return one.strip("\n") == other.strip("\n")


@st.fragment(run_every=2.0)
def watch(project_id: str, phase: str, seen: Run | None) -> None:
    """Notices what somebody else has begun, ended or changed: the list may be longer then."""
    if forge().latest_run(project_id, phase) != seen:
        st.rerun()


def empty(phase: Phase) -> None:
    """In the place of the list, where nothing is written yet."""
    st.markdown(
        f"**There is no version of the {escape(phase.title)} yet.** One is kept each time it is"
        " generated, edited, refined or restored."
    )
