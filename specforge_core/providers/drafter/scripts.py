"""The end-to-end scripts by rules, in the framework that was answered; see `frameworks.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache

from specforge_core.providers.drafter.backlog import stories
from specforge_core.providers.drafter.contracts import endpoints
from specforge_core.providers.drafter.criteria import criteria_in
from specforge_core.providers.drafter.facts import Facts
from specforge_core.providers.drafter.markdown import ASSUMED, Sheet, clip, in_text, literal
from specforge_core.providers.drafter.story import Story
from specforge_core.providers.drafter.vocabulary import phrases, plural, read_table

MOST = 3  # scripts that succeed; one more shows a refusal


@dataclass(frozen=True, slots=True)
class Framework:
    """`setup`, `enter`, `act` and `refuse` are files as format strings."""

    name: str
    language: str
    words: str
    file: str
    install: str
    run: str
    setup_file: str
    setup: str
    enter: str
    act: str
    refuse: str

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.words, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Script:
    id: str
    story: Story
    form: str  # "enter", "act" or "refuse"

    @property
    def title(self) -> str:
        return "A person without the role is refused" if self.form == "refuse" else self.story.title

    @property
    def slug(self) -> str:
        words = re.findall(r"[a-z0-9]+", f"{self.story.id} {literal(self.story.title)}".lower())
        tail = ["refused"] if self.form == "refuse" else []
        return "-".join([*words[:8], *tail])


@cache
def frameworks() -> tuple[Framework, ...]:
    names = [one.name for one in fields(Framework)]
    rows = read_table("frameworks.toml")["frameworks"]
    return tuple(Framework(**{name: row[name].lstrip("\n") for name in names}) for row in rows)


def framework(facts: Facts) -> tuple[Framework, str]:
    """The framework to write in, and the answer about it ("" if there is none)."""
    answers = [one.text for one in facts.about("framework")]
    for text in [*answers, *(one.text for one in facts.statements)]:
        for one in frameworks():
            if one.pattern.search(text):
                return one, next(iter(answers), text)
    return frameworks()[-1], next(iter(answers), "")


def scripts(facts: Facts) -> list[Script]:
    """The main path and the most costly refusal: few, and of Must stories first."""
    people = [one for one in stories(facts) if not one.want.startswith("the product ")]
    ordered = sorted(people or stories(facts), key=lambda one: not one.must)
    forms = [(one, "enter" if one.stage == "enter" else "act") for one in ordered[:MOST]]
    guarded = [one for one in ordered if one.refusals]
    forms += [(one, "refuse") for one in guarded[:1]]
    return [Script(f"E2E-{number}", *form) for number, form in enumerate(forms, 1)]


def end_to_end(facts: Facts, sheet: Sheet) -> Sheet:
    frame, answer = framework(facts)
    chosen = scripts(facts)
    sheet.table(
        ("ID", "Script", "Proves", "Actor", "File"),
        (
            (one.id, one.title, _proves(one), one.story.who, f"`{_file(frame, one)}`")
            for one in chosen
        ),
    )
    sheet.say(_why(frame, answer))
    sheet.head(frame.setup_file).fence(frame.language, frame.setup.format().strip("\n"))
    for one in chosen:
        sheet.head(_file(frame, one)).fence(frame.language, _body(facts, frame, one, chosen))
    sheet.head("Install and run")
    sheet.say("The scripts need the product to be running, and two accounts of different roles.")
    sheet.fence("sh", f"{frame.install}\nexport BASE_URL=http://localhost:8000\n{frame.run}")
    return sheet.head("Assumed by the scripts").bullets(_assumed(facts, chosen))


def _why(frame: Framework, answer: str) -> str:
    if answer and frame.pattern.search(answer):
        return f"Written in {frame.name}, as answered: {clip(answer, 120)}"
    if answer:
        return (
            f"The framework that is answered ({clip(answer, 120)}) is not one that the offline"
            f" drafter can write. {ASSUMED} {frame.name} until somebody rewrites the scripts."
        )
    return f"No framework is answered. {ASSUMED} {frame.name}."


def _proves(script: Script) -> str:
    return ", ".join([script.story.id, *script.story.requirements])


def _file(frame: Framework, script: Script) -> str:
    return frame.file.format(slug=script.slug, name=script.slug.replace("-", "_"))


def _body(facts: Facts, frame: Framework, script: Script, chosen: list[Script]) -> str:
    refused = criteria_in(phrases().refusals["permission"])
    told = refused if script.form == "refuse" else script.story.criteria
    creates = next((one.story.title for one in chosen if one.form == "enter"), "New")
    text: str = getattr(frame, script.form)
    return text.format(
        key=script.id,
        title=literal(script.title),
        proves=literal(_proves(script)),
        story=script.story.id,
        name=script.slug.replace("-", "_").removesuffix("_refused"),
        path=_path(facts, script.story),
        action=literal(clip(script.story.title, 60)),
        create=literal(clip(creates, 60)),
        given=literal(told[0].given if told else "a signed-in person with the role"),
        then=literal(told[0].then if told else "the result is shown and stays after a reload"),
    ).strip("\n")


def _path(facts: Facts, story: Story) -> str:
    """The collection that the specs' table of addresses gives for the story's requirements."""
    for _, path, rows in endpoints(facts):
        if any(row.id in story.requirements for row in rows):
            return path.partition("/{")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", plural(story.thing or facts.thing).lower()).strip("-")
    return f"/{slug or 'items'}"


def _assumed(facts: Facts, chosen: list[Script]) -> list[str]:
    routes = dict.fromkeys(f"`{_path(facts, one.story)}`" for one in chosen)
    return [
        f"{ASSUMED} the pages {', '.join(routes)} and `/sign-in`, which the specs name as"
        " addresses of the interface only.",
        f"{ASSUMED} each action is a button with the title of its story; a new"
        f" {in_text(facts.thing)} has a field “Name” and a button “Save”, and is then a link in the"
        " list.",
        f"{ASSUMED} a result is told in an element with the role `status`, a refusal in one with"
        " the role `alert`, with “Done” and “not allowed” in it.",
    ]
