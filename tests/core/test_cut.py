"""A whole document that somebody edited, cut back into its sections."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specforge_core import Forge, InvalidInput
from specforge_core.phases import load_phases
from specforge_core.review.cut import cut, headed
from tests.core.chain import edit, project_with
from tests.growth import in_linear_time

TITLES = (("problem", "Problem and context"), ("users", "Users & their jobs"), ("api", "API: v2"))
PROBLEM = "## Problem and context\n\nInvoices are late."
USERS = "## Users & their jobs\n\n- Clerks"
API = "## API: v2\n\n```json\n{}\n```"


def joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def test_an_unedited_document_gives_its_sections_back() -> None:
    assert cut(joined(PROBLEM, USERS, API), TITLES) == {
        "problem": PROBLEM,
        "users": USERS,
        "api": API,
    }


@pytest.mark.parametrize("phase", load_phases())
def test_the_titles_of_every_phase_are_told_apart(phase: str) -> None:
    sections = load_phases()[phase].sections
    texts = {section.key: f"## {section.title}\n\nAbout {section.key}." for section in sections}
    titles = [(section.key, section.title) for section in sections]
    assert cut(joined(*texts.values()), titles) == texts


@pytest.mark.parametrize(
    "heading",
    [
        "## users & their jobs",
        "##   Users  &  their   jobs  ",
        "## Users & their jobs ##",
        "## **Users** & _their_ jobs",
        "## Users \\& their jobs",
        "## Users &amp; their jobs",
        "## 2. Users & their jobs",
        "## 2 Users & their jobs:",
        "## `Users` & [their](https://e.example) jobs",
        "##\tUsers & their jobs",
        "## Ｕｓｅｒｓ & their jobs",
    ],
)
def test_a_title_is_known_however_it_was_retyped(heading: str) -> None:
    found = cut(f"{PROBLEM}\n\n{heading}\n\n- Clerks\n\n{API}", TITLES)
    assert found["users"] == f"{heading}\n\n- Clerks".strip()
    assert (found["problem"], found["api"]) == (PROBLEM, API)


@pytest.mark.parametrize(
    "line",
    [
        "### Users & their jobs",
        "# Users & their jobs",
        "##Users & their jobs",
        "    ## Users & their jobs",
        "> ## Users & their jobs",
        "- ## Users & their jobs",
        "text ## Users & their jobs",
        "\\## Users & their jobs",
        "## Users & their jobs today",
    ],
)
def test_what_is_no_heading_of_a_section_cuts_nothing(line: str) -> None:
    text = f"{PROBLEM}\n\n{line}\n\nmore"
    assert cut(text, TITLES) == {"problem": text, "users": "", "api": ""}


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("```", "```"),
        ("~~~md", "~~~"),
        ("````markdown", "````"),
        ("```sh\n# not this\n~~~", "```"),
        ("- ```\n  text", "  ```"),
        ("1. step\n\n   ```json", "   ```"),
        ("```text\n```js", "```"),
        ("```\n    ```", "```"),
    ],
)
def test_a_heading_inside_code_cuts_nothing(begin: str, end: str) -> None:
    inside = f"{PROBLEM}\n\n{begin}\n## Users & their jobs\n{end}"
    assert cut(joined(inside, USERS), TITLES) == {"problem": inside, "users": USERS, "api": ""}


@pytest.mark.parametrize("fence", ["```json", "~~~", "````md", "- ```sh"])
def test_a_fence_that_is_never_closed_swallows_no_section(fence: str) -> None:
    broken = f"{PROBLEM}\n\n{fence}\n{{ }}"
    assert cut(joined(broken, USERS), TITLES) == {"problem": broken, "users": USERS, "api": ""}


def test_a_lost_end_of_code_swallows_no_section_though_other_code_follows() -> None:
    broken = f"{PROBLEM}\n\n```python\nprint()"
    assert cut(joined(broken, USERS, API), TITLES) == {
        "problem": broken,
        "users": USERS,
        "api": API,
    }


def test_text_before_the_first_heading_belongs_to_the_first_section() -> None:
    text = joined("# Brief\n\nBy Ada.", PROBLEM, USERS)
    assert cut(text, TITLES)["problem"] == joined("# Brief\n\nBy Ada.", PROBLEM)
    assert cut("No heading at all.", TITLES) == {
        "problem": "No heading at all.",
        "users": "",
        "api": "",
    }


def test_an_unknown_heading_stays_in_the_section_it_follows() -> None:
    users = f"{USERS}\n\n## Suppliers\n\nThey wait."
    assert cut(joined(PROBLEM, users, API), TITLES)["users"] == users


def test_a_second_heading_of_a_section_stays_where_it_stands() -> None:
    api = f"{API}\n\n{USERS}"
    assert cut(joined(PROBLEM, USERS, api), TITLES) == {
        "problem": PROBLEM,
        "users": USERS,
        "api": api,
    }


def test_two_sections_with_one_title_are_taken_in_order() -> None:
    titles = (("a", "Notes"), ("b", "Notes"))
    assert cut("## Notes\n\n1\n\n## Notes\n\n2", titles) == {
        "a": "## Notes\n\n1",
        "b": "## Notes\n\n2",
    }


def test_sections_that_were_moved_keep_their_text() -> None:
    found = cut(joined(API, PROBLEM, USERS), TITLES)
    assert found == {"problem": PROBLEM, "users": USERS, "api": API}
    assert list(found) == ["problem", "users", "api"]


def test_a_deleted_section_is_empty_and_windows_line_ends_are_no_change() -> None:
    text = joined(PROBLEM, API).replace("\n", "\r\n")
    assert cut(text, TITLES) == {"problem": PROBLEM, "users": "", "api": API}


def test_without_titles_there_is_nothing_to_cut_into() -> None:
    with pytest.raises(ValueError, match="titles"):
        cut("text", ())


HEADINGS = [f"## {title}" for _, title in TITLES]
OTHER_LINES = st.one_of(
    st.sampled_from(["## Other", "```", "```json", "~~~", "- ```", "    code", "", " ", "| a |"]),
    st.text(max_size=20),
)
BODIES = st.lists(OTHER_LINES, max_size=8)


def full_lines(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if line.strip()]


@given(st.lists(st.one_of(OTHER_LINES, st.sampled_from(HEADINGS)), max_size=30).map("\n".join))
@example("\n \n\t\n")
@settings(max_examples=300)
def test_no_line_is_lost_or_added_whatever_was_typed(text: str) -> None:
    found = "\n\n".join(cut(text, TITLES).values())
    assert sorted(full_lines(found)) == sorted(full_lines(text))


@given(BODIES, st.lists(st.tuples(st.booleans(), BODIES), min_size=3, max_size=3))
@settings(max_examples=300)
def test_the_lines_keep_their_order_when_the_sections_do(
    before: list[str], parts: list[tuple[bool, list[str]]]
) -> None:
    lines = list(before)
    for heading, (kept, body) in zip(HEADINGS, parts, strict=True):
        lines += [heading, *body] if kept else body
    text = "\n".join(lines)
    assert full_lines("\n\n".join(cut(text, TITLES).values())) == full_lines(text)


@given(st.lists(st.sampled_from([PROBLEM, USERS, API]), unique=True))
def test_joining_the_sections_gives_the_document_that_was_cut(texts: list[str]) -> None:
    in_order = [text for text in (PROBLEM, USERS, API) if text in texts]
    assert joined(*cut(joined(*texts), TITLES).values()) == joined(*in_order)


FENCES = ["```", "```", "~~~", "~~~~", "````md", "```python", "- ```", "  ```", "    ```"]
FENCED = st.lists(
    st.sampled_from([*FENCES, *HEADINGS, "## Other", "text", "- text", "", "| a |", "|---|"]),
    max_size=12,
).map("\n".join)
SECTIONS = st.lists(FENCED, min_size=3, max_size=3).map(
    lambda texts: {
        key: headed(text, title) for text, (key, title) in zip(texts, TITLES, strict=True)
    }
)


@given(SECTIONS)
@settings(max_examples=400)
def test_every_section_comes_back_whatever_fences_it_holds(before: dict[str, str]) -> None:
    assert cut(joined(*before.values()), TITLES, before) == before


@given(SECTIONS, st.data())
@settings(max_examples=400)
def test_a_changed_word_changes_its_section_alone_whatever_fences_there_are(
    before: dict[str, str], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(list(before)))
    heading, *lines = before[key].split("\n")
    words = [number for number, line in enumerate(lines) if line in ("text", "- text")]
    if words:
        number = data.draw(st.sampled_from(words))
        word = data.draw(st.sampled_from(["word", "```", "more text", ""]))
        lines[number] = lines[number].replace("text", word)
    after = {**before, key: "\n".join([heading, *lines]).strip("\n")}
    assert cut(joined(*after.values()), TITLES, before) == after


OPEN = f"{PROBLEM}\n\n```\nnever closed"
TREE = f"{USERS}\n\n```\ntree\n```"


def test_an_open_fence_and_code_in_a_later_section_do_not_make_one_block() -> None:
    before = {"problem": OPEN, "users": TREE, "api": API}
    typed = joined(*before.values()).replace("Clerks", "Managers")
    assert cut(typed, TITLES, before) == {**before, "users": TREE.replace("Clerks", "Managers")}


def test_a_fence_that_is_typed_and_left_open_takes_no_other_section() -> None:
    before = {"problem": PROBLEM, "users": TREE, "api": API}
    typed = joined(OPEN, TREE, API)
    assert cut(typed, TITLES, before) == {**before, "problem": OPEN}


def test_one_word_of_a_stored_document_changes_one_section_though_a_fence_is_open(
    forge: Forge,
) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    edit(forge, project, "brief", "problem", "An open fence:\n\n```\nnever closed")
    edit(forge, project, "brief", "goals", "The tree:\n\n```\ntree\n```\n\nMore below.")
    names = [one.section for one in forge.live(run_id).sections]
    before = {name: forge.section_text(run_id, name) for name in names}
    seen = {name: forge.fingerprint(run_id, name) for name in names}
    forge.edit_document(run_id, forge.document_to_edit(run_id).replace("below", "above"), seen)
    after = {name: forge.section_text(run_id, name) for name in names}
    assert after == {**before, "goals": before["goals"].replace("below", "above")}


def test_an_example_with_the_heading_of_another_section_cuts_nothing() -> None:
    before = {"problem": PROBLEM, "users": USERS, "api": API}
    example = f"{PROBLEM}\n\n```md\n{USERS}\n```"
    assert cut(joined(example, USERS, API), TITLES, before) == {**before, "problem": example}
    assert cut(joined(example, API), TITLES, {**before, "problem": example}) == {
        **before,
        "problem": example,
        "users": "",
    }


def test_sections_that_were_moved_are_found_though_an_open_fence_came_before() -> None:
    before = {"problem": OPEN, "users": USERS, "api": API}
    assert cut(joined(USERS, API, OPEN), TITLES, before) == before


def test_a_section_that_code_would_swallow_is_named_and_nothing_is_cut() -> None:
    before = {"problem": OPEN, "users": TREE, "api": ""}
    typed = joined(OPEN, TREE.replace("## Users", "## 2. Users"))
    with pytest.raises(InvalidInput, match="“Users & their jobs” stands inside code"):
        cut(typed, TITLES, before)


def test_a_deleted_section_is_empty_and_no_mistake() -> None:
    before = {"problem": OPEN, "users": TREE, "api": API}
    assert cut(joined(OPEN, API), TITLES, before) == {**before, "users": ""}


def test_a_long_document_is_cut_in_linear_time() -> None:
    def edited(count: int) -> tuple[str, dict[str, str]]:
        lines = ["Every invoice waits for a signature, as the clerk knows.", "", "```"] * count
        long = "\n".join(lines)
        before = {"problem": joined(PROBLEM, long.replace("signature", "sign")), "users": USERS}
        return joined(PROBLEM, long, USERS), before

    (text, _), found = in_linear_time(lambda pair: cut(pair[0], TITLES, pair[1]), edited, 1_000)
    assert found == {"problem": text.removesuffix(f"\n\n{USERS}"), "users": USERS, "api": ""}


@pytest.mark.parametrize(
    "text",
    [
        "Problem and context\n---\n\nInvoices are late.",
        "\n1. Problem and context\n===\nInvoices are late.",
        "**Problem and context**\n\nInvoices are late.",
        "## Problem and context\n\nInvoices are late.",
        "Invoices are late.",
    ],
)
def test_a_title_in_another_form_stands_there_once_as_the_heading(text: str) -> None:
    assert headed(text, "Problem and context") == PROBLEM


def test_a_first_line_that_only_says_the_title_stays() -> None:
    assert headed("Problem and context\nare told below.", "Problem and context") == (
        "## Problem and context\n\nProblem and context\nare told below."
    )
