"""What the page tests share: waiting for a run, and reading a page."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from specforge_core import Forge, LiveRun, Project


def finish(forge: Forge, run_id: str) -> LiveRun:
    """Waits until the run has ended."""
    *_, last = forge.follow(run_id)
    return last


def until_text(forge: Forge, run_id: str) -> LiveRun:
    """Waits until text of the run is stored."""
    for state in forge.follow(run_id):
        if state.progress.tokens and state.open_section:
            return state
    raise AssertionError("the run ended without a moment in which a section was open")


def words(app: AppTest) -> str:
    """All text on the page."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.error, app.info, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def plain(app: AppTest) -> str:
    """The same as a reader sees it: without what keeps markdown from taking effect."""
    return re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", words(app)).replace("\u2060", "")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def type_in(app: AppTest, key: str, text: str) -> None:
    """Types what is no option of a selectbox, as the next run will see it.

    AppTest knows only the options that were drawn.
    """
    box = app.selectbox(key=key)
    box.options.append(text)
    box.set_value(text)


def click(app: AppTest, label: str) -> AppTest:
    button = next(button for button in app.button if button.label == label)
    button.click().run()
    assert not app.exception
    return app


def skip_all_but(forge: Forge, project: Project, *phases: str) -> None:
    for phase in forge.phases():
        if phase.name not in phases:
            forge.skip(project.project_id, phase.name)


def tab(open_page: Callable[..., AppTest], project: Project, name: str) -> AppTest:
    return open_page("project.py", project=project.project_id, tab=name)


def links(app: AppTest) -> list[tuple[str, str]]:
    """(label, query) of the links to pages."""
    return [(one.proto.label, one.proto.query_string) for one in app.get("page_link")]
