"""What the offline drafter does besides drafting: revising, answering, asking."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specforge_core.events import FinishReason, StreamEnd, TextDelta
from specforge_core.phases import load_phases
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.drafter import draft_section, respond
from specforge_core.providers.drafter.blocks import blocks, joined
from specforge_core.providers.drafter.defined import defined, ids_in
from specforge_core.providers.drafter.revise import NO_CHANGE, Place, revised
from specforge_core.providers.offline import OfflineWire
from specforge_core.providers.wire import CompletionRequest, Endpoint, Message, Subject
from tests.core.drafts import HOSTILE, chain, check_markdown
from tests.growth import in_linear_time

INVOICES = (
    "Our finance team receives about 900 supplier invoices a month by email. Approvals take 9 days"
    " on average and we pay late fees. Employees should upload an invoice as PDF, the cost-centre"
    " manager approves or rejects it with a comment, and anything above 5,000 EUR needs a second"
    " approval by the CFO. Approved invoices must be exported to SAP every evening. A mobile app is"
    " not needed."
)
FUNCTIONAL = Subject("prd", "functional", "Functional requirements", "Invoice approval", INVOICES)
PRESENT = draft_section(FUNCTIONAL)
REVISE = replace(FUNCTIONAL, task="revise", present=PRESENT)
METRICS = replace(
    REVISE,
    section="metrics",
    section_title="Metrics and instrumentation",
    present=draft_section(replace(FUNCTIONAL, section="metrics", section_title="Metrics")),
)
REQUESTS = (
    "shorter",
    "add SSO",
    "Remove the row about exports",
    "rename invoice to bill",
    "longer",
    "",
    "Bring up to date: the description has changed.",
    "Make it sing",
)


def change(request: str, subject: Subject = REVISE) -> str:
    return respond(replace(subject, request=request))


def rows(text: str) -> list[str]:
    return [item.id for item in defined("prd", text) if item.kind == "FR"]


# --- revise ------------------------------------------------------------------------


def test_shorter_keeps_ids_headings_and_table_and_is_shorter() -> None:
    text = change("shorter")
    assert len(text) < len(PRESENT)
    assert rows(text) == rows(PRESENT)
    assert re.findall("^#.*", text, re.MULTILINE) == re.findall("^#.*", PRESENT, re.MULTILINE)
    check_markdown(text)


@pytest.mark.parametrize(
    "request_", ["Make it brief", "half of it", "This is too long.", "shorten"]
)
def test_other_words_for_shorter_do_the_same(request_: str) -> None:
    assert change(request_) == change("shorter")


def test_shorter_cuts_lists_without_ids_to_their_first_half() -> None:
    subject = replace(REVISE, present="## T\n\n- a\n- b\n- c\n- d\n\n1. x\n2. y\n")
    assert change("shorter", subject) == "## T\n\n- a\n- b\n\n1. x\n"


def test_what_cannot_be_shorter_is_not_changed() -> None:
    assert change("shorter", replace(REVISE, present="## T\n\nOne sentence.\n")) == NO_CHANGE


def test_an_addition_is_a_row_with_the_next_id_marked_as_asked_for() -> None:
    text = change("Please add single sign-on with Okta.")
    assert rows(text) == [*rows(PRESENT), f"FR-{len(rows(PRESENT)) + 1}"]
    line = next(line for line in text.splitlines() if "Okta" in line)
    assert "asked for in review" in line
    assert set(text.splitlines()) - {line} == set(PRESENT.splitlines())
    check_markdown(text)


def test_an_addition_to_a_section_without_ids_is_an_item_under_its_own_heading() -> None:
    once = change("mention the works council", METRICS)
    twice = change("include the auditors", replace(METRICS, present=once))
    end = twice[twice.index("### Asked for in review") :]
    assert end == (
        "### Asked for in review\n\n- The works council. (asked for in review)\n"
        "- The auditors. (asked for in review)\n"
    )


def test_removing_takes_out_what_names_it_and_nothing_else() -> None:
    text = change("Remove the row about exports")
    assert "SAP" not in text and "SAP" in PRESENT
    gone = set(PRESENT.splitlines()) - set(text.splitlines())
    assert [line.split(" | ")[1] for line in gone] == [
        "The product has to export approved invoices to SAP every evening."
    ]
    check_markdown(text)


def test_removing_an_id_spares_ids_that_begin_like_it() -> None:
    subject = replace(REVISE, present="| ID | R |\n|---|---|\n| FR-3 | a |\n| FR-30 | b |\n")
    assert change("remove FR-3", subject) == "| ID | R |\n|---|---|\n| FR-30 | b |\n"


def test_removing_a_story_takes_its_whole_block() -> None:
    present = chain("Invoice approval", INVOICES)["stories"]
    stories = present[present.index("## User stories") : present.index("## Technical tasks")]
    subject = replace(REVISE, phase="stories", section="user-stories", present=stories)
    text = change("drop US-2", subject)
    assert "US-2" in stories and "US-2" not in text
    assert "### US-1:" in text and "### US-3:" in text
    check_markdown(text)


@pytest.mark.parametrize("request_", ["Remove everything about walruses", "rename walrus to seal"])
def test_what_is_not_in_the_section_needs_no_change(request_: str) -> None:
    assert change(request_) == NO_CHANGE


def test_a_wish_for_another_section_needs_no_change_here() -> None:
    assert change("add response times to the metrics section") == NO_CHANGE
    assert "Response times" in change("add response times to the metrics section", METRICS)


def test_renaming_keeps_number_capital_article_and_heading() -> None:
    present = "## Invoice\n\nAn invoice and two Invoices. An Invoice, invoiced.\n"
    text = change("rename invoice to bill", replace(REVISE, present=present))
    assert text == "## Invoice\n\nA bill and two Bills. A Bill, invoiced.\n"


def test_several_wishes_in_one_request_are_all_done() -> None:
    text = change("shorter, add SSO; remove FR-2 and rename invoice to bill")
    assert "SSO" in text and "FR-2 " not in text and "invoice" not in text
    assert len(text) < len(PRESENT) + 40


def test_longer_brings_what_a_fresh_draft_has_more() -> None:
    present = "\n\n".join(PRESENT.split("\n\n")[:3]) + "\n"
    text = change("more detail", replace(REVISE, present=present))
    assert text.startswith(present.rstrip("\n"))
    assert "### States" in text


def test_what_no_rule_understands_is_kept_as_an_open_point() -> None:
    text = change("Write it as if for a bank | <b>")
    assert text == f"{PRESENT}\n- Asked in review: Write it as if for a bank \\| &lt;b>\n"
    assert change("Write it as if for a bank | <b>", replace(REVISE, present=text)) == NO_CHANGE


def test_bringing_up_to_date_drafts_anew_and_keeps_what_reviewers_added() -> None:
    present = change("add SSO")
    changed = replace(
        REVISE, present=present, description=f"{INVOICES} Auditors must export a yearly report."
    )
    text = change("Bring up to date", changed)
    assert "yearly report" in text and "SSO" in text
    assert text == change("", changed)


def test_a_section_with_a_request_is_a_fresh_draft_with_the_change() -> None:
    assert respond(replace(FUNCTIONAL, request="shorter, add SSO")) == change("shorter, add SSO")
    assert respond(replace(FUNCTIONAL, request="remove walruses")) == PRESENT


def test_text_in_a_request_cannot_become_markup() -> None:
    for name, text in HOSTILE.items():
        for form in ("add {}", "rename invoice to {}", "{}", "remove {}"):
            answer = change(form.format(text) if "{" not in text else form.replace("{}", text))
            check_markdown(PRESENT if answer == NO_CHANGE else answer)
            assert name


def test_a_text_with_an_open_fence_is_closed_before_something_is_added() -> None:
    text = change("add SSO", replace(METRICS, present="## T\n\n```python\nx = 1\n"))
    assert text.count("```") == 2
    assert text.index("SSO") > text.rindex("```")


@given(st.text(alphabet="|-#*`~ ab1.)\n>", max_size=300), st.sampled_from(REQUESTS))
@settings(max_examples=300)
def test_no_text_and_no_request_break_the_rules(present: str, request: str) -> None:
    answer = revised(present, request, Place("T", "t", (), "## T\n\nDraft.\n"))
    assert isinstance(answer, str) and answer


@given(st.text(alphabet="|-#*`~ ab1.)\n>", max_size=300))
@settings(max_examples=300)
def test_blocks_joined_are_the_text_again(text: str) -> None:
    again = joined(blocks(text))
    assert again == text or again.startswith(f"{text}\n")  # a fence that nobody closed


ROW = "| FR-2 | exports | x |\n"
LINES = f"- FR-1 An employee uploads one invoice. It is stored.\n{ROW}\nText.\n"
WISHES: dict[str, Callable[[str], str]] = {  # and what the text begins with afterwards
    "shorter": lambda text: NO_CHANGE,
    "add SSO": lambda text: f"{text}\n### Asked for in review\n\n- SSO.",
    "Remove the row about exports": lambda text: text.replace(ROW, ""),
    "rename invoice to bill": lambda text: text.replace("invoice", "bill"),
    "longer": lambda text: f"{text}\n## Functional requirements\n",
    "Make it sing": lambda text: f"{text}\n- Asked in review: Make it sing",
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_long_text_is_revised_in_linear_time(wish: str) -> None:
    def subject(count: int) -> Subject:
        return replace(REVISE, present=f"## T\n\n{LINES * count}")

    asked, text = in_linear_time(lambda subject: change(wish, subject), subject, 400)
    assert text.startswith(WISHES[wish](asked.present))


# --- answers and questions -----------------------------------------------------------


def suggestion(question: str, **more: str) -> str:
    subject = Subject("prd", "key", question, "Invoice approval", INVOICES, task="answer")
    return respond(replace(subject, **more)).strip()  # type: ignore[arg-type]


def test_a_suggested_answer_quotes_what_the_inputs_say() -> None:
    assert suggestion("What should the first release leave out?") == "A mobile app is not needed."
    who = suggestion("Who will use it first, and what do they do today instead?")
    assert "employees" in who and "9 days" in who
    assert "*Assumption:*" not in who


def test_every_question_of_every_phase_gets_a_short_answer_marked_where_nothing_is_known() -> None:
    for title, text in (("Habit tracker", "Build a habit tracker"), ("Invoices", INVOICES)):
        for phase in load_phases().values():
            for one in phase.questions:
                subject = Subject(phase.name, one.key, one.text, title, text, task="answer")
                answer = respond(subject)
                assert answer == respond(subject)
                assert 3 <= len(answer.split()) <= 120
                assert not answer.startswith("#")
                check_markdown(answer)
                if title == "Habit tracker":
                    assert answer.startswith("*Assumption:*"), one.key


def test_an_answer_uses_other_answers_and_documents() -> None:
    answers = (("What worries you?", "We are afraid of the walrus lobby."),)
    subject = Subject("brief", "worries", "What worries you most?", "Zoo", "Feed.", answers)
    assert "walrus lobby" in respond(replace(subject, task="answer"))
    documents = (("brief", "## Scope\n\nThe budget for the aquarium is 900 EUR.\n"),)
    asked = Subject("prd", "money", "Which budget is fixed?", "Zoo", "Feed.", (), documents)
    assert "900 EUR" in respond(replace(asked, task="answer"))


@pytest.mark.parametrize("phase", [*load_phases(), "vision"])
@pytest.mark.parametrize("description", ["Build a habit tracker", INVOICES, HOSTILE["chinese"], ""])
def test_questions_are_json_with_four_to_six_good_entries(phase: str, description: str) -> None:
    subject = Subject(phase, "questions", "Questions", "Project", description, task="questions")
    found = json.loads(respond(subject))["questions"]
    assert 4 <= len(found) <= 6
    keys = [one["key"] for one in found]
    assert len(set(keys)) == len(keys)
    for one in found:
        assert set(one) == {"key", "text", "help", "required"}
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,39}", one["key"])
        assert one["text"].endswith("?") and len(one["text"]) <= 200
        assert one["help"] and isinstance(one["required"], bool)
    assert sum(one["required"] for one in found) <= 2
    assert respond(subject) == respond(replace(subject, attempt=2))


def test_questions_name_the_things_people_and_systems_of_the_project() -> None:
    subject = Subject("specs", "questions", "Questions", "Invoices", INVOICES, task="questions")
    text = respond(subject)
    assert "SAP" in text and "invoice" in text and "cost-centre managers" in text


def test_a_question_that_is_answered_is_not_asked_again() -> None:
    subject = Subject("prd", "questions", "Questions", "Invoices", INVOICES, task="questions")
    first = json.loads(respond(subject))["questions"][0]["text"]
    answered = replace(subject, answers=((first, "Upload one."),))
    assert first not in respond(answered)


def test_hostile_projects_give_valid_questions_and_answers() -> None:
    for text in HOSTILE.values():
        subject = Subject("stories", "team", f"Who? {text[:99]}", text[:100], text, ((text, text),))
        json.loads(respond(replace(subject, task="questions")))
        check_markdown(respond(replace(subject, task="answer")))


# --- over the wire -------------------------------------------------------------------


async def _streamed(subject: Subject) -> tuple[str, FinishReason]:
    asked = CompletionRequest("rules-1", "", (Message("user", "x"),), 4_000, subject=subject)
    text, reason = "", FinishReason.ERROR
    async with aclosing(OfflineWire().stream(PROVIDERS["offline"], Endpoint("", ""), asked)) as s:
        async for event in s:
            text += event.text if isinstance(event, TextDelta) else ""
            reason = event.finish_reason if isinstance(event, StreamEnd) else reason
    return text, reason


@pytest.mark.parametrize(
    "subject",
    [
        replace(REVISE, request="shorter, add SSO"),
        replace(REVISE, request="remove walruses"),
        replace(FUNCTIONAL, request="add SSO"),
        replace(FUNCTIONAL, task="answer", section="users", section_title="Who will use it first?"),
        replace(FUNCTIONAL, task="questions"),
    ],
    ids=["revise", "no change", "rewrite", "answer", "questions"],
)
def test_the_wire_streams_each_task_and_continues_it(subject: Subject) -> None:
    whole, reason = asyncio.run(_streamed(subject))
    assert (whole, reason) == (respond(subject), FinishReason.STOP)
    half = whole[: len(whole) // 2]
    rest, _ = asyncio.run(_streamed(replace(subject, text_so_far=half)))
    overlap = max(n for n in range(1, len(rest) + 1) if half.endswith(rest[:n]))
    assert half + rest[overlap:] == whole


def test_ids_that_a_revision_gives_are_read_by_the_next_document() -> None:
    edited = change("add a walrus register for auditors")
    stories = chain("Invoice approval", INVOICES, given={"prd": edited})["stories"]
    assert f"FR-{len(rows(edited))}" in ids_in(stories, "FR")
    assert "walrus register" in stories
