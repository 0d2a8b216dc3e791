"""What is put into an input reaches the browser, and nothing else is saved as if typed."""

from __future__ import annotations

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from pages.components import inputs


def page() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.components.inputs import drawn, keep

    state = st.session_state

    def save(text: str) -> None:
        state.saved.append(text)
        state.stored = text

    def cut_short(where: str) -> None:
        """As a click does, or a message of a component, before the browser got anything."""
        if state.cut == where:
            state.cut = ""
            raise RerunException(RerunData(widget_states=WidgetStates(widgets=state.sent)))

    keep("name", state.stored, save)
    cut_short("before")
    st.text_input("Name", key="name")
    cut_short("drawing")
    drawn("name")


def put(app: AppTest, values: dict[str, object]) -> None:
    for name, value in values.items():
        app.session_state[name] = value


def opened(stored: str, *, cut: str) -> AppTest:
    app = AppTest.from_function(page)
    put(app, {"stored": stored, "saved": [], "sent": [], "cut": cut})
    return app


def given(app: AppTest) -> str | None:
    """What the last run has put into the browser's input, None for nothing."""
    drawn = app.text_input(key="name").proto
    return drawn.value if drawn.set_value else None


@pytest.mark.parametrize("cut", ["", "before", "drawing"])
def test_a_new_input_shows_what_is_stored(cut: str) -> None:
    app = opened("Ada", cut=cut).run()
    assert given(app) == "Ada"
    assert given(app.run()) is None
    assert app.session_state["saved"] == []


@pytest.mark.parametrize("cut", ["", "before", "drawing"])
def test_what_is_stored_elsewhere_is_shown_and_not_written_over(
    cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("Ada", cut="").run()
    shows = WidgetState(id=app.text_input(key="name").id, string_value="Ada")
    put(app, {"stored": "Grace", "cut": cut, "sent": [shows]})
    app.run()
    assert given(app) == "Grace"
    assert app.session_state["saved"] == []
    monkeypatch.setattr(inputs, "ON_ITS_WAY_S", 0.0)
    assert given(app.run()) is None
    assert app.session_state["saved"] == []


def test_what_a_person_types_is_saved_also_where_it_empties_the_input() -> None:
    app = opened("Ada", cut="").run()
    for text in ("Grace", "", "Ada"):
        app.text_input(key="name").set_value(text).run()
        assert given(app) is None
    assert app.session_state["saved"] == ["Grace", "", "Ada"]


def test_what_a_person_types_while_another_text_comes_is_saved() -> None:
    app = opened("Ada", cut="").run()
    typed = WidgetState(id=app.text_input(key="name").id, string_value="Joan")
    put(app, {"stored": "Grace", "cut": "before", "sent": [typed]})
    app.run()
    assert app.session_state["saved"] == ["Joan"]


def form() -> None:
    import streamlit as st
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.scriptrunner import RerunData, RerunException

    from pages.components.inputs import drawn, show, show_again

    state = st.session_state
    show_again("name")
    if start := state.pop("start", ""):
        show("name", start)
    if state.cut == "before":
        state.cut = ""
        raise RerunException(RerunData(widget_states=WidgetStates(widgets=state.sent)))
    st.text_input("Name", key="name")
    drawn("name")


@pytest.mark.parametrize(("shows", "cut"), [("", "before"), ("Ada", "before"), ("Ada", "")])
def test_what_was_put_in_once_is_put_in_again_until_it_has_arrived(
    shows: str, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppTest.from_function(form)
    put(app, {"cut": "", "sent": []})
    app.run()
    app.text_input(key="name").set_value(shows).run()
    sent = WidgetState(id=app.text_input(key="name").id, string_value=shows)
    put(app, {"start": "Grace", "cut": cut, "sent": [sent]})
    app.run()
    assert given(app) == "Grace"
    assert given(app.run()) == "Grace"  # so soon, the first one may not have arrived
    monkeypatch.setattr(inputs, "ON_ITS_WAY_S", 0.0)
    assert given(app.run()) is None
    assert app.text_input(key="name").value == "Grace"


def test_what_a_person_types_meanwhile_is_not_put_away_again() -> None:
    app = AppTest.from_function(form)
    put(app, {"cut": "", "sent": []})
    app.run()
    put(app, {"start": "Grace"})
    app.run()
    app.text_input(key="name").set_value("Joan").run()
    assert app.text_input(key="name").value == "Joan"
    assert given(app.run()) is None
