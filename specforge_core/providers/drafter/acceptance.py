"""The acceptance matrix by rules: the one table with which a release is accepted."""

from __future__ import annotations

from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, in_text
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.story import Story


def acceptance_matrix(facts: Facts, sheet: Sheet) -> Sheet:
    rows = [(story.id, *row) for story in stories(facts) for row in _rows(story)]
    sheet.table(
        ("ID", "Story", "Given", "When", "Then"),
        ((f"AC-{number}", *row) for number, row in enumerate(rows, 1)),
    )
    sheet.head("Qualities").table(
        ("Quality", "How accepted", "Value"),
        ((f"{one.id} {one.name}", one.check, one.text) for one in qualities(facts)),
    )
    sheet.head("By hand").say(
        "Rows that speak of what a person understands are done by hand, because no test can tell"
        f" whether a text is understood. {ASSUMED} all others are done by a test."
    )
    return sheet.head("Who accepts").say(
        f"{ASSUMED} the product manager accepts on the test environment with generated data, before"
        " each release. A row that fails stops the release, or its story leaves it."
    )


def _rows(story: Story) -> list[tuple[str, str, str]]:
    return [(one.given, one.when, one.then) for one in story.criteria] or [
        (
            "a signed-in person with the role",
            f"they do what the story asks: {in_text(story.title)}",
            f"{ASSUMED} the result is shown and is still there after a reload",
        )
    ]
