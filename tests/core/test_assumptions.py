"""Assumptions and open questions, gathered from the documents as a reader would count them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specforge_core.phases import load_phases
from specforge_core.providers.drafter import draft_section
from specforge_core.providers.wire import Subject
from specforge_core.review.assumptions import MOST, OpenPoint, gather
from tests.growth import in_linear_time


def points(text: str, title: str = "Scope") -> tuple[OpenPoint, ...]:
    return gather([("brief", [("scope", title, text)])])


def statements(text: str, title: str = "Scope") -> list[tuple[str, str]]:
    return [(point.kind[0], point.statement) for point in points(text, title)]


# --- one mark --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("*Assumption:* people sign in with SSO.", "people sign in with SSO."),
        ("- *Assumption:* people sign in with SSO", "people sign in with SSO"),
        ("It is small. *Assumption:* people sign in. They like it.", "people sign in."),
        ("**Assumption:** people\nsign in.", "people sign in."),
        ("_Assumption:_ people sign in.", "people sign in."),
        ("*Assumption*: people sign in.", "people sign in."),
        ("1. Done (*Assumption:* within 5 (five) days) and shown.", "within 5 (five) days"),
        ("| A | b |\n|---|---|\n| Speed | *Assumption:* 95 % within 1 s |", "95 % within 1 s"),
        ("| Retries | *Assumption:* 5 |", "Retries: 5"),
        ("It stays. Retention: *Assumption:* 30 days.", "Retention: 30 days."),
        ("| FR-6 | A clerk can pay. | Could | *Assumption* |", "A clerk can pay."),
        ("| FR-6 | A clerk can pay. | brief, *Assumption* |", "A clerk can pay."),
        (
            "- It is there within 5 minutes (*Assumption*), once.",
            "It is there within 5 minutes, once.",
        ),
        ("So. They pay (*Assumption*). Then they go.", "They pay."),
        (
            "- **Given:** *Assumption:* `SAP` and [Jira](https://e.example) stay.",
            "SAP and Jira stay.",
        ),
        ("*Assumption:* 用户会付款。其他人不会。", "用户会付款。"),
        ("### *Assumption:* one currency", "one currency"),
        ("*Assumption:* a <b>tag</b> &lt;i> ![x](http://e.example/i.png)", "a <b>tag</b> <i> x"),
    ],
)
def test_a_marked_assumption_is_found_wherever_it_stands(text: str, statement: str) -> None:
    assert statements(text) == [("a", statement)]


@pytest.mark.parametrize(
    "text",
    [
        "Marked *Assumption*: 1 of 6. The inputs are silent there.",
        "Rows marked *Assumption* are proposals.",
        "The assumption: nobody pays.",
        "```text\n*Assumption:* in code\n| x | *Assumption* |\n[USER INPUT NEEDED: x]\n```",
        "Write `*Assumption:*` before it.",
        "*Assumption:*",
        "| Name | *Assumption:* |\n|---|---|",
        "Which number should change?",
        "### Open questions\n\n- None.",
        "### Open questions\n\nNone, as far as we know.",
        "### Assumptions\n\n1. None",
        "- **Q1.** Revenue of the first quarter.",
    ],
)
def test_what_only_speaks_of_assumptions_or_asks_in_passing_is_none(text: str) -> None:
    assert statements(text) == []


def test_two_marks_in_one_paragraph_are_two_assumptions() -> None:
    text = "*Assumption:* a clerk pays; *Assumption:* a manager approves. Both daily."
    assert statements(text) == [("a", "a clerk pays;"), ("a", "a manager approves.")]
    assert points(text)[1].note == "Both daily."


# --- lists -----------------------------------------------------------------------

LISTS = """\
## Risks, assumptions and open questions

- Adoption: will anyone come. Low.

### Risks

| Risk | First sign |
|---|---|
| Nobody comes | no sign-in |

### Assumptions

- **A1.** Up to 100 people use it. Test: ask operations.
- **A2.** *Assumption:* one currency.
3. A3: Nobody is away
   for longer than a week.

### Open questions

- **Q1.** Who may see it, e.g. the auditor? Until answered: *Assumption:* nobody.
  - Asked by the lawyer
- Q2 – The retention period. Legal decides.
- What may it cost?
"""


def test_lists_under_their_headings_are_read_item_by_item() -> None:
    found = points(LISTS, "Risks, assumptions and open questions")
    assert [(point.label, point.statement, point.note) for point in found] == [
        ("A1", "Up to 100 people use it.", "Test: ask operations."),
        ("A2", "one currency.", ""),
        ("A3", "Nobody is away for longer than a week.", ""),
        ("Q1", "Who may see it, e.g. the auditor?", "Until answered: Assumption: nobody."),
        ("", "Until answered: nobody.", ""),
        ("Q2", "The retention period.", "Legal decides."),
        ("", "What may it cost?", ""),
    ]
    kinds = "".join(point.kind[0] for point in found)
    assert kinds == "aaaqaqq"
    for point in found:
        assert point.statement.split()[0] in LISTS.splitlines()[point.line - 1]


@pytest.mark.parametrize(
    "text",
    [
        "**Open questions**\n\n- Q1: Who pays?",
        "Open questions:\n- Who pays?",
        "### Open technical questions\n\n- Who pays? Until answered: we do.",
        "### Open questions\n\n| ID | Question | Owner |\n|---|---|---|\n| Q1 | Who pays? | Ada |",
        "#### Offen\n\n- Q1. Who pays?",
        "- [ ] Q1 Who pays?",
        "**Q1:** Who pays?",
        "### Legal\n\n1. Who pays?",
    ],
)
def test_open_questions_are_found_in_every_usual_form(text: str) -> None:
    assert statements(text, "Open questions") == [("q", "Who pays?")]


def test_a_table_of_questions_keeps_what_its_other_cells_say() -> None:
    (point,) = points("| Q1 | Who pays? | Ada | we do |", "Open questions")
    assert (point.label, point.note) == ("Q1", "Ada – we do")


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The budget is [USER INPUT NEEDED: the budget in EUR].", "the budget in EUR"),
        ("Go-live: [USER INPUT NEEDED]", "Go-live"),
        (r"The budget is \[USER INPUT NEEDED: the budget in EUR\].", "the budget in EUR"),
        (r"Go-live: \[USER INPUT NEEDED\]", "Go-live"),
        ("By [USER INPUT NEEDED: the date [or week] of launch].", "the date [or week] of launch"),
        (r"By \[USER INPUT NEEDED: the date \[or week\]\].", "the date [or week]"),
        ("[USER INPUT NEEDED: see [site](https://e.example)]", "see site"),
        ("| Team | [USER INPUT NEEDED] |", "Team"),
        ("### Budget\n\n[USER INPUT NEEDED]", "Budget"),
    ],
)
def test_missing_input_is_an_open_question(text: str, statement: str) -> None:
    assert statements(text) == [("q", statement)]


# --- many documents --------------------------------------------------------------


def test_a_statement_said_again_counts_once_and_tells_where_else() -> None:
    one = "*Assumption:* one currency, the **euro**."
    found = gather(
        [
            ("brief", [("scope", "Scope", f"{one}\n\n- {one}"), ("risks", "Risks", one)]),
            ("prd", [("quality", "Quality", "- *Assumption:* One currency, the euro")]),
        ]
    )
    (point,) = found
    assert (point.phase, point.section, point.line) == ("brief", "scope", 1)
    assert point.also == (("brief", "risks"), ("prd", "quality"))


def test_an_id_stays_when_something_else_changes_and_only_then() -> None:
    (before,) = points("*Assumption:* one currency.")
    (moved,) = points("# New\n\n| a | b |\n|---|---|\n| Money | *Assumption:* One **currency** |")
    assert before.id == moved.id and re.fullmatch("[0-9a-f]{12}", before.id)
    assert points("*Assumption:* two currencies.")[0].id != before.id
    other = gather([("prd", [("scope", "Scope", "*Assumption:* one currency.")])])
    assert other[0].id != before.id


def test_a_statement_is_plain_short_and_without_control_characters() -> None:
    (point,) = points("*Assumption:* \x1b[31m**" + "word " * 5_000 + "**\u202e")
    assert 490 < len(point.statement) <= 500 and point.statement.startswith("[31mword word")
    assert point.statement.isprintable()


# --- what the offline drafter writes ---------------------------------------------

INVOICES = (
    "Our finance team receives about 900 supplier invoices a month by email. Approvals take 9 days"
    " on average and we pay late fees. Employees should upload an invoice as PDF, the cost-centre"
    " manager approves or rejects it with a comment, and anything above 5,000 EUR needs a second"
    " approval by the CFO. Approved invoices must be exported to SAP every evening."
)
PROJECTS = {
    "a full description": ("Invoice approval", INVOICES),
    "one line": ("Habit tracker", "Build a habit tracker"),
    "nothing": ("Garden", ""),
    "another language": ("Termine", "Patienten müssen Termine buchen. Ärzte sagen sie ab."),
}
CHAIN = ("brief", "prd", "specs")
Drafts = list[tuple[str, list[tuple[str, str, str]]]]


def drafts(title: str, description: str) -> Drafts:
    subject = Subject("", "", "", title, description)
    written: Drafts = []
    for name in CHAIN:
        documents = tuple(
            (phase, "\n\n".join(text for *_, text in parts)) for phase, parts in written
        )
        parts = [
            (
                section.key,
                section.title,
                draft_section(
                    replace(
                        subject,
                        phase=name,
                        section=section.key,
                        section_title=section.title,
                        documents=documents,
                    )
                ),
            )
            for section in load_phases()[name].sections
        ]
        written.append((name, parts))
    return written


@pytest.mark.parametrize("project", PROJECTS)
def test_the_drafts_hold_as_many_points_as_a_reader_counts(project: str) -> None:
    found = 0
    for phase, parts in drafts(*PROJECTS[project]):
        for section in parts:
            marks, questions = _counted(section[2])
            gathered = gather([(phase, [section])])
            kinds = [point.kind for point in gathered]
            assert kinds.count("assumption") == marks, section[2]
            assert kinds.count("question") == questions, section[2]
            found += len(gathered)
    assert found > 20


def _counted(text: str) -> tuple[int, int]:
    """Different assumptions and questions by eye: marks, rows and labels, line by line."""
    assumptions: set[str] = set()
    questions: set[str] = set()
    heading = ""
    for line in re.sub(r"(?ms)^```.*?^```$", "", text).splitlines():
        heading = line if line.startswith("#") else heading
        for mark in re.findall(r"\*Assumption:\*([^|]*?)(?=\*Assumption:\*|[|]|$)", line):
            assumptions.add(mark.strip().rstrip(".").lower())
        if re.search(r"\| \*Assumption\* \|$", line):
            assumptions.add(line.split("|")[2].strip().rstrip(".").lower())
        if "(*Assumption*)" in line:
            assumptions.add(line)
        if re.match(r"- \*\*A\d+\.\*\*", line) and "*Assumption:*" not in line:
            assumptions.add(line)
        if re.match(r"- \*\*Q\d+\.\*\*", line) or (
            re.match(r"#+ Open .*questions", heading) and line.startswith("- ")
        ):
            questions.add(line)
    return len(assumptions), len(questions)


def test_what_all_drafts_of_one_project_leave_open_stands_once_in_the_list() -> None:
    written = drafts(*PROJECTS["a full description"])
    found = gather(written)
    single = [point for phase, parts in written for point in gather([(phase, parts)])]
    assert len({point.id for point in found}) == len(found) < len(single)
    asked = {point.statement for point in single if point.kind == "question"}
    assert {point.statement for point in found if point.kind == "question"} == asked
    assert any(("specs", "rollout") in point.also for point in found)


# --- bad input -------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("*Assumption:*", "*Assumption*", "(", ")", "| ", " |", "\n", "\n\n", "## Assumptions\n"),
        *("### Open questions\n", "- ", "Q1 ", "A2. ", "?", ". ", "```", "`", "[USER INPUT NEEDED"),
        *("]", ": x", "**", "_", "word", "字", "\x00", "\r", "|---|", "|\n|-|\n"),
    ]
)


@given(st.one_of(st.lists(WORDS, max_size=40).map("".join), st.text(max_size=100)))
@settings(max_examples=400)
def test_any_text_gives_plain_points_with_ids_of_their_own(text: str) -> None:
    found = points(text, "Assumptions and open questions")
    assert len({point.id for point in found}) == len(found)
    for point in found:
        assert 0 < len(point.statement) <= 500 and len(point.note) <= 500
        assert point.statement.isprintable() and point.note.isprintable()
        assert 1 <= point.line <= text.count("\n") + text.count("\r") + 1


def test_a_section_has_a_bounded_number_of_points() -> None:
    marked = [f"- *Assumption:* The clerk waits {days} days.\n" for days in range(2 * MOST)]
    assert len(points("".join(marked))) == MOST


# Of each point its surroundings are read, which is most of the work: fewer of them are enough.
@pytest.mark.parametrize(
    ("piece", "count", "kinds"),
    [
        ("*Assumption:* ", 150, "assumption"),
        ("*Assumption:", 250, "assumption"),
        ("(*Assumption*) ", 150, "assumption"),
        ("- *Assumption:* a b. C\n", 1_000, "assumption question"),
        ("| *Assumption* |\n", 1_000, "assumption question"),
        ("*Assumption* ", 5_000, ""),
        ("(*Assumption* ", 5_000, ""),
        ("- Q1. Why?\n", 2_000, "question"),
        ("[USER INPUT NEEDED", 5_000, ""),
        ("[USER INPUT NEEDED] ", 2_000, "question"),
        ("`", 100_000, ""),
        ("```\n", 2_000, ""),
        ("\n", 10_000, ""),
        ("( ", 100_000, ""),
    ],
)
def test_a_flood_of_marks_is_read_in_linear_time(piece: str, count: int, kinds: str) -> None:
    _, found = in_linear_time(
        lambda text: points(text, "Open questions"), lambda count: piece * count, count
    )
    assert {point.kind for point in found} == set(kinds.split())
    assert len(found) <= MOST
