"""What covers what: requirement, story, test; and what stands alone."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

import streamlit as st

from pages.components.markdown import JOINER, escape
from pages.components.phases import titles
from pages.components.session import forge
from specforge_core import Coverage, CoverageItem, CoverageRow, Mention, Project

PAGE = 60  # rows, and points of a list, that are drawn at once
_LIST = 25
_IDS = 8  # in one cell

# What is not judged without a document.
_UNJUDGED = {
    "prd": "there are no requirements to judge",
    "stories": "it is not judged which requirements have a story",
    "tests": "it is not judged which requirements and stories have a test",
}

# What stands alone: the property of Coverage, its heading, what to do, where that is done.
_ALONE = (
    (
        "requirements_without_story",
        "Requirements without a story",
        "Ask for the missing stories in the stories document, or take the requirement out of"
        " the PRD.",
        "stories",
    ),
    (
        "requirements_without_test",
        "Requirements without a test",
        "Add them to the acceptance matrix, through a story that names them.",
        "tests",
    ),
    (
        "stories_without_requirement",
        "Stories without a requirement",
        "Name the requirement that each one meets, or drop the story: nobody has asked for it.",
        "stories",
    ),
    (
        "stories_without_test",
        "Stories without a test",
        "Add an acceptance test for each one.",
        "tests",
    ),
    (
        "tests_without_story",
        "Tests without a story",
        "Name the story or the requirement that each one proves.",
        "tests",
    ),
    (
        "unknown",
        "Ids that are defined nowhere",
        "Correct the id where it is named, or define it in its document.",
        "",
    ),
    (
        "repeated",
        "Ids that are defined twice",
        "Give one of the two a new id, so that what names it is clear.",
        "",
    ),
)


def coverage_table(project: Project) -> None:
    """What is missing, then the table, and the same as CSV."""
    found = forge().coverage(project.project_id)
    names = titles()
    _absent(found, names, project)
    if not found.requirements and not found.qualities:
        if "prd" not in found.missing:
            st.markdown(
                "The PRD defines no requirement with an id such as FR-1. Ask for ids in its"
                " section “Functional requirements”."
            )
        return
    st.markdown(_summary(found))
    _alone(found, names, project)
    _rows("Functional requirements", found.requirements, found.missing, ":orange[none]")
    # Most of them hold for the whole product: no story or test of their own is no gap.
    _rows("Quality requirements", found.qualities, found.missing, "–")
    if any(not test.id for row in (*found.requirements, *found.qualities) for test in row.tests):
        st.caption(
            "A test without an id is code, or a row of a table, that names the requirement or one"
            " of its stories. An id such as UT-1 would let others refer to it."
        )
    st.download_button(
        "Download CSV",
        lambda: as_csv(found).encode("utf-8-sig"),  # Excel takes UTF-8 without a mark for ANSI
        file_name="coverage.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _absent(found: Coverage, names: dict[str, str], project: Project) -> None:
    """Says which document is not there, instead of calling everything uncovered."""
    if not found.missing:
        return
    skipped = {step.phase for step in forge().steps(project.project_id) if step.skipped}
    for phase in found.missing:
        title = names.get(phase, phase)
        state = "is skipped" if phase in skipped else "is not written yet"
        with st.container(gap=None):
            st.markdown(f":material/info: **{escape(title)}** {state}, so {_UNJUDGED[phase]}.")
            st.page_link(
                "phase.py",
                label=f"Open {escape(title)}",
                icon=":material/arrow_forward:",
                query_params={"project": project.project_id, "phase": phase},
            )


def _summary(found: Coverage) -> str:
    total = len(found.requirements)
    stories = total - len(found.requirements_without_story)
    tests = total - len(found.requirements_without_test)
    parts = []
    if found.share_with_story is not None:
        parts.append(_share(stories, total, "requirements have a story"))
    if found.share_with_test is not None:
        parts.append(_share(tests, total, f"have a test ({_percent(tests, total)})"))
    return ", ".join(parts) + "." if parts else f"**{total}** requirements are defined."


def _share(part: int, total: int, what: str) -> str:
    words = f"**{part} of {total}** {what}"
    return words if part == total else f":orange[:material/warning: {words}]"


def _percent(part: int, whole: int) -> str:
    """Rounded down: 100 % means all of them."""
    return f"{100 * part // whole} %"


def _rows(
    heading: str, rows: Sequence[CoverageRow], missing: tuple[str, ...], when_none: str
) -> None:
    if not rows:
        return
    st.subheader(heading)
    shown = _page(heading, rows, PAGE)
    table = [["Requirement"], ["---"]]
    table += [[f"**{escape(row.requirement.id)}** {escape(row.requirement.text)}"] for row in shown]
    for phase, one, many in (("stories", "story", "stories"), ("tests", "test", "tests")):
        if phase not in missing:
            cells = [cited(getattr(row, phase), (one, many), when_none) for row in shown]
            for line, cell in zip(table, (many.capitalize(), "---", *cells), strict=True):
                line.append(cell)
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in table))


def cited(items: Sequence[CoverageItem], nouns: tuple[str, str], when_none: str) -> str:
    """`UT-1, UT-2, UT-3 and 12 other tests; also 1 test without an id`."""
    ids = [_unbroken(one.id) for one in items if one.id]
    most = _IDS if len(ids) > _IDS + 1 else len(ids)  # not "and 1 other" where it has room
    others, unnamed = len(ids) - most, len(items) - len(ids)
    shown = ", ".join(ids[:most])
    if others:
        shown += f" and {others} other {nouns[1]}"
    if unnamed:
        also = "; also " if shown else ""
        shown += f"{also}{unnamed} {nouns[unnamed > 1]} without an id"
    return shown or when_none


def _unbroken(name: str) -> str:
    """An id that no narrow column divides at its hyphen."""
    return escape(name).replace("\\-", f"{JOINER}\\-{JOINER}")


def _page(heading: str, rows: Sequence[CoverageRow], size: int) -> Sequence[CoverageRow]:
    if len(rows) <= size:
        return rows
    number = st.pagination(-(-len(rows) // size), key=f"page {heading}")
    return rows[(number - 1) * size : number * size]


def _alone(found: Coverage, names: dict[str, str], project: Project) -> None:
    for field, heading, what_to_do, phase in _ALONE:
        items: Sequence[CoverageItem | Mention] = getattr(found, field)
        if not items:
            continue
        label, icon = f"{heading} ({len(items)})", ":material/link_off:"
        with st.expander(label, expanded=True, icon=icon, key=field):
            st.caption(what_to_do)
            st.markdown("\n".join(f"- {_item(one, names)}" for one in items[:_LIST]))
            if len(items) > _LIST:
                st.caption(
                    f"And {len(items) - _LIST} more, which are listed when these are mended."
                )
            for place in [phase] if phase else sorted({one.place.phase for one in items}):
                st.page_link(
                    "phase.py",
                    label=f"Open {escape(names.get(place, place))}",
                    icon=":material/arrow_forward:",
                    query_params={"project": project.project_id, "phase": place},
                )


def _item(one: CoverageItem | Mention, names: dict[str, str]) -> str:
    text = one.text if isinstance(one, CoverageItem) else ""
    where = names.get(one.place.phase, one.place.phase)
    section = f", “{one.place.section}”" if one.place.section else ""
    name = f"**{escape(one.id)}** " if one.id else ""
    return f"{name}{escape(text)} ({escape(where + section)}, line {one.place.line})"


def as_csv(found: Coverage) -> str:
    """One line for each requirement; several ids in a cell are divided by spaces."""
    out = StringIO()
    table = csv.writer(out)
    table.writerow(["id", "requirement", "stories", "tests"])
    for row in (*found.requirements, *found.qualities):
        stories = " ".join(one.id for one in row.stories if one.id)
        tests = " ".join(one.id for one in row.tests if one.id)
        table.writerow([row.requirement.id, _no_formula(row.requirement.text), stories, tests])
    return out.getvalue()


def _no_formula(text: str) -> str:
    """A spreadsheet runs what begins like this; an apostrophe makes it text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
