"""Starting a project: the gallery of templates, and the form that it fills in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.gallery import fits
from pages.components.project_form import EXAMPLE
from specforge_core import (
    DESCRIPTION_MAX,
    Forge,
    Settings,
    SpecForgeError,
    phases,
    templates,
    waiting,
)
from tests.ui.conftest import Open
from tests.ui.driving import click, labels, plain, words


def description(app: AppTest) -> str:
    return app.text_area(key="new description 0").value or ""


def gallery(app: AppTest) -> AppTest:
    """Opens the gallery, which is closed at first."""
    app.session_state["gallery 0"] = True
    return app.run()


def use(app: AppTest, name: str) -> AppTest:
    app.button(key=f"use {name}").click().run()
    assert not app.exception
    return app


def primary(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.proto.type == "primary"]


def cards(app: AppTest) -> list[str]:
    return [button.key.removeprefix("preview ") for button in app.button if "preview" in button.key]


def test_who_wants_a_blank_project_sees_the_fields_and_no_card_above_them(
    open_page: Open, forge: Forge
) -> None:
    app = open_page("new.py")
    assert cards(app) == []
    assert app.text_input[0].label == "Title"
    count = len(forge.templates())
    assert app.expander[0].label == f"Start from: **Blank project** · {count} templates"
    assert cards(gallery(app)) == list(forge.templates())


def test_every_template_has_a_card_with_what_it_is_built_with(
    open_page: Open, forge: Forge
) -> None:
    app = gallery(open_page("new.py"))
    shown = plain(app)
    assert cards(app) == list(forge.templates())
    for template in forge.templates().values():
        assert template.title in shown and template.summary in shown
        assert all(one in shown for one in (template.category, *template.stack))


def test_search_and_category_leave_the_templates_that_fit(open_page: Open, forge: Forge) -> None:
    app = gallery(open_page("new.py"))
    app.text_input(key="template search").set_value("postgresql TYPESCRIPT").run()
    found = cards(app)
    assert found == [
        name
        for name, one in forge.templates().items()
        if {"PostgreSQL", "TypeScript"} <= set(one.stack)
    ]
    assert 0 < len(found) < len(forge.templates())
    app.text_input(key="template search").set_value("nothing like this").run()
    assert cards(app) == []
    assert "No template matches" in words(app)
    app.text_input(key="template search").set_value("")
    app.selectbox(key="template category").select("Mobile").run()
    assert cards(app) == ["mobile-app"]


def test_a_search_is_of_words_not_of_one_phrase(forge: Forge) -> None:
    assert fits(forge.template("mobile-app"), "sqlite flutter", "All categories")
    assert not fits(forge.template("mobile-app"), "flutter react", "All categories")


def test_a_preview_tells_all_that_comes_with_a_template(open_page: Open, forge: Forge) -> None:
    template = forge.template("saas-mvp")
    app = gallery(open_page("new.py"))
    app.button(key="preview saas-mvp").click().run()
    shown = plain(app)
    assert "You will be asked for" in shown
    assert template.needed
    assert all(what in shown for what in template.needed)
    assert "keep track of" in shown
    assert template.answers["brief"]["users"].splitlines()[0] in shown
    click(app, "Use this template")
    assert description(app) == template.description


def test_use_fills_the_description_and_lists_what_is_still_to_fill_in(
    open_page: Open, forge: Forge
) -> None:
    template = forge.template("saas-mvp")
    app = use(gallery(open_page("new.py")), "saas-mvp")
    assert description(app) == template.description
    shown = plain(app)
    assert "Start from: **SaaS MVP**" in app.expander[0].label
    assert "Still to fill in" in shown
    assert all(f"- {what}" in shown for what in waiting(template.description))


def test_the_list_follows_what_is_typed_and_goes_with_the_last_mark(open_page: Open) -> None:
    app = use(gallery(open_page("new.py")), "saas-mvp")
    field = app.text_area(key="new description 0")
    field.set_value("Due on [USER INPUT NEEDED: launch date] for [USER INPUT NEEDED]").run()
    assert "Still to fill in** (2)" in plain(app)
    app.text_area(key="new description 0").set_value("Due on 1 May for auditors").run()
    assert "Still to fill in" not in words(app)


def test_what_was_typed_is_replaced_only_when_the_person_says_so(
    open_page: Open, forge: Forge
) -> None:
    app = open_page("new.py")
    app.text_area(key="new description 0").set_value("My own words").run()
    use(gallery(app), "cli-tool")
    assert description(app) == "My own words"
    assert "Replace it with the one of **CLI tool**?" in plain(app)
    assert primary(app) == ["Keep my description, take its answers", "Create project"]
    click(app, "Use its description and answers")
    assert description(app) == forge.template("cli-tool").description
    assert "Use its description and answers" not in labels(app)


def test_cancel_leaves_the_description_and_what_the_project_starts_from(open_page: Open) -> None:
    app = open_page("new.py")
    app.text_area(key="new description 0").set_value("My own words").run()
    click(use(gallery(app), "cli-tool"), "Cancel")
    assert description(app) == "My own words"
    assert "Start from: **Blank project**" in app.expander[0].label
    assert "You have typed a description" not in words(app)


def test_the_description_of_the_chosen_template_can_still_be_taken(
    open_page: Open, forge: Forge
) -> None:
    app = open_page("new.py")
    app.text_area(key="new description 0").set_value("My own words").run()
    click(use(gallery(app), "cli-tool"), "Keep my description, take its answers")
    click(gallery(app), "Use its description")
    assert primary(app) == ["Keep my description", "Create project"]
    click(app, "Use its description")
    assert description(app) == forge.template("cli-tool").description
    assert "Use its description" not in labels(gallery(app))


def test_who_keeps_their_words_gets_the_answers_of_the_template_all_the_same(
    open_page: Open, forge: Forge
) -> None:
    app = open_page("new.py")
    app.text_input(key="new title 0").set_value("Repo check")
    app.text_area(key="new description 0").set_value("My own words").run()
    click(use(gallery(app), "cli-tool"), "Keep my description, take its answers")
    assert description(app) == "My own words"
    assert "Start from: **CLI tool**" in app.expander[0].label
    click(app, "Create project")
    (made,) = forge.projects()
    answers = forge.answers(made.project.project_id, "brief").values()
    assert made.project.description == "My own words"
    assert answers and all(one.suggested for one in answers)


def test_an_untouched_template_gives_way_to_another_and_to_a_blank_project(
    open_page: Open, forge: Forge
) -> None:
    app = use(gallery(open_page("new.py")), "cli-tool")
    use(gallery(app), "api-service")
    assert description(app) == forge.template("api-service").description
    use(gallery(app), "")
    assert description(app) == ""
    assert "Start from: **Blank project**" in app.expander[0].label


def test_create_with_marks_left_says_once_what_is_left(open_page: Open, forge: Forge) -> None:
    app = use(gallery(open_page("new.py")), "saas-mvp")
    app.text_input(key="new title 0").set_value("Visits")
    click(app, "Create project")
    assert "4 marks are still to be filled in" in words(app)
    assert forge.projects() == []
    click(app, "Create anyway")
    (made,) = forge.projects()
    assert made.project.title == "Visits"
    assert app.query_params["phase"] in ("brief", ["brief"])


def test_the_example_does_not_replace_typed_words_without_asking(open_page: Open) -> None:
    app = open_page("new.py")
    app.text_area(key="new description 0").set_value("My own words").run()
    click(app, "Load example")
    assert description(app) == "My own words"
    assert primary(app) == ["Keep my description", "Create project"]
    click(app, "Use its description")
    assert description(app) == EXAMPLE.description
    assert app.text_input(key="new title 0").value == EXAMPLE.title


def test_a_megabyte_that_was_pasted_is_told_and_kept(open_page: Open, forge: Forge) -> None:
    pasted = "A brief that goes on and on. " * 36_000
    app = open_page("new.py")
    app.text_input(key="new title 0").set_value("Long")
    app.text_area(key="new description 0").set_value(pasted).run()
    assert f"{len(pasted):,} of 5,000 characters. Keep the essence here" in plain(app)
    click(app, "Create project")
    over = len(pasted.strip()) - DESCRIPTION_MAX
    assert f"shorten it by {over:,} characters" in plain(app)
    assert description(app) == pasted
    assert forge.projects() == []
    assert "shorten it by" in plain(app.run())  # as long as the text is the same
    app.text_area(key="new description 0").set_value("Short").run()
    assert "shorten it by" not in plain(app)


# --- the team's own ------------------------------------------------------------


@pytest.fixture
def own(forge: Forge) -> str:
    made = forge.create_project("Till <b>", "Counts coins. [USER INPUT NEEDED: the currency]")
    forge.save_answers(made.project_id, "brief", {"users": "Cashiers"})
    return forge.save_template(made.project_id, "Till <b>", "Shop *x*", "Ann").template_id


def test_an_own_template_comes_first_is_marked_and_says_who_saved_it(
    open_page: Open, own: str
) -> None:
    app = gallery(open_page("new.py"))
    assert cards(app)[0] == own
    assert "person: Own" in words(app)
    app.button(key=f"preview {own}").click().run()
    assert "Saved from a project by Ann" in plain(app)
    assert "Till <b>" in plain(app) and "Till <b>" not in words(app)


def test_an_own_template_is_deleted_after_a_second_word(
    open_page: Open, forge: Forge, own: str
) -> None:
    app = gallery(open_page("new.py"))
    app.button(key=f"preview {own}").click().run()
    app.button(key=f"delete {own}").click().run()
    assert own in forge.templates()
    app.button(key=f"spare {own}").click().run()
    assert own in forge.templates()
    app.button(key=f"delete {own}").click().run()
    app.button(key=f"sure {own}").click().run()
    assert own not in forge.templates()


def test_a_template_that_somebody_deleted_meanwhile_loses_no_typed_text(
    open_page: Open, forge: Forge, own: str
) -> None:
    app = use(gallery(open_page("new.py")), own)
    app.text_input(key="new title 0").set_value("New till")
    app.text_area(key="new description 0").set_value("Counts coins and notes").run()
    forge.delete_template(own)
    click(app, "Create project")
    (newest, _) = forge.projects()
    assert newest.project.title == "New till"
    assert not forge.answers(newest.project.project_id, "brief")


# --- files that cannot be used ---------------------------------------------------


@pytest.fixture
def broken_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The folders of the product with a broken file more in each."""
    for room in (phases, templates):
        folder = shutil.copytree(room.FOLDER, tmp_path / room.__name__)
        (folder / "zebra.toml").write_text('name = "zebra"\ntitle = [*]\n')
        monkeypatch.setattr(room, "FOLDER", folder)
        room._shipped.cache_clear()
    yield
    monkeypatch.undo()
    phases._shipped.cache_clear()
    templates._shipped.cache_clear()


@pytest.mark.parametrize("page", ["new.py", "settings.py"])
@pytest.mark.usefixtures("broken_files")
def test_a_file_that_could_not_be_used_is_named_with_its_line(open_page: Open, page: str) -> None:
    shown = plain(open_page(page))
    assert "Some files could not be used as they are" in shown
    assert shown.count("zebra.toml, line 2:") == 2


@pytest.mark.usefixtures("broken_files")
def test_a_template_that_create_refuses_is_told_and_what_was_typed_stays(
    open_page: Open, forge: Forge
) -> None:
    path = templates.FOLDER / "saas-mvp.toml"
    text = path.read_text(encoding="utf-8")
    assert 'success = """' in text
    path.write_text(text.replace('success = """', f'success = """{"x" * 2_001}', 1))
    templates._shipped.cache_clear()
    app = use(gallery(open_page("new.py")), "saas-mvp")
    app.text_input(key="new title 0").set_value("Till")
    app.text_area(key="new description 0").set_value("Counts coins").run()
    click(app, "Create project")
    assert "answer to “success” cannot be used" in plain(app)
    assert description(app) == "Counts coins"
    assert forge.projects() == []


@pytest.mark.usefixtures("broken_files")
def test_answers_to_a_phase_or_a_question_that_is_not_there_are_told_with_their_line(
    open_page: Open, forge: Forge
) -> None:
    path = templates.FOLDER / "saas-mvp.toml"
    text = path.read_text(encoding="utf-8").replace(
        "[answers.brief]", "[answers.brief]\ncolour='x'"
    )
    path.write_text(f'{text}\n[answers.nophase]\nusers = "Nurses"\n', encoding="utf-8")
    templates._shipped.cache_clear()
    shown = plain(open_page("new.py"))
    line = 1 + text.count("\n") + 1
    assert f"saas-mvp.toml, line {line}: answers.nophase: there is no phase 'nophase'" in shown
    assert "answers.brief.colour: 'brief' asks no such question" in shown
    assert "saas-mvp" in forge.templates(), "the rest of it is usable"


def test_what_does_not_work_without_the_file_of_tasks_is_said(
    open_page: Open, forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phases.load_tasks.cache_clear()
    monkeypatch.setattr(phases, "FOLDER", tmp_path)
    shown = plain(open_page("new.py"))
    assert "_tasks.toml: there is no such file. Until it is mended, SpecForge cannot" in shown
    assert "works without them" not in shown


def test_without_one_phase_the_page_says_what_to_do(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phases._shipped.cache_clear()
    monkeypatch.setattr(phases, "FOLDER", tmp_path)
    with pytest.raises(SpecForgeError, match="put one back into specforge_core/phases"):
        Forge.open(settings)
