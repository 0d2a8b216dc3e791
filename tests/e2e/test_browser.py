"""What a person does, in a real browser on the real server."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import duckdb
import httpx
from playwright.sync_api import Page, expect

from specforge_core import Forge, Settings, WorkStatus, restore_backup
from tests.e2e.conftest import App, NewTab, Serve
from tests.loopback import LoopbackProvider, chat_error, chat_stream

DESCRIPTION = "The finance team approves invoices. It must cut approval from 9 days to 2."


def create(page: Page, app: App, title: str = "Invoice approval") -> None:
    page.goto(app.url)
    if not page.get_by_label("Title").is_visible():
        form = page.get_by_label("Title")
        new = page.get_by_role("link", name="New project").or_(
            page.get_by_role("button", name="New project")
        )
        expect(form.or_(new).first).to_be_visible()
        if not form.is_visible():
            new.first.click()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Description").fill(DESCRIPTION)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Ready to generate").first).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).first.click()
    page.get_by_role("option", name=option).click()


def begin(page: Page) -> None:
    """Generate, although required questions are open."""
    page.get_by_role("button", name=re.compile("^Generate")).click()
    page.get_by_role("button", name="Generate anyway").click()


def generate(page: Page) -> None:
    begin(page)
    expect(page.get_by_text("▌").first).to_be_visible()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Stop and keep the text").click()


def shown(page: Page) -> str:
    return re.sub(r"[\s▌]+", " ", page.locator("[data-testid=stMain]").inner_text())


def expect_shown(page: Page, text: str) -> None:
    """Waits: a page that was opened anew is drawn from the top, the document comes last."""
    assert text
    expect(page.locator("[data-testid=stMain]")).to_contain_text(text, use_inner_text=True)


def test_generate_watch_cancel_reload_continue_and_see_it_on_the_telemetry_page(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="40")  # slow enough to be stopped on a busy machine
    page = new_tab()
    create(page, app)
    assert "project=" in page.url and "phase=brief" in page.url
    generate(page)
    expect(page.get_by_text(re.compile(r"Section 1 of 5:")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ % · \d+ tokens · \d+ tokens/s")).first).to_be_visible()

    second = new_tab()
    second.goto(page.url)
    expect(second.get_by_text("▌").first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Stop and keep the text")).to_be_focused()
    page.get_by_role("button", name="Keep going").click()
    expect(page.get_by_role("button", name="Cancel").first).to_be_visible()
    expect(second.get_by_text(re.compile("Section [2-5] of 5:")).first).to_be_visible()
    stop(second)
    for tab in (page, second):
        expect(
            tab.get_by_text(re.compile(r"Stopped in .* s, [\d,]+ tokens? kept")).first
        ).to_be_visible()

    expect_shown(page, "Problem and context")
    kept = shown(page).partition("Problem and context ")[2]
    page.reload()
    expect(page.get_by_text(re.compile("tokens? kept")).first).to_be_visible()
    expect_shown(page, f"Problem and context {kept[:300].strip()}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text(re.compile(r"tokens,? written")).first).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile("Complete")).first).to_be_visible()
    expect(page.get_by_role("heading", name="Risks, assumptions").first).to_be_visible()

    page.get_by_role("link", name="Telemetry").click()
    expect(page.get_by_text("First-token latency").first).to_be_visible()
    chart = "[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas"
    expect(page.locator(chart).first).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("All", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]range=all\b"))
    page.reload()
    expect(page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    expect(page.locator(chart).first).to_be_visible()


def test_a_run_goes_on_while_nobody_looks_and_shows_its_text_again(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="50")
    page = new_tab()
    create(page, app)
    generate(page)
    address = page.url
    page.close()
    again = new_tab()
    again.goto(address)
    expect(again.get_by_text(re.compile("Section [2-5] of 5:")).first).to_be_visible()
    expect(again.get_by_role("heading", name="Problem and context").first).to_be_visible()


def test_text_on_screen_is_there_after_kill_9_and_can_be_resumed(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve(SPECFORGE_OFFLINE_TPS="60")
    page = new_tab()
    create(page, app)
    generate(page)
    expect(page.get_by_text("What is asked for").first).to_be_visible()
    document = page.locator("[data-testid=stMarkdownContainer]")
    seen = re.sub(r"[\s▌]+", " ", " ".join(document.all_inner_texts()[-1:])).strip()
    app.end(signal.SIGKILL)
    app.start()
    page.goto(page.url)
    expect(page.get_by_text("Paused").first).to_be_visible()
    expect_shown(page, seen)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Generating").first).to_be_visible()


def test_every_answer_carries_a_strict_content_policy(serve: Serve) -> None:
    page = httpx.get(serve().url)
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "sha256-" in policy
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval'", "")
    assert page.headers["x-content-type-options"] == "nosniff"


def test_sigterm_with_an_open_page_and_a_live_run_ends_the_process_and_keeps_the_text(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve()
    page = new_tab()
    create(page, app)
    generate(page)
    assert app.end(signal.SIGTERM) == -signal.SIGTERM  # handed on when all is put away
    # As the process left it: a forge that is opened would interrupt an orphan itself.
    with duckdb.connect(str(app.data_dir / "specforge.duckdb"), read_only=True) as left:
        assert left.execute("select status from runs").fetchall() == [(WorkStatus.INTERRUPTED,)]
    with Forge.open(Settings(data_dir=app.data_dir)) as forge:
        assert forge.document(forge.runs()[0].run_id)


def test_a_custom_endpoint_that_fails_is_named_and_resumed(serve: Serve, new_tab: NewTab) -> None:
    with LoopbackProvider() as provider:
        provider.reply(chat_stream(["## Problem and context\n\n", "The first half "]).cut_after(3))
        app = serve(CUSTOM_BASE_URL=provider.base_url, CUSTOM_MODEL="m-1")
        page = new_tab()
        create(page, app)
        choose(page, "Provider", "Custom OpenAI-compatible endpoint")
        begin(page)
        expect(page.get_by_text("Paused").first).to_be_visible()
        expect(page.get_by_text(re.compile("broke off")).first).to_be_visible()
        expect(page.get_by_text("The first half").first).to_be_visible()
        assert DESCRIPTION in str(provider.requests[0].body)
        provider.reply(chat_error(401, message="Incorrect API key"))
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(re.compile("Error")).first).to_be_visible()
        expect(page.get_by_text(re.compile("CUSTOM_API_KEY")).first).to_be_visible()
        expect(page.get_by_text("The first half").first).to_be_visible()


def test_cancel_in_the_browser_closes_the_providers_socket(serve: Serve, new_tab: NewTab) -> None:
    with LoopbackProvider(tokens_per_s=50, size_kb=50) as provider:
        app = serve(CUSTOM_BASE_URL=provider.base_url, CUSTOM_MODEL="m-1")
        page = new_tab()
        create(page, app)
        choose(page, "Provider", "Custom OpenAI-compatible endpoint")
        generate(page)
        stop(page)
        provider.wait_gone()
        expect(
            page.get_by_text(re.compile(r"Stopped in .* s, [\d,]+ tokens? kept")).first
        ).to_be_visible()


def test_model_output_fetches_nothing_and_runs_nothing(serve: Serve, new_tab: NewTab) -> None:
    with LoopbackProvider() as trap, LoopbackProvider() as provider:
        bait = f"{trap.root_url}/leak.png"
        evil = (
            f"## Problem and context\n\n![a]({bait}) ![b][r] <img src='{bait}'> "
            f"<script>fetch('{bait}')</script> [click](javascript:alert(1))\n\n"
            f"[r]: {bait}\n\nzebrafinch"
        )
        provider.reply(chat_stream([evil]))
        app = serve(CUSTOM_BASE_URL=provider.base_url, CUSTOM_MODEL="m-1")
        page = new_tab()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        create(page, app)
        choose(page, "Provider", "Custom OpenAI-compatible endpoint")
        begin(page)
        expect(page.get_by_text("zebrafinch").first).to_be_visible()
        page.reload()
        expect(page.get_by_text("zebrafinch").first).to_be_visible()
        assert trap.requests == []
        assert [url for url in asked if "leak.png" in url] == []


def test_an_administrator_can_turn_live_text_off(serve: Serve, new_tab: NewTab) -> None:
    app = serve(SPECFORGE_STREAMING="off", SPECFORGE_OFFLINE_TPS="300")
    page = new_tab()
    create(page, app)
    begin(page)
    expect(
        page.get_by_text("What is being written appears here when it is whole.").first
    ).to_be_visible()
    expect(page.get_by_role("heading", name="Risks, assumptions").first).to_be_visible()


def test_a_broken_database_folder_is_said_on_the_page_and_at_healthz(
    serve: Serve, new_tab: NewTab
) -> None:
    app = serve()
    health = httpx.get(f"{app.url}/healthz")
    assert health.status_code == 200 and health.json()["worker"] == "ok"
    assert {"version", "uptime_s", "database"} <= set(health.json())
    blocked = App(app.data_dir, {}).start()  # a second process on the same file
    try:
        refused = httpx.get(f"{blocked.url}/healthz")
        assert refused.status_code == 503
        assert "in use by the SpecForge app" in refused.json()["reason"]
        page = new_tab()
        page.goto(blocked.url)
        expect(page.get_by_text(re.compile("in use by the SpecForge app")).first).to_be_visible()
        app.end(signal.SIGTERM)  # what the sentence asks for
        expect(page.get_by_role("button", name="Create project").first).to_be_visible()
        assert httpx.get(f"{blocked.url}/healthz").status_code == 200
        assert blocked.end(signal.SIGTERM) == -signal.SIGTERM
        Forge.open(Settings(data_dir=app.data_dir)).close()
    finally:
        if blocked.process is not None:
            blocked.end(signal.SIGKILL)


def test_a_backup_can_be_restored_while_the_app_waits_for_a_database_it_can_use(
    new_tab: NewTab, tmp_path: Path
) -> None:
    good, data = Settings(data_dir=tmp_path / "good"), Settings(data_dir=tmp_path / "data")
    with Forge.open(good) as forge:
        forge.create_project("Invoice approval", DESCRIPTION)
    data.data_dir.mkdir()
    with duckdb.connect(str(data.data_dir / "specforge.duckdb")) as newer:
        newer.execute("create table schema_migrations as select 999 as version, '' as name")
    app = App(data.data_dir, {}).start()
    try:
        assert "restore a backup" in httpx.get(f"{app.url}/healthz").json()["reason"]
        restore_backup(good.data_dir / "specforge.duckdb", data)
        page = new_tab()
        page.goto(app.url)
        expect(page.get_by_text("Invoice approval").first).to_be_visible()
    finally:
        app.end(signal.SIGKILL)
