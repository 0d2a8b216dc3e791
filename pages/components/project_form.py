"""The form that creates a project, from nothing or from a template."""

from __future__ import annotations

import streamlit as st

from pages.components.drafts import forget
from pages.components.form_drafts import keep_form
from pages.components.gallery import BLANK, Start, choose, file_problems, gallery
from pages.components.inputs import drawn, show, show_again
from pages.components.markdown import escape
from pages.components.person import person
from pages.components.project_fields import Refusal, below, still_to_fill_in
from pages.components.session import act, forge
from specforge_core import DESCRIPTION_MAX, TITLE_MAX, InvalidInput, SpecForgeError, waiting

DRAFT = "new project"

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


def project_form() -> None:
    """What it starts from, title, description, Create. What is refused is said beside its field.

    What is typed is kept by the browser until the project is there.
    """
    kept = st.session_state
    # Each form has a number: the second half of a double click finds a form that is gone.
    number = kept.setdefault("form", 0)
    form = _Form(number)
    show_again(form.title, form.description)
    form.take_up(kept.pop("start", None))
    form.keep()
    refusal: Refusal | None = kept.get(form.refusal)
    with st.container():
        file_problems()
        form.say_restored()
    # Each part stands in a place of its own, so that the fields below never move: what is
    # being typed stays.
    with st.container():
        form.start()
    title = st.text_input(
        "Title",
        kept.get(form.title, ""),
        key=form.title,
        placeholder="What people will call it",
        persist_state="session",
    )
    below("Title", TITLE_MAX, "title", title, refusal)
    with st.container(horizontal=True, gap="small", key="description and what is left"):
        description = st.text_area(
            "Description",
            kept.get(form.description, ""),
            key=form.description,
            height=300,
            placeholder="The problem, who has it, what the product must do, what is fixed."
            " Numbers, names and dates make the documents better.",
            persist_state="session",
        )
        drawn(form.title, form.description)
        marks = waiting(description)
        if marks:
            still_to_fill_in(marks)
    below("Description", DESCRIPTION_MAX, "description", description, refusal)
    _buttons(form, title, description, marks)


class _Form:
    """The names in the state under which one form keeps what belongs to it."""

    def __init__(self, number: int) -> None:
        self.title, self.description = f"new title {number}", f"new description {number}"
        self.template, self.filled = f"new template {number}", f"filled {number}"
        self.asking, self.told = f"asking {number}", f"told {number}"
        self.gallery, self.refusal = f"gallery {number}", f"refusal {number}"
        self.restored = f"restored {number}"

    def keep(self) -> None:
        """Before the fields are drawn: puts back what this browser has kept of them."""
        kept = st.session_state
        fields = {"title": self.title, "description": self.description}
        names = fields | {"template": self.template}
        texts = {name: kept.get(key) or "" for name, key in names.items()}
        found = keep_form(DRAFT, fields, texts, dict.fromkeys(names, ""))
        if all(one.text == texts[name] for name, one in found.items()):
            return  # after a restart of the server: the page still says it
        for name, one in found.items():
            if name in fields:
                show(fields[name], one.text)
            else:
                kept[names[name]] = one.text
        template = forge().templates().get(kept.get(self.template) or "")
        kept[self.filled] = template.description.strip() if template else ""
        kept[self.restored] = True
        st.rerun()  # with what now stands in the fields

    def say_restored(self) -> None:
        if st.session_state.get(self.restored):
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.caption(
                    ":material/restore: This browser had kept what you typed here before.",
                    width="content",
                )
                act(_another, label="Start with an empty form", key="empty form", type="tertiary")

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
            kept[self.filled] = start.description.strip()
            show(self.description, kept[self.filled])
        if start.title:
            show(self.title, start.title)

    def start(self) -> None:
        """Where the project starts from: the present choice, and the gallery to change it.

        Closed at first: who wants a blank project types at once.
        """
        kept = st.session_state
        name = kept.get(self.template, "")
        template = forge().templates().get(name)
        title = template.title if template else BLANK
        if name and template is None:
            kept[self.template] = ""  # somebody has deleted it
        count = len(forge().templates())
        with st.expander(
            f"Start from: **{escape(title)}** · {count} templates",
            key=self.gallery,
            on_change="rerun",
        ) as opened:
            if opened.open:
                gallery(kept.get(self.template), kept.get(self.description) or "")
        if asked := kept.get(self.asking):
            self._ask(asked)

    def _ask(self, start: Start) -> None:
        template = forge().templates().get(start.template)
        title = template.title if template else "the example"
        has_answers = start.template not in ("", st.session_state.get(self.template))
        with st.container(border=True, gap="small"):
            st.markdown(
                f"You have typed a description. Replace it with the one of **{escape(title)}**?"
            )
            with st.container(horizontal=True):
                if has_answers:
                    act(
                        self._keep,
                        start,
                        label="Keep my description, take its answers",
                        key="keep mine",
                        type="primary",
                    )
                    act(
                        self._replace,
                        start,
                        label="Use its description and answers",
                        key="replace",
                    )
                    act(self._cancel, label="Cancel", key="change nothing", type="tertiary")
                else:
                    act(
                        self._cancel,
                        label="Keep my description",
                        key="change nothing",
                        type="primary",
                    )
                    act(self._replace, start, label="Use its description", key="replace")

    def _replace(self, start: Start) -> None:
        # In the next run, before the fields are drawn: afterwards they must not be changed.
        st.session_state[self.filled] = (st.session_state[self.description] or "").strip()
        choose(start)

    def _keep(self, start: Start) -> None:
        """The answers of the template come all the same."""
        choose(Start("", "", start.template))
        self._cancel()

    def _cancel(self) -> None:
        st.session_state.pop(self.asking, None)


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


def _another() -> None:
    """The next drawing has a form of its own, with nothing in it."""
    st.session_state["form"] += 1


def _create(form: _Form, title: str, description: str) -> None:
    """Goes straight to the new project, or draws the form again with what to change."""
    template = st.session_state.get(form.template, "")
    try:
        project = forge().create_project(title, description, template=template, author=person())
    except InvalidInput as exc:
        if exc.field in ("title", "description"):
            st.session_state[form.refusal] = Refusal.of(exc, title, description)
        else:
            what = f"The template's answer to “{exc.field}” cannot be used"
            st.session_state["trouble"] = f"{what}: {exc} Choose another template, or mend it."
        st.rerun()
    except SpecForgeError as exc:
        st.session_state["trouble"] = str(exc)
        st.rerun()
    _another()
    forget(DRAFT)
    first = forge().phases()[0].name
    st.switch_page("phase.py", query_params={"project": project.project_id, "phase": first})
