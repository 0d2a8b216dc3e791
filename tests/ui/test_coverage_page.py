"""What covers what: requirements, stories and tests of a project."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from pages.components.coverage_table import as_csv, cited
from specforge_core import CoverageItem, Forge, Project
from specforge_core.review.definitions import Place
from tests.ui.conftest import Open, Write
from tests.ui.driving import links, plain, skip_all_but, tab, words

PRD = """\
| ID | Requirement | Priority |
| --- | --- | --- |
| FR-1 | Anyone can send an invoice. | Must |
| FR-2 | =cmd() approves it. | Must |
"""
STORIES = """\
### US-1: Send an invoice

**Requirements:** FR-1, FR-9

### US-2: Dream

**Requirements:** none
"""
TESTS = """\
| ID | Story | Given | When | Then |
| --- | --- | --- | --- | --- |
| AC-1 | US-1 | an invoice | it is sent | it is there |
"""


def test_what_is_not_written_yet_is_said_and_not_called_uncovered(
    open_page: Open, project: Project
) -> None:
    shown = plain(tab(open_page, project, "Coverage"))
    assert "**PRD** is not written yet, so there are no requirements to judge" in shown
    assert "**Stories** is not written yet, so it is not judged" in shown
    assert "Requirements without a story" not in shown


def test_a_skipped_document_is_called_skipped_and_what_it_would_tell_is_not_judged(
    open_page: Open, forge: Forge, project: Project, write: Write
) -> None:
    skip_all_but(forge, project, "prd", "stories")
    write("prd", functional=PRD)
    write("stories", **{"user-stories": STORIES})
    shown = plain(tab(open_page, project, "Coverage"))
    assert (
        "**Tests** is skipped, so it is not judged which requirements and stories have a test"
    ) in shown
    assert "not written yet" not in shown
    assert "| Requirement | Stories |\n" in shown, "no column of dashes"


def test_many_tests_of_a_requirement_are_counted_in_plain_words() -> None:
    place = Place("tests", "", 1)
    tests = [CoverageItem(f"UT-{n}", "", place, ()) for n in range(1, 21)]
    unnamed = [CoverageItem("", "Row", place, ()) for _ in range(2)]
    shown = cited([*tests, *unnamed], ("test", "tests"), "none").replace("\u2060", "")
    assert shown.endswith("UT\\-8 and 12 other tests; also 2 tests without an id")
    assert cited(unnamed[:1], ("test", "tests"), "none") == "1 test without an id"
    assert cited(tests[:9], ("test", "tests"), "none").count("UT") == 9
    assert cited([], ("test", "tests"), "none") == "none"


@pytest.fixture
def chain(forge: Forge, project: Project, write: Write) -> None:
    skip_all_but(forge, project, "prd", "stories", "tests")
    write("prd", functional=PRD)
    write("stories", **{"user-stories": STORIES})
    write("tests", **{"acceptance-matrix": TESTS})


@pytest.mark.usefixtures("chain")
def test_the_table_names_story_and_test_and_the_lists_what_stands_alone(
    open_page: Open, project: Project
) -> None:
    app = tab(open_page, project, "Coverage")
    shown = plain(app)
    assert "**1 of 2** requirements have a story" in shown
    assert "| **FR-1** Anyone can send an invoice. | US-1 | AC-1 |" in shown
    assert ":orange[:material/warning: **1 of 2** requirements have a story]" in words(app)
    assert shown.index("- **FR-2**") < shown.index("| **FR-1**"), "bad news comes first"
    headings = {one.label: one for one in app.expander}
    assert headings["Requirements without a story (1)"].proto.expanded
    assert ("Open Stories", f"project={project.project_id}&phase=stories") in links(app)
    assert "Stories without a requirement (1)" in headings
    assert "Stories without a test (1)" in headings
    assert "Ids that are defined nowhere (1)" in headings
    assert "- **FR-9**" in shown


@pytest.mark.usefixtures("chain")
def test_the_coverage_as_csv_runs_nothing_in_a_spreadsheet(forge: Forge, project: Project) -> None:
    rows = list(csv.reader(StringIO(as_csv(forge.coverage(project.project_id)))))
    assert rows == [
        ["id", "requirement", "stories", "tests"],
        ["FR-1", "Anyone can send an invoice.", "US-1", "AC-1"],
        ["FR-2", "'=cmd() approves it.", "", ""],
    ]


def test_a_prd_without_ids_says_what_to_ask_for(
    open_page: Open, forge: Forge, project: Project, write: Write
) -> None:
    forge.skip(project.project_id, "brief")
    write("prd")
    assert "defines no requirement with an id" in plain(tab(open_page, project, "Coverage"))
