"""What people decide about providers: kept, checked, and obeyed by the next request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from specforge_core import (
    ErrorCategory,
    Forge,
    InvalidInput,
    Policy,
    PriceOverride,
    ProviderPolicy,
    Run,
    Settings,
    StreamMode,
    WorkStatus,
)
from specforge_core.provider_records import Spending
from tests.loopback import LoopbackProvider, anthropic_stream, chat_error, chat_stream, json_reply

Open = Callable[..., Forge]


@pytest.fixture
def open_forge(
    tmp_path: Path, server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.root_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1234567890")
    opened: list[Forge] = []

    def opener(**settings: object) -> Forge:
        values = {"data_dir": tmp_path, "retry_wait_s": 0.01, **settings}
        opened.append(Forge.open(Settings.model_validate(values)))
        return opened[-1]

    yield opener
    for forge in opened:
        forge.close()


def generate(forge: Forge, project_id: str = "", provider: str = "custom") -> Run:
    project_id = project_id or forge.create_project("Invoices", "Approve them.").project_id
    run = forge.generate(project_id, "brief", provider)
    return list(forge.follow(run.run_id))[-1].run


def priced(usd: float, **more: object) -> Policy:
    own = {"custom/house-model": PriceOverride(input_usd=usd, output_usd=usd)}
    return Policy(prices=own, **more)  # type: ignore[arg-type]


def test_decisions_survive_a_restart(open_forge: Open) -> None:
    policy = Policy(
        providers={"custom": ProviderPolicy(stream_mode=StreamMode.CONTINUED, max_calls=2)},
        failover=("anthropic/claude-haiku-5-5",),
        day_budget_usd=5.0,
        prices={"custom/house-model": PriceOverride(input_usd=0, output_usd=2)},
    )
    forge = open_forge()
    assert forge.policy() == Policy()
    forge.set_policy(policy)
    forge.close()
    assert open_forge().policy() == policy


def test_a_decision_about_a_provider_that_is_none_is_refused(open_forge: Open) -> None:
    forge = open_forge()
    with pytest.raises(InvalidInput, match="no provider “nobody”"):
        forge.set_policy(Policy(failover=("nobody/m",)))
    assert forge.policy() == Policy()


def test_cost_is_kept_per_call_and_summed_per_section(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    forge.set_policy(priced(10.0))
    run = generate(forge)
    costs = forge.costs(run.project_id)
    assert [cost.section for cost in costs] == [
        section.section for section in forge.live(run.run_id).sections
    ]
    for cost in costs:  # the loopback provider reports 800 tokens read
        assert cost.usd == pytest.approx((800 + cost.output_tokens) * 10e-6)
        assert (cost.calls, cost.unknown, cost.estimated) == (1, 0, 0)


def test_a_price_that_nobody_knows_is_unknown_and_never_nothing(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    costs = forge.costs(generate(forge).project_id)
    assert all(cost.unknown == cost.calls == 1 and cost.usd == 0 for cost in costs)


@pytest.mark.parametrize("name", ["project_budget_usd", "day_budget_usd"])
def test_a_budget_stops_gently_keeps_the_text_and_goes_on_when_it_is_raised(
    name: str, open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    forge.set_policy(priced(1_000.0, **{name: 2.0}))  # a section costs more than a dollar
    run = generate(forge)
    assert run.status is WorkStatus.INTERRUPTED
    assert run.error_category is ErrorCategory.QUOTA
    assert "budget" in str(run.error_message) and "Raise it in Settings" in str(run.error_message)
    state = forge.live(run.run_id)
    whole = [one for one in state.sections if one.status is WorkStatus.COMPLETE]
    asked = len(server.requests)
    assert len(whole) == asked >= 1 and forge.document(run.run_id)
    with_nothing_left = generate(forge, run.project_id)
    assert with_nothing_left.status is WorkStatus.INTERRUPTED and len(server.requests) == asked
    forge.set_policy(priced(1_000.0))
    forge.resume(with_nothing_left.run_id)
    assert list(forge.follow(with_nothing_left.run_id))[-1].run.status is WorkStatus.COMPLETE


def test_another_projects_budget_is_its_own(open_forge: Open, server: LoopbackProvider) -> None:
    forge = open_forge()
    forge.set_policy(priced(1_000.0, project_budget_usd=8.0))
    assert generate(forge).status is WorkStatus.COMPLETE
    assert generate(forge).status is WorkStatus.COMPLETE


def test_a_failing_provider_hands_over_and_each_section_says_who_wrote_it(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    forge.set_policy(Policy(failover=("anthropic/claude-haiku-5-5", "openai")))
    server.reply(
        chat_stream(["The first section is written by the house model."]),
        chat_error(401, "Wrong key", code="invalid_api_key"),
    )
    run = generate(forge)
    assert run.status is WorkStatus.COMPLETE and run.provider == "custom"
    first, *others = forge.live(run.run_id).sections
    assert (first.provider, first.model) == ("custom", "house-model")
    assert {(one.provider, one.model) for one in others} == {("anthropic", "claude-haiku-5-5")}
    assert {one.stream_mode for one in (first, *others)} == {StreamMode.NATIVE}


def test_a_section_that_breaks_is_ended_by_the_next_provider_without_a_gap(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge(retries=0)
    forge.set_policy(Policy(failover=("anthropic/claude-haiku-5-5",)))
    words = [f"word{number} " for number in range(30)]
    server.reply(
        chat_stream(words).cut_after(16),
        anthropic_stream(["".join(words[10:15]), *words[15:]]),
    )
    run = generate(forge)
    assert run.status is WorkStatus.COMPLETE
    section = forge.live(run.run_id).sections[0]
    assert forge.section_text(run.run_id, section.section) == "".join(words)
    assert section.provider == "anthropic"


def test_a_passing_failure_is_seen_by_every_reader_while_the_run_waits(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge(retry_wait_s=0.5)
    server.reply(chat_error(503, "Overloaded"))
    project = forge.create_project("Invoices", "Approve them.")
    run = forge.generate(project.project_id, "brief", "custom")
    states = [state.run for state in forge.follow(run.run_id)]
    waiting = [one for one in states if one.waiting_for]
    assert waiting and waiting[0].waiting_until is not None
    assert "overloaded (503). Next try (2 of 4)" in str(waiting[0].waiting_for)
    assert states[-1].status is WorkStatus.COMPLETE and states[-1].waiting_for is None


def test_short_turns_are_asked_without_streaming_and_marked(
    open_forge: Open, server: LoopbackProvider
) -> None:
    def turn(text: str, finish: str):  # type: ignore[no-untyped-def]
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
        return json_reply({"model": "house", "choices": [choice]})

    forge = open_forge()
    forge.set_policy(Policy(providers={"custom": ProviderPolicy(stream_mode=StreamMode.CONTINUED)}))
    project = forge.create_project("Invoices", "Approve them.")
    count = len(forge.phase("brief").sections)
    for number in range(count):
        server.reply(turn(f"Half of {number}, ", "length"), turn("and the rest.", "stop"))
    run = generate(forge, project.project_id)
    assert run.status is WorkStatus.COMPLETE
    assert forge.document(run.run_id).startswith("Half of 0, and the rest.")
    assert {one.stream_mode for one in forge.live(run.run_id).sections} == {StreamMode.CONTINUED}
    assert len(server.requests) == 2 * count
    for request in server.requests:
        assert request.body["stream"] is False and request.body["max_tokens"] == 300


def test_a_whole_answer_is_replayed_in_pieces_and_marked(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge(flush_ms=5)
    forge.set_policy(Policy(providers={"custom": ProviderPolicy(stream_mode=StreamMode.SIMULATED)}))
    text = "A sentence of the whole answer. " * 60
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    project = forge.create_project("Invoices", "Approve them.")
    server.reply(json_reply({"choices": [choice]}))
    short = {"message": {"role": "assistant", "content": "Short."}, "finish_reason": "stop"}
    for _ in forge.phase("brief").sections[1:]:
        server.reply(json_reply({"choices": [short]}))
    run = forge.generate(project.project_id, "brief", "custom")
    lengths = {
        len(forge.section_text(run.run_id, state.sections[0].section))
        for state in forge.follow(run.run_id)
    }
    assert len(lengths) > 5  # it grew before the reader's eyes
    section = forge.live(run.run_id).sections[0]
    assert forge.section_text(run.run_id, section.section) == text
    assert section.stream_mode is StreamMode.SIMULATED
    assert server.requests[0].body["stream"] is False


def test_the_wait_for_a_limit_is_queue_wait_and_no_part_of_the_first_token(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    forge.set_policy(Policy(providers={"custom": ProviderPolicy(max_calls=1)}))
    server.tokens_per_s = 2_000
    projects = [forge.create_project(f"P {n}", "Approve them.").project_id for n in range(3)]
    runs = [forge.generate(project_id, "brief", "custom") for project_id in projects]
    for run in runs:
        list(forge.follow(run.run_id))
    spans = sorted(
        (request.received_at, request.finished_at) for request in server.wait_finished(15)
    )
    for (_, before), (after, _) in pairwise(spans):
        assert before is not None and after >= before  # never two at once
    now = forge.run(runs[0].run_id).queued_at
    calls = forge.telemetry(now, forge.run(runs[-1].run_id).ended_at).calls  # type: ignore[arg-type]
    longest = calls.loc[calls["queue_wait_s"].idxmax()]
    assert longest["queue_wait_s"] > 0.2
    assert longest["ttft_s"] < longest["queue_wait_s"]


def test_a_tier_is_asked_for_by_its_name(open_forge: Open, server: LoopbackProvider) -> None:
    forge = open_forge()
    project = forge.create_project("Invoices", "Approve them.")
    run = forge.generate(project.project_id, "brief", "anthropic", "fast")
    assert run.model == "claude-haiku-5-5"
    list(forge.follow(run.run_id))
    assert server.requests[0].body["model"] == "claude-haiku-5-5"


def test_what_was_spent_today_is_known_of_all_projects(
    open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    assert forge.spent_today() == Spending(calls=0, usd=0.0, unknown=0, estimated=0)
    unpriced = forge.costs(generate(forge).project_id)
    forge.set_policy(priced(10.0))
    paid = [cost for _ in range(2) for cost in forge.costs(generate(forge).project_id)]
    today = forge.spent_today()
    assert today.usd == pytest.approx(sum(cost.usd for cost in paid))
    assert (today.calls, today.unknown) == (len(unpriced) + len(paid), len(unpriced))
    assert today.estimated == 0


def test_what_was_spent_before_midnight_utc_is_not_of_today(
    tmp_path: Path, open_forge: Open, server: LoopbackProvider
) -> None:
    forge = open_forge()
    forge.set_policy(priced(10.0))
    generate(forge)
    assert forge.spent_today().usd > 0
    forge.close()
    with duckdb.connect(str(tmp_path / "specforge.duckdb")) as database:
        database.execute("update calls set started_at = started_at - interval 24 hours")
    assert open_forge().spent_today() == Spending(calls=0, usd=0.0, unknown=0, estimated=0)


def test_a_model_says_what_it_is_good_for_and_a_provider_whether_it_has_more(
    open_forge: Open,
) -> None:
    providers = {one.name: one for one in open_forge().providers()}
    tiers = {model.tier: model.name for model in providers["anthropic"].models}
    assert tiers["fast"] == "claude-haiku-5-5"
    assert providers["custom"].models[0].tier == ""
    assert {name for name, one in providers.items() if not one.open_models} == {"offline"}
