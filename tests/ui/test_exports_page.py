"""The hand-off: what is told before a download, what is shown, and what is remembered."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.exports import PREVIEW, size
from specforge_core import Forge, Project, Settings
from tests.ui.conftest import Open
from tests.ui.driving import finish, plain, until_text, words


def handoff(open_page: Open, project: Project) -> AppTest:
    return open_page("project.py", project=project.project_id, tab="Export")


def shown(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.code)


@pytest.fixture
def brief(forge: Forge, project: Project) -> str:
    run = forge.generate(project.project_id, "brief", "offline")
    finish(forge, run.run_id)
    return run.run_id


def test_without_any_document_the_page_says_what_the_file_would_hold(
    open_page: Open, project: Project
) -> None:
    shown = plain(handoff(open_page, project))
    assert "Nothing is written yet" in shown
    assert "**Brief**: Not written yet" in shown


def test_a_zip_shows_the_files_that_are_in_it(
    open_page: Open, project: Project, brief: str
) -> None:
    app = handoff(open_page, project)
    assert "Files in it" in words(app)
    assert {"README.md", "01-brief/brief.md", "manifest.json"} <= set(shown(app).split("\n"))
    (button,) = app.get("download_button")
    assert button.proto.label == "Download vendor\\-invoice\\-approval\\.zip"


@pytest.mark.parametrize(
    "name", ["agents", "cursor", "copilot", "kiro", "markdown", "html", "docx", "pdf"]
)
def test_every_format_can_be_chosen_looked_at_and_downloaded(
    open_page: Open, forge: Forge, project: Project, brief: str, name: str
) -> None:
    app = handoff(open_page, project)
    app.selectbox(key="export format").select(name).run()
    assert not app.exception and not app.error
    assert forge.formats()[name].about in plain(app)
    assert app.get("download_button")
    exported = forge.export(project.project_id, name)
    if exported.text is None:
        assert "cannot be shown here" in words(app)
    else:
        assert exported.text[:200] in shown(app)


def test_all_formats_are_offered_for_the_project_and_only_fitting_ones_for_a_document(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    app = handoff(open_page, project)
    labels = [one.label for one in forge.formats().values()]
    assert app.selectbox(key="export format").options == labels
    app.selectbox(key="export phase").select("brief").run()
    fitting = [one.label for one in forge.formats().values() if one.scope == "both"]
    assert app.selectbox(key="export format of a document").options == fitting
    assert "vendor\\-invoice\\-approval\\-brief" in app.get("download_button")[0].proto.label


def test_the_choice_of_a_format_is_remembered(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    app = handoff(open_page, project)
    app.selectbox(key="export format").select("markdown").run()
    assert forge.preference("export format") == "markdown"
    again = handoff(open_page, project)
    assert again.selectbox(key="export format").value == "markdown"


def test_a_remembered_format_that_is_gone_gives_way_to_the_first(
    open_page: Open, forge: Forge, project: Project
) -> None:
    forge.set_preference("export format", "papyrus")
    assert handoff(open_page, project).selectbox(key="export format").value == "zip"


def test_a_document_that_is_cut_short_is_told_before_the_download(
    open_page: Open, forge: Forge, project: Project
) -> None:
    run = forge.generate(project.project_id, "brief", "offline", "drill-cut")
    finish(forge, run.run_id)
    text = plain(handoff(open_page, project))
    assert "1 document is not whole or not up to date" in text
    assert "Incomplete: stopped by an error of the provider" in text


def test_a_document_that_is_out_of_date_is_told_before_the_download(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    assert "All that is written is up to date" in words(handoff(open_page, project))
    forge.update_project(project.project_id, project.title, "Another description altogether.")
    assert "Out of date: The description has changed" in plain(handoff(open_page, project))


def test_letters_that_a_pdf_cannot_draw_are_told_before_the_download(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    forge.set_preference("export format", "pdf")
    assert not handoff(open_page, project).warning
    text = "## Scope\n\nA sign that no font has: \U00050000\n"
    forge.edit_section(brief, "scope", text, forge.fingerprint(brief, "scope"))
    (told,) = handoff(open_page, project).warning
    assert "U\\+50000" in told.value and "Export as HTML or DOCX instead" in told.value


def test_a_file_is_made_once_for_each_state_of_the_project(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    app = handoff(open_page, project)
    _, made = app.session_state["exported"]
    _, again = app.run().session_state["exported"]
    assert again is made
    forge.save_answers(project.project_id, "brief", {"users": "Forty auditors"})
    _, after = app.run().session_state["exported"]
    assert after is not made


def test_a_long_text_is_shown_in_part_and_says_so(
    open_page: Open, forge: Forge, project: Project, brief: str
) -> None:
    text = "## Scope\n\n" + "A line of the scope.\n" * 2_000
    forge.edit_section(brief, "scope", text, forge.fingerprint(brief, "scope"))
    forge.set_preference("export format", "markdown")
    app = handoff(open_page, project)
    assert f"The first {PREVIEW:,} of" in words(app)
    assert len(shown(app)) == PREVIEW


class TestLive:
    """A run at 40 tokens a second: there is time to look at it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"offline_tps": 40.0})

    def test_what_is_being_written_just_now_is_exported_and_said(
        self, open_page: Open, forge: Forge, project: Project
    ) -> None:
        run = forge.generate(project.project_id, "brief", "offline")
        until_text(forge, run.run_id)
        forge.set_preference("export format", "markdown")
        app = handoff(open_page, project)
        assert "still being written when this was exported" in plain(app)
        assert "# Vendor invoice approval" in shown(app)
        forge.cancel(run.run_id)
        finish(forge, run.run_id)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (812, "812 bytes"), (13_600, "14 KB"), (3_240_000, "3.2 MB")],
)
def test_sizes_are_told_in_words(count: int, said: str) -> None:
    assert size(count) == said
