"""What a document has cost, and how a budget stops it."""

from __future__ import annotations

import pytest

from specforge_core import Forge, Policy, PriceOverride, Project, WorkStatus
from tests.loopback import LoopbackProvider, chat_stream
from tests.ui.conftest import Open
from tests.ui.driving import finish, labels, plain


def priced(usd: float, **more: float) -> Policy:
    own = {"custom/house-model": PriceOverride(input_usd=usd, output_usd=usd)}
    return Policy.model_validate({"prices": own, **more})


def brief(forge: Forge, project: Project, provider: str = "custom", model: str = "") -> str:
    run = forge.generate(project.project_id, "brief", provider, model)
    finish(forge, run.run_id)
    return run.run_id


def page(open_page: Open, project: Project) -> str:
    return plain(open_page("phase.py", project=project.project_id, phase="brief"))


def test_what_the_offline_drafter_writes_has_no_cost(
    open_page: Open, forge: Forge, project: Project
) -> None:
    brief(forge, project, "offline")
    shown = page(open_page, project)
    assert "No cost" in shown
    assert "This project: no cost" in shown
    assert "$0" not in shown


@pytest.mark.usefixtures("endpoint")
def test_an_unknown_price_is_said_with_the_number_of_calls(
    open_page: Open, forge: Forge, project: Project
) -> None:
    brief(forge, project)
    shown = page(open_page, project)
    assert "Cost unknown (5 calls)" in shown
    assert "This project: cost unknown (5 calls)" in shown
    assert "set it in Settings" in shown
    assert "$0" not in shown


def test_the_cost_of_run_document_and_project_is_shown(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(priced(1_000.0))
    replies = [chat_stream(["## Text\n\nOne two."], usage=(100, 20)) for _ in range(12)]
    endpoint.reply(*replies)
    brief(forge, project)
    forge.skip_to(project.project_id, "prd")
    finish(forge, forge.generate(project.project_id, "prd", "custom").run_id)
    shown = page(open_page, project)
    assert "Cost $0.60" in shown, "5 sections of 120 tokens, each 0.1 cents"
    assert "**Brief**: $0.60" in shown
    assert "**PRD**: $0.84" in shown
    assert "This project: $1.44" in shown
    who = "Custom OpenAI-compatible endpoint, house-model"
    row = f"Problem and context :small[:gray[1 call · 100 tokens in, 20 out · {who}]] | $0.12"
    assert row in shown


def test_a_cost_by_estimate_is_marked(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(priced(1_000.0))
    endpoint.reply(*(chat_stream(["## Text\n\nOne two."], usage=None) for _ in range(5)))
    brief(forge, project)
    shown = page(open_page, project)
    assert "Cost ≈$" in shown
    assert "not counted by the provider" in shown


def test_earlier_runs_stay_in_the_cost_of_the_document(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(priced(1_000.0))
    endpoint.reply(*(chat_stream(["## Text\n\nOne two."], usage=(100, 20)) for _ in range(10)))
    brief(forge, project)
    brief(forge, project)
    shown = page(open_page, project)
    assert "Cost $0.60" in shown
    assert "This project: $1.20" in shown
    assert "2 calls · 200 tokens in, 40 out" in shown


def test_a_budget_that_is_used_up_is_told_with_resume_and_the_way_to_settings(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    forge.set_policy(priced(1_000.0, project_budget_usd=0.2))
    endpoint.reply(*(chat_stream(["## Text\n\nOne two."], usage=(100, 20)) for _ in range(5)))
    run_id = brief(forge, project)
    assert forge.run(run_id).status is WorkStatus.INTERRUPTED
    app = open_page("phase.py", project=project.project_id, phase="brief")
    shown = plain(app)
    assert "Paused" in shown
    assert "The budget of this project of $0.20 is used up ($0.24)." in shown
    assert "stopped or restarted" not in shown
    assert "Cost $0.24" in shown
    assert "Resume" in labels(app)
    link = next(one for one in app.get("page_link") if "Budgets" in one.proto.label)
    assert link.proto.page == "settings"
    forge.set_policy(priced(1_000.0))
    app.button(key="go on").click().run()
    assert finish(forge, run_id).run.status is WorkStatus.COMPLETE


@pytest.mark.usefixtures("endpoint")
def test_settings_say_what_was_spent_today_and_what_is_not_known(
    open_page: Open, forge: Forge, project: Project, endpoint: LoopbackProvider
) -> None:
    assert "Spent today: nothing." in plain(open_page("settings.py"))
    brief(forge, project)
    assert "Spent today: cost unknown (5 calls)." in plain(open_page("settings.py"))
    forge.set_policy(priced(1_000.0))
    endpoint.reply(*(chat_stream(["## Text", "One"], usage=(100, 20)) for _ in range(4)))
    endpoint.reply(chat_stream(["## Text", "One"], usage=None))
    brief(forge, project)
    shown = plain(open_page("settings.py"))
    assert "Spent today: ≈$" in shown
    assert "and 5 calls of unknown cost." in shown


def test_what_the_offline_drafter_writes_is_nothing_spent(
    open_page: Open, forge: Forge, project: Project
) -> None:
    brief(forge, project, "offline")
    assert "Spent today: nothing." in plain(open_page("settings.py"))


def test_the_budget_of_a_project_stands_beside_its_cost(
    open_page: Open, forge: Forge, project: Project
) -> None:
    brief(forge, project, "offline")
    assert "Its budget" not in page(open_page, project)
    forge.set_policy(Policy(project_budget_usd=25.0))
    assert "Its budget: $25.00, of all time." in page(open_page, project)
