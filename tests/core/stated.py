"""What a person has stated, and where the offline drafter's documents say it."""

from __future__ import annotations

import re

from specforge_core.phases import load_phases
from specforge_core.providers.drafter import respond
from specforge_core.providers.drafter.defined import Item, defined
from specforge_core.providers.wire import Subject
from tests.core.drafts import Pairs, chain

EXPENSES = (
    "A tool for small companies to hand in and approve expenses. Must support SSO. Receipts are"
    " photographed. At least 40 % of employees use it within three months. Live on 1 March 2027."
    " No payroll. No mobile app in the first release."
)
VETS = (
    "Vets on the road note visits on paper and type them in the evening: 40 minutes a day. An app"
    " records visits offline, sends invoices by 1 March 2027, no payments, 25 practices pilot."
    " Farmers get a summary by SMS."
)
QUESTIONS = {
    f"{phase.name}.{one.key}": one.text
    for phase in load_phases().values()
    for one in phase.questions
}


def drafted(description: str, **answers: str) -> dict[str, str]:
    """The chain; `prd_must_have` answers the question `prd.must-have`."""
    pairs: Pairs = tuple(
        (QUESTIONS[key.replace("_", ".", 1).replace("_", "-")], text)
        for key, text in answers.items()
    )
    return chain("Team expense app", description, pairs)


def suggestion(description: str, key: str) -> str:
    """What is proposed as the answer to `brief.success`."""
    phase, _, name = key.partition(".")
    return respond(
        Subject(phase, name, QUESTIONS[key], "Vet rounds", description, task="answer")
    ).strip()


def required(drafts: dict[str, str], *kinds: str) -> dict[str, Item]:
    """The rows of the PRD by the text of the requirement."""
    return {
        item.cell("requirement"): item
        for item in defined("prd", drafts["prd"])
        if item.kind in (kinds or ("FR", "NFR")) and item.form == "row"
    }


def part(document: str, heading: str) -> str:
    """What stands under the first heading with this title, up to the next heading."""
    return re.split(r"\n#+ ", document.split(f" {heading}\n", 1)[1])[0]


def goal_rows(drafts: dict[str, str]) -> list[list[str]]:
    table = part(drafts["brief"], "Goals and measures of success")
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| Goal ") and "Measure" not in line
    ]
