"""A fence around a whole answer is taken off; every other fence stays."""

from __future__ import annotations

import pytest

from specforge_core.generation.continuation import anchor
from specforge_core.generation.fence import Unfenced

BODY = """\
## Goals

Run `make`:

```sh
make run
```

~~~text
``` not a fence here
~~~

```code``` in a line

- a list with
  ```json
  {}
  ```
- ``two`` marks

The end.
"""
CODE_LAST = "## API\n\nAn example:\n\n```json\n{}\n```\n"
BARE_CODE = "## API\n\n```\nGET /\n```\n\nMore.\n"
SIZES = pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])


def written(answer: str, size: int, text_so_far: str = "") -> str:
    unfenced = Unfenced(text_so_far)
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    return "".join([unfenced.feed(piece) for piece in pieces]) + unfenced.finish()


@SIZES
@pytest.mark.parametrize("body", [BODY, CODE_LAST, BARE_CODE])
@pytest.mark.parametrize("opening", ["```markdown\n", "\n\n```md \r\n", "```Markdown\n\n"])
@pytest.mark.parametrize("closing", ["```", "```\n", "``` \n\n", ""])
def test_a_fence_around_the_whole_answer_is_taken_off(
    body: str, opening: str, closing: str, size: int
) -> None:
    assert written(opening + body + closing, size).lstrip() == body


@SIZES
@pytest.mark.parametrize(
    "answer",
    [
        BODY,
        CODE_LAST,
        BARE_CODE,
        "",
        "``",
        "```",
        "```markdown",
        "```markdown\n",
        "```markdown\nan example without a heading\n```\n",
        "```markdownish\n## Goals\n```\n",
        "```json\n{}\n```\n",
        "~~~markdown\n## Goals\n~~~\n",
        "## Goals\n\n```markdown\n# Title\n```\n",
        "## Goals\n\nleft open\n```\n",
    ],
)
def test_an_answer_without_a_fence_around_it_is_unchanged(answer: str, size: int) -> None:
    assert written(answer, size) == answer


@SIZES
def test_text_after_the_fence_is_kept_with_all_its_marks(size: int) -> None:
    answer = "```markdown\n## Goals\n\nAll.\n```\n\nI hope that this helps.\n"
    assert written(answer, size) == answer.removeprefix("```markdown\n")


@SIZES
@pytest.mark.parametrize("wrapped_again", [False, True])
@pytest.mark.parametrize("body", [BODY, CODE_LAST])
def test_a_continuation_goes_on_inside_the_fence_at_every_cut(
    body: str, wrapped_again: bool, size: int
) -> None:
    for cut in range(1, len(body)):
        before = written("```markdown\n" + body[:cut], 1000)
        assert body.startswith(before)
        if len(before) < 12:
            continue
        answer = anchor(before) + body[len(before) :] + "```\n"
        answer = "```markdown\n" + answer if wrapped_again else answer
        assert before + written(answer, size, before) == body, cut


def test_a_continuation_that_ends_the_code_of_the_text_before_keeps_its_fence() -> None:
    before = "## API\n\nAn example:\n\n```json\n{"
    assert written("```json\n{}\n```", 3, before) == "}\n```"
    assert written("```json\n{}\n```\n```\n", 3, before) == "}\n```\n"


def test_a_flood_of_blanks_or_marks_is_passed_on_unchanged() -> None:
    size = 1_000_000
    for flood in (" " * size, "```" + " " * size + "x", "`" * size, "~~~" + "\t`" * size):
        answer = f"```markdown\n# A\n{flood}\n"
        assert written(answer, 65_536) == answer.removeprefix("```markdown\n")
        assert written(flood, 65_536) == flood


def test_only_a_line_that_could_be_a_fence_is_held_back() -> None:
    unfenced = Unfenced("")
    assert unfenced.feed("```mark") == ""
    assert unfenced.feed("down\n") == ""
    assert unfenced.feed("## G") == "## G"
    assert unfenced.feed("oals\n\nAll `a") == "oals\n\nAll `a"
    assert unfenced.feed("`\n`b") == "`\n`b"
    assert unfenced.feed("\n``") == "\n"
    assert unfenced.feed("`") == ""
    assert unfenced.feed("sh\n") == "```sh\n"
    assert unfenced.feed("```\nThe end.\n```") == "```\nThe end.\n"
    assert unfenced.feed("\n\n") == ""
    assert unfenced.finish() == ""


@SIZES
def test_empty_lines_before_an_answer_are_no_part_of_the_section(size: int) -> None:
    assert written("\n\n## Goals\n\nAll.\n", size) == "## Goals\n\nAll.\n"
    assert written("\n \n", size).strip() == ""
