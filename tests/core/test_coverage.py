"""Requirement → story → test by ids alone: what is covered, what is left over on either side."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specforge_core.review.coverage import Coverage, coverage
from specforge_core.review.definitions import Item
from specforge_core.review.identifiers import named
from tests.growth import in_linear_time

PRD = """\
## User flows

1. **Employee:** uploads an invoice (FR-1), sees FR-9.

## Functional requirements

| ID | Requirement | Who | Source |
|---|---|---|---|
| FR-1 | An employee can **upload** an invoice. | Employee | description |
| FR-2 | A manager can approve it. | Manager | *Assumption* |
| FR-3 | Approved invoices go to `SAP`. | The product | answer |

## Non-functional requirements

| ID | Quality | Requirement |
|---|---|---|
| NFR-1 | Speed | 95 % of pages answer within 1 s |

## Acceptance criteria

### FR-1: upload

- **Given** an employee **when** she uploads **then** it is there.

### FR-2: approve

- **Given** FR-1 was done **when** he approves **then** it is approved.
"""
STORIES = """\
## Epics

| ID | Epic | Requirements |
|---|---|---|
| E-1 | Invoices arrive | FR-1 to FR-3 |

## User stories

### US-1: An invoice is uploaded

As an employee I want to upload so that it is paid. Unlike FR-3 this is done by hand.

**Epic:** E-1

**Requirements:** FR-1, NFR-1

**Acceptance:**
- **Given** an invoice **when** it is uploaded **then** it is stored.

### US-2: An invoice is approved

**Requirements:** FR-2

Needs: US-1

### US-3: A dashboard

**Requirements:** FR-7

## Technical tasks

| ID | Task | Serves |
|---|---|---|
| T-1 | Add the upload | US-1, FR-1 |
| T-2 | Add the export | US-8 |
"""
TESTS = """\
## Test strategy

US-3 is not tested in the first release.

## Unit tests

| ID | Test | Proves |
|---|---|---|
| UT-1 | 5,000 needs one approval | US-2, FR-2 |
| UT-2 | Nothing in particular | |

## End-to-end scripts

### tests/e2e/test_upload.py

```python
# US-1
def test_us_9_is_gone(): ...
```

## Acceptance matrix

| ID | Story | Given | When | Then |
|---|---|---|---|---|
| AC-1 | US-1 | an invoice | uploaded | stored |
| AC-2 | US-42 | nothing | happens | nothing |

| Quality | How accepted |
|---|---|
| NFR-1 | load test |
"""


def ids(items: tuple[Item, ...]) -> list[str]:
    return [item.id for item in items]


def requirements(found: Coverage) -> list[str]:
    return [row.requirement.id for row in found.requirements]


@pytest.fixture
def found() -> Coverage:
    return coverage(PRD, STORIES, TESTS)


def test_each_requirement_has_the_stories_that_name_it_and_their_tests(found: Coverage) -> None:
    rows = {
        row.requirement.id: (ids(row.stories), [test.id or test.text for test in row.tests])
        for row in (*found.requirements, *found.qualities)
    }
    assert rows == {
        "FR-1": (["US-1"], ["AC-1", "tests/e2e/test_upload.py"]),
        "FR-2": (["US-2"], ["UT-1"]),
        "FR-3": ([], []),
        "NFR-1": (["US-1"], ["AC-1", "tests/e2e/test_upload.py", "NFR-1 – load test"]),
    }


def test_what_is_left_over_is_told_on_either_side(found: Coverage) -> None:
    assert ids(found.requirements_without_story) == ["FR-3"]
    assert ids(found.requirements_without_test) == ["FR-3"]
    assert ids(found.stories_without_requirement) == ["US-3"]
    assert ids(found.stories_without_test) == ["US-3"]
    assert ids(found.tests_without_story) == ["UT-2", "AC-2"]
    assert found.share_with_story == found.share_with_test == pytest.approx(2 / 3)
    assert not found.missing and not found.repeated


def test_ids_that_are_defined_nowhere_are_found_with_their_place(found: Coverage) -> None:
    places = [(one.id, one.place.phase, one.place.section) for one in found.unknown]
    assert places == [
        ("FR-9", "prd", "User flows"),
        ("FR-7", "stories", "User stories"),
        ("US-8", "stories", "Technical tasks"),
        ("US-9", "tests", "End-to-end scripts"),
        ("US-42", "tests", "Acceptance matrix"),
    ]
    documents = {"prd": PRD, "stories": STORIES, "tests": TESTS}
    for one in found.unknown:
        line = documents[one.place.phase].splitlines()[one.place.line - 1]
        assert one.id in line or one.id.lower().replace("-", "_") in line


def test_an_item_tells_its_words_and_its_line(found: Coverage) -> None:
    first = found.requirements[0].requirement
    assert first.text == "An employee can upload an invoice."
    assert PRD.splitlines()[first.place.line - 1].startswith("| FR-1 |")
    assert first.place.section == "Functional requirements"
    assert [story.text for story in found.stories] == [
        "An invoice is uploaded",
        "An invoice is approved",
        "A dashboard",
    ]


@pytest.mark.parametrize(
    ("absent", "missing"),
    [
        ((None, None, None), ("prd", "stories", "tests")),
        (("", " \n", None), ("prd", "stories", "tests")),
        ((PRD, None, None), ("stories", "tests")),
        ((PRD, STORIES, ""), ("tests",)),
        ((None, STORIES, TESTS), ("prd",)),
        ((PRD, None, TESTS), ("stories",)),
    ],
)
def test_a_document_that_does_not_exist_leaves_nothing_uncovered(
    absent: tuple[str | None, str | None, str | None], missing: tuple[str, ...]
) -> None:
    found = coverage(*absent)
    assert found.missing == missing
    if "stories" in missing:
        assert found.requirements_without_story == () and found.share_with_story is None
        assert found.tests_without_story == ()
        assert all(not one.id.startswith("US") for one in found.unknown)
    if "tests" in missing:
        assert found.stories_without_test == found.requirements_without_test == ()
        assert found.share_with_test is None
    if "prd" in missing:
        assert found.stories_without_requirement == () and found.requirements == ()
        assert all("FR" not in one.id for one in found.unknown)


def test_a_document_that_exists_but_names_nothing_leaves_everything_uncovered() -> None:
    found = coverage(PRD, "## User stories\n\nTo be written.", "## Unit tests\n\nNone.")
    assert ids(found.requirements_without_story) == ["FR-1", "FR-2", "FR-3"]
    assert found.share_with_story == found.share_with_test == 0


@pytest.mark.parametrize(
    "definitions",
    [
        "| ID | Requirement |\n|---|---|\n| FR-1 | Upload |\n| FR-2 | Approve |",
        "| **FR-01** | Upload |\n| `fr-2` | Approve |",
        "FR-1 | Upload\n---|---\nFR-2 | Approve",
        "### FR-1: Upload\n\nIt must.\n\n### FR-2 – Approve",
        "#### **FR-1** Upload\n\n#### Requirement FR-2: Approve",
        "- **FR-1** Upload\n- **FR-2:** Approve",
        "* FR-1: Upload\n* FR-2: Approve",
        "1. FR-1. Upload\n2. FR-2. Approve",
        "**FR-1:** Upload\n\n**FR 2:** Approve",
        "- [ ] FR_1: Upload\n- [x] FR‑2: Approve",
        "| FR-1: Upload | Must |\n| FR-2: Approve | Must |",
        "- FR-1 (must): Upload\n- FR-2 [P1]: Approve",
        "- **FR-1** (must): Upload\n- **FR-2 [P1]** Approve",
        "- (FR-1) Upload\n- [FR-2] Approve",
        "- FR-1 Upload\n- `FR-2` Approve",
        "FR-1 Upload\nFR-2 Approve",
        "FR-1: Upload\n\nFR-2 (must) – Approve",
        "### FR-1 (must): Upload\n\n### FR-2 [P1] Approve",
    ],
)
def test_a_requirement_is_recognised_in_every_usual_form(definitions: str) -> None:
    found = coverage(f"## Functional requirements\n\n{definitions}\n", None, None)
    rows = [(row.requirement.id, row.requirement.text) for row in found.requirements]
    assert rows == [("FR-1", "Upload"), ("FR-2", "Approve")]


@pytest.mark.parametrize(
    "mention",
    [
        "FR-5 is what we would like.",
        "- FR-5 and more",
        "- FR-5 is the first",
        "| FR-5, FR-6 | both |",
        "### FR-5, FR-6: both",
        "### FR-5 to FR-7",
        "```\n| FR-5 | in code |\n### FR-5: in code\n```",
        "The list:\n\n- see FR-5: it is there",
        "See FR-5 for details.",
        "Depends on FR-5",
        "- Depends on (FR-5): later",
        "- FR-5 (upload) is late",
        "FR-5 (upload) is late.",
        "FR-5 MUST come first.",
        "- FR-5-related work",
        "- FR-5 FR-6",
        "- FR-5",
        "It was said in\nFR-5: there is no upload.",
        "FR-5.",
        "- ~~FR-5: Upload~~",
        "- ~~**FR-5**~~ Upload",
        "| ~~FR-5~~ | ~~Upload~~ |",
        "### ~~FR-5: Upload~~",
    ],
)
def test_naming_a_requirement_does_not_define_it(mention: str) -> None:
    found = coverage(f"## Functional requirements\n\n{mention}\n", None, None)
    assert requirements(found) == []


@pytest.mark.parametrize(
    "story",
    [
        "### US-1: Upload\n\n**Requirements:** FR-1, FR-3",
        "#### **US-1** – Upload\n\n*Requirements*: FR-1 and 3",
        "### User story US-1: Upload\n\n- **Requirements:**\n  - FR-1\n  - FR-3",
        "### US-1 Upload\n\nRequirements:\n- FR-1\n- FR-3\n\n**Size:** S, smaller than FR-2",
        "| US-1 | Upload | FR-1, FR-3 |",
        "- **US-1** Upload (FR-1/3)\n\nNot covered: FR-2",
        "**US-1:** Upload\n\nfor FR-1 and FR-3\n\n---\n\nFR-2 comes later.",
        "**US-1:** Upload\n\nRequirements:\n\n- FR-1 Scan\n- FR-3: Book",
        "- US-1 (FR-1, FR-3): Upload",
        "US-1 (FR-1, FR-3): Upload",
        "- US-1 [FR-1, FR-3] Upload",
        "- [US-1] Upload (FR-1, FR-3)",
        "- `US-1` Upload (FR-1, FR-3)",
        "1. **US‑1** — Upload (FR‑1, FR‑3)",
        "- US-1: Upload (FR-1, ~~FR-2~~ FR-3)",
    ],
)
def test_a_story_is_recognised_in_every_usual_form(story: str) -> None:
    found = coverage(PRD, f"## User stories\n\n{story}\n", None)
    assert [(one.id, one.text.split(" (")[0]) for one in found.stories] == [("US-1", "Upload")]
    assert [row.requirement.id for row in found.requirements if row.stories] == ["FR-1", "FR-3"]


@pytest.mark.parametrize(
    "story",
    ["- `US-1` FR-1", "- [US-1] FR-1: x", "1. **US‑1** — FR‑1", "- US-1 – FR-1", "US-1 FR-1"],
)
def test_a_story_may_say_nothing_but_its_requirement(story: str) -> None:
    found = coverage(PRD, f"## User stories\n\n{story}\n", None)
    assert [row.requirement.id for row in found.requirements if row.stories] == ["FR-1"]


@pytest.mark.parametrize("story", ["- ~~US-1: FR-1~~", "- US-1, US-2: FR-1", "US-1 to US-3"])
def test_what_is_struck_out_or_names_several_is_no_story(story: str) -> None:
    assert coverage(PRD, f"## User stories\n\n{story}\n", None).stories == ()


def test_what_is_struck_out_is_not_missed_either() -> None:
    assert coverage(PRD.replace("FR-9", "~~FR-9~~"), None, None).unknown == ()


@pytest.mark.parametrize(
    ("tests", "names"),
    [
        ("| Test | Story |\n|---|---|\n| T-1 | US-1 |", ["T-1"]),
        ("- TC-1: US-1\n- TC-2: US-2", ["TC-1", "TC-2"]),
        ("- TC-1 (US-1) Upload", ["TC-1"]),
        ("- Given a, When b, Then c (US-1)", ["Given a, When b, Then c (US-1)"]),
        ("- **Given** a\n  **when** b\n  **then** c (US-1)", ["Given a when b then c (US-1)"]),
        ("### US-1: Upload\n\n1. Given a, when b, then c", ["Given a, when b, then c"]),
        ("### AC-1: US-1\n\n- Given a, when b, then c (US-1)", ["AC-1"]),
        ("- **AC-1** US-1\n  - Given a, when b, then c (US-1)", ["AC-1"]),
    ],
)
def test_a_test_is_recognised_in_every_usual_form(tests: str, names: list[str]) -> None:
    found = coverage(PRD, STORIES, f"## Acceptance matrix\n\n{tests}\n")
    assert [test.id or test.text for test in found.tests] == names
    assert "US-1" not in ids(found.stories_without_test)


@pytest.mark.parametrize(
    "text",
    [
        "US-1 is not tested yet.",
        "- Given the time, US-1 is not tested",
        "- Given a, when b, then c",
        "- See US-1",
        "- ~~TC-1: US-1~~",
    ],
)
def test_what_only_mentions_a_story_is_no_test(text: str) -> None:
    assert coverage(PRD, STORIES, f"## Test strategy\n\n{text}\n").tests == ()


def test_a_second_definition_of_an_id_is_told_and_the_first_counts() -> None:
    prd = PRD.replace("| FR-3 |", "| FR-2 |")
    found = coverage(prd, None, None)
    assert requirements(found) == ["FR-1", "FR-2"]
    (again,) = found.repeated
    assert (again.id, again.text) == ("FR-2", "Approved invoices go to SAP.")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("| NFR-1 | Speed | 95 % of pages answer within 1 s |", "95 % of pages answer within 1 s"),
        ("| NFR-1 | Pages answer within 1 s | Speed | Must |", "Pages answer within 1 s"),
        ("| NFR-1 | **Security** |", "Security"),
        ("| FR-1 | Sign in | Should have |", "Sign in"),
    ],
)
def test_a_quality_requirement_is_what_is_demanded_and_not_its_category(
    row: str, text: str
) -> None:
    found = coverage(f"| ID | A | B | C |\n|---|---|---|---|\n{row}\n", "", "")
    (only,) = (*found.requirements, *found.qualities)
    assert only.requirement.text == text


def test_requirements_in_several_tables_are_all_defined() -> None:
    table = "| ID | Requirement |\n|---|---|\n| FR-{} | a |\n| FR-{} | b |\n"
    tables = [table.format(1, 2), table.format(3, 4), table.format(4, 5)]
    found = coverage("## A\n\n" + "\n".join(tables), None, None)
    assert requirements(found) == ["FR-1", "FR-2", "FR-3", "FR-4", "FR-5"]
    assert ids(found.repeated) == ["FR-4"]


def test_a_test_that_names_only_the_requirement_covers_it_but_not_its_story() -> None:
    found = coverage(PRD, STORIES, "## Unit tests\n\n| UT-1 | upload | FR-1 |")
    assert [row.requirement.id for row in found.requirements if row.tests] == ["FR-1"]
    assert ids(found.stories_without_test) == ["US-1", "US-2", "US-3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FR-1, FR-2 and NFR-3", ["FR-1", "FR-2", "NFR-3"]),
        ("FR-1 to FR-4", ["FR-1", "FR-2", "FR-3", "FR-4"]),
        ("FR-1–FR-3, FR-9", ["FR-1", "FR-2", "FR-3", "FR-9"]),
        ("FR-2..4", ["FR-2", "FR-3", "FR-4"]),
        ("FR-1 through 3", ["FR-1", "FR-2", "FR-3"]),
        ("FR-1, 2 and 4", ["FR-1", "FR-2", "FR-4"]),
        ("FR-1/2", ["FR-1", "FR-2"]),
        ("FR-03 = fr_3 = FR 3 = FR3", ["FR-3"]),
        ("FR‑3 and FR–4", ["FR-3", "FR-4"]),
        ("@US-4 test_us_5_x us6_upload US7", ["US-4", "US-5", "US-6", "US-7"]),
        ("FR-1.2.", ["FR-1.2"]),
        ("FR-1, 2 people must", ["FR-1"]),
        ("FR-1 to 3 days", ["FR-1"]),
        ("FR-1-2", ["FR-1"]),
        ("FR-4 to FR-1", ["FR-4", "FR-1"]),
        ("FR-1 to FR-9999", ["FR-1", "FR-9999"]),
        ("FR-1 to NFR-4", ["FR-1", "NFR-4"]),
        ("- FR-1\n- FR-4", ["FR-1", "FR-4"]),
        ("in the US 3 of 5, it 2, us 1, BUS-3, FR-12345, FR-0, XFR-1, FR-1a", []),
    ],
)
def test_ids_are_read_with_their_lists_and_ranges(text: str, expected: list[str]) -> None:
    assert list(named(text)) == expected


WORDS = st.sampled_from(
    [
        *("FR-1", "FR-2", "US-1", "UT-1", "AC-1", " to ", ", ", "| ", " |", "\n", "\n\n", "### "),
        *(
            "## A",
            "- ",
            "**",
            "```",
            "|---|",
            "Requirements: ",
            "    ",
            "x",
            ":",
            "字",
            "\x00",
            "\r",
        ),
    ]
)
DOCUMENTS = st.one_of(st.none(), st.lists(WORDS, max_size=40).map("".join), st.text(max_size=80))


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
@settings(max_examples=300)
def test_any_three_texts_give_a_coverage_that_agrees_with_itself(
    prd: str | None, stories: str | None, tests: str | None
) -> None:
    found = coverage(prd, stories, tests)
    for row in found.requirements:
        assert all(row.requirement.id in story.names for story in row.stories)
    for share in (found.share_with_story, found.share_with_test):
        assert share is None or 0 <= share <= 1
    defined = {*requirements(found), *ids(found.stories)}
    assert not defined & {one.id for one in found.unknown}
    assert len(ids(found.stories)) == len(set(ids(found.stories)))


def test_three_long_documents_are_read_in_linear_time() -> None:
    def documents(count: int) -> tuple[str, str, str]:
        prd = PRD + "\nThe clerk waits for the signature of FR-1, as everyone knows.\n" * count
        tests = TESTS + "\n```js\n// US-1\n```\n\nA sentence that names nothing at all.\n" * count
        return prd, STORIES * (count // 60), tests

    _, found = in_linear_time(lambda texts: coverage(*texts), documents, 400)
    assert requirements(found) == ["FR-1", "FR-2", "FR-3"]
