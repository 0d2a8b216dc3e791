"""The history of a document: many versions, and a long comparison."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page

from bench.browser import chromium, settled
from bench.processes import App, data_folder, in_child
from bench.results import Row, spread

if TYPE_CHECKING:
    from specforge_core import Forge

Texts = dict[str, list[str]]  # the lines of each section, by its title

VERSIONS = 50
CHARACTERS = 40_000
LINES = 10_000
WORDS = ["invoice", "approval", "finance", "within", "two", "days", "the", "clerk", "may", "not"]

LIST = "[data-testid=stRadioGroup] [data-testid=stRadioCaption]"
CHANGES = ".diff"
# The first frame that shows what a selector names, in milliseconds after something was done.
DRAWN = """([what, done]) => new Promise(resolve => {
    const shown = () => [...document.querySelectorAll(what)].map(one => one.innerText).join();
    const before = shown(), start = performance.now();
    const seen = new MutationObserver(() => {
        if (!shown() || shown() === before) return;
        seen.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - start));
    });
    seen.observe(document, {subtree: true, childList: true, characterData: true});
    if (done === 'back') history.back();
    else [...document.querySelectorAll('button, label')]
        .find(one => [one.ariaLabel, one.textContent.trim()].includes(done)).click();
})"""


def history(quick: bool) -> Iterator[Row]:
    """The history page with 50 versions of 40 KB, and with 10,000 changed lines."""
    repeats = 3 if quick else 8
    with data_folder() as folder:
        many, read, long = in_child(_seed, folder, repeats)
        with App(folder) as app, chromium() as browser, browser.page() as page:
            address = f"{app.url}/history?phase=brief&project="
            _goto(page, f"{address}{many}")
            turned = [_took(page, LIST, f"Page {number}") for number in range(2, 6)]
            opened = [_opened(page, f"{address}{many}") for _ in range(repeats)]
            compared = [_compared(page, f"{address}{one}") for one in long]
    name = f"{VERSIONS} versions of {CHARACTERS // 1000} KB"
    yield spread(f"{name}: forge().versions", read, p95=50)
    yield spread(f"{name}: click → history page drawn", opened, p95=200)
    yield spread(f"{name}: the next ten, their changes not yet counted", turned, p95=200)
    yield spread(f"{LINES:,} changed lines: click → compared and drawn", compared, p95=1000)


def _goto(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(LIST).first.wait_for()
    settled(page)
    page.wait_for_timeout(500)


def _took(page: Page, what: str, done: str) -> float:
    took = float(page.evaluate(DRAWN, [what, done]))
    settled(page)
    return took


def _opened(page: Page, url: str) -> float:
    """From the document, in a session that is there already."""
    _goto(page, url)
    page.get_by_role("link", name="Back to the Brief").click()
    page.locator(LIST).first.wait_for(state="detached")
    settled(page)
    return _took(page, LIST, "back")


def _compared(page: Page, url: str) -> float:
    _goto(page, url)
    return _took(page, CHANGES, "Changes")


# --- what there is to be seen --------------------------------------------------


def _seed(folder: Path, long: int) -> tuple[str, list[float], list[str]]:
    """A document with many versions, the milliseconds of listing them, and long documents."""
    from specforge_core import Forge, Settings

    with Forge.open(Settings(data_dir=folder, offline_tps=100_000)) as forge:
        many = _written(forge, _many)
        read = [_ms(lambda: forge.versions(many, "brief")) for _ in range(20)]
        return many, read, [_written(forge, _rewritten) for _ in range(long)]


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def _written(forge: Forge, states: Callable[[Sequence[str]], Iterator[Texts]]) -> str:
    """A brief by the offline drafter, then each of its states as a person stores it."""
    project_id = forge.create_project("History", "Invoices wait 9 days for approval.").project_id
    run_id = forge.generate(project_id, "brief", "offline").run_id
    *_, last = forge.follow(run_id)
    titles = [one.title for one in last.sections]
    for texts in states(titles):
        based_on = {one.section: forge.fingerprint(run_id, one.section) for one in last.sections}
        whole = (f"## {title}\n\n" + "\n".join(texts[title]) for title in titles)
        forge.edit_document(run_id, "\n\n".join(whole), based_on, "Ada", "a change")
    return project_id


def _many(titles: Sequence[str]) -> Iterator[Texts]:
    """The whole document to its length, then one line after the other changed."""
    chance = random.Random(1)
    texts = _texts(titles, chance, CHARACTERS // 70, 69)
    for number in range(VERSIONS - 1):
        text = texts[titles[number % len(titles)]]
        text[chance.randrange(len(text))] = _line(chance, 69)
        yield texts


def _rewritten(titles: Sequence[str]) -> Iterator[Texts]:
    """A long document, then a word of every line of it another one."""
    chance = random.Random()
    texts = _texts(titles, chance, LINES, 35)
    yield texts
    yield {
        title: [" ".join(["other", *line.split()[1:]]) for line in lines]
        for title, lines in texts.items()
    }


def _texts(titles: Sequence[str], chance: random.Random, lines: int, length: int) -> Texts:
    each = lines // len(titles)
    return {title: [_line(chance, length) for _ in range(each)] for title in titles}


def _line(chance: random.Random, length: int) -> str:
    return " ".join(chance.choices(WORDS, k=20))[:length]
