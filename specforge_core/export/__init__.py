"""Exports: one frozen value in, bytes out. One table, one entry per format.

A new format is one module with a function from `Handoff` to bytes, and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Literal
from zipfile import ZipFile

from specforge_core.errors import InvalidInput
from specforge_core.export import agents, archive, kiro, paper, pdf, webpage, word
from specforge_core.export.handoff import Handoff
from specforge_core.export.layout import slug
from specforge_core.export.redact import presentable

Scope = Literal["project", "both"]
ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class Format:
    """A way to hand a project over. `about` says in one line what it is for.

    scope: "project" needs all documents; "both" can be made of one document, too.
    render: takes a hand-off in which nothing is left to be taken out; use `export`.
    file_name: where the reader of the format looks for one name, else "".
    flaw: what the file cannot show of a hand-off, in words for a person, else "".
    """

    name: str
    label: str
    about: str
    mime: str
    extension: str
    scope: Scope
    render: Callable[[Handoff], bytes]
    file_name: str = ""
    flaw: Callable[[Handoff], str] | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """text: what can be shown and copied; of a ZIP its list of files; None for binary files.

    flaw: what the file cannot show, in words; "" for nothing.
    """

    file_name: str
    mime: str
    data: bytes
    text: str | None
    flaw: str = ""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        one.name: one
        for one in (
            Format(
                "zip",
                "ZIP package",
                "Everything in ordered folders, with reading order, master prompt and manifest.",
                ZIP,
                "zip",
                "project",
                archive.render,
            ),
            Format(
                "agents",
                "AGENTS.md",
                "Short instructions that most coding agents read; put it beside the code.",
                "text/markdown",
                "md",
                "project",
                agents.agents_md,
                "AGENTS.md",
            ),
            Format(
                "cursor",
                "Cursor rules",
                "The same for Cursor; put it beside the code as .cursorrules.",
                "text/plain",
                "cursorrules",
                "project",
                agents.cursor_rules,
                ".cursorrules",
            ),
            Format(
                "copilot",
                "Copilot instructions",
                "The same for GitHub Copilot; put it into the folder .github of the repository.",
                "text/markdown",
                "md",
                "project",
                agents.copilot,
                "copilot-instructions.md",
            ),
            Format(
                "kiro",
                "Kiro steering",
                "Steering files and a spec for Kiro; unpack it beside the code.",
                ZIP,
                "zip",
                "project",
                kiro.render,
            ),
            Format(
                "markdown",
                "Markdown",
                "One file for editors, wikis and repositories.",
                "text/markdown",
                "md",
                "both",
                paper.render,
            ),
            Format(
                "html",
                "Web page",
                "One file for any browser, light and dark, to read or to print.",
                "text/html",
                "html",
                "both",
                webpage.render,
            ),
            Format(
                "docx",
                "Word",
                "One document to comment on and to edit.",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "docx",
                "both",
                word.render,
            ),
            Format(
                "pdf",
                "PDF",
                "One document with page numbers, to send and to print.",
                "application/pdf",
                "pdf",
                "both",
                pdf.render,
                flaw=pdf.flaw,
            ),
        )
    }
)


def export(name: str, handoff: Handoff) -> Exported:
    """A hand-off in one of the formats, without keys, secrets and paths of machines.

    Raises `InvalidInput("format")`, and `ExportFailed` if a PDF cannot be typeset.
    """
    if name not in FORMATS:
        raise InvalidInput(
            "format", f"There is no such format. Choose one of: {', '.join(FORMATS)}."
        )
    chosen = FORMATS[name]
    fit = presentable(handoff)
    data = chosen.render(fit)
    return Exported(
        chosen.file_name or _file_name(chosen, fit),
        chosen.mime,
        data,
        _text(chosen, data),
        chosen.flaw(fit) if chosen.flaw else "",
    )


def _file_name(chosen: Format, handoff: Handoff) -> str:
    parts = [slug(handoff.title)]
    if len(handoff.documents) == 1:
        parts.append(slug(handoff.documents[0].phase, "document"))
    if chosen.mime == ZIP and chosen.name != chosen.extension:
        parts.append(chosen.name)
    return f"{'-'.join(parts)}.{chosen.extension}"


def _text(chosen: Format, data: bytes) -> str | None:
    if chosen.mime.startswith("text/"):
        return data.decode()
    if chosen.mime == ZIP:
        with ZipFile(BytesIO(data)) as archive_:
            return "\n".join(archive_.namelist())
    return None
