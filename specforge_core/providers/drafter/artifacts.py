"""The artifacts document by rules: the files around the code, and the way to production."""

from __future__ import annotations

import re
from dataclasses import dataclass

from specforge_core.providers.drafter.aims import MOST_LISTED
from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.facts import Facts, answered, told
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, clip, listed, literal, people
from specforge_core.providers.drafter.measures import qualities
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.vocabulary import phrases, plural
from specforge_core.providers.drafter.worklist import milestones, work_items

_PYTHON = "Python"


@dataclass(frozen=True, slots=True)
class Stack:
    """`words` tells it in the inputs; the others are commands."""

    name: str
    words: str
    install: str
    start: str
    check: str
    test: str
    version: str

    @property
    def short(self) -> str:
        return "python" if self.name == _PYTHON else "node"


def stack(facts: Facts) -> tuple[Stack, bool]:
    """The one that answers, description or specs name; else Python, which is not stated."""
    known = [Stack(*row) for row in phrases().rows["stacks"]]
    for one in facts.statements:
        for row in known:
            if re.search(row.words, one.text, re.IGNORECASE):
                return row, True
    return known[0], False


def slug(facts: Facts) -> str:
    words = re.findall(r"[a-z0-9]+", literal(facts.title).lower())
    return "-".join(words[:4])[:40].strip("-") or "product"


def documentation(facts: Facts, sheet: Sheet) -> Sheet:
    used, stated = stack(facts)
    sheet.say("Developers read `README.md`, users read `docs/user-guide.md`.")
    if not stated:
        sheet.say(f"{ASSUMED} {used.name}, because no input names a stack that can be used here.")
    given = answered(facts)
    if given:
        sheet.say("The answers that these files rest on:").bullets(given)
    sheet.head("README.md").fence("markdown", _readme(facts, used))
    return sheet.head("docs/user-guide.md").fence("markdown", _guide(facts))


def _readme(facts: Facts, used: Stack) -> str:
    excluded = [told(one) for one in facts.about("excluded")[:MOST_LISTED]]
    rows = [
        *facts.rows("settings"),
        *([f"`{name}`", text, "none"] for name, text in _tokens(facts)),
    ]
    asked = [one.text for one in facts.about("start")[:2]]
    return (
        phrases()
        .texts["readme"]
        .format(
            title=literal(facts.title),
            what=literal(f"{facts.title} is {facts.archetype.label} for {people(facts.who[:3])}."),
            does=_list([f"{one.title} ({one.id})" for one in stories(facts)]),
            install=used.install,
            start=used.start,
            check=used.check,
            test=used.test,
            name=used.name,
            settings="\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows),
            contact=literal(" ".join(asked)) if asked else "Nobody is named yet.",
            **{"not": _list(excluded or ["What no requirement names is not part of it."])},
        )
        .strip("\n")
    )


def _cell(text: str) -> str:
    return literal(text.replace("`", "")).replace("|", "/")


def _list(items: list[str]) -> str:
    return "\n".join(f"- {literal(item)}" for item in items) or "- See the requirements."


def _guide(facts: Facts) -> str:
    """One heading for each task of a person, in the words of the stories."""
    tasks = [one for one in stories(facts) if not one.want.startswith("the product ")]
    parts = [f"# {literal(facts.title)}: user guide", *(_task(facts, one) for one in tasks)]
    refusals = dict.fromkeys(refusal for one in tasks for refusal in one.refusals)
    questions = [
        f"**When {literal(one.when)}, and {literal(one.given)}:** {literal(one.then)}"
        for one in refusals
    ]
    return "\n\n".join([*parts, "## Questions and answers", *questions[:8]])


def _task(facts: Facts, story: Story) -> str:
    thing = literal(story.thing or facts.thing)
    then = literal(story.criteria[0].then) if story.criteria else "the result is shown"
    return "\n".join(
        [
            f"## {literal(story.title)}",
            "",
            f"For: {literal(story.who)}. Before: be signed in ({story.id}).",
            "",
            f"1. Open the page of the {plural(thing)}.",
            f"2. Choose “{literal(story.title)}” and fill in what is asked for.",
            "3. Save. What is missing is named; nothing that you typed is lost.",
            "",
            f"Afterwards: {then}",
        ]
    )


# --- configuration -----------------------------------------------------------------


def configuration(facts: Facts, sheet: Sheet) -> Sheet:
    used, _ = stack(facts)
    files = config_files(facts, used)
    sheet.table(
        ("File", "What it decides", "Who changes it", "Follows from"),
        ((f"`{path}`", decides, "developers", follows) for path, _, _, decides, follows in files),
    )
    chosen = [told(one) for one in facts.about("conventions")[:3]]
    if chosen:
        sheet.say("Answered about conventions:").bullets(chosen)
    sheet.say(f"{ASSUMED} the tools and versions in these files, where no input names them.")
    for path, language, body, _, _ in files:
        sheet.head(path).fence(language, body)
    sheet.head("To be set by hand").say("No file holds a secret; these are set where it runs.")
    return sheet.table(("What", "Where", "Who"), facts.rows("set_by_hand"))


File = tuple[str, str, str, str, str]  # path, language, content, what it decides, follows from


def config_files(facts: Facts, used: Stack) -> list[File]:
    python = used.short == "python"
    name = "pyproject" if python else "package"
    manifest, language = ("pyproject.toml", "toml") if python else ("package.json", "json")
    nfr = [one.id for one in qualities(facts)]
    tasks = [one.id for one in work_items(facts)]
    first, access = tasks[:1] or ["the specs"], nfr[:3] or ["the specs"]
    return [
        (".env.example", "sh", _env(facts), "names of all settings", listed(access)),
        (manifest, language, _text(facts, name), "dependencies and checks", first[0]),
        (".github/workflows/ci.yml", "yaml", _ci(facts, used), "what is checked, when", first[0]),
        (
            "Dockerfile",
            "dockerfile",
            _text(facts, f"dockerfile_{used.short}"),
            "what runs",
            "specs",
        ),
        ("compose.yaml", "yaml", _text(facts, "compose"), "how the parts are started", "specs"),
        (".gitignore", "text", _text(facts, "gitignore"), "what is never committed", first[0]),
    ]


def _text(facts: Facts, name: str, **more: str) -> str:
    return phrases().texts[name].format(slug=slug(facts), **more).strip("\n")


def _tokens(facts: Facts) -> list[tuple[str, str]]:
    return [
        (f"{re.sub(r'[^A-Z0-9]+', '_', name.upper())}_TOKEN", f"access to {name}")
        for name in facts.systems[:4]
    ]


def _env(facts: Facts) -> str:
    lines = [f"# {meaning}; empty: it is off\n{name}=" for name, meaning in _tokens(facts)]
    return _text(facts, "env_example", systems="\n".join([*lines, "POSTGRES_PASSWORD="]))


def _ci(facts: Facts, used: Stack) -> str:
    tools = _text(facts, f"ci_{used.short}", install=used.install)
    return _text(facts, "ci", tools=tools, check=used.check, test=used.test)


# --- deployment --------------------------------------------------------------------


def deployment(facts: Facts, sheet: Sheet) -> Sheet:
    used, _ = stack(facts)
    where = [told(one) for one in facts.about("hosting")[:3]]
    sheet.say(f"Answered: {' '.join(where)}" if where else f"{ASSUMED} one server with containers.")
    if where:
        sheet.say(f"{ASSUMED} containers are possible there; if not, only the start differs.")
    sheet.head("Before the first time").say("These are made once, by people.")
    sheet.table(("What", "Where", "Who", "Check"), facts.rows("first_time"))
    migrate = "python -m app.migrate" if used.short == "python" else "node dist/migrate.js"
    sheet.head("Deploy a version").say("1. Back up. It is done when the file is not empty.")
    sheet.fence("sh", _text(facts, "backup"))
    sheet.say("2. Migrate. From here on going back takes longer than a restart.")
    sheet.fence("sh", _text(facts, "migrate", migrate=migrate))
    sheet.say("3. Start the version: about two minutes, done when `/healthz` answers `200`.")
    sheet.fence("sh", _text(facts, "deploy"))
    sheet.head("Check").say("Looked at in the first ten minutes, and again after a day.")
    sheet.table(("What", "Expected", "Stands for"), _looked_at(facts))
    sheet.head("Roll back").numbered(facts.lines("roll_back"))
    sheet.head("Restore").numbered(facts.lines("restore"))
    sheet.head("When something fails").say("The first step is safe and changes nothing.")
    return sheet.table(("Sign", "Likely cause", "First step", "Then"), facts.rows("failures"))


def _looked_at(facts: Facts) -> list[list[str]]:
    first = [one for milestone in milestones(facts)[:1] for one in milestone.stories]
    shown = clip(listed(first), 60) if first else "the main flow"
    return [
        [cell.replace("US ids of the first milestone", shown) for cell in row]
        for row in facts.rows("look_at")
    ]


SECTIONS = {
    "documentation": documentation,
    "configuration": configuration,
    "deployment": deployment,
}
