"""The ZIP: each document in its folder, the files of the artifacts, and what leads through it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from specforge_core.export.agents import agents_md
from specforge_core.export.book import imprint
from specforge_core.export.files import RefusedFile, unpack
from specforge_core.export.handoff import Handoff, PackedDocument, PackedSection
from specforge_core.export.layout import document_paths
from specforge_core.export.master import master_prompt
from specforge_core.export.paper import cell, one_line, overview, page, states
from specforge_core.export.source import harmless
from specforge_core.export.zipped import zipped

SCHEMA_VERSION = 1
FILES_OF = "artifacts"  # the phase whose files are unpacked


def render(handoff: Handoff) -> bytes:
    return zipped(_files(handoff), handoff.exported_at)


def _files(handoff: Handoff) -> Mapping[str, bytes]:
    """Every file by path; the manifest last, for it tells of all others."""
    paths = document_paths(handoff)
    found = unpack(handoff.document(FILES_OF))
    folder = paths.get(FILES_OF, "/").rpartition("/")[0]
    unpacked = {f"{folder}/files/{file.path}": file.text.encode() for file in found.files}
    files = {
        "README.md": "\n".join(_readme(handoff, paths, list(unpacked), found.refused)).encode(),
        "MASTER_PROMPT.md": master_prompt(handoff).encode(),
        "AGENTS.md": agents_md(handoff),
        **{paths[one.phase]: page(one).encode() for one in handoff.written},
        **unpacked,
    }
    manifest = json.dumps(_manifest(handoff, paths, files), indent=2, ensure_ascii=False)
    return {**files, "manifest.json": f"{manifest}\n".encode()}


def _readme(
    handoff: Handoff,
    paths: Mapping[str, str],
    unpacked: list[str],
    refused: tuple[RefusedFile, ...],
) -> Iterator[str]:
    yield f"# {one_line(handoff.title)}\n"
    if handoff.description.strip():
        yield harmless(handoff.description.strip()) + "\n"
    yield f"{imprint(handoff)}\n"
    yield from states(handoff)
    yield "## Reading order\n"
    yield from overview(handoff, {one.phase: paths[one.phase] for one in handoff.written})
    yield "\n## Other files\n"
    yield "- [MASTER_PROMPT.md](MASTER_PROMPT.md): the prompt with which a coding agent starts."
    yield "- [AGENTS.md](AGENTS.md): the short rules for coding agents; put it beside the code."
    yield "- [manifest.json](manifest.json): every file with its hash; versions, models, states."
    if unpacked:
        yield "\n## Files for the code\n"
        yield "They come from the artifacts; nobody has run or checked them.\n"
        yield from _unpacked(handoff, unpacked)
    if refused:
        yield "\n## Not unpacked\n"
        yield "These stand in the document, but not as files.\n"
        yield "| File | Why |\n|---|---|"
        for file in refused:
            yield f"| {_path_cell(file.path)} | It {cell(file.reason)}. |"
    yield ""


def _unpacked(handoff: Handoff, paths: list[str]) -> Iterator[str]:
    source = handoff.document(FILES_OF)
    for label in source.labels if source else ():
        yield f"**{one_line(label)}**\n"
    for path in paths:
        yield f"- `{path}`"


def _path_cell(path: str) -> str:
    """A path as code; one in which nothing can end the code or the cell."""
    shown = path if len(path) <= 120 else f"{path[:119]}…"
    return f"`{shown.replace('`', chr(39)).replace('|', '/')}`"


def _manifest(
    handoff: Handoff, paths: Mapping[str, str], files: Mapping[str, bytes]
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "project": {
            "id": handoff.project_id,
            "title": handoff.title,
            "created_at": handoff.created_at.isoformat(),
        },
        "exported_at": handoff.exported_at.isoformat(),
        "generator": handoff.generator,
        "documents": [
            _document(document, paths[document.phase], files) for document in handoff.documents
        ],
        "files": [
            {"path": path, "bytes": len(data), "sha256": sha256(data).hexdigest()}
            for path, data in files.items()
        ],
    }


def _document(document: PackedDocument, path: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """path, bytes and sha256 are None for what is not written."""
    data = files.get(path)
    return {
        "phase": document.phase,
        "title": document.title,
        "order": document.order,
        "optional": document.optional,
        "state": document.state,
        "complete": document.written and not document.incomplete,
        "labels": document.labels,
        "stale": document.stale,
        "path": path if data is not None else None,
        "bytes": len(data) if data is not None else None,
        "sha256": sha256(data).hexdigest() if data is not None else None,
        "version": {
            "id": document.version_id,
            "kind": document.version_kind,
            "written_at": document.written_at.isoformat() if document.written_at else None,
        },
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: PackedSection) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "state": section.state,
        "stale": section.stale,
        "provider": section.provider,
        "model": section.model,
        "tokens": section.tokens,
        "characters": len(section.text),
        "sha256": sha256(section.text.encode()).hexdigest(),
    }
