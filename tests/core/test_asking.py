"""Questions: fitted to the project, answered by people, suggested by a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specforge_core import Conflict, Forge, InvalidInput, NotFound, RunKind, WorkStatus
from specforge_core.fitted import MOST_BRACES, QuestionList, question_list
from specforge_core.phases import load_phases, load_tasks
from specforge_core.toml_files import FileProblem
from tests.core.chain import project_with
from tests.core.runs import Opener, ended, until
from tests.loopback import LoopbackProvider, chat_stream


@pytest.fixture
def house(server: LoopbackProvider, monkeypatch: pytest.MonkeyPatch) -> LoopbackProvider:
    """The custom endpoint, on a real loopback server."""
    monkeypatch.setenv("CUSTOM_BASE_URL", server.base_url)
    monkeypatch.setenv("CUSTOM_MODEL", "house-model")
    return server


def fitted(house: LoopbackProvider, *texts: str) -> None:
    questions = [
        {"key": f"own-{number}", "text": text, "help": "It decides.", "required": False}
        for number, text in enumerate(texts, 1)
    ]
    house.reply(chat_stream([json.dumps({"questions": questions})]))


def test_answer_all_suggests_for_what_has_no_answer_and_marks_it(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    forge.save_answers(project.project_id, "brief", {"users": "The finance team."}, "Ada")
    run = forge.suggest_answers(project.project_id, "brief", "offline")
    assert ended(forge, run).run.status is WorkStatus.COMPLETE
    answers = forge.answers(project.project_id, "brief")
    assert set(answers) == {question.key for question in forge.phase("brief").questions}
    assert [key for key, one in answers.items() if not one.suggested] == ["users"]
    assert answers["users"].author == "Ada"
    assert all(one.answer.strip() for one in answers.values())
    with pytest.raises(Conflict, match="Every question has an answer"):
        forge.suggest_answers(project.project_id, "brief", "offline")


def test_an_edited_suggestion_is_a_persons_answer(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    ended(forge, forge.suggest_answers(project.project_id, "brief", "offline"))
    forge.save_answers(project.project_id, "brief", {"users": "The finance team."})
    answers = forge.answers(project.project_id, "brief")
    assert not answers["users"].suggested
    assert answers["success"].suggested


def test_what_a_person_types_while_suggestions_are_written_stays(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=40.0)
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    run = forge.suggest_answers(project.project_id, "brief", "offline")
    until(forge, run, lambda state: state.progress.tokens > 3)
    forge.save_answers(project.project_id, "brief", {"worries": "Nobody uses it."})
    assert ended(forge, run).run.status is WorkStatus.COMPLETE
    answers = forge.answers(project.project_id, "brief")
    assert answers["worries"].answer == "Nobody uses it."
    assert answers["users"].suggested


def test_a_stopped_suggestion_keeps_the_answers_that_were_whole(open_forge: Opener) -> None:
    forge = open_forge(offline_tps=60.0)
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    run = forge.suggest_answers(project.project_id, "brief", "offline")
    until(forge, run, lambda state: state.progress.current == 2)
    forge.cancel(run.run_id)
    assert ended(forge, run).run.status is WorkStatus.CANCELLED
    first = forge.phase("brief").questions[0].key
    assert first in forge.answers(project.project_id, "brief")
    assert len(forge.answers(project.project_id, "brief")) < len(forge.phase("brief").questions)


def test_one_question_can_be_answered_again(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    forge.save_answers(project.project_id, "brief", {"users": "Everybody."})
    run = forge.suggest_answers(project.project_id, "brief", "offline", questions=["users"])
    ended(forge, run)
    answers = forge.answers(project.project_id, "brief")
    assert list(answers) == ["users"] and answers["users"].suggested
    assert answers["users"].answer != "Everybody."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  words" * 600, 1_994),  # the last whole word ends there
        ("Yes " + "x" * 5_000, 2_000),
        ("é 🚀 \n" * 1_000, 1_999),
        ("x" * 2_000, 2_000),
    ],
)
def test_a_suggestion_that_is_too_long_ends_with_a_whole_word_and_says_so(
    forge: Forge, house: LoopbackProvider, text: str, kept: int
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    house.reply(chat_stream([text]))
    run = forge.suggest_answers(project.project_id, "brief", "custom", questions=["users"])
    ended(forge, run)
    answer = forge.answers(project.project_id, "brief")["users"].answer
    assert answer == (text if len(text) == kept else f"{text.strip()[: kept - 1]}…")
    forge.save_answers(project.project_id, "brief", {"users": answer})


def test_suggestions_are_no_document_and_no_version(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    ended(forge, forge.suggest_answers(project.project_id, "brief", "offline"))
    assert forge.latest_run(project.project_id, "brief") is None
    assert forge.versions(project.project_id, "brief") == []
    assert forge.projects()[0].complete == 0


def test_questions_are_fitted_to_the_project_and_required_ones_stay(
    forge: Forge, house: LoopbackProvider
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    fitted(house, "Who stands in for the CFO?", "Which SAP module pays?")
    run = forge.make_questions(project.project_id, "brief", "custom")
    ended(forge, run)
    asked = forge.questions(project.project_id, "brief")
    required = [one.key for one in forge.phase("brief").questions if one.required]
    assert asked.fitted
    assert [one.key for one in asked.questions] == [*required, "own-1", "own-2"]
    forge.save_answers(project.project_id, "brief", {"own-1": "The deputy."})
    fitted(house, "Which audit is next?")
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    keys = {one.key: one.text for one in forge.questions(project.project_id, "brief").questions}
    assert keys["own-1"] == "Who stands in for the CFO?"
    assert "Which audit is next?" in keys.values()
    forge.use_standard_questions(project.project_id, "brief")
    asked = forge.questions(project.project_id, "brief")
    assert not asked.fitted
    standard = [one.key for one in forge.phase("brief").questions]
    assert [one.key for one in asked.questions] == [*standard, "own-1"]


STANDARD = load_phases()["brief"].questions


def as_json(*questions: tuple[object, object]) -> str:
    found = [{"key": key, "text": text, "required": False} for key, text in questions]
    return json.dumps({"questions": found})


@pytest.mark.parametrize("answered", [(), ("budget",)])
def test_the_answer_to_one_question_never_stands_under_another(answered: tuple[str, ...]) -> None:
    first = (True, as_json(("budget", "Who pays for it?")))
    second = (True, as_json(("budget", "When must it be live?")))
    third = (True, as_json(("budget", "Who pays for it?"), ("budget", "Who else?")))
    words = {
        one.key: one.text for one in question_list(STANDARD, [second, first], answered).questions
    }
    assert words.get("budget", "") == ("Who pays for it?" if answered else "")
    (other,) = [key for key, text in words.items() if text == "When must it be live?"]
    assert other.startswith("budget-")
    lists = [third, second, first]
    again = {
        one.key: one.text for one in question_list(STANDARD, lists, ["budget", other]).questions
    }
    assert (again["budget"], again[other]) == ("Who pays for it?", "When must it be live?")


def test_a_required_question_is_asked_word_for_word_whatever_the_model_makes_of_it() -> None:
    required = tuple(one for one in STANDARD if one.required)
    optional = next(one for one in STANDARD if not one.required)
    other = [(required[0].key, "Which colour?"), (required[0].key, required[0].text)]
    for made in other:
        asked = question_list(STANDARD, [(True, as_json(made))], ()).questions
        assert asked[: len(required)] == required
        assert {one.text for one in asked} == {made[1], *(one.text for one in required)}
    made = (optional.key, "Which colour?")
    asked = question_list(STANDARD, [(True, as_json(made))], [optional.key]).questions
    assert optional in asked and "Which colour?" in [one.text for one in asked]
    assert len({one.key for one in asked}) == len(asked)


def test_the_longest_key_leaves_room_for_the_mark_of_other_words() -> None:
    key = f"{'a' * 30}-{'b' * 9}"
    lists = [(True, as_json((key, text))) for text in ("Second?", "First?")]
    other = question_list(STANDARD, lists, [key]).questions[-2]
    assert (other.text, len(other.key)) == ("Second?", 39)
    assert type(other).model_validate(other.model_dump()) == other


def test_what_is_no_text_is_no_question() -> None:
    made = as_json(("ok", "Fine?"), (["a"], {"a": 1}), ("b", ["Who?"]), ("c", 5), (None, True))
    asked = question_list((), [(True, made)], ()).questions
    assert [(one.key, one.text) for one in asked] == [("ok", "Fine?")]
    made = as_json((["a"], "Who pays?"))
    assert [one.key for one in question_list((), [(True, made)], ()).questions] == ["who-pays"]


def test_an_answer_to_a_fitted_question_reaches_the_documents(
    forge: Forge, house: LoopbackProvider
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    fitted(house, "Who stands in for the CFO?")
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    forge.save_answers(project.project_id, "brief", {"own-1": "The quokka."})
    for section in forge.phase("brief").sections:
        house.reply(chat_stream([f"## {section.title}\n\nText."]))
    ended(forge, forge.generate(project.project_id, "brief", "custom"))
    prompt = str(house.requests[-1].body["messages"])
    assert "Who stands in for the CFO?" in prompt and "The quokka." in prompt


@pytest.mark.parametrize(
    "answer",
    [
        "I am sorry, I cannot do that.",
        '{"questions": "none"}',
        '{"questions": [{"key": "x"}]}',
        '{"questions": []}',
        "[1, 2",
        '{"questions": [{"text": "\u202e\u0000", "help": 3}]}',
    ],
)
def test_an_answer_that_is_no_list_of_questions_leaves_the_standard_ones_and_is_told(
    forge: Forge, house: LoopbackProvider, answer: str
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    house.reply(chat_stream([answer]))
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    asked = forge.questions(project.project_id, "brief")
    assert asked.questions == forge.phase("brief").questions
    assert not asked.fitted
    assert "The model's answer" in asked.problem


def test_a_fence_around_the_json_and_keys_in_words_are_understood(
    forge: Forge, house: LoopbackProvider
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    found = {"questions": [{"text": "Who pays?", "help": "Money."}, {"text": "Who pays?"}]}
    house.reply(chat_stream([f"Here:\n```json\n{json.dumps(found)}\n```\n"]))
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    asked = forge.questions(project.project_id, "brief")
    assert [one.text for one in asked.questions].count("Who pays?") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n\nReplace the {placeholder} before you send them."),
        ('For {the client}, {} and {"key": 1}:\n', "\nThat is all }."),
    ],
)
def test_braces_in_the_words_around_the_json_do_no_harm(
    forge: Forge, house: LoopbackProvider, before: str, after: str
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    found = json.dumps({"questions": [{"text": "Who pays {net}?"}]})
    house.reply(chat_stream([before, found, after]))
    ended(forge, forge.make_questions(project.project_id, "brief", "custom"))
    asked = forge.questions(project.project_id, "brief")
    assert (asked.fitted, asked.problem) == (True, "")
    assert "Who pays {net}?" in [one.text for one in asked.questions]


@pytest.mark.parametrize("brace", ["{", '{"a": ['])
def test_json_is_looked_for_at_the_first_braces_and_not_at_each_of_a_flood(brace: str) -> None:
    def found(braces: int) -> QuestionList:
        answer = brace * braces + json.dumps({"questions": [{"text": "Who pays?"}]})
        return question_list(load_phases()["brief"].questions, [(True, answer)], ())

    assert "Who pays?" in [one.text for one in found(MOST_BRACES - 1).questions]
    for braces in (MOST_BRACES, 20_000):
        assert "no list of questions" in found(braces).problem


def test_a_broken_file_of_tasks_is_told_at_the_click_and_nothing_is_begun(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    load_tasks.cache_clear()
    monkeypatch.setattr("specforge_core.phases.FOLDER", tmp_path)
    (tmp_path / "_tasks.toml").write_text("adviser = 3\n", encoding="utf-8")
    for begin, kind in (
        (forge.make_questions, RunKind.QUESTIONS),
        (forge.suggest_answers, RunKind.ANSWERS),
    ):
        with pytest.raises(FileProblem, match=r"^_tasks.toml, line 1: adviser: write it as text"):
            begin(project.project_id, "brief", "offline")
        assert forge.latest_run(project.project_id, "brief", kind) is None


def test_the_standard_questions_of_nowhere_are_not_found(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    for place in (("nowhere", "brief"), (project.project_id, "poem")):
        with pytest.raises(NotFound):
            forge.use_standard_questions(*place)


def test_an_unknown_question_is_refused(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    with pytest.raises(InvalidInput, match="no question"):
        forge.save_answers(project.project_id, "brief", {"poem": "x"})


def test_the_offline_drafter_makes_questions_too(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    run = forge.make_questions(project.project_id, "brief", "offline")
    ended(forge, run)
    assert forge.latest_run(project.project_id, "brief", RunKind.QUESTIONS) is not None
    assert forge.questions(project.project_id, "brief").fitted
