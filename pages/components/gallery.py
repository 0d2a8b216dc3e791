"""What a project can start from: nothing, a template that ships, or one of the team's own."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.markdown import escape, safe
from pages.components.phases import titles
from pages.components.session import act, forge
from specforge_core import OwnTemplate, Template

BLANK = "Blank project"
ALL = "All categories"
_LOOKED_AT = "template looked at"
PROBLEMS = 6  # with files that are told at once; one missing phase is one for each template
WIDE = 210  # pixels, of the narrowest card


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be put into the form. template: whose answers come with it, "" for none."""

    title: str
    description: str
    template: str


def gallery(chosen: str | None, typed: str) -> None:
    """Cards to choose from; `chosen` is the name of the present one, "" for a blank project,
    None before anybody has chosen. typed: the description as it stands in the form.

    A choice is left in the state as "start", for the form to take up in the next run.
    """
    found = forge().templates()
    own = {one.template_id: one for one in forge().own_templates()}
    with st.container(horizontal=True, gap="small"):
        search = st.text_input(
            "Search templates",
            key="template search",
            type="search",
            live=True,
            placeholder="Search templates",
            label_visibility="collapsed",
            icon=":material/search:",
        )
        categories = [ALL, *sorted({one.category for one in found.values()})]
        if st.session_state.get("template category", ALL) not in categories:
            st.session_state["template category"] = ALL  # its last template was deleted
        category = st.selectbox(
            "Category",
            categories,
            key="template category",
            label_visibility="collapsed",
            width=190,
        )
    shown = {name: one for name, one in found.items() if fits(one, search or "", category)}
    if not shown:
        st.markdown("No template matches. Search looks at names, summaries, stacks, categories.")
    with st.grid(min_column_width=WIDE, gap="small"):
        if not search and category == ALL:
            _blank(chosen)
        for name, template in shown.items():
            _card(name, template, own.get(name), chosen, typed)
    looked_at = st.session_state.get(_LOOKED_AT)
    if looked_at in found:
        dialog = st.dialog(escape(found[looked_at].title), width="large", on_dismiss=_close)
        dialog(_preview)(looked_at, found[looked_at], own.get(looked_at), looked_at == chosen)


def fits(template: Template, search: str, category: str) -> bool:
    """Whether every word of the search stands somewhere on the template's card."""
    if category not in (ALL, template.category):
        return False
    card = " ".join([template.title, template.summary, template.category, *template.stack])
    return all(word in card.casefold() for word in search.casefold().split())


def _blank(chosen: str | None) -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"**{BLANK}**")
        st.caption("Begin with your own words. The questions help with the rest.")
        with st.container(horizontal=True, gap="xsmall"):
            _use(Start("", "", ""), chosen, BLANK)


def _card(
    name: str, template: Template, own: OwnTemplate | None, chosen: str | None, typed: str
) -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"**{escape(template.title)}**")
        st.caption(escape(template.summary))
        st.markdown(badges(template, own))
        start = Start("", template.description, name)
        if name == chosen and typed.strip() != template.description.strip():
            act(choose, start, label="Use its description", key=f"describe {name}")
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            _use(start, chosen, template.title)
            about = escape(f"What comes with: {template.title}")
            act(_look, name, label="Preview", key=f"preview {name}", type="tertiary", help=about)


def _use(start: Start, chosen: str | None, title: str) -> None:
    if start.template == chosen:
        st.markdown(":green-badge[:material/check: Chosen]", width="content")
    else:
        key, about = f"use {start.template}", escape(f"Start from: {title}")
        act(choose, start, label="Use", key=key, help=about)


def choose(start: Start) -> None:
    st.session_state["start"] = start


def badges(template: Template, own: OwnTemplate | None) -> str:
    """Whether it is one of the team's own, the category, and what it is built with."""
    mark = [":violet-badge[:material/person: Own]"] if own else []
    category = f":blue-badge[{escape(template.category)}]"
    return " ".join([*mark, category, *(f":gray-badge[{escape(one)}]" for one in template.stack)])


def _look(name: str) -> None:
    st.session_state[_LOOKED_AT] = name


def _close() -> None:
    st.session_state.pop(_LOOKED_AT, None)


def _preview(name: str, template: Template, own: OwnTemplate | None, is_chosen: bool) -> None:
    """All that comes with a template, and all that it leaves to the person."""
    st.caption(escape(template.summary))
    st.markdown(badges(template, own))
    if own:
        by = f" by {escape(own.author)}" if own.author else ""
        st.caption(f"Saved from a project{by} on {own.created_at:%d %b %Y}.")
    if template.needed:
        st.markdown("**You will be asked for**")
        st.markdown(as_list(template.needed))
    st.markdown("**Description**")
    with st.container(border=True):
        st.markdown(safe(template.description))
    _prefilled(template)
    with st.container(horizontal=True):
        if not is_chosen and st.button("Use this template", type="primary", key=f"take {name}"):
            choose(Start("", template.description, name))
            _close()
            st.rerun()
        if own:
            _delete(own)


def as_list(needed: tuple[str, ...]) -> str:
    """Lines of markdown, one for each thing that only a person can know."""
    return "\n".join(f"- {escape(what)}" for what in needed)


def _prefilled(template: Template) -> None:
    names = titles()
    texts = {
        (phase.name, question.key): question.text
        for phase in forge().phases()
        for question in phase.questions
    }
    with st.expander("Answers that come with it, marked as suggested until you edit them"):
        for phase, answers in template.answers.items():
            st.markdown(f"**{escape(names.get(phase, phase))}**")
            for key, answer in answers.items():
                st.caption(escape(texts.get((phase, key), key)))
                st.markdown(safe(answer))
        if not template.answers:
            st.caption("None.")


def _delete(own: OwnTemplate) -> None:
    """Deletes one of the team's own; asks once."""
    asking = f"deleting {own.template_id}"
    if not st.session_state.get(asking):
        if st.button("Delete", key=f"delete {own.template_id}", icon=":material/delete:"):
            st.session_state[asking] = True
            st.rerun()
        return
    if st.button("Delete for everyone", key=f"sure {own.template_id}", type="primary"):
        forge().delete_template(own.template_id)
        st.session_state.pop(asking)
        _close()
        st.rerun()
    if st.button("Keep it", key=f"spare {own.template_id}"):
        st.session_state.pop(asking)
        st.rerun()


def file_problems() -> None:
    """Names each phase or template file that could not be used, or not all of it."""
    problems = [*forge().phase_problems(), *forge().template_problems()]
    if not problems:
        return
    lines = [f"- {escape(one)}" for one in problems]
    first = "\n".join(lines[:PROBLEMS])
    st.warning(
        "Some files could not be used as they are. A phase or template whose file is broken is"
        " left out; the rest works. When they are mended, restart SpecForge: it reads them once."
        f"\n\n{first}",
        icon=":material/warning:",
    )
    if rest := lines[PROBLEMS:]:
        with st.expander(f"{len(rest)} more"):
            st.markdown("\n".join(rest))
