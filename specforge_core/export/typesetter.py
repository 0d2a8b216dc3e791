"""typst with all its fonts: its own, those that are installed with SpecForge, this machine's.

Those that are installed with it make most of the world's scripts look the same everywhere. Which
letters even then no font has is answered by typst itself: `missing`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import typst

_SERIF = "Libertinus Serif"  # inside typst
_PACKAGES = (  # only looked up, never imported
    "manimgx_fonts",
    "manimgx_fonts_cjk",
    "fontpkg_ibm_plex_sans_arabic",
    "fontpkg_sarabun",
)
# The file has five faces, and typst keeps all of it in memory for each face that is used. One is
# enough: it draws the forms of the others where the language of the text asks for them.
_HAN = "Noto Sans CJK SC"
_HAN_FACES = "Noto Sans CJK "

_PLAIN = r"\t\n\r -~\xa0-\u024f\u2010-\u2027"  # typst's own fonts have them
_MARKS = r"\u0300-\u036f\ufe0e\ufe0f\u20d0-\u20f0"  # a font must have them and what they stand on
_DOUBTFUL = re.compile(rf"[^\s{_MARKS}][{_MARKS}]+|[^{_PLAIN}]")
_CERTAIN = re.compile(rf"[{_PLAIN}]")

# Each letter has a line of its own: one that no font has takes its neighbours along.
_PROBE = b"#set text(font: json(bytes(sys.inputs.families)))\n#text(sys.inputs.letters)"
_LACKS = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")

_KANA, _HANGUL, _IDEOGRAPHS = (
    re.compile(one) for one in ("[\u3040-\u30ff]", "[\uac00-\ud7af]", "[\u3400-\u9fff]")
)
_SHARE = 1 / 8  # of all letters; names, code and markup are Latin in every language


class NotTypeset(Exception):
    """typst refused or crashed. `report`: everything that it said."""

    def __init__(self, message: str, report: str) -> None:
        super().__init__(message)
        self.report = report


def typeset(
    source: bytes, inputs: Mapping[str, str], timestamp: int, strict: bool = False
) -> bytes:
    """A PDF; `timestamp` in seconds since 1970. Raises `NotTypeset`.

    strict: as PDF/A, which may hold no letter without a picture.
    """
    with TemporaryDirectory() as empty:  # the only folder that typst may read
        try:
            return typst.compile(  # type: ignore[type-var]  # its stub forgets that bytes pass
                source,
                root=empty,
                package_path=empty,
                package_cache_path=empty,
                font_paths=_fonts(),
                sys_inputs=dict(inputs),
                timestamp=timestamp,
                pdf_standards=["a-2b"] if strict else [],
            )
        except typst.TypstError as exc:
            raise NotTypeset(str(exc), exc.diagnostic) from exc
        except BaseException as exc:
            # A crash of typst is no `Exception`: nobody who waits for the PDF would catch it.
            if type(exc).__name__ != "PanicException":
                raise
            raise NotTypeset(f"typst crashed: {exc}", "") from exc


def language(text: str) -> tuple[str, str]:
    """Its language and region, as far as they change the form of letters; else English."""
    kana, hangul, han = (one.findall(text) for one in (_KANA, _HANGUL, _IDEOGRAPHS))
    if len(kana) + len(hangul) + len(han) <= len(text) * _SHARE:
        return "en", ""
    if len(hangul) > len(kana) + len(han):
        return "ko", ""
    if len(kana) > len(han) / 4:
        return "ja", ""
    simplified, traditional = (
        len("".join(han).encode(name, "ignore")) for name in ("gb2312", "big5")
    )
    return ("zh", "TW") if traditional > simplified else ("zh", "")


def families(lang: str) -> list[str]:
    """The fonts of a text, in the order in which they are asked for a letter."""
    others = [one for one in _installed() if not one.startswith(_HAN_FACES)]
    return [_SERIF, *others, _HAN] if lang == "en" else [_SERIF, _HAN, *others]


def missing(text: str) -> tuple[str, ...]:
    """The letters of a text that no font has, each once."""
    return _missing(frozenset(_DOUBTFUL.findall(text)))


@lru_cache(maxsize=32)
def _missing(letters: frozenset[str]) -> tuple[str, ...]:
    """typst refuses a strict PDF and names the letters because of which it does."""
    if not letters:
        return ()
    asked = {"families": json.dumps(families("en")), "letters": "\n".join(sorted(letters))}
    try:
        typeset(_PROBE, asked, timestamp=0, strict=True)
    except NotTypeset as exc:
        named = (_ESCAPED.sub(_unescaped, one) for one in _LACKS.findall(exc.report))
        return tuple(dict.fromkeys(one for one in named if not _CERTAIN.fullmatch(one)))
    return ()


def _unescaped(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))


@cache
def _fonts() -> typst.Fonts:
    """Kept, as it reads every font of this machine: one installed later is seen after a restart."""
    return typst.Fonts(font_paths=_folders())


@cache
def _installed() -> tuple[str, ...]:
    """The families that come with SpecForge; that for emoji first, the others of Noto last.

    Noto draws the dots of an Arabic letter and the marks of a Thai one apart. typst then writes
    the letter twice into the text that is searched and copied (its issue 4225).
    """
    ours = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=_folders()
    )
    return tuple(sorted(ours.families(), key=_rank))


def _rank(family: str) -> tuple[bool, bool, str]:
    return "Emoji" not in family, family.startswith("Noto"), family


def _folders() -> list[str]:
    specs = filter(None, map(find_spec, _PACKAGES))
    return [place for spec in specs for place in spec.submodule_search_locations or ()]
