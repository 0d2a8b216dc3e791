"""The form that creates a project, from nothing or from a template."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.browser import counter
from pages.components.gallery import BLANK, Start, as_list, choose, file_problems, gallery
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.session import act, forge
from specforge_core import DESCRIPTION_MAX, TITLE_MAX, InvalidInput, NotFound, waiting

FAR_TOO_LONG = 10 * DESCRIPTION_MAX  # characters
EXAMPLE = Start(
    "Vendor invoice approval",
    """\
Our finance team of six approves about 900 vendor invoices a month by e-mail. An invoice waits \
9 days on average, because nobody sees whose turn it is; last year we paid 31,000 euros in late \
fees and lost early-payment discounts worth about as much.

We want one place where an invoice arrives as a PDF, is matched with its purchase order, and goes \
to the right approver by amount and cost centre: team leads up to 2,000 euros, department heads \
up to 20,000, the CFO above. Approvers mostly sit in meetings and need to decide on a phone in \
under a minute. When someone is away, their deputy takes over after one working day.

Every decision must be kept for ten years with who, when and why, and auditors need to export \
it. Payment itself stays in SAP. The first release has to work by the end of March, before the \
year-end audit. Foreign currencies and contracts can wait.""",
    "",
)

# Streamlit hears of a text when its field is left. Told so, but not left, the field keeps the
# focus and the cursor, and the list beside it follows what is typed.
_FOLLOW = st.components.v2.component(
    "specforge_follow_field",
    html="<div></div>",
    js="""
    const PAUSE_MS = 500;
    export default function ({ data }) {
      let pending = 0;
      const leave = (field) => field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
      const typed = ({ target, isComposing }) => {
        if (isComposing || target.getAttribute?.("aria-label") !== data.label) return;
        clearTimeout(pending);
        pending = setTimeout(() => leave(target), PAUSE_MS);
      };
      document.addEventListener("input", typed, true);
      return () => document.removeEventListener("input", typed, true);
    }
    """,
)


def project_form() -> None:
    """Gallery, title, description, Create. What is refused is said beside its field and kept."""
    kept = st.session_state
    # Each form has a number: the second half of a double click finds a form that is gone.
    number = kept.setdefault("form", 0)
    form = _Form(number)
    form.take_up(kept.pop("start", None))
    refusal: Refusal | None = kept.get(form.refusal)
    with st.container():
        file_problems()
    # Each part stands in a place of its own, so that the fields below never move: what is
    # being typed stays.
    with st.container():
        form.start()
    title = st.text_input(
        "Title",
        key=form.title,
        placeholder="What people will call it",
        persist_state="session",
    )
    below("Title", TITLE_MAX, "title", title, refusal)
    with st.container(horizontal=True, gap="small", key="description and what is left"):
        description = st.text_area(
            "Description",
            key=form.description,
            height=300,
            placeholder="The problem, who has it, what the product must do, what is fixed."
            " Numbers, names and dates make the documents better.",
            persist_state="session",
        )
        marks = waiting(description)
        if marks:
            _still_to_fill_in(marks)
    below("Description", DESCRIPTION_MAX, "description", description, refusal)
    _buttons(form, title, description, marks)


class _Form:
    """The names in the state under which one form keeps what belongs to it."""

    def __init__(self, number: int) -> None:
        self.title, self.description = f"new title {number}", f"new description {number}"
        self.template, self.filled = f"new template {number}", f"filled {number}"
        self.asking, self.told = f"asking {number}", f"told {number}"
        self.gallery, self.refusal = f"gallery {number}", f"refusal {number}"

    def take_up(self, start: Start | None) -> None:
        """Fills in what was chosen; asks before it replaces what a person has typed."""
        kept = st.session_state
        if start is None:
            return
        typed = (kept.get(self.description) or "").strip()
        if start.description and typed not in ("", kept.get(self.filled, ""), start.description):
            kept[self.asking], kept[self.gallery] = start, False
            return
        self.fill(start)

    def fill(self, start: Start) -> None:
        kept = st.session_state
        kept.pop(self.asking, None)
        kept.pop(self.told, None)
        kept[self.template], kept[self.gallery] = start.template, False
        blank = not start.description and kept.get(self.description) == kept.get(self.filled)
        if start.description or blank:
            kept[self.description] = kept[self.filled] = start.description.strip()
        if start.title:
            kept[self.title] = start.title

    def start(self) -> None:
        """Where the project starts from: the present choice, and the gallery to change it."""
        kept = st.session_state
        name = kept.get(self.template, "")
        template = forge().templates().get(name)
        title = template.title if template else BLANK
        if name and template is None:
            kept[self.template] = ""  # somebody has deleted it
        with st.expander(
            f"Start from: **{escape(title)}**. Templates to choose from",
            expanded=True,
            key=self.gallery,
            on_change="rerun",
        ) as opened:
            if opened.open:
                gallery(kept.get(self.template))
        if asked := kept.get(self.asking):
            self._ask(asked)

    def _ask(self, start: Start) -> None:
        template = forge().templates().get(start.template)
        title = template.title if template else "the example"
        with st.container(border=True, gap="small"):
            st.markdown(
                f"You have typed a description. Replace it with the one of **{escape(title)}**?"
            )
            with st.container(horizontal=True):
                act(self._replace, start, label="Replace my text", key="replace", type="primary")
                act(self._keep, start, label="Keep my text", key="keep mine")

    def _replace(self, start: Start) -> None:
        # In the next run, before the fields are drawn: afterwards they must not be changed.
        st.session_state[self.filled] = (st.session_state[self.description] or "").strip()
        choose(start)

    def _keep(self, start: Start) -> None:
        """The answers of the template come all the same."""
        choose(Start("", "", start.template))
        st.session_state.pop(self.asking, None)


def _still_to_fill_in(marks: tuple[str, ...]) -> None:
    with st.container(border=True, gap="xsmall", width=230):
        st.markdown(f"**Still to fill in** ({len(marks)})")
        st.caption(as_list(marks))
        st.caption("Write over the marks in brackets.")
        _FOLLOW(data={"label": "Description"}, key="follow description", height="content")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was not taken. It stands beside its field until that is changed."""

    field: str
    text: str
    why: str

    @classmethod
    def of(cls, exc: InvalidInput, title: str, description: str) -> Refusal:
        return cls(exc.field, title if exc.field == "title" else description, str(exc))


def below(label: str, limit: int, field: str, text: str, refusal: Refusal | None) -> None:
    """Under a field of a project: why it was refused, and how long it is."""
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        if refusal and (refusal.field, refusal.text) == (field, text):
            st.markdown(f":red[:material/error: {escape(refusal.why)}]")
        elif len(text) > FAR_TOO_LONG:
            st.markdown(
                f":red[:material/error: {len(text):,} of {limit:,} characters. Keep the essence"
                " here; details fit into the answers to the questions of each document.]"
            )
        if len(text) <= FAR_TOO_LONG:  # or the browser would get it back to count it
            counter(label, limit, text)


def _buttons(form: _Form, title: str, description: str, marks: tuple[str, ...]) -> None:
    told = bool(marks) and st.session_state.get(form.told)
    with st.container():
        if told:
            left = "one mark is" if len(marks) == 1 else f"{len(marks)} marks are"
            st.warning(
                f"In the description {left} still to be filled in. You can do it now, or create"
                " the project like this and change the description on its overview.",
                icon=":material/edit_note:",
            )
    with st.container(horizontal=True):
        label = "Create anyway" if told else "Create project"
        create = st.button(label, type="primary", key=f"create {form.title}")
        if st.button(
            "Load example", key=f"example {form.title}", help="Fills in a real project to try."
        ):
            choose(EXAMPLE)
            st.rerun()
    if create and marks and not told:
        st.session_state[form.told] = True
        st.rerun()
    if create:
        _create(form, title, description)


def _create(form: _Form, title: str, description: str) -> None:
    """Goes straight to the new project, or draws the form again with what to change."""
    template = st.session_state.get(form.template, "")
    try:
        project = forge().create_project(title, description, template=template, author=person())
    except InvalidInput as exc:
        st.session_state[form.refusal] = Refusal.of(exc, title, description)
        st.rerun()
    except NotFound as exc:
        st.session_state["trouble"] = str(exc)
        st.rerun()
    st.session_state["form"] += 1
    first = forge().phases()[0].name
    st.switch_page("phase.py", query_params={"project": project.project_id, "phase": first})
