"""The specs' data model and contracts by rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, clip, in_text, listed
from specforge_core.providers.drafter.prd import states
from specforge_core.providers.drafter.requirements import Requirement, requirements
from specforge_core.providers.drafter.vocabulary import plural, vocabulary

_KEPT = re.compile(r"\b(kept|keep|retain|retention|years|audit|delet)")
_SERVER_SET = ("id", "state", "created_by", "created_at")


def fields(facts: Facts, thing: str) -> list[tuple[str, str, str, str]]:
    """(field, type, required, meaning) of one entity: what such a thing has, and bookkeeping."""
    known = vocabulary().fields
    rows = [("id", "uuid", "yes", "assigned by the server, never reused")]
    for name, text in known.get(thing, known["other"]).items():
        kind, _, meaning = text.partition("; ")
        rows.append((name, kind, "no" if "optional" in meaning else "yes", meaning))
    if thing == facts.thing:
        rows.append(("state", "text", "yes", f"one of {', '.join(states(facts))}"))
    rows.append(("created_by", "uuid", "yes", "who entered it"))
    rows.append(("created_at", "timestamp", "yes", "UTC, set by the server"))
    return rows


def data(facts: Facts, sheet: Sheet) -> Sheet:
    known = [name for name in facts.things if name in vocabulary().fields]
    sheet.say(
        f"The entities are what the requirements speak of. {ASSUMED} their fields are those which"
        " such things usually have; check them against real examples before building."
    )
    for thing in facts.things[:3]:
        sheet.head(thing.capitalize()).say(
            f"One row is one {thing}{'' if thing in known else '; its details are not stated'}."
        )
        sheet.table(
            ("Field", "Type", "Required", "Rule or meaning"),
            ((f"`{name}`", *rest) for name, *rest in fields(facts, thing)),
        )
    first, *others = states(facts)
    sheet.head(f"Moves of the {facts.thing}").bullets(
        f"`{first}` → `{state}`: {_mover(facts, state)}" for state in others
    )
    sheet.head("History and retention")
    stated = [told(one) for one in facts.about("security", but=("excluded", "problem", "risk"))]
    kept = [text for text in stated if _KEPT.search(text)][:3]
    return sheet.bullets([*facts.lines("history"), *(kept or facts.lines("retention"))])


def _mover(facts: Facts, state: str) -> str:
    verb = vocabulary().participles.get(state, "")
    row = next((row for row in requirements(facts) if row.verb == verb), None)
    return f"{in_text(row.who)} ({row.id})" if row else f"{ASSUMED} its owner"


def endpoints(facts: Facts) -> list[tuple[str, str, list[Requirement]]]:
    """(method, path, requirements) for each address; messages go out without one."""
    found: dict[tuple[str, str], list[Requirement]] = {}
    for row in requirements(facts):
        if row.phrase and row.verb not in ("get", "receive"):
            found.setdefault(_address(facts, row), []).append(row)
    return [(method, path, rows) for (method, path), rows in found.items()]


def _address(facts: Facts, row: Requirement) -> tuple[str, str]:
    slug = re.sub(r"[^a-z0-9]+", "-", plural(row.thing or facts.thing).lower()).strip("-")
    base = f"/{slug or 'items'}"
    if row.kind == "read":
        return "GET", base
    if row.kind == "create":
        return "POST", base
    method = {"update": "PATCH", "delete": "DELETE"}.get(row.kind)
    return (method, f"{base}/{{id}}") if method else ("POST", f"{base}/{{id}}/{row.verb}")


def api(facts: Facts, sheet: Sheet) -> Sheet:
    usual = ("POST", f"`/{plural(facts.thing)}`", "create one", facts.who[0])
    sheet.table(
        ("Method", "Path", "Purpose", "Who", "Serves"),
        _address_rows(facts) or [(*usual, requirements(facts)[0].id)],
    )
    sheet.say(
        "Lists take `limit` (at most 100) and `after` (the last id seen). Every POST takes an"
        " `Idempotency-Key` header; the same key gives the same answer for 24 hours."
    )
    _bodies(facts, sheet)
    return sheet.head("Outside").bullets(
        [
            f"**{name}:** {_direction(facts, name)} {ASSUMED} protocol and limits come from its"
            " owner; while it is down, work waits in the queue."
            for name in facts.systems[:3]
        ]
        or [f"None is named. {ASSUMED} a CSV export of all {plural(facts.thing)} is enough."]
    )


def _address_rows(facts: Facts) -> list[tuple[str, ...]]:
    return [
        (
            method,
            f"`{path}`",
            clip(rows[0].phrase, 80),
            listed(list(dict.fromkeys(_caller(row) for row in rows))),
            ", ".join(row.id for row in rows),
        )
        for method, path, rows in endpoints(facts)
    ]


def _bodies(facts: Facts, sheet: Sheet) -> None:
    given = {
        name: _example(name, kind)
        for name, kind, _, _ in fields(facts, facts.thing)
        if name not in _SERVER_SET
    }
    made = {"id": _example("id", "uuid"), "state": states(facts)[0], **given}
    error = {"code": "already_decided", "message": "What happened, and what to do next."}
    sheet.head(f"Create one {facts.thing}").fence("json", _json(given))
    sheet.say("Answer, `201`:").fence("json", _json(made))
    sheet.head("Errors, one format").fence("json", _json(error))


def _caller(row: Requirement) -> str:
    return "worker" if row.who == "The product" else row.who


def _json(value: Mapping[str, str | int | bool]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _direction(facts: Facts, name: str) -> str:
    found = facts.about("system", but=("problem", "excluded", "risk"))
    said = (told(one) for one in found if name.casefold() in one.text.casefold())
    return next(said, "Named in the inputs.")


def _example(name: str, kind: str) -> str | int | bool:
    examples = vocabulary().examples
    return examples.get(name, examples.get(kind, "text"))
