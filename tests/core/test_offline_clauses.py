"""The offline drafter reads clauses, answers and people as the person meant them."""

from __future__ import annotations

import pytest

from tests.core.drafts import check_markdown
from tests.core.stated import (
    VETS,
    drafted,
    goal_rows,
    part,
    required,
    suggestion,
)

# --- comma-joined sentences, and answers that were suggested -------------------------


def test_only_the_clause_that_leaves_something_out_is_out_of_scope() -> None:
    drafts = drafted(VETS)
    assert "- No payments." in part(drafts["brief"], "Non-goals")
    assert "invoices" not in part(drafts["brief"], "Non-goals")
    rows = required(drafts, "FR")
    assert "The product has to record visits offline." in rows
    assert "The product has to send invoices by 1 March 2027." in rows


@pytest.mark.parametrize(
    ("clause", "non_goal"),
    [
        (", without payments", "Without payments"),
        (", not payments", "Not payments"),
        ("; no chat, forum", "No chat, forum"),
        (", ohne Chat", "Ohne Chat"),
        (", kein Chat", "Kein Chat"),
        (", no chat and no forum", "No forum"),
        ("; reports can wait", "Reports can wait"),
    ],
)
def test_each_way_to_leave_out_in_a_clause_leaves_the_rest(clause: str, non_goal: str) -> None:
    drafts = drafted(f"Clerks must enter orders{clause}.")
    assert f"- {non_goal}" in part(drafts["prd"], "Non-goals")
    assert "enter orders" not in part(drafts["prd"], "Non-goals")
    assert any("enter orders" in text for text in required(drafts, "FR"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Managers, not employees, approve orders.",
        "Clerks must enter orders, no more than 10 a day.",
        "Guests must enter orders, without signing in.",
        "Clerks must enter orders, not later than noon.",
    ],
)
def test_a_contrast_or_a_limit_in_a_clause_leaves_nothing_out(sentence: str) -> None:
    listed = part(drafted(sentence)["brief"], "Non-goals")
    assert "*Assumption:*" in listed and "- N" not in listed


@pytest.mark.parametrize(
    "description",
    [VETS, "Clerks must enter orders. We worry that 1 March 2027 is too early."],
)
def test_a_date_that_stands_in_the_inputs_is_never_denied(description: str) -> None:
    drafts = drafted(description)
    for heading in ("Why now", "Fixed constraints"):
        assert "1 March 2027" in part(drafts["brief"], heading)
    suggested = suggestion(description, "brief.constraints")
    assert "1 March 2027" in suggested and "no fixed date" not in suggested


def test_the_figure_of_a_problem_is_what_a_success_is_measured_against() -> None:
    drafts = drafted(VETS)
    goals = part(drafts["brief"], "Goals and measures of success")
    assert "| *Assumption:* less than 40 minutes a day |" in goals
    assert "| 40 minutes a day |" in goals
    assert "| 40 minutes a day |" in part(drafts["prd"], "Metrics and instrumentation")
    assert "40 minutes a day" in suggestion(VETS, "brief.success")


def test_a_kept_suggestion_stays_an_assumption_wherever_it_is_quoted() -> None:
    drafts = drafted(
        "Clerks must enter orders.",
        brief_success="*Assumption:* half of all orders come in online. Errors below 5 %.",
        brief_worries="*Assumption:* the network is slow.",
        brief_constraints="*Assumption:* the budget is 20,000 EUR.",
        prd_must_have="*Assumption:* clerks can print lists.",
    )
    assert not any("\\*Assumption" in text for text in drafts.values())
    assert [row[1] for row in goal_rows(drafts)] == [
        "*Assumption:* half of all orders come in online.",
        "*Assumption:* errors below 5 %.",
    ]
    assert "| *Assumption:* the network is slow" in drafts["brief"]
    assert "– *Assumption:* **the budget is 20,000 EUR.**" in drafts["brief"]
    assert required(drafts)["A clerk can print lists."].cell("source") == "*Assumption*"
    for text in drafts.values():
        check_markdown(text)


def test_an_answer_is_what_its_question_asks_for() -> None:
    drafts = drafted(
        "Clerks must enter orders.",
        brief_constraints="No fixed date; the goal is to save 40 hours.",
        brief_worries="Vets will not use it because it is slow.",
        prd_must_have="Reports of late orders",
    )
    assert goal_rows(drafts) == []
    first_risk = part(drafts["brief"], "Risks, assumptions and open questions")
    assert "Vets will not use it" in first_risk
    assert "Vets will not use it" not in part(drafts["brief"], "Non-goals")
    assert "Vets will not use it" not in part(drafts["brief"], "Today")
    assert "Reports of late orders." in required(drafts, "FR")


def test_an_answer_that_repeats_the_description_adds_nothing() -> None:
    drafts = drafted(VETS, brief_out_of_scope="No payments.")
    assert part(drafts["brief"], "Non-goals").count("No payments") == 1


def test_a_goal_with_the_figure_of_a_problem_has_it_as_the_value_of_today() -> None:
    rows = goal_rows(drafted(VETS, brief_success=suggestion(VETS, "brief.success")))
    assert [row[2] for row in rows] == ["40 minutes a day"]


def test_a_risk_or_a_goal_that_is_suggested_and_kept_stands_once_with_its_own_sign() -> None:
    description = "Clerks must enter orders."
    drafts = drafted(
        description,
        brief_worries=suggestion(description, "brief.worries"),
        brief_success="Errors below 5 %.\nErrors below 5 %!",
    )
    table = part(drafts["brief"], "Risks, assumptions and open questions")
    (row,) = (line for line in table.splitlines() if "few people have" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[0] == "*Assumption:* it solves a problem that few people have"
    assert cells[3:] == [
        "pilot users return to the old way",
        "Watch five people do the task before building",
    ]
    assert len(goal_rows(drafts)) == 1


# --- people and notes ----------------------------------------------------------------


def test_who_is_the_subject_is_a_person_and_who_pilots_is_none() -> None:
    users = part(drafted(VETS)["brief"], "Users and their jobs")
    assert "**Vet**" in users and "**Farmer**" in users
    assert "pilot" not in users.casefold()
    assert "**Pilot**" in part(drafted("Pilots log flights.")["brief"], "Users and their jobs")


def test_deeds_without_an_and_still_read_as_a_list() -> None:
    rows = required(drafted("Vets can record a visit offline, invoice."), "FR")
    assert "A vet can record a visit offline and invoice." in rows


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("SSO", "A person can sign in with SSO."),
        ("2FA.", "A person can sign in with a second factor."),
        ("Audit log", "A person can see in an audit log who changed what."),
        ("CSV export", "A person can export data as CSV."),
    ],
)
def test_a_note_of_a_word_says_what_a_person_can_do(note: str, text: str) -> None:
    for drafts in (
        drafted("Clerks must enter orders.", prd_must_have=note),
        drafted(f"Clerks must enter orders. {note}"),
    ):
        assert required(drafts, "FR")[text].cell("who") == "Person"
