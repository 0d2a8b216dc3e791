"""A section that the drafter has no rules for: what is stated, sorted, and what is missing."""

from __future__ import annotations

from specforge_core.providers.drafter.facts import Facts, told
from specforge_core.providers.drafter.gaps import gaps
from specforge_core.providers.drafter.markdown import Sheet
from specforge_core.providers.drafter.requirements import requirements

_GROUPS = (
    ("What is wrong today", ("problem",)),
    ("What is to be reached", ("goal", "deadline")),
    ("Rules and limits", ("rule", "security", "quality", "excluded", "budget")),
    ("Worries", ("risk",)),
)


def write(facts: Facts, sheet: Sheet) -> Sheet:
    sheet.say(
        f"The offline drafter has no rules of its own for this section. This is what the inputs say"
        f" about **{facts.title}**, sorted, for a person to finish."
    )
    used: set[str] = set()
    for title, kinds in _GROUPS:
        found = [one for one in facts.about(*kinds) if one.text not in used][:5]
        used |= {one.text for one in found}
        if found:
            sheet.head(title).bullets(told(one) for one in found)
    rest = [one for one in facts.statements if one.text not in used][:6]
    if rest:
        sheet.head("Also stated").bullets(told(one) for one in rest)
    sheet.head("What it has to do").bullets(
        f"{row.id}: {row.text}{' (assumption)' if row.assumed else ''}"
        for row in requirements(facts)[:6]
    )
    return sheet.head("To be answered first").numbered(gap.question for gap in gaps(facts)[:4])
