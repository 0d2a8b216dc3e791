"""Untrusted and unfinished markdown: what reaches the page is harmless and well formed."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from pages.components.markdown import JOINER, escape, safe
from pages.components.pieces import PIECE, Drawn, pieces, steady
from pages.components.unfinished import close_open
from tests.growth import in_linear_time

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

SAMPLE = """## Users and their **jobs**

Two groups of people, *reviewers* and __authors__, spend ~~three~~ five hours a week on it.
See the [style guide](https://example.com/guide_(v2)) and `notes.md`, at $5 to $10 a seat.

- **Reviewer**: reads `a_b` and *decides*
  - nested with **bold *and italic* text**
1. First, $x^2 + y^2$ is the distance
2. Second \\*not emphasis\\*

> A quote with **weight** in it

| Who | Job to be *done* | Cost |
|-----|:----------------:|-----:|
| **Ana** | reads `x \\| y` | $4 |
| Ben | ~~writes~~ signs | $9 |

```python
def total(rows: list[str]) -> int:
    return sum(map(int, rows))  # **not bold**
```

$$
\\frac{a}{b}
$$

```mermaid
graph TD; A-->B
```

---

1. An item with code:

   ```sh
   make run
   ```

- [ ] a task and a [reference][1]
- [x] done, snake_case_name stays

Last words with ***both*** and ``code with ` tick``.
"""


def prose(text: str) -> str:
    """All running text that a reader sees as plain text, code and formulas left out."""
    text = re.sub(r"^\$\$\n.*?\n\$\$$", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join(
        child.content
        for token in PARSER.parse(text)
        if token.type == "inline"
        for child in token.children or []
        if child.type == "text"
    )


@pytest.mark.parametrize("cursor", ["", "▌"])
def test_every_beginning_of_a_document_is_well_formed(cursor: str) -> None:
    raw = re.compile(r"\*\*|~~|```|\|\s*:?-|^\s*\||\]\(|__|\$\$|graph TD|^#|`")
    for length in range(len(SAMPLE)):
        shown = close_open(safe(SAMPLE[:length]), cursor)
        seen = raw.search(prose(shown))
        assert not seen, f"{length}: {SAMPLE[max(0, length - 40) : length]!r} shows {seen[0]!r}"


def test_every_beginning_shows_all_finished_words() -> None:
    for length in range(len(SAMPLE)):
        words = re.findall(r"[A-Za-z]{4,}(?=\s)", SAMPLE[:length].rpartition("\n")[0])
        shown = close_open(safe(SAMPLE[:length]))
        assert [word for word in words if word not in shown and word != "mermaid"] == []


def test_the_cursor_is_always_shown_once_text_is_there() -> None:
    for length in range(3, len(SAMPLE)):
        assert close_open(safe(SAMPLE[:length]), "▌").count("▌") <= 1


def test_half_a_diagram_is_code_and_a_whole_one_is_a_diagram() -> None:
    assert "```text" in close_open("```mermaid\ngraph TD")
    assert "```mermaid" in close_open("```mermaid\ngraph TD\n```\n\nthen")


def test_half_a_formula_is_code() -> None:
    assert close_open("so $x + ") == "so `x +`"
    assert close_open("$$\n\\frac{a}") == "```latex\n\\frac{a}\n```"


@pytest.mark.parametrize(
    "attack",
    [
        "![a](http://evil.test/x.png)",
        "![a](//evil.test/x.png)",
        "![a][r]\n\n[r]: http://evil.test/x.png",
        "![r]\n\n[r]: http://evil.test/x.png",
        "!![a](http://evil.test/x.png)",
        "\\\\![a](http://evil.test/x.png)",
        "- a\n  ```\n![a](http://evil.test/x.png)\n",
        "<div>\n```\n</div>\n\n![a](http://evil.test/x.png)\n```\n",
        "| ` | ![a](http://evil.test/x.png) | ` |\n|---|---|---|\n",
        "$$\n```\n$$\n![a](http://evil.test/x.png)",
        "`a ![a](http://evil.test/x.png)",
        "> ```\n![a](http://evil.test/x.png)",
        "[![a](http://evil.test/x.png)](http://evil.test)",
        "``` `\n![a](http://evil.test/x.png)",
        "<!-- \n```\n-->\n![a](http://evil.test/x.png)",
        "text\n    ```\n![a](http://evil.test/x.png)",
        "!<img src=http://evil.test/x.png>",
        "$$\n![a](http://evil.test/x.png)\n$$",
    ],
)
def test_no_image_of_a_document_is_ever_fetched(attack: str) -> None:
    for shown in (safe(attack), close_open(safe(attack), "▌")):
        tokens = [child for token in PARSER.parse(shown) for child in token.children or []]
        assert [token for token in tokens if token.type == "image"] == []


def test_an_image_becomes_a_link_that_names_it() -> None:
    assert safe("![chart](https://x.test/c.png)") == "[chart](https://x.test/c.png)"
    assert safe('<img alt="a" src="https://x.test/c.png">') == (
        f"{JOINER}[image](https://x.test/c.png)"
    )


def test_code_keeps_what_looks_like_an_image() -> None:
    assert safe("```rust\nvec![1]\n```") == "```rust\nvec![1]\n```"
    assert safe("`vec![1]`").replace(JOINER, "") == "`vec![1]`"


@pytest.mark.parametrize(
    "text",
    [
        "[d](data:text/html;base64,xx)",
        "[d](<data:text/html;base64,xx>)",
        "[d]( DATA:text/html;base64,xx)",
        "[d]\n\n[d]: data:text/html;base64,xx",
        "<data:text/html;base64,xx>",
    ],
)
def test_a_link_that_holds_a_page_of_its_own_is_shown_as_typed(text: str) -> None:
    assert "<a " not in PARSER.render(safe(text))
    assert "html;base64,xx" in safe(text)


def test_prices_are_not_formulas() -> None:
    assert safe("from $5 to $10") == r"from \$5 to \$10"
    assert safe("where $x = 1$ holds") == "where $x = 1$ holds"


def test_escaped_text_is_shown_as_typed() -> None:
    typed = "**a** [b](javascript:x) <i> `c` # $d$ ~~e~~ :red[f] | g\n# h"
    shown = prose(escape(typed)).replace(JOINER, "")
    assert "".join(shown.split("\n")) == " ".join(typed.split())


@pytest.mark.parametrize(
    "typed",
    [
        "items:list[str]",
        "10:30[UTC]",
        "note:see[1]",
        "foo:bar{baz=1}",
        ":red[not red] or only :red",
        "::leaf[text]",
        ":::note\ninside\n:::",
        "**k:v[1]** and | x:Any[y]",
    ],
)
def test_directives_are_shown_as_typed_and_can_be_found(typed: str) -> None:
    shown = safe(typed)
    assert not re.search(r"(?<!\\):(?=:*\w)", shown)
    assert shown.replace("\\:", ":") == typed


@pytest.mark.parametrize(
    "typed", ["a -> b", "a <- b", "a -- b", "https://example.org", "www.example.org"]
)
def test_an_escaped_text_turns_into_no_arrow_dash_or_live_address(typed: str) -> None:
    shown = escape(typed)
    assert not re.search(r"->|<-|--|https?://|www\.", shown.replace("\\", ""))
    assert shown.replace("\\", "").replace(JOINER, "") == typed


def test_a_shortcode_becomes_neither_an_emoji_nor_an_icon() -> None:
    assert safe(":smile: a:on:b") == rf"\:{JOINER}smile: a\:{JOINER}on\:b"
    assert safe("a :material/home: b") == r"a \:material\/home: b"
    assert safe("at 10:30:45") == r"at 10\:30\:45"


@pytest.mark.parametrize(
    "typed",
    [
        "https://e.com:8080/x[1]",
        "at <http://e.com/a:b> and www.e.com:80/a:b",
        "`a:b[1]` and $a:b[c]$ and $$a:b[c]$$",
        "```yaml\na:b[1]\n:smile:\n```",
        "|:-:|:---|",
    ],
)
def test_addresses_code_and_formulas_keep_their_colons(typed: str) -> None:
    assert safe(typed) == typed


def test_a_link_keeps_its_target() -> None:
    shown = PARSER.parseInline(safe("[x](urn:isbn:1)"))[0].children or []
    assert shown[0].attrGet("href") == "urn:isbn:1"


def test_a_bracket_is_held_back_only_while_it_is_open() -> None:
    assert close_open("List [TB", "▌") == "List TB▌"
    assert close_open("List [TBD]", "▌") == "List [TBD]▌"
    assert close_open("a [x]", "▌") == "a [x]▌"
    assert close_open("a [text](https://e.c", "▌") == "a text▌"


CONTAINERS = """- ```
  in a list

  still in it

Ended with the list.

```
code

- not a list
```

> quoted
>
> ```
> and code

> the same again

1. one

   of it

2. two
lazy

- another

    indented

| a | b |
|---|---|
| 1 | 2 |

~~~
```

~~~

$$
a

b
$$

Last.
"""


@pytest.mark.parametrize("text", [SAMPLE * 3, CONTAINERS * 9, 3 * SAMPLE.replace("\n", "\n\n")])
@pytest.mark.parametrize("at_least", [1, 60, 700])
def test_pieces_read_like_the_whole(text: str, at_least: int) -> None:
    text = safe(text)
    parts = pieces(text, at_least)
    assert "".join(parts) == text
    assert "".join(PARSER.render(part) for part in parts) == PARSER.render(text)
    assert len(parts) > 3 and all(len(part) >= at_least for part in parts[:-1])


def test_a_table_too_long_to_be_drawn_quickly_is_drawn_less_often() -> None:
    short, long, longer = ("a",), ("| cell |" * PIECE,), ("| cell |" * PIECE + "more",)
    first = steady(None, short, 10.0)
    assert steady(first, ("ab",), 10.2).pieces == ("ab",)
    first = steady(first, long, 20.0)
    assert first == Drawn(20.0, long)
    assert steady(first, longer, 20.2) == first
    assert steady(first, longer, 20.0 + len(longer[-1]) / 10_000).pieces == longer
    assert steady(first, short, 20.2).pieces == short, "the next section is no table"


@pytest.mark.parametrize("text", [SAMPLE, CONTAINERS])
def test_a_piece_once_cut_never_changes(text: str) -> None:
    before: list[str] = []
    for length in range(len(text) + 1):
        *now, _ = pieces(safe(text[:length]), 1)
        assert now[: len(before)] == before
        before = now


@pytest.mark.parametrize(
    "piece",
    [
        "<img ",
        "src=a ",
        "*a ",
        "a`",
        "$a ",
        "[a](",
        "(aaaa",
        "[",
        "![",
        "|",
        "> ",
        "_a",
        "_a a* ",
        "**",
    ],
)
def test_hostile_text_is_handled_in_linear_time(piece: str) -> None:
    def shown(hostile: str) -> tuple[str, str]:
        return close_open(safe(f"{hostile})x\ny"), "▌"), close_open(safe(hostile), "▌")

    def given(count: int) -> str:
        return f"<img [a]({piece * count}"

    _, (whole, open_) = in_linear_time(shown, given, 8_000 // len(piece))
    assert "y▌" in whole and "▌" in open_
    assert "![" not in whole + open_
