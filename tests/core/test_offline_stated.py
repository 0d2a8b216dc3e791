"""The offline drafter keeps what the person said: requirements, targets, non-goals and dates."""

from __future__ import annotations

import pytest

from specforge_core.providers.drafter.dates import date_in
from tests.core.drafts import check_markdown
from tests.core.stated import (
    EXPENSES,
    drafted,
    goal_rows,
    part,
    required,
)

# --- requirements ------------------------------------------------------------------


def test_what_the_description_asks_for_comes_before_what_is_proposed() -> None:
    rows = required(drafted(EXPENSES), "FR")
    stated = [text for text, item in rows.items() if item.cell("source") == "description"]
    assert stated == [
        "An employee can hand in expenses.",
        "An approver can approve expenses.",
        "The product must support SSO.",
        "Receipts are photographed.",
    ]
    assert list(rows)[: len(stated)] == stated
    assert all("*Assumption*" in rows[text].cell("source") for text in list(rows)[len(stated) :])


def test_every_line_of_an_answer_is_a_requirement_and_none_a_non_goal() -> None:
    drafts = drafted(
        EXPENSES,
        prd_must_have=(
            "- FR: users can export to CSV\n- Managers approve or reject with a comment\n"
            "- SSO with Entra ID\n- Reminder after 3 days\nCould wait: multi-currency"
        ),
    )
    rows = required(drafts, "FR")
    for text in (
        "A user can export to CSV.",
        "A manager can approve or reject with a comment.",
        "SSO with Entra ID.",
        "Reminder after 3 days.",
    ):
        assert rows[text].cell("source") == "answer"
    left_out = part(drafts["prd"], "Non-goals")
    assert "Multi-currency" in left_out
    assert not any(word in left_out for word in ("CSV", "SSO", "Reminder", "comment"))


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("The system shall keep a log of every change.", "keep a log of every change"),
        ("It needs to support 12 countries.", "support 12 countries"),
        ("Orders over 10.000 EUR require approval.", "Orders over 10.000 EUR require approval"),
        ("Features:\n\n- Dark mode\n- Weekly summary", "Weekly summary"),
        ("- Dark mode\n- Weekly summary", "A person can switch to dark mode."),
        ("Must: two-factor sign-in", "Two-factor sign-in"),
        ("Fahrer müssen Fahrten im Fahrtenbuch erfassen.", "Fahrer müssen Fahrten im Fahrtenbuch"),
        ("Schäden sollen mit Foto gemeldet werden.", "Schäden sollen mit Foto gemeldet werden"),
        ("Das System muss Wartungstermine anzeigen.", "Das System muss Wartungstermine anzeigen"),
    ],
)
def test_a_stated_requirement_is_a_functional_one_with_its_words(sentence: str, text: str) -> None:
    rows = required(drafted(sentence), "FR")
    (row,) = (item for given, item in rows.items() if text in given)
    assert row.cell("source") == "description"


def test_a_stated_quality_is_a_non_functional_requirement_and_replaces_the_usual_one() -> None:
    drafts = drafted(
        EXPENSES, prd_load="200 people, 3,000 receipts a month. Pages open in under 2 seconds."
    )
    rows = required(drafts, "NFR")
    names = [item.text for item in rows.values()]
    assert rows["Pages open in under 2 seconds. (answer)"].text == "Response time"
    assert rows["200 people, 3,000 receipts a month. (answer)"].text == "Load"
    assert names.count("Response time") == 1
    assert not any("under 2 seconds" in text for text in required(drafts, "FR"))


def test_sixteen_stated_requirements_are_all_there() -> None:
    lines = [f"Clerks must print list {number}" for number in range(1, 41)]
    rows = required(drafted(EXPENSES, prd_must_have="\n".join(lines)), "FR")
    assert sum("print list" in text for text in rows) == 40


def test_the_same_wish_twice_is_one_requirement() -> None:
    drafts = drafted(EXPENSES, prd_must_have="SSO with Entra ID. Approving expenses.")
    rows = list(required(drafts, "FR"))
    assert [text for text in rows if "SSO" in text] == ["SSO with Entra ID."]
    assert sum("pprov" in text for text in rows) == 1


def test_who_is_able_to_do_something_is_the_one_who_was_named() -> None:
    rows = required(drafted("The shop team sells. Clients must be able to validate addresses."))
    assert "A client can validate addresses." in rows


# --- targets -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "today", "target", "when"),
    [
        (
            "At least 40 % of employees use it within three months.",
            "not known; measure before the build",
            "at least 40 % of employees use it within three months",
            "within three months",
        ),
        ("Reimbursement in 5 days instead of 21.", "21", "5 days", "not stated"),
        ("Errors drop from 4.2 % to 1.5 %.", "4.2 %", "1.5 %", "not stated"),
        (
            "Half of all orders come in online by the end of 2027.",
            "not known; measure before the build",
            "half of all orders come in online by the end of 2027",
            "by the end of 2027",
        ),
    ],
)
def test_a_number_stays_with_its_clause(goal: str, today: str, target: str, when: str) -> None:
    (row,) = goal_rows(drafted("Clerks must enter orders.", brief_success=goal))
    assert row[1:5] == [goal, today, target, when]


def test_a_goal_is_no_requirement() -> None:
    assert not any("40 %" in text for text in required(drafted(EXPENSES)))


# --- non-goals ---------------------------------------------------------------------


def test_what_is_not_wanted_is_a_non_goal_and_no_requirement() -> None:
    drafts = drafted(EXPENSES)
    for document, heading in (
        ("brief", "Non-goals"),
        ("brief", "Out of scope"),
        ("prd", "Non-goals"),
    ):
        text = part(drafts[document], heading)
        assert "- No payroll." in text and "- No mobile app in the first release." in text
    assert not any(
        word in text.casefold() for text in required(drafts) for word in ("payroll", "mobile app")
    )
    assert "payroll" not in part(drafts["brief"], "What is asked for")


@pytest.mark.parametrize(
    ("sentence", "non_goals"),
    [
        ("No paid plans, no group runs.", ["No paid plans", "No group runs"]),
        ("Not included: online payment, video calls.", ["Online payment, video calls"]),
        ("Out of scope:\n- Travel booking\n- Fuel cards", ["Travel booking", "Fuel cards"]),
        ("Keine Lohnabrechnung.", ["Keine Lohnabrechnung"]),
        ("It should not replace the ERP.", ["It should not replace the ERP"]),
        ("Geocoding can wait.", ["Geocoding can wait"]),
    ],
)
def test_other_ways_to_say_what_is_left_out(sentence: str, non_goals: list[str]) -> None:
    drafts = drafted(f"Clerks must enter orders.\n{sentence}")
    listed = part(drafts["prd"], "Non-goals")
    assert all(f"- {text}" in listed for text in non_goals)
    assert not any(text in row for row in required(drafts, "FR") for text in non_goals)


@pytest.mark.parametrize(
    "rule", ["No invoice may be paid twice.", "No more than 5 people share a room."]
)
def test_a_rule_that_begins_with_no_is_a_requirement(rule: str) -> None:
    drafts = drafted(f"Clerks must enter orders. {rule}")
    assert rule in required(drafts)
    assert rule not in part(drafts["prd"], "Non-goals")


def test_a_proposal_never_asks_for_what_is_left_out() -> None:
    description = "An online shop for cakes. Buyers browse cakes. No returns. No payments."
    rows = required(drafted(description), "FR")
    assert not any(word in text for text in rows for word in ("return", "pay"))


def test_an_answer_that_asks_for_a_non_goal_wins_and_the_contradiction_is_asked() -> None:
    drafts = drafted(f"{EXPENSES} No SSO.", prd_must_have="SSO with Entra ID")
    assert "SSO with Entra ID." in required(drafts, "FR")
    assert "SSO" not in part(drafts["prd"], "Non-goals")
    assert "The description says “No SSO”, an answer asks for it: which holds?" in drafts["prd"]


def test_what_an_answer_leaves_out_is_no_requirement_although_the_description_asks_for_it() -> None:
    drafts = drafted("Clerks must enter orders. Must support SSO.", brief_out_of_scope="SSO")
    assert not any("SSO" in text for text in required(drafts))
    assert "- SSO. (answer)" in part(drafts["prd"], "Non-goals")


def test_a_word_of_a_non_goal_may_stand_in_a_requirement_about_something_else() -> None:
    rows = required(drafted(EXPENSES, prd_must_have="Managers export expenses to payroll"), "FR")
    assert "A manager can export expenses to payroll." in rows


# --- dates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "date"),
    [
        ("Live on 1 March 2027.", "1 March 2027"),
        ("Ready by Q3 2027.", "by Q3 2027"),
        ("Start bis 1. März 2027.", "1. März 2027"),
        ("Go-live 2027-03-01.", "2027-03-01"),
        ("We launch on March 1, 2027.", "March 1, 2027"),
        ("Go-live am 01.03.2027.", "01.03.2027"),
        ("It is launched in May 2027.", "in May 2027"),
    ],
)
@pytest.mark.parametrize("where", ["description", "answer"])
def test_a_date_is_used_wherever_dates_are_spoken_of(sentence: str, date: str, where: str) -> None:
    description = "Clerks must enter orders. We want errors below 5 %."
    drafts = (
        drafted(f"{description} {sentence}")
        if where == "description"
        else drafted(description, brief_constraints=sentence)
    )
    assert goal_rows(drafts)[0][4] == date
    assert date in part(drafts["brief"], "Why now")
    assert date in part(drafts["brief"], "Fixed constraints")
    assert date in part(drafts["prd"], "Dates and money")
    assert date in part(drafts["specs"], "Given")
    for text in drafts.values():
        assert "no fixed date" not in text.casefold()
        assert "Is there a date or an event" not in text
        check_markdown(text)


@pytest.mark.parametrize(
    "text", ["at most 10 may be booked", "users may be told", "a list from 2021", "version 1.3.20"]
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert date_in(text) == ""


# --- the rest ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("A mobile app where runners find partners nearby.", "a mobile app"),
        ("An internal REST API that validates addresses for our shop.", "an internal REST API"),
        ("A tool for small companies to approve expenses.", "an approval workflow"),
    ],
)
def test_the_product_is_called_what_it_is(description: str, kind: str) -> None:
    drafts = drafted(description)
    assert f"is to become {kind} for" in drafts["brief"]
    assert f"is {kind} for" in drafts["prd"]


def test_an_epic_with_a_must_is_never_offered_to_be_dropped() -> None:
    drafts = drafted(EXPENSES, prd_must_have="SSO with Entra ID\nManagers see reports\nDark mode")
    assert "can be dropped" not in part(drafts["stories"], "If time runs out")
