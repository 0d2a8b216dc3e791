"""The offline drafter writes the whole chain, and its documents agree with each other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from specforge_core.phases import load_phases
from specforge_core.providers.drafter import draft_section
from specforge_core.providers.drafter.defined import defined, ids_in
from specforge_core.providers.wire import Subject
from tests.core.drafts import HOSTILE, Pairs, chain, check_markdown, fences_of, prose_of
from tests.growth import in_linear_time

INVOICES = (
    "Our finance team receives about 900 supplier invoices a month by email. Approvals take 9 days"
    " on average and we pay late fees. Employees should upload an invoice as PDF, the cost-centre"
    " manager approves or rejects it with a comment, and anything above 5,000 EUR needs a second"
    " approval by the CFO. Approved invoices must be exported to SAP every evening. A mobile app is"
    " not needed. We want to go live before the end of September."
)
PROJECTS = {
    "english": ("Invoice approval", INVOICES),
    "one line": ("Habit tracker", "Build a habit tracker"),
    "german": (
        "Terminbuchung",
        "Patienten sollen Termine online buchen und absagen. Die Praxis verliert täglich zwölf"
        " Anrufe. Ein Termin darf höchstens 24 Stunden vorher abgesagt werden.",
    ),
    "chinese": (
        "预约",
        "用户可以预约医生。系统必须在两秒内响应！医院每天有九百个预约,现在都靠电话。",
    ),
    "many": ("Clinic", " ".join(f"Nurses must print list {n} of ward {n}." for n in range(40))),
    "hostile": (
        "# | `x` <b> ```",
        "\n".join(HOSTILE[name] for name in ("tables", "fences", "ids")),
    ),
}
PRD_OF_A_MODEL = """## Functional requirements

| ID | Requirement | Who | Priority | Objective | Source |
|---|---|---|---|---|---|
""" + "\n".join(
    f"| **FR-{n}** | A librarian can lend volume {n} to a reader. | Librarian | Must | O1 | brief |"
    for n in range(1, 20)
)
EDITED = (
    "\n| FR-99 | A walrus keeper must weigh every walrus weekly. | Keeper | Must | O1 | answer |\n"
)
DOCUMENTS = tuple(phase.name for phase in load_phases().values())


def ids(phase: str, document: str, kind: str) -> list[str]:
    return [item.id for item in defined(phase, document) if item.kind == kind]


@pytest.fixture(scope="module", params=PROJECTS)
def documents(request: pytest.FixtureRequest) -> dict[str, str]:
    return chain(*PROJECTS[request.param])


# --- the documents agree -----------------------------------------------------------


def test_every_document_of_the_chain_is_well_formed(documents: dict[str, str]) -> None:
    for phase in load_phases().values():
        check_markdown(documents[phase.name])
        headings = re.findall(r"^## (.+)$", prose_of(documents[phase.name]), re.MULTILINE)
        assert headings == [section.title for section in phase.sections]


def test_every_requirement_has_a_story_and_every_story_a_requirement(
    documents: dict[str, str],
) -> None:
    required = ids("prd", documents["prd"], "FR")
    told = [item for item in defined("stories", documents["stories"]) if item.kind == "US"]
    named = {one for item in told for one in ids_in(item.body, "FR")}
    assert required
    assert named == set(required)
    for item in told:
        assert re.search(r"^\*\*Requirements:\*\* FR-\d+", item.body, re.MULTILINE)
        assert re.search(r"^\*\*Epic:\*\* E-\d+$", item.body, re.MULTILINE)
        assert re.search(r"^\*\*Size:\*\* [SML]$", item.body, re.MULTILINE)
        assert re.search(r"^As .+ I want .+ so that .+\.$", item.body, re.MULTILINE)
        assert "**Given** " in item.body and "**then** " in item.body


def test_epics_tasks_and_milestones_name_the_stories_that_are_there(
    documents: dict[str, str],
) -> None:
    text = documents["stories"]
    stories, epics = set(ids("stories", text, "US")), set(ids("stories", text, "E"))
    tasks, milestones = ids("stories", text, "T"), ids("stories", text, "M")
    assert set(ids_in(text, "US")) == stories
    assert set(ids_in(text, "E")) == epics
    assert set(ids_in(text, "T")) == set(tasks)
    rows = {item.id: item for item in defined("stories", text)}
    for key in tasks:
        needs = ids_in(rows[key].cell("depends"), "T")
        assert all(tasks.index(one) < tasks.index(key) for one in needs), (
            "what is needed comes first"
        )
    served = {one for key in tasks for one in ids_in(rows[key].cell("serves"), "US", "NFR")}
    assert stories | set(ids("prd", documents["prd"], "NFR")) <= served
    planned = [one for key in milestones for one in ids_in(rows[key].cell("stories"), "US")]
    assert sorted(planned) == sorted(stories)
    assert sorted(
        one for key in milestones for one in ids_in(rows[key].cell("tasks"), "T")
    ) == sorted(tasks)


def test_every_story_has_an_acceptance_row_and_every_row_a_story(
    documents: dict[str, str],
) -> None:
    stories = ids("stories", documents["stories"], "US")
    rows = [item for item in defined("tests", documents["tests"]) if item.kind == "AC"]
    assert {one for item in rows for one in ids_in(item.cell("story"), "US")} == set(stories)
    assert all(item.cell("given") and item.cell("when") and item.cell("then") for item in rows)
    assert set(ids_in(documents["tests"], "US")) == set(stories)


def test_every_later_document_names_only_ids_that_exist(documents: dict[str, str]) -> None:
    known = {
        item.id
        for phase in ("prd", "stories", "tests")
        for item in defined(phase, documents[phase])
    }
    for phase in ("specs", "tests", "artifacts", "handoff"):
        named = ids_in(documents[phase], "FR", "NFR", "US", "E", "T", "UT", "IT", "E2E", "AC")
        assert set(named) <= known, phase


def test_the_master_prompt_is_one_block_with_every_requirement_story_and_task(
    documents: dict[str, str],
) -> None:
    handoff = documents["handoff"]
    _, section = handoff.split("\n## Master prompt\n")
    (prompt,) = fences_of(section, "text")
    stories = ids("stories", documents["stories"], "US")
    tasks = ids("stories", documents["stories"], "T")
    assert set(stories) <= set(ids_in(prompt, "US"))
    assert set(tasks) == set(ids_in(prompt, "T"))
    assert set(ids("prd", documents["prd"], "FR")) == set(ids_in(prompt, "FR"))
    folders = ["01-brief", "02-prd", "03-specs", "04-stories", "05-tests", "06-artifacts"]
    assert re.findall(r"^- (\d\d-\w+):", prompt, re.MULTILINE) == folders


def test_no_document_names_the_tests_that_were_skipped() -> None:
    subject = Subject("handoff", "master-prompt", "Master prompt", "Invoice approval", INVOICES)
    drafts = chain("Invoice approval", INVOICES)
    given = tuple((name, drafts[name]) for name in ("brief", "prd", "specs", "stories"))
    assert "05-tests" not in draft_section(replace(subject, documents=given))
    summary = replace(subject, section="summary", section_title="Summary", documents=given)
    assert "| Tests (UT, IT, E2E) | no document |" in draft_section(summary)


# --- code and files ----------------------------------------------------------------


def test_python_in_the_documents_can_be_parsed(documents: dict[str, str]) -> None:
    code = fences_of(documents["tests"], "python")
    assert len(code) > 4
    for block in code:
        ast.parse(block)


@pytest.mark.parametrize(
    ("answer", "language", "words"),
    [
        ("Playwright with pytest", "python", "from playwright.sync_api import"),
        ("Playwright in TypeScript", "ts", 'from "@playwright/test"'),
        ("Cypress, as in our other projects", "ts", "cy.visit("),
        ("Selenium", "python", "from selenium import webdriver"),
    ],
)
def test_end_to_end_scripts_are_in_the_framework_that_was_answered(
    answer: str, language: str, words: str
) -> None:
    question = next(one.text for one in load_phases()["tests"].questions if one.key == "framework")
    tests = chain("Invoice approval", INVOICES, ((question, answer),))["tests"]
    script = tests[tests.index("## End-to-end scripts") : tests.index("## Acceptance matrix")]
    code = fences_of(script, language)
    assert sum(words in block for block in code) >= 3
    assert answer in script
    assert "US-1" in "".join(code)
    for block in code:
        assert all(block.count(a) == block.count(b) for a, b in ("()", "{}", "[]"))
        if language == "python":
            ast.parse(block)


def test_an_unknown_framework_is_told_and_the_choice_marked() -> None:
    question = "Which test frameworks should be used, above all for end-to-end tests?"
    tests = chain("Invoice approval", INVOICES, ((question, "TestCafe"),))["tests"]
    assert "(TestCafe) is not one that the offline drafter can write. *Assumption:*" in tests


def test_each_file_of_the_artifacts_has_its_path_its_fence_and_no_secret(
    documents: dict[str, str],
) -> None:
    text = documents["artifacts"]
    files = dict(re.findall(r"^### (\S+)\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    wanted = {"README.md", "docs/user-guide.md", ".env.example", ".github/workflows/ci.yml"}
    assert wanted <= files.keys()
    assert len(files) == len(re.findall(r"^### \S+\n\n```", text, re.MULTILINE))
    tomllib.loads(files["pyproject.toml"])
    for line in files[".env.example"].splitlines():
        name, _, value = line.partition("=")
        if re.search(r"PASSWORD|TOKEN|KEY|DATABASE_URL", name) and not line.startswith("#"):
            assert value == ""
    assert "### Roll back" in text


def test_a_node_project_gets_node_files() -> None:
    files = chain("Shop", "Buyers must order cakes. It runs on Node with TypeScript.")["artifacts"]
    assert "### package.json" in files
    check_markdown(files)


# --- they say what the inputs and the earlier documents say ----------------------------


def test_a_word_only_in_an_answer_of_the_brief_is_in_every_document() -> None:
    answers = (("Who will use it first?", "Clerks of the zanzibar branch."),)
    for name, text in chain("Invoice approval", INVOICES, answers).items():
        assert "zanzibar" in text, name


@pytest.mark.parametrize("phase", DOCUMENTS)
def test_an_answer_of_a_phase_is_in_its_document(phase: str) -> None:
    pairs: Pairs = tuple(
        (one.text, f"Pangolin number {number} says so.")
        for number, one in enumerate(load_phases()[phase].questions)
    )
    text = chain("Invoice approval", INVOICES, pairs)[phase]
    for number in range(len(pairs)):
        assert f"Pangolin number {number}" in text


def test_what_was_answered_about_the_first_slice_decides_the_first_milestone() -> None:
    question = "What would you like to see working first, and who should see it?"
    answers = ((question, "The export of approved invoices to SAP."),)
    text = chain("Invoice approval", INVOICES, answers)["stories"]
    stories = {item.id: item.text for item in defined("stories", text) if item.kind == "US"}
    first = next(item for item in defined("stories", text) if item.id == "M1")
    assert [stories[one] for one in ids_in(first.cell("stories"), "US")] == [
        "Export approved invoices to SAP every evening"
    ]


def test_a_requirement_that_a_person_adds_to_the_prd_reaches_every_later_document() -> None:
    own = chain("Invoice approval", INVOICES)["prd"]
    table_end = own.index("\n\n### States")
    edited = own[:table_end] + EDITED.rstrip() + own[table_end:]
    drafts = chain("Invoice approval", INVOICES, given={"prd": edited})
    for phase in ("specs", "stories", "tests", "handoff"):
        assert "FR-99" in drafts[phase], phase
    assert "Weigh every walrus weekly" in drafts["stories"]
    assert "weigh every walrus weekly" in drafts["tests"]


def test_a_prd_of_a_model_with_nineteen_requirements_is_covered_whole() -> None:
    drafts = chain("Library", "A library wants to lend books.", given={"prd": PRD_OF_A_MODEL})
    named = {
        one
        for item in defined("stories", drafts["stories"])
        if item.kind == "US"
        for one in ids_in(item.body, "FR")
    }
    assert named == {f"FR-{n}" for n in range(1, 20)}
    assert "lend volume 7" in drafts["handoff"]


@pytest.mark.parametrize(
    "stories",
    [
        "## User stories\n\n#### US-3 – Feed the walrus\n\nAs a keeper I want to feed it.\n\n"
        "**Requirements:** FR-1\n\n#### US-7: Wash the walrus\n\nRequirements: FR-2\n",
        "| ID | Story | Epic | Requirements |\n|---|---|---|---|\n"
        "| US-3 | Feed the walrus | E-1 | FR-1 |\n| **US-07** | Wash the walrus | E-1 | FR-2 |\n",
        "- **US-3: Feed the walrus** (FR-1)\n- **US-7** Wash the walrus (FR-2)\n",
    ],
)
def test_stories_of_somebody_else_are_taken_as_they_are(stories: str) -> None:
    drafts = chain("Invoice approval", INVOICES, given={"stories": stories})
    rows = [item for item in defined("tests", drafts["tests"]) if item.kind == "AC"]
    assert {one for item in rows for one in ids_in(item.cell("story"), "US")} == {"US-3", "US-7"}
    for phase in ("tests", "artifacts", "handoff"):
        assert set(ids_in(drafts[phase], "US")) <= {"US-3", "US-7"}
        assert not ids_in(drafts[phase], "T")
        check_markdown(drafts[phase])
    assert "Wash the walrus" in drafts["handoff"] and "Feed the walrus" in drafts["tests"]


def test_the_given_acceptance_of_a_story_becomes_its_rows() -> None:
    stories = (
        "### US-1: Weigh\n\n**Requirements:** FR-1\n\n**Acceptance:**\n\n"
        "- **Given** a walrus of 900 kg **when** it is weighed **then** 900 is shown.\n"
        "- Given no scale, when it is weighed, then nothing is stored.\n"
    )
    tests = chain("Zoo", "Keepers must weigh animals.", given={"stories": stories})["tests"]
    assert "| AC-1 | US-1 | a walrus of 900 kg | it is weighed | 900 is shown. |" in tests
    assert "| AC-2 | US-1 | no scale | it is weighed | nothing is stored. |" in tests


def test_the_hand_off_tells_what_does_not_fit() -> None:
    stories = "### US-1: Weigh\n\n**Requirements:** FR-1, FR-77\n"
    handoff = chain("Invoice approval", INVOICES, given={"stories": stories})["handoff"]
    assert "Requirements without a story: FR-2, FR-3, FR-4, FR-5 and FR-6." in handoff
    assert "Named by a story and defined nowhere: FR-77." in handoff


def test_sections_of_the_same_document_give_their_ids_to_the_others() -> None:
    edited = "### US-15: Weigh the walrus\n\n**Epic:** E-1\n\n**Requirements:** FR-1\n"
    tasks = Subject("stories", "tasks", "Technical tasks", "Invoice approval", INVOICES)
    draft = draft_section(replace(tasks, documents=(("stories", edited),)))
    assert set(ids_in(draft, "US")) == {"US-15"}
    again = replace(tasks, section="user-stories", documents=(("stories", edited),))
    assert "US-15" not in draft_section(again)


def test_what_is_marked_as_missing_is_asked_and_never_told_as_an_answer() -> None:
    description = "Patients must book visits. They pay with [USER INPUT NEEDED: means of payment]."
    answers = (("Who uses it?", "[USER INPUT NEEDED]"),)
    drafts = chain("Clinic", description, answers)
    assert "means of payment?" in drafts["brief"][drafts["brief"].index("Open questions") :]
    assert all("**\\[USER INPUT" not in text for text in drafts.values())


# --- growth; how long a section takes is measured by bench ---------------------------


def lines(line: str, length: int, fresh: Iterator[int]) -> str:
    """So many characters of lines of which none was read before: sentences are remembered."""
    return "".join(line.format(n=next(fresh)) for _ in range(0, length, len(line)))[:length]


@pytest.mark.parametrize(
    ("phase", "kept"), [("prd", "report {}"), ("stories", "FR-{}"), ("handoff", "FR-{}")]
)
def test_a_phase_is_drafted_in_linear_time_from_long_documents(phase: str, kept: str) -> None:
    line = "Line {n} says that users must upload the report {n} to system {n}.\n| FR-{n} | {n} |\n"
    earlier, fresh = list(load_phases())[: list(load_phases()).index(phase)], count(100)

    def documents(length: int) -> Pairs:
        text = lines(line, length, fresh)
        return tuple((name, text) for name in earlier)

    read, found = in_linear_time(
        lambda given: drafted(phase, "Nurses must print lists.", given), documents, 1_000
    )
    for draft in found:
        check_markdown(draft)
    assert kept.format(read[0][1].split()[1]) in "".join(found)


def test_a_chain_is_drafted_in_linear_time_from_a_long_description() -> None:
    line, fresh = "Nurses {n} must print the list {n} for ward {n} within {n} minutes. ", count(100)
    text, found = in_linear_time(
        lambda text: [draft for phase in load_phases() for draft in drafted(phase, text)],
        lambda length: lines(line, length, fresh),
        600,
    )
    for draft in found:
        check_markdown(draft)
    assert f"print the list {text.split()[1]} for ward" in "".join(found)


def drafted(phase: str, description: str, documents: Pairs = ()) -> list[str]:
    return [
        draft_section(
            Subject(phase, one.key, one.title, "Clinic", description, documents=documents)
        )
        for one in load_phases()[phase].sections
    ]
