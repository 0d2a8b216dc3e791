"""The offline drafter and its wire: drafts, pace, continuation, drills."""

from __future__ import annotations

import asyncio
import selectors
from contextlib import aclosing
from dataclasses import replace

import pytest

from specforge_core.errors import ErrorCategory, ProviderError
from specforge_core.events import FinishReason, StreamEnd, TextDelta, Usage, WireEvent
from specforge_core.generation.continuation import Joiner
from specforge_core.phases import SectionSpec, load_phases
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.providers.drafter import WRITERS, draft_section
from specforge_core.providers.offline import DRILLS, TICK_S, OfflineWire
from specforge_core.providers.wire import CompletionRequest, Endpoint, Message, Subject
from tests.core.drafts import HOSTILE, check_markdown

OFFLINE = PROVIDERS["offline"]
DESCRIPTION = (
    "Our finance team receives about 900 supplier invoices a month by email. Approvals take 9 days"
    " on average and we pay late fees. Employees should upload an invoice as PDF, the cost-centre"
    " manager approves or rejects it with a comment, and anything above 5,000 EUR needs a second"
    " approval by the CFO. Approved invoices must be exported to SAP every evening. A mobile app is"
    " not needed. We want to go live before the end of September."
)
SUBJECT = Subject("brief", "problem", "Problem and context", "Invoice approval", DESCRIPTION)
EVERY_SECTION = [
    (phase.name, index, section)
    for phase in load_phases().values()
    for index, section in enumerate(phase.sections)
]


def sections(subject: Subject) -> str:
    """All sections of the subject's phase, joined."""
    return "\n".join(
        draft_section(replace(subject, section=section.key, section_title=section.title))
        for section in load_phases()[subject.phase].sections
    )


def request(
    subject: Subject | None = SUBJECT, model: str = "rules-1", max_tokens: int = 4_000
) -> CompletionRequest:
    return CompletionRequest(
        model, "You write.", (Message("user", "Write it.\nNow."),), max_tokens, subject=subject
    )


async def collected(
    asked: CompletionRequest, tps: float | None = None
) -> tuple[list[WireEvent], ProviderError | None]:
    events: list[WireEvent] = []
    try:
        async with aclosing(OfflineWire().stream(OFFLINE, Endpoint("", "", None, tps), asked)) as s:
            async for event in s:
                events.append(event)  # noqa: PERF401 (keeps what came before an error)
    except ProviderError as error:
        return events, error
    return events, None


def answer(asked: CompletionRequest) -> tuple[str, list[WireEvent], ProviderError | None]:
    events, error = asyncio.run(collected(asked))
    return text_of(events), events, error


def text_of(events: list[WireEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


# --- drafts --------------------------------------------------------------------


def test_there_is_a_writer_for_every_section_of_every_phase() -> None:
    for phase in load_phases().values():
        assert list(WRITERS[phase.name]) == [section.key for section in phase.sections]


@pytest.mark.parametrize(("phase", "index", "section"), EVERY_SECTION)
def test_a_section_begins_with_its_heading_and_is_the_same_each_time(
    phase: str, index: int, section: SectionSpec
) -> None:
    key, title = section.key, section.title
    subject = replace(SUBJECT, phase=phase, section=key, section_title=title, section_index=index)
    draft = draft_section(subject)
    assert draft.startswith(f"## {title}\n\n")
    assert draft == draft_section(replace(subject, attempt=2, text_so_far="## Something"))
    words = [word for word in draft.split() if word.strip("|-#")]
    assert 90 <= len(words) <= max(420, 1.5 * section.words)


def test_a_brief_holds_what_the_description_says() -> None:
    brief = sections(SUBJECT)
    for words in (
        "9 days",
        "An employee can upload an invoice as PDF.",
        "A cost-centre manager can reject the invoice with a comment.",
        "second approval by the CFO",
        "A mobile app is not needed.",
        "before the end of September",
        "SAP",
    ):
        assert words in brief


def test_a_word_only_in_an_answer_is_in_brief_and_prd() -> None:
    answers = (("What must it never do?", "It must never forget the zanzibar branch."),)
    assert "zanzibar" in sections(replace(SUBJECT, answers=answers))
    assert "zanzibar" in sections(replace(SUBJECT, phase="prd", answers=answers))


@pytest.mark.parametrize("phase", ["prd", "specs"])
def test_a_word_only_in_the_brief_is_in_the_next_documents(phase: str) -> None:
    brief = "## Scope\n\n### In scope\n\n- Auditors must export **quarterly** pangolin reports.\n"
    draft = sections(replace(SUBJECT, phase=phase, documents=(("brief", brief),)))
    assert "pangolin" in draft


def test_the_drafters_own_brief_adds_nothing_but_an_edit_of_it_does() -> None:
    own = sections(SUBJECT)
    prd = replace(SUBJECT, phase="prd", section="summary", section_title="Summary")
    plain = draft_section(replace(prd, documents=(("brief", own),)))
    edited = draft_section(
        replace(prd, documents=(("brief", own + "\nThe board insists on walrus colours.\n"),))
    )
    assert "Taken from earlier documents" not in plain
    assert "walrus colours" in edited


def test_specs_quote_the_requirement_ids_of_the_prd() -> None:
    prd = "| ID | Requirement |\n|---|---|\n| FR-41 | Nobody can approve their own invoice. |\n"
    assert "FR-41" in sections(replace(SUBJECT, phase="specs", documents=(("prd", prd),)))


def test_a_one_line_project_gives_marked_proposals_and_questions() -> None:
    subject = replace(SUBJECT, title="Habit tracker", description="Build a habit tracker")
    brief = sections(subject)
    assert "*Assumption:* a user can create, change and archive a habit." in brief
    assert "Who will use it first?" in brief
    assert "| `reminder_at` | time |" in sections(replace(subject, phase="specs"))


def test_an_unknown_phase_or_section_still_gives_a_draft() -> None:
    draft = draft_section(replace(SUBJECT, phase="vision", section="tale", section_title="A tale"))
    assert draft.startswith("## A tale\n\n")
    assert "9 days" in draft


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_stays_well_formed_markdown(name: str) -> None:
    text = HOSTILE[name]
    answers = ((f"Who? {text[:200]}", text), ("Why?", ""))
    documents = (
        ("brief", text),
        ("prd", f"| FR-1 | {text} |"),
        ("stories", f"### US-1: {text}\n\n| T-1 | {text} |\n\n| E-1 | {text} |"),
        ("tests", text),
    )
    for phase, index, section in [*EVERY_SECTION, ("unknown", 0, EVERY_SECTION[0][2])]:
        for given in ((), documents):
            subject = Subject(
                phase, section.key, section.title, text[:100], text, answers, given, "", 1, index
            )
            check_markdown(draft_section(subject))


# --- the wire ------------------------------------------------------------------


def test_text_then_usage_then_end() -> None:
    text, events, error = answer(request())
    assert error is None
    assert text == draft_section(SUBJECT)
    *deltas, usage, end = events
    assert all(isinstance(event, TextDelta) and event.text for event in deltas)
    assert usage == Usage(
        input_tokens=len("You write.Write it.\nNow.") // 4, output_tokens=len(deltas)
    )
    assert isinstance(end, StreamEnd) and end.finish_reason is FinishReason.STOP
    assert 3 < len(text) / len(deltas) < 7


def test_max_tokens_cuts_with_length() -> None:
    text, events, _ = answer(request(max_tokens=20))
    assert draft_section(SUBJECT).startswith(text)
    assert Usage(input_tokens=6, output_tokens=20) in events
    assert isinstance(events[-1], StreamEnd)
    assert events[-1].finish_reason is FinishReason.LENGTH


class LateWaits(selectors.DefaultSelector):
    """Ends every wait of a loop at once and says that it took as long as asked for, and more."""

    now_s = 0.0
    late_s = 0.02

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.now_s += timeout + self.late_s
        return super().select(timeout and 0)


def test_the_pace_is_kept_on_the_clock_of_the_loop_and_lateness_does_not_add_up() -> None:
    waits = LateWaits()
    loop = asyncio.SelectorEventLoop(waits)
    loop.time = lambda: waits.now_s  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        events, _ = runner.run(collected(request(), tps=500))
    planned_s = (len(events) - 2 - 1) / 500
    assert planned_s <= waits.now_s <= planned_s + TICK_S + waits.late_s


def test_an_unpaced_draft_lets_others_work_meanwhile() -> None:
    async def turns() -> int:
        done, count = asyncio.Event(), 0

        async def other() -> None:
            nonlocal count
            while not done.is_set():
                count += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await collected(request())
        done.set()
        await task
        return count

    assert asyncio.run(turns()) >= 4


def test_a_prompt_without_a_subject_gets_an_honest_answer() -> None:
    text, _, _ = answer(request(subject=None))
    assert "no language model" in text
    assert "Write it." in text


# --- continuation --------------------------------------------------------------


def joined(so_far: str, text: str) -> str:
    joiner = Joiner(so_far)
    return so_far + joiner.feed(text) + joiner.finish()


def test_continuing_from_any_place_gives_the_same_text() -> None:
    draft = draft_section(SUBJECT)

    async def continued(cut: int) -> str:
        events, _ = await collected(request(replace(SUBJECT, text_so_far=draft[:cut])))
        return text_of(events)

    async def all_places() -> None:
        for cut in range(1, len(draft) + 1):
            text = await continued(cut)
            overlap = max(n for n in range(1, len(text) + 1) if draft[:cut].endswith(text[:n]))
            assert draft[:cut] + text[overlap:] == draft
            assert joined(draft[:cut], text) == draft, cut

    asyncio.run(all_places())


def test_a_whole_text_is_answered_with_its_last_words_only() -> None:
    draft = draft_section(SUBJECT)
    text, _, _ = answer(request(replace(SUBJECT, text_so_far=draft)))
    assert draft.endswith(text)
    assert 40 <= len(text) <= 80


def test_a_text_by_someone_else_gets_the_missing_blocks_only() -> None:
    draft = draft_section(SUBJECT)
    heading, lead, *_ = draft.split("\n\n")
    foreign = f"{heading}\n\nAnother model wrote this first paragraph.\n\n{lead}"
    text, _, _ = answer(request(replace(SUBJECT, text_so_far=foreign)))
    whole = joined(foreign, text)
    assert whole.startswith(foreign)
    assert whole.count(heading) == whole.count(lead) == 1
    assert "If nothing is done" in whole


# --- drills --------------------------------------------------------------------


def drill(
    name: str, section: int, attempt: int = 1
) -> tuple[str, list[WireEvent], ProviderError | None]:
    return answer(
        request(replace(SUBJECT, section_index=section, attempt=attempt), f"drill-{name}")
    )


def test_every_drill_of_the_catalog_is_defined_and_no_other() -> None:
    assert set(DRILLS) == {model.name for model in OFFLINE.models} - {"rules-1"}


@pytest.mark.parametrize(
    ("name", "section", "tokens", "category", "status", "wait_s"),
    [
        ("429", 1, 0, ErrorCategory.RATE_LIMIT, 429, 20.0),
        ("500", 1, 30, ErrorCategory.SERVER, 500, None),
        ("auth", 0, 0, ErrorCategory.AUTH, 401, None),
    ],
)
def test_a_drill_with_an_error_raises_it_after_its_tokens(
    name: str, section: int, tokens: int, category: ErrorCategory, status: int, wait_s: float | None
) -> None:
    _, events, error = drill(name, section)
    assert error is not None
    assert len(events) == tokens
    assert (error.category, error.status, error.retry_after_s) == (category, status, wait_s)
    assert "choose" in str(error)


def test_a_cut_stream_just_ends() -> None:
    _, events, error = drill("cut", 1)
    assert error is None
    assert len(events) == 40
    assert not any(isinstance(event, StreamEnd) for event in events)


def test_an_empty_answer_ends_normally_without_text() -> None:
    text, events, _ = drill("empty", 0)
    assert text == ""
    assert isinstance(events[-1], StreamEnd) and events[-1].finish_reason is FinishReason.STOP


@pytest.mark.parametrize("so_far", [0, 100, 300])
def test_the_length_drill_stops_every_call_after_25_tokens(so_far: int) -> None:
    subject = replace(SUBJECT, text_so_far=draft_section(SUBJECT)[:so_far])
    _, events, _ = answer(request(subject, "drill-length"))
    assert len(events) == 25 + 2
    assert isinstance(events[-1], StreamEnd) and events[-1].finish_reason is FinishReason.LENGTH


def test_a_stalled_stream_sends_30_tokens_and_then_nothing_until_it_is_closed() -> None:
    async def stalled() -> int:
        asked = request(replace(SUBJECT, section_index=1), "drill-stall")
        stream = OfflineWire().stream(OFFLINE, Endpoint("", ""), asked)
        for _ in range(30):
            assert isinstance(await anext(stream), TextDelta)
        waiting = asyncio.ensure_future(anext(stream))
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        return len(done)

    assert asyncio.run(stalled()) == 0


def test_a_slow_start_waits_before_the_first_token_in_every_attempt() -> None:
    assert DRILLS["drill-slow-start"].wait_s == 8.0

    async def quiet(attempt: int) -> bool:
        asked = request(replace(SUBJECT, attempt=attempt), "drill-slow-start")
        stream = OfflineWire().stream(OFFLINE, Endpoint("", ""), asked)
        waiting = asyncio.ensure_future(anext(stream))
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        return not done

    assert asyncio.run(quiet(1)) and asyncio.run(quiet(2))


@pytest.mark.parametrize("name", ["stall", "cut", "429", "500", "empty", "length"])
def test_a_drill_goes_well_in_the_next_attempt(name: str) -> None:
    for section in (0, 1):
        text, events, error = drill(name, section, attempt=2)
        assert error is None and text == draft_section(SUBJECT)
        assert isinstance(events[-1], StreamEnd) and events[-1].finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("name", "section"),
    [("stall", 0), ("cut", 2), ("429", 0), ("500", 0), ("auth", 1), ("empty", 1)],
)
def test_a_drill_spares_the_other_sections(name: str, section: int) -> None:
    text, _, error = drill(name, section)
    assert error is None and text == draft_section(SUBJECT)


def test_a_wrong_key_fails_in_every_attempt() -> None:
    _, _, error = drill("auth", 0, attempt=3)
    assert error is not None and error.category is ErrorCategory.AUTH
