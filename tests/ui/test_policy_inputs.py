"""What people decide in Settings: kept at once, over a reload and a restart, and nothing else."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import session
from specforge_core import Forge, Policy, PriceOverride, ProviderPolicy, Settings, StreamMode
from tests.ui.conftest import Open
from tests.ui.driving import click, plain, type_in

pytestmark = pytest.mark.usefixtures("endpoint")


def limit(app: AppTest, value: int | None) -> AppTest:
    return app.number_input(key="custom max_calls").set_value(value).run()


# --- how a provider is asked ---------------------------------------------------


def test_how_a_provider_is_asked_is_kept_over_a_reload_and_a_restart(
    open_page: Open, forge: Forge, settings: Settings
) -> None:
    app = open_page("settings.py")
    app.radio(key="custom stream_mode").set_value(StreamMode.CONTINUED).run()
    app.button_group(key="custom thinking").set_value("off").run()
    limit(app, 3)
    app.number_input(key="custom calls_per_minute").set_value(40).run()
    asked = ProviderPolicy(
        stream_mode=StreamMode.CONTINUED, thinking=False, max_calls=3, calls_per_minute=40
    )
    assert forge.policy().of("custom") == asked
    forge.close()
    with Forge.open(settings) as reopened:
        session.serve(reopened)
        app = open_page("settings.py")
        assert app.radio(key="custom stream_mode").value == StreamMode.CONTINUED
        assert app.button_group(key="custom thinking").value == "off"
        assert app.number_input(key="custom max_calls").value == 3
        assert app.number_input(key="custom calls_per_minute").value == 40
        assert reopened.policy().of("custom") == asked, "looking at it changes nothing"
    label = "How it is asked: short turns · thinking off · 3 at once · 40 a minute"
    assert label in [one.label for one in app.expander]


def test_a_limit_can_be_cleared_again(open_page: Open, forge: Forge) -> None:
    app = limit(open_page("settings.py"), 3)
    limit(app, None)
    assert forge.policy().of("custom").max_calls is None
    assert open_page("settings.py").number_input(key="custom max_calls").value is None


def test_thinking_goes_back_to_what_the_model_does(open_page: Open, forge: Forge) -> None:
    app = open_page("settings.py")
    app.button_group(key="custom thinking").set_value("on").run()
    assert forge.policy().of("custom").thinking is True
    app.button_group(key="custom thinking").set_value("model").run()
    assert forge.policy().of("custom").thinking is None


def test_two_people_who_change_different_things_undo_nothing(open_page: Open, forge: Forge) -> None:
    first, second = open_page("settings.py"), open_page("settings.py")
    limit(first, 3)
    second.number_input(key="offline calls_per_minute").set_value(9).run()
    second.number_input(key="day_budget_usd").set_value(5.0).run()
    first.radio(key="custom stream_mode").set_value(StreamMode.SIMULATED).run()
    assert forge.policy() == Policy(
        providers={
            "custom": ProviderPolicy(stream_mode=StreamMode.SIMULATED, max_calls=3),
            "offline": ProviderPolicy(calls_per_minute=9),
        },
        day_budget_usd=5.0,
    )


def test_an_open_page_shows_what_somebody_else_has_stored(open_page: Open, forge: Forge) -> None:
    mine, theirs = open_page("settings.py"), open_page("settings.py")
    limit(theirs, 7)
    assert mine.run().number_input(key="custom max_calls").value == 7
    limit(mine, 8)
    assert forge.policy().of("custom").max_calls == 8


# --- failover ------------------------------------------------------------------


def test_failover_keeps_the_order_in_which_it_was_chosen(open_page: Open, forge: Forge) -> None:
    app = open_page("settings.py")
    app.multiselect(key="failover").set_value(["offline", "custom/house-model"]).run()
    assert forge.policy().failover == ("offline", "custom/house-model")
    again = open_page("settings.py").multiselect(key="failover")
    assert again.value == ["offline", "custom/house-model"]


def test_somebody_unknown_cannot_go_on_and_the_list_stays(open_page: Open, forge: Forge) -> None:
    app = open_page("settings.py")
    app.multiselect(key="failover").set_value(["offline"]).run()
    app.multiselect(key="failover").set_value(["offline", "nobody/model"]).run()
    assert "There is no provider “nobody”." in plain(app)
    assert app.multiselect(key="failover").value == ["offline"]
    assert forge.policy().failover == ("offline",)


def test_one_who_has_lost_the_key_stays_in_the_list(open_page: Open, forge: Forge) -> None:
    forge.set_policy(Policy(failover=("openai/gpt-6-luna",)))
    app = open_page("settings.py")
    assert app.multiselect(key="failover").value == ["openai/gpt-6-luna"]
    assert forge.policy().failover == ("openai/gpt-6-luna",)


# --- budgets -------------------------------------------------------------------


def test_budgets_are_kept_and_can_be_taken_away(open_page: Open, forge: Forge) -> None:
    app = open_page("settings.py")
    app.number_input(key="project_budget_usd").set_value(25.5).run()
    assert forge.policy().project_budget_usd == 25.5
    app = open_page("settings.py")
    assert app.number_input(key="project_budget_usd").value == 25.5
    app.number_input(key="project_budget_usd").set_value(None).run()
    assert forge.policy().project_budget_usd is None


def test_it_says_what_a_budget_does_not_count(open_page: Open) -> None:
    shown = plain(open_page("settings.py"))
    assert "before its next request" in shown
    assert "Requests whose price is unknown are not counted." in shown


# --- prices --------------------------------------------------------------------


def save_price(app: AppTest, model: str, **rates: float) -> AppTest:
    number = app.session_state["price form"]
    type_in(app, f"price model {number}", model)
    for field, usd in rates.items():
        app.number_input(key=f"price {field} {number}").set_value(usd)
    return click(app, "Save price")


def test_an_own_price_is_shown_counts_and_can_be_removed(open_page: Open, forge: Forge) -> None:
    app = save_price(open_page("settings.py"), "custom/house-model", input_usd=0.25, output_usd=1.5)
    own = PriceOverride(input_usd=0.25, output_usd=1.5)
    assert forge.policy().prices == {"custom/house-model": own}
    shown = plain(open_page("settings.py"))
    assert "house-model**: $0.25 in, $1.50 out" in shown
    assert "| $0.25 | $0.25 | $1.50 |" in shown, "in the table of models too"
    app.button(key="remove custom/house-model").click().run()
    assert forge.policy().prices == {}
    assert "| unknown | unknown | unknown |" in plain(app)


def test_a_price_for_a_model_that_is_not_listed_may_be_typed(open_page: Open, forge: Forge) -> None:
    save_price(open_page("settings.py"), "openai/gpt-9", input_usd=0.0, output_usd=0.0028)
    assert "openai/gpt-9" in forge.policy().prices
    assert "OpenAI, gpt-9**: free in, $0.0028 out" in plain(open_page("settings.py"))


@pytest.mark.parametrize(
    ("model", "rates", "sentence"),
    [
        ("nobody/model", {"input_usd": 1.0, "output_usd": 1.0}, "type it as provider/model"),
        ("custom", {"input_usd": 1.0, "output_usd": 1.0}, "type it as provider/model"),
        ("custom/house-model", {"input_usd": 1.0}, "Set both the input and the output price"),
    ],
)
def test_a_price_that_cannot_be_is_refused_and_stays_in_the_form(
    open_page: Open, forge: Forge, model: str, rates: dict[str, float], sentence: str
) -> None:
    app = save_price(open_page("settings.py"), model, **rates)
    assert sentence in plain(app)
    assert app.number_input(key="price input_usd 0").value == 1.0
    assert not forge.policy().prices
