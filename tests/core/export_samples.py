"""A small project as it is handed to an export; every part can be changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from specforge_core.export.handoff import Handoff, PackedDocument, PackedSection

EXPORTED_AT = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)
PURPOSES = {
    "brief": "Says which problem is worth solving.",
    "prd": "Turns the brief into requirements.",
    "specs": "Decides how the requirements are built.",
    "stories": "Cuts the requirements into work.",
    "tests": "Says how we know that it works.",
    "artifacts": "Gives the files around the code.",
    "handoff": "Hands the project over.",
}
SCOPE = """\
## Scope

### In scope

- Employees can send an invoice.

### Out of scope

- **Payments**: later.
- Mobile app: never.

### Fixed constraints

- Runs on PostgreSQL 16.
"""
FUNCTIONAL = """\
## Functional requirements

| ID | Requirement | Who | Priority |
|---|---|---|---|
| FR-1 | An employee can send an invoice of at most 20 MB. | Employee | Must |
| FR-2 | A manager can approve *or* refuse it. | Manager | Must |
| NFR-1 | 95 % of searches answer within 1 s. | All | Should |
"""
USER_STORIES = """\
## User stories

### US-1: Invoices can be sent

As an employee I want to send an invoice so that it is paid.

**Epic:** E-1

**Requirements:** FR-1

**Acceptance:**

- **Given** an invoice of 20 MB **when** the employee sends it **then** it is stored.
- **Given** one of 21 MB, **when** it is sent, **then** it is refused and nothing is stored.

### US-2: Invoices can be approved

As a manager I want to approve an invoice so that it is paid.

**Epic:** E-1
**Requirements:** FR-2, NFR-1
"""
TASKS = """\
## Technical tasks

| ID | Task | Serves | Definition of done | Depends on |
|---|---|---|---|---|
| T-1 | Add the invoice table | US-1, FR-1 | A row can be read back. | none |
| T-2 | Add the approval | US-2 | A refused invoice stays. | T-1 |
| T-3 | Add the checks of every change | NFR-1 | `make check` passes. | none |

### Rules for every task

- Every change has a test.
"""
SETUP = """\
## Set-up guide

1. Get it:

   ```sh
   # the code
   $ git clone https://example.com/app.git
   make run
   ```
"""
CONFIGURATION = """\
## Configuration

### `.env.example`

```sh
DATABASE_URL=
```

### src/app/main.py

The entry.

```python
print("hello")
```
"""
MASTER = """\
## Master prompt

Use it to start.

```text
ROLE
You build it.

STACK AND CONVENTIONS:
- Python 3.12
- FastAPI

DO NOT
- Guess.
```
"""
TEXTS = {
    "brief": {"problem": "## Problem\n\nInvoices wait nine days.\n", "scope": SCOPE},
    "prd": {"summary": "## Summary\n\nApproval in two days.\n", "functional": FUNCTIONAL},
    "specs": {
        "architecture": "## Architecture\n\n| Part | Responsibility |\n|-|-|\n| Web | Pages |\n",
        "data": "## Data model\n\n### Invoice\n\nOne row per invoice.\n",
    },
    "stories": {"user-stories": USER_STORIES, "tasks": TASKS},
    "tests": {"unit": "## Unit tests\n\n- UT-1: a limit is a limit.\n"},
    "artifacts": {"configuration": CONFIGURATION},
    "handoff": {
        "summary": "## Summary\n\nInvoices are approved on the phone.\n",
        "setup": SETUP,
        "master-prompt": MASTER,
    },
}

RICH = """\
## Rich

A *slanted* **bold** ~~gone~~ `coded` [link](https://e.org/a?b=1&c=2) [bad](javascript:alert(1)).

- [ ] open
- [x] done
  1. first
  2. second

7. seven
8. eight

| ID | Text |
|----|:----:|
| FR-1 | one<br>two |

> quoted

```py
def f():
\treturn "<b>"
```

### Deeper

![plan](https://e.org/p.png) and $x_1$
"""


def section(key: str, text: str, state: str = "complete", *stale: str) -> PackedSection:
    title = text.partition("\n")[0].strip("# ") if text.startswith("#") else key.title()
    return PackedSection(key, title or key, text, state, "openai", "gpt-x", 42, stale)


def document(phase: str, *sections: PackedSection, state: str = "complete") -> PackedDocument:
    """A document of these sections; without any, that of the sample project."""
    sections = sections or tuple(section(key, text) for key, text in TEXTS[phase].items())
    return PackedDocument(
        phase=phase,
        title={"prd": "PRD", "handoff": "Hand-off"}.get(phase, phase.capitalize()),
        order=10 * (1 + list(TEXTS).index(phase)),
        purpose=PURPOSES[phase],
        state=state,
        optional=phase == "tests",
        sections=sections,
        text="\n\n".join(one.text.strip("\n") for one in sections),
        version_id=f"v-{phase}",
        version_kind="generated",
        written_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def unwritten(phase: str, state: str) -> PackedDocument:
    return replace(
        document(phase),
        state=state,
        sections=(),
        text="",
        version_id=None,
        version_kind=None,
        written_at=None,
    )


def handoff(*documents: PackedDocument, **values: object) -> Handoff:
    """The sample project, with these documents in place of its own."""
    changed = {one.phase: one for one in documents}
    whole = Handoff(
        project_id="p-1",
        title="Invoice approval",
        description="Approve invoices in two days instead of nine.",
        created_at=datetime(2026, 2, 1, tzinfo=UTC),
        exported_at=EXPORTED_AT,
        generator="SpecForge 0.1.0",
        documents=tuple(changed.get(phase) or document(phase) for phase in TEXTS),
    )
    return replace(whole, **values)  # type: ignore[arg-type]


def only(text: str, **values: object) -> Handoff:
    """A project of one document with this text."""
    return handoff(documents=(document("brief", section("problem", text)),), **values)
