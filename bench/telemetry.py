"""The telemetry page over a million calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
from playwright.sync_api import Page

from bench.browser import chromium, noted, settled, wait_until
from bench.processes import App, data_folder, in_child, seed
from bench.results import Row, single, spread

CALLS = 1_000_000

# 30 days, four providers of different speed, 3 % failed, 2 % cancelled.
FILL = """
insert into calls
select 'call-' || lpad(i::varchar, 9, '0'), 'run-' || (i // 5)::varchar,
       ['problem', 'users', 'goals', 'scope', 'risks'][i % 5 + 1], 1,
       ['openai', 'anthropic', 'custom', 'offline'][p + 1],
       ['gpt-6.1-terra', 'claude-sonnet-5-5', 'bench', 'rules-1'][p + 1],
       case when p = 2 and i % 10 = 0 then 'simulated' else 'native' end,
       now() - (30 * 86400 * (1 - i / $calls) * interval 1 second), random() * 0.2,
       case when e > 0.03 then 0.2 + 0.3 * p + 0.5 * random() * random() end,
       case when e > 0.03 then 0.3 + 0.3 * p + 0.5 * random() * random() end,
       4 + 8 * random(), case when e > 0.05 then 40 + 15 * p + 20 * random() end,
       (700 + 900 * random())::bigint, (200 + 300 * random())::bigint, null, null,
       'provider', case when e > 0.05 then 'stop' end,
       case when e <= 0.03 then 'provider_error' when e <= 0.05 then 'cancelled'
            else 'complete' end,
       case when e <= 0.03
            then ['rate_limit', 'overloaded', 'timeout', 'server'][(i // 7) % 4 + 1] end,
       case when e <= 0.03 then 'The provider failed.' end,
       case when e <= 0.03 then 429 end, 'req-' || i::varchar, null
from (select i, (random() * 3.99)::integer % 4 as p, random() as e
      from (select unnest(range($calls)) as i))
"""


def million_calls(quick: bool) -> Iterator[Row]:
    """Click on Telemetry -> three drawn charts; and the same for the whole range."""
    with data_folder() as folder:
        seed(folder, 20)
        in_child(_fill, folder)
        with App(folder) as app, chromium() as browser, browser.page() as page:
            page.goto(app.url)
            page.get_by_role("link", name="Telemetry").wait_for()
            settled(page)
            opened, all_of_it = [], []
            for _ in range(3 if quick else 7):
                opened.append(_open(page))
                all_of_it.append(_choose(page, "All"))
                _choose(page, "7 days")  # the session remembers what was chosen
                page.get_by_role("link", name="Projects", exact=True).click()
                page.get_by_role("button", name="New project").wait_for()
                settled(page)
    yield single("the first look at Telemetry after a start, imports included", opened[0], "ms")
    name = "telemetry page over 1,000,000 calls → drawn charts"
    yield spread(f"{name} (7 days, as it opens)", opened[1:], p95=1000)
    yield spread(f"{name} (range All)", all_of_it, p95=1000)


def _fill(folder: Path) -> None:
    with duckdb.connect(str(folder / "specforge.duckdb")) as database:
        database.execute(FILL, {"calls": CALLS})


def _open(page: Page) -> float:
    page.get_by_role("link", name="Telemetry").click()
    wait_until(page, "bench.charts > 0")
    settled(page)
    notes = noted(page)
    return float(notes["charts"] - notes["click"])


def _choose(page: Page, chosen: str) -> float:
    """Click on a range -> the charts change no more."""
    page.wait_for_timeout(500)
    page.get_by_test_id("stButtonGroup").get_by_text(chosen, exact=True).click()
    wait_until(page, "bench.chartsChanged > 0 && Date.now() - bench.chartsChanged > 700")
    notes = noted(page)
    return float(notes["chartsChanged"] - notes["click"])
