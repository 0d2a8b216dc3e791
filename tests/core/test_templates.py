"""The templates that ship, what a broken file says, and templates written as TOML."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from specforge_core import intake
from specforge_core.phases import load_phases
from specforge_core.providers.drafter import draft_section
from specforge_core.providers.wire import Subject
from specforge_core.templates import (
    Template,
    fill,
    load_templates,
    read_templates,
    template_problems,
    unused_answers,
    waiting,
    write_template,
)
from tests.growth import in_linear_time

SHIPPED = list(load_templates().values())
each_template = pytest.mark.parametrize("template", SHIPPED, ids=lambda one: one.name)

# Words that a template alone brings in, and that the brief drafted from it must hold.
OWN_WORDS = {
    "saas-mvp": ("14 days of trial", "shared spreadsheet"),
    "mobile-app": ("seven days", "poor reception"),
    "cli-tool": ("static binary below 20 mb", "10,000 files"),
    "browser-extension": ("side panel", "as markdown, csv or json"),
    "api-service": ("nightly file", "account managers"),
    "landing-page": ("slide deck", "early access"),
    "e-commerce": ("reserved for 15 minutes", "card data never"),
    "documentation-site": ("copy a code example", "the editor keeps order"),
}

GOOD = Template(
    name="own",
    title="Own start",
    order=5,
    category="Web app",
    stack=("Python",),
    summary="Something to start from.",
    description="A tool for [USER INPUT NEEDED: whom].",
    answers={"brief": {"users": "Nurses on the ward."}},
)


def texts(template: Template) -> list[str]:
    held = [text for answers in template.answers.values() for text in answers.values()]
    return [template.description, *held]


def everything(template: Template) -> str:
    return "\n".join(texts(template)).casefold()


def template_file(folder: Path, name: str, **changes: object) -> Path:
    path = folder / f"{name}.toml"
    template = GOOD.model_copy(update={"name": name, **changes})
    path.write_text(write_template(template), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- the eight that ship ---------------------------------------------------------


def test_eight_templates_ship_in_their_order_and_are_loaded_once() -> None:
    assert list(load_templates()) == [
        "saas-mvp",
        "mobile-app",
        "cli-tool",
        "browser-extension",
        "api-service",
        "landing-page",
        "e-commerce",
        "documentation-site",
    ]
    questions = {
        name: [one.key for one in phase.questions] for name, phase in load_phases().items()
    }
    assert template_problems(questions) == ()
    assert load_templates() is load_templates()


@each_template
def test_each_answer_belongs_to_a_question_of_its_phase(template: Template) -> None:
    known = {name: {one.key for one in phase.questions} for name, phase in load_phases().items()}
    held = {phase: set(answers) for phase, answers in template.answers.items()}
    unknown = {phase: keys - known.get(phase, set()) for phase, keys in held.items()}
    assert not any(unknown.values()), unknown
    assert list(held) == [phase for phase in load_phases() if phase in held], "in chain order"


@each_template
def test_each_required_question_has_an_answer_to_start_from(template: Template) -> None:
    open_ones = [
        (phase.name, question.key)
        for phase in load_phases().values()
        for question in phase.questions
        if question.required and question.key not in template.answers.get(phase.name, {})
    ]
    assert open_ones == []


@each_template
def test_each_text_is_taken_unchanged_when_a_project_is_made_from_it(template: Template) -> None:
    assert intake.title(template.title) == template.title
    assert intake.description(template.description) == template.description
    for answers in template.answers.values():
        for question, text in answers.items():
            assert intake.answer(question, text) == text


@each_template
def test_each_description_is_a_brief_of_its_own_and_shows_what_it_is_about(
    template: Template,
) -> None:
    assert 600 <= len(template.description) <= 1_500
    assert template.description.count("\n\n") >= 2, "in paragraphs"
    assert 30 <= len(template.summary) <= 110
    assert template.category and 2 <= len(template.stack) <= 6
    assert len(set(template.stack)) == len(template.stack)
    stated = template.answers["specs"]["stack"]
    assert any(name in stated for name in template.stack), "the stack is an answer too"


@each_template
def test_each_template_says_what_only_the_user_can_know(template: Template) -> None:
    marks = sum(text.count("[USER INPUT NEEDED") for text in texts(template))
    assert 3 <= marks <= 8
    assert len(template.needed) == marks, "every mark asks for something else"
    for what in template.needed:
        assert what != "your input"
        assert re.search(r"[A-Za-z]{4}", what) and len(what) <= 80, what


def test_no_two_templates_share_a_sentence() -> None:
    sentences: Counter[str] = Counter()
    for template in SHIPPED:
        found = re.split(r"(?<=[.:;?!])\s+", "\n".join(texts(template)))
        sentences.update({" ".join(one.split()).casefold() for one in found})
    shared = [one for one, count in sentences.items() if count > 1 and len(one.split()) > 8]
    assert shared == []
    assert sum(len(one.split()) > 8 for one in sentences) > 8 * 30


def test_titles_and_summaries_tell_the_templates_apart() -> None:
    assert len({template.title for template in SHIPPED}) == len(SHIPPED)
    assert len({template.summary for template in SHIPPED}) == len(SHIPPED)


@each_template
def test_the_offline_drafter_writes_the_brief_from_each_template(template: Template) -> None:
    brief = load_phases()["brief"]
    asked = {question.key: question.text for question in brief.questions}
    answers = tuple((asked[key], text) for key, text in template.answers["brief"].items())
    drafts = [
        draft_section(
            Subject("brief", part.key, part.title, template.title, template.description, answers)
        )
        for part in brief.sections
    ]
    for part, draft in zip(brief.sections, drafts, strict=True):
        assert draft.startswith(f"## {part.title}\n\n")
        assert len(draft.split()) >= 60, part.key
    written = "\n".join(drafts).casefold()
    for words in OWN_WORDS[template.name]:
        assert words in written
        assert [one.name for one in SHIPPED if words in everything(one)] == [template.name]


def test_a_template_cannot_be_changed_after_loading() -> None:
    template = load_templates()["saas-mvp"]
    with pytest.raises(ValidationError):
        template.title = "Other"  # type: ignore[misc]


# --- marks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", ()),
        ("Nothing is missing [here].", ()),
        (
            "For [USER INPUT NEEDED: the audience] by [USER INPUT NEEDED: date].",
            ("the audience", "date"),
        ),
        ("[USER INPUT NEEDED] and [USER INPUT NEEDED: ]", ("your input",)),
        ("[USER INPUT NEEDED: the\n  price]", ("the price",)),
        ("[USER INPUT NEEDED: date], again [USER INPUT NEEDED: date]", ("date",)),
        (r"As drafted: \[USER INPUT NEEDED: the date\]", ("the date",)),
        ("[USER INPUT NEEDED: a [b] c] and [USER INPUT NEEDED: d]", ("a [b] c", "d")),
        (r"\[USER INPUT NEEDED: a \[b\] c\]", ("a [b] c",)),
        ("[User input needed: the date]", ("the date",)),
        ("[USER INPUT NEEDED: never closed", ()),
        ("[USER INPUT NEEDED: [USER INPUT NEEDED: the inner]]", ("the inner",)),
    ],
)
def test_a_text_says_what_it_still_waits_for(text: str, asked: tuple[str, ...]) -> None:
    assert waiting(text) == asked


@pytest.mark.parametrize(
    "mark", ["[USER INPUT NEEDED: a [b] c]", r"\[USER INPUT NEEDED: A \[b\] c\]"]
)
def test_a_mark_with_brackets_inside_is_filled_in_whole(mark: str) -> None:
    assert fill(f"By {mark}, (at last).", {"a [b] c": "May"}) == "By May, (at last)."
    assert fill(f"By {mark}.", {"a": "May"}) == f"By {mark}."


@pytest.mark.parametrize("piece", ["[USER INPUT NEEDED: ", "[USER INPUT NEEDED: [a", "[a]" * 9])
def test_a_flood_of_open_marks_is_read_in_linear_time(piece: str) -> None:
    size = 125_000 // len(piece)
    _, found = in_linear_time(waiting, lambda count: "[USER INPUT NEEDED: " + piece * count, size)
    assert found == ()


# --- files that cannot be used ---------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("order = 5", "order =", "broken.toml, line 3: this is not valid TOML"),
        ("order = 5", 'order = "soon"', "broken.toml, line 3: order:"),
        ('title = "Own start"\n', "", "title: Field required"),
        (
            'title = "Own start"',
            'title = "Own  start"',
            "broken.toml, line 2: title: write one line",
        ),
        ("order = 5", "order = 5\ncolour = 1", "broken.toml, line 4: colour:"),
        ('name = "broken"', 'name = "other"', "broken.toml, line 1: name: it must be 'broken'"),
        ('name = "broken"', 'name = "Broken One"', "broken.toml, line 1: name: use up to 40"),
        ("[answers.brief]", "[answers.Brief]", "broken.toml, line 9: answers.Brief"),
        (
            'users = "Nurses on the ward."',
            "users = 3",
            "broken.toml, line 10: answers.brief.users:",
        ),
        (
            'users = "Nurses on the ward."',
            'users = " "',
            "broken.toml, line 10: answers.brief.users:",
        ),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_the_rest_loads(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    template_file(tmp_path, "good")
    change(template_file(tmp_path, "broken"), old, new)
    found = read_templates(tmp_path)
    assert list(found.templates) == ["good"]
    [problem] = found.problems
    assert problem.startswith("broken.toml")
    assert told in problem


def test_answers_in_vain_are_told_with_file_line_and_what_there_is_instead(tmp_path: Path) -> None:
    answers = {"brief": {"users": "Nurses", "colour": "Blue"}, "nophase": {"users": "Nobody"}}
    path = template_file(tmp_path, "odd", answers=answers)
    template = read_templates(tmp_path).templates["odd"]
    told = [str(one) for one in unused_answers(path, template, {"brief": ["users"], "prd": []})]
    assert told == [
        "odd.toml, line 11: answers.brief.colour: 'brief' asks no such question, so this answer is"
        " not used. It asks: users.",
        "odd.toml, line 13: answers.nophase: there is no phase 'nophase', so these answers are not"
        " used. Phases: brief, prd.",
    ]


def test_files_that_are_no_text_at_all_are_named_and_the_rest_loads(tmp_path: Path) -> None:
    template_file(tmp_path, "good")
    (tmp_path / "binary.toml").write_bytes(b"name = \xff\xfe")
    (tmp_path / "empty.toml").write_bytes(b"")
    (tmp_path / "folder.toml").mkdir()
    found = read_templates(tmp_path)
    assert list(found.templates) == ["good"]
    assert [problem.partition(".")[0] for problem in found.problems] == [
        "binary",
        "empty",
        "folder",
    ]


def test_templates_come_in_their_order_and_files_with_an_underscore_are_none(
    tmp_path: Path,
) -> None:
    template_file(tmp_path, "alpha", order=2)
    template_file(tmp_path, "zeta", order=1)
    template_file(tmp_path, "beta", order=2)
    (tmp_path / "_notes.toml").write_text("anything = 1", encoding="utf-8")
    found = read_templates(tmp_path)
    assert list(found.templates) == ["zeta", "alpha", "beta"]
    assert found.problems == ()


def test_a_folder_without_templates_gives_none(tmp_path: Path) -> None:
    assert not read_templates(tmp_path).templates
    assert not read_templates(tmp_path / "absent").templates


# --- writing ---------------------------------------------------------------------

KEYS = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
ODD = st.sampled_from(
    ['"', "\\", "\n", '"""', "\\n", "\x7f", "\x00", "\r\n", "'''", "#", "👩‍👩‍👧", "[x]"]
)
PIECES = st.one_of(ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
PROSE = st.lists(PIECES, max_size=8).map("".join).filter(lambda text: text.strip())
LINES = PROSE.map(lambda text: " ".join(text.split())[:200].strip()).filter(bool)


@given(
    st.builds(
        Template,
        name=KEYS,
        title=LINES,
        order=st.integers(1, 10**6),
        category=LINES,
        stack=st.lists(LINES, max_size=3),
        summary=LINES,
        description=PROSE,
        answers=st.dictionaries(KEYS, st.dictionaries(KEYS, PROSE, max_size=3), max_size=3),
    )
)
def test_a_written_template_reads_back_equal(template: Template) -> None:
    text = write_template(template)
    assert Template.model_validate(tomllib.loads(text)) == template
    assert Template.model_validate_json(template.model_dump_json()) == template


@each_template
def test_each_template_can_be_downloaded_and_read_again(template: Template, tmp_path: Path) -> None:
    path = tmp_path / f"{template.name}.toml"
    path.write_text(write_template(template), encoding="utf-8")
    assert read_templates(tmp_path).templates == {template.name: template}


def test_lines_stay_lines_in_a_written_template() -> None:
    template = GOOD.model_copy(update={"description": 'First "line".\n\nC:\\new'})
    assert 'description = """\nFirst \\"line\\".\n\nC:\\\\new"""\n' in write_template(template)


def test_a_text_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(ValidationError):
        Template.model_validate({**GOOD.model_dump(), "description": "half \ud800 of a sign"})
