"""The set-up guide by rules: from an empty machine to a first test that runs."""

from __future__ import annotations

from specforge_core.providers.drafter.artifacts import Stack, stack
from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, in_text
from specforge_core.providers.drafter.worklist import milestones


def setup(facts: Facts, sheet: Sheet) -> Sheet:
    used, stated = stack(facts)
    sheet.head("What you need").say("Rights are granted by who leads the project.")
    systems = [
        [f"Test access to {name}", "–", "the adapter", "its owner confirms"]
        for name in facts.systems[:4]
    ]
    tools = facts.rows("tools", stack=used.name, check=used.version)
    sheet.table(("What", "Version", "Why", "How to check"), [*tools, *systems])
    if not stated:
        sheet.say(f"{ASSUMED} {used.name}; no input names a stack that the drafter knows.")
    _steps(facts, sheet, used)
    sheet.head("Secrets and test data").say(
        "Values come from who runs the systems. They stand in `.env` or the secret store, never in"
        " the repository. Tests make their own data."
    )
    sheet.head("The daily round").say("Start, test, check, stop:")
    sheet.fence("sh", f"{used.start}\n{used.test}\n{used.check}\ndocker compose down")
    sheet.head("If it does not work").say("The likely ones first.")
    sheet.table(("What you see", "Why", "What to do"), facts.rows("trouble"))
    receiver = [told(one) for one in facts.about("receiver")[:3]]
    usual = f"{ASSUMED} a team that was not in the room begins with the order of the summary."
    return sheet.head("For the receiver").bullets(receiver or [usual])


def _steps(facts: Facts, sheet: Sheet, used: Stack) -> None:
    shown = next((one.stories for one in milestones(facts)), ())
    first = next((one for one in stories(facts) if one.id in shown), None)
    what = f"{first.id} ({in_text(first.title)})" if first else "the first milestone"
    sheet.head("From an empty folder to a green test")
    sheet.say("A step is done when it ends without an error.")
    sheet.say("1. Put the files of the artifacts into the repository, under their paths.")
    sheet.say("2. Set `DATABASE_URL` and `POSTGRES_PASSWORD` in `.env`, then start the database.")
    sheet.fence("sh", "cp .env.example .env\ndocker compose up --detach --wait database")
    sheet.say("3. Install, check, test. A fresh skeleton has one test, and it passes.")
    sheet.fence("sh", f"{used.install}\n{used.check}\n{used.test}")
    sheet.say(
        f"4. Write the first test of {what}. It fails because the product does not do it yet, not"
        " because of a wrong import."
    )
