"""The phase files that ship, and what is done about a broken one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from specforge_core.phases import (
    FOLDER,
    Phase,
    PhaseFileError,
    load_phases,
    load_tasks,
    phase_problems,
    read_phases,
)
from specforge_core.phases.shape import PLACES, Tasks
from specforge_core.toml_files import FileProblem, read_toml

CHAIN = ["brief", "prd", "specs", "stories", "tests", "artifacts", "handoff"]
# Which section defines an id, so that one whose prompt asks for such ids has to read it.
DEFINED_IN = {
    "FR": "prd.functional",
    "NFR": "prd.quality",
    "US": "stories.user-stories",
    "T": "stories.tasks",
}
EVERY_PHASE = pytest.mark.parametrize(
    "phase", load_phases().values(), ids=lambda phase: str(phase.name)
)

GOOD = """\
name = "{name}"
title = "A phase"
order = {order}
purpose = "Says something."
inputs = {inputs}
system = "You write."

[[sections]]
key = "first"
title = "First"
prompt = "Write the first section."
words = 100

[[questions]]
key = "who"
text = "Who?"
help = "It decides much."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the rules of the house and one good phase, `anchor`, in place 9."""
    (tmp_path / "_house.toml").write_text('rules = "Be kind."', encoding="utf-8")
    phase_file(tmp_path, "anchor", order=9)
    return tmp_path


def phase_file(folder: Path, name: str, order: int = 1, inputs: str = "[]") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(GOOD.format(name=name, order=order, inputs=inputs), encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- what ships ----------------------------------------------------------------


def test_the_chain_of_seven_loads_without_a_problem_and_only_once() -> None:
    phases = load_phases()
    assert list(phases) == CHAIN
    assert [phase.order for phase in phases.values()] == [10, 20, 30, 40, 50, 60, 70]
    assert phase_problems() == ()
    assert load_phases() is phases


def test_every_phase_is_written_from_the_ones_that_it_needs() -> None:
    inputs = {name: " ".join(phase.inputs) for name, phase in load_phases().items()}
    assert inputs == {
        "brief": "",
        "prd": "brief",
        "specs": "brief prd",
        "stories": "brief prd specs",
        "tests": "prd specs stories",
        "artifacts": "prd specs stories tests",
        "handoff": "brief prd specs stories tests artifacts",
    }
    assert [name for name, phase in load_phases().items() if phase.optional] == ["tests"]


def test_the_sections_of_the_later_phases_are_the_agreed_ones() -> None:
    keys = {name: [one.key for one in phase.sections] for name, phase in load_phases().items()}
    assert keys["stories"] == ["epics", "user-stories", "tasks", "sequence"]
    assert keys["tests"] == ["strategy", "unit", "integration", "end-to-end", "acceptance-matrix"]
    assert keys["artifacts"] == ["documentation", "configuration", "deployment"]
    assert keys["handoff"] == ["summary", "setup", "next-steps", "master-prompt"]


def test_the_required_questions_are_few_and_those_without_which_one_must_guess() -> None:
    required = {
        (name, question.key)
        for name, phase in load_phases().items()
        for question in phase.questions
        if question.required
    }
    assert required == {
        ("brief", "users"),
        ("brief", "success"),
        ("prd", "must-have"),
        ("tests", "framework"),
        ("artifacts", "hosting"),
        ("handoff", "receiver"),
    }


@EVERY_PHASE
def test_every_prompt_says_enough_to_be_of_use(phase: Phase) -> None:
    assert 3 <= len(phase.sections) <= 7
    assert 2 <= len(phase.questions) <= 5
    for section in phase.sections:
        assert len(section.prompt.split()) >= 100, section.key
        assert 200 <= section.words <= 1_200, section.key
    for question in phase.questions:
        assert question.text.endswith("?"), question.key
        assert len(question.help.split()) >= 6, question.key


@EVERY_PHASE
def test_every_system_prompt_ends_with_the_house_rules(phase: Phase) -> None:
    for rule in ("## <title>", "*Assumption:*", "No raw HTML, no images", "They are data"):
        assert rule in phase.system
    assert phase.system.index("Rules for every section") > 300


@EVERY_PHASE
def test_what_a_section_reads_is_in_the_order_of_the_chain_and_nothing_twice(phase: Phase) -> None:
    places = {
        f"{name}{key}": (number, place)
        for number, name in enumerate(load_phases())
        for place, key in enumerate(["", *(f".{s.key}" for s in load_phases()[name].sections)])
    }
    for section in phase.sections:
        reads = section.reads or ()
        assert reads == tuple(sorted(set(reads), key=places.__getitem__)), section.key
        whole = {entry for entry in reads if "." not in entry}
        assert not [entry for entry in reads if "." in entry and entry.split(".")[0] in whole]


@pytest.mark.parametrize("kind", DEFINED_IN)
def test_a_section_that_must_name_ids_reads_where_they_are_defined(kind: str) -> None:
    home, _, _ = DEFINED_IN[kind].partition(".")
    asked = [
        (phase, section)
        for phase in load_phases().values()
        for section in phase.sections
        if home in phase.inputs and re.search(rf"\b{kind}\b", section.prompt)
    ]
    assert len(asked) >= 3
    for phase, section in asked:
        reads = phase.inputs if section.reads is None else section.reads
        assert {home, DEFINED_IN[kind]} & set(reads), f"{phase.name}.{section.key}"


def test_section_titles_are_unique_in_the_whole_chain() -> None:
    titles = [section.title for phase in load_phases().values() for section in phase.sections]
    assert len(set(titles)) == len(titles)


def test_requirements_have_one_kind_of_id_in_all_files() -> None:
    files = sorted(FOLDER.glob("*.toml"))
    assert len(files) == len(CHAIN) + 2
    for path in files:
        assert "REQ-" not in path.read_text(encoding="utf-8"), path.name


def test_the_stories_prompt_shows_the_form_that_the_coverage_table_reads() -> None:
    stories = {one.key: one.prompt for one in load_phases()["stories"].sections}["user-stories"]
    for line in ("### US-1: ", "**Epic:** E-1", "**Requirements:** FR-1, FR-3"):
        assert re.search(f"^{re.escape(line)}", stories, re.MULTILINE), line
    matrix = {one.key: one.prompt for one in load_phases()["tests"].sections}["acceptance-matrix"]
    assert "exactly the columns ID, Story, Given, When, Then" in matrix


def test_a_phase_cannot_be_changed_after_loading() -> None:
    with pytest.raises(ValidationError):
        load_phases()["brief"].title = "Other"  # type: ignore[misc]


# --- the texts of other tasks --------------------------------------------------


@pytest.mark.parametrize("task", PLACES)
def test_a_task_text_is_filled_in_with_exactly_what_it_asks_for(task: str) -> None:
    text: str = getattr(load_tasks(), task)
    filled = text.format(**{place: f"<{place} {{with}} braces>" for place in PLACES[task]})
    for place in PLACES[task]:
        assert f"<{place} {{with}} braces>" in filled
    assert not re.search(r"\{[a-z_]+\}", filled.replace("{with}", ""))
    assert len(text.split()) >= 100


def test_the_example_in_the_questions_task_is_the_json_that_is_asked_for() -> None:
    places = dict.fromkeys(PLACES["questions"], "x")
    example = re.search(r"^\{.*\}$", load_tasks().questions.format(**places), re.MULTILINE)
    assert example
    [question] = json.loads(example[0])["questions"]
    assert set(question) == {"key", "text", "help", "required"}
    assert question["required"] is False and question["text"].endswith("?")


def test_a_revision_without_a_change_has_one_agreed_answer() -> None:
    assert load_tasks().revise.endswith("\nNO CHANGE")


def test_a_broken_file_of_tasks_is_told_with_its_line_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (FOLDER / "_tasks.toml").read_text(encoding="utf-8")
    load_tasks.cache_clear()
    monkeypatch.setattr("specforge_core.phases.FOLDER", tmp_path)
    path = tmp_path / "_tasks.toml"
    path.write_text(f"{shipped}\nrefresh = \n", encoding="utf-8")
    (told,) = phase_problems()
    assert told.startswith(f"_tasks.toml, line {shipped.count(chr(10)) + 2}: ")
    with pytest.raises(FileProblem):
        load_tasks()
    path.write_text(shipped, encoding="utf-8")
    assert phase_problems() == ()


def test_a_task_text_with_a_single_brace_or_a_missing_place_is_told(tmp_path: Path) -> None:
    shipped = (FOLDER / "_tasks.toml").read_text(encoding="utf-8")
    path = tmp_path / "_tasks.toml"
    line = shipped[: shipped.index("\nrefresh = ")].count("\n") + 2
    for fault in ("what changed", "{changes} {", "{changes} {other}"):
        path.write_text(shipped.replace("{changes}", fault), encoding="utf-8")
        with pytest.raises(FileProblem, match=rf"^_tasks.toml, line {line}: refresh: "):
            read_toml(path, Tasks)


# --- a folder with faults ------------------------------------------------------


def test_phases_come_in_their_order_and_files_with_an_underscore_are_none(folder: Path) -> None:
    phase_file(folder, "alpha", order=2, inputs='["zeta"]')
    phase_file(folder, "zeta", order=1)
    (folder / "_notes.toml").write_text("anything =", encoding="utf-8")
    found = read_phases(folder)
    assert list(found.phases) == ["zeta", "alpha", "anchor"]
    assert found.problems == ()
    assert found.phases["zeta"].system == "You write.\n\nBe kind."
    assert found.phases["zeta"].sections[0].reads is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('prompt = "Write the first section."\n', "", "line 8: sections[0].prompt: Field required"),
        ("words = 100", 'words = "many"', "line 12: sections[0].words: Input should be a valid"),
        ("words = 100", "words = 3001", "line 12: sections[0].words: Input should be less than"),
        ("words = 100", "words = 100\ncolour = 1", "line 13: sections[0].colour: there is no such"),
        ("words = 100", 'words = 9\nreads = ["A b"]', "line 12: sections[0].words"),
        ("words = 100", 'words = 99\nreads = ["A b"]', "line 13: sections[0].reads[0]: use up to"),
        ('key = "first"', 'key = "First One"', "line 9: sections[0].key: use up to 40 small"),
        ('text = "Who?"', 'text = ""', "line 16: questions[0].text: write one line"),
        ('text = "Who?"', 'text = "a\\nb"', "line 16: questions[0].text: write one line"),
        ('purpose = "Says something."\n', "", "line 1: purpose: Field required"),
        ('name = "alpha"', 'name = "beta"', "line 1: name: must be 'alpha', as the file is called"),
        ("order = 1", "order =", "line 3: this is not valid TOML: Invalid value (column 8)"),
        ('title = "First"', "title = 'First", "line 10: this is not valid TOML: "),
        ("[[sections]]", "[[part]]", "line 1: sections: Field required (and 1 more)"),
    ],
)
def test_a_broken_file_is_named_with_line_and_field_and_the_rest_loads(
    folder: Path, old: str, new: str, said: str
) -> None:
    change(phase_file(folder, "alpha"), old, new)
    found = read_phases(folder)
    assert list(found.phases) == ["anchor"]
    [problem] = found.problems
    assert problem.startswith(f"alpha.toml, {said}")


def test_a_file_that_is_no_text_and_a_folder_of_that_name_are_told(folder: Path) -> None:
    (folder / "bytes.toml").write_bytes(b'name = "\xff"')
    (folder / "empty.toml").touch()
    (folder / "nested.toml").mkdir()
    found = read_phases(folder)
    assert list(found.phases) == ["anchor"]
    assert [problem.split(".")[0] for problem in found.problems] == ["bytes", "empty", "nested"]


@pytest.mark.parametrize(("table", "key"), [("sections", "first"), ("questions", "who")])
def test_a_key_used_twice_is_told_with_its_second_place(folder: Path, table: str, key: str) -> None:
    path = phase_file(folder, "alpha")
    block = re.search(rf"\[\[{table}\]\][^\[]+", path.read_text(encoding="utf-8"))
    assert block
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + block[0])
    found = read_phases(folder)
    assert list(found.phases) == ["anchor"]
    [problem] = found.problems
    *_, header = re.finditer(rf"\[\[{table}\]\]", path.read_text(encoding="utf-8"))
    line = header.string.count("\n", 0, header.start()) + 2
    assert problem == f"alpha.toml, line {line}: {table}[1].key: '{key}' is used twice."


def test_of_two_phases_in_one_place_the_later_file_is_left_out(folder: Path) -> None:
    phase_file(folder, "beta", order=3)
    phase_file(folder, "alpha", order=3)
    found = read_phases(folder)
    assert list(found.phases) == ["alpha", "anchor"]
    assert found.problems == (
        "beta.toml, line 3: order: 3 is taken by phase 'alpha', so this one is left out.",
    )


def test_a_phase_whose_input_is_broken_loads_without_that_input(folder: Path) -> None:
    change(phase_file(folder, "alpha"), "order = 1", "order =")
    phase_file(folder, "beta", order=2)
    path = phase_file(folder, "gamma", order=3, inputs='["alpha", "beta"]')
    change(path, "words = 100", 'words = 100\nreads = ["alpha.first", "beta.first"]')
    found = read_phases(folder)
    assert found.phases["gamma"].inputs == ("beta",)
    assert found.phases["gamma"].sections[0].reads == ("beta.first",)
    assert found.problems[1:] == (
        "gamma.toml, line 5: inputs[0]: 'alpha' is no usable earlier phase and is left out;"
        " there are: beta.",
    )


def test_a_section_that_loses_all_it_reads_is_written_from_what_is_left(folder: Path) -> None:
    phase_file(folder, "beta", order=2)
    path = phase_file(folder, "gamma", order=3, inputs='["alpha", "beta"]')
    change(path, "words = 100", 'words = 100\nreads = ["alpha"]')
    assert read_phases(folder).phases["gamma"].sections[0].reads is None


def test_a_section_may_read_no_document_at_all(folder: Path) -> None:
    path = phase_file(folder, "gamma", order=10, inputs='["anchor"]')
    change(path, "words = 100", "words = 100\nreads = []")
    found = read_phases(folder)
    assert found.phases["gamma"].sections[0].reads == ()
    assert found.problems == ()


def test_an_input_that_comes_later_is_left_out(folder: Path) -> None:
    phase_file(folder, "alpha", order=1, inputs='["zeta"]')
    phase_file(folder, "zeta", order=2)
    found = read_phases(folder)
    assert found.phases["alpha"].inputs == ()
    assert found.problems == (
        "alpha.toml, line 5: inputs[0]: 'zeta' is no usable earlier phase and is left out;"
        " there are: none.",
    )


@pytest.mark.parametrize("entry", ["zeta", "zeta.first", "anchor.second"])
def test_a_section_reads_only_inputs_and_sections_that_exist(folder: Path, entry: str) -> None:
    phase_file(folder, "zeta", order=2)
    path = phase_file(folder, "gamma", order=10, inputs='["anchor"]')
    change(path, "words = 100", f'words = 100\nreads = ["{entry}", "anchor.first"]')
    found = read_phases(folder)
    assert found.phases["gamma"].sections[0].reads == ("anchor.first",)
    [problem] = found.problems
    assert problem.startswith(f"gamma.toml, line 13: sections[0].reads: '{entry}' is left out")


def test_without_the_rules_of_the_house_phases_load_and_it_is_told(folder: Path) -> None:
    (folder / "_house.toml").write_text('rule = "Be kind."', encoding="utf-8")
    found = read_phases(folder)
    assert found.phases["anchor"].system == "You write."
    assert found.problems == ("_house.toml, line 1: rules: Field required (and 1 more)",)


def test_without_one_usable_phase_the_error_names_every_file(folder: Path) -> None:
    change(folder / "anchor.toml", "order = 9", "order = 0")
    change(phase_file(folder, "alpha"), 'title = "A phase"\n', "")
    with pytest.raises(PhaseFileError) as caught:
        read_phases(folder)
    first, alpha, anchor = str(caught.value).splitlines()
    assert first == "There is no phase that can be used."
    assert alpha.startswith("alpha.toml, line 1: title: Field required")
    assert anchor.startswith("anchor.toml, line 3: order: Input should be greater than")
