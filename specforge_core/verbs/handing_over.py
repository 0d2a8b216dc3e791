"""Verbs that hand a project over: all its documents, or one, in a format of the reader's choice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from specforge_core.errors import InvalidInput
from specforge_core.export import FORMATS, Exported, Format, export
from specforge_core.export.handoff import Handoff, PackedDocument, PackedSection
from specforge_core.generation.inputs import Part
from specforge_core.phases import Phase
from specforge_core.providers.catalog import PROVIDERS
from specforge_core.records import Step, WorkStatus
from specforge_core.release import release
from specforge_core.review_records import Version
from specforge_core.settings import environment
from specforge_core.sources import Sources
from specforge_core.store.sql import queries
from specforge_core.store.views import RunView
from specforge_core.verbs.points import PointVerbs

NEWER = "A newer text was being written when this was exported."


class HandoffVerbs(PointVerbs):
    @staticmethod
    def formats() -> Mapping[str, Format]:
        """What a project can be exported as, by name."""
        return FORMATS

    def export(self, project_id: str, format_name: str, phase: str = "") -> Exported:
        """The whole project, or the document of one phase, as it is stored now.

        Raises `InvalidInput("format")`, `NotFound`.
        """
        handoff = self.handoff(project_id, phase)
        if format_name not in FORMATS:
            raise InvalidInput("format", f"There is no format “{format_name[:40]}”.")
        exported = export(format_name, handoff)
        with self._database.transaction() as cursor:
            self._log(cursor, "export_created", project_id)
        return exported

    @staticmethod
    def preview(format_name: str, handoff: Handoff) -> Exported:
        """What `export` would hand out for this value; it does not count as an export.

        Raises `InvalidInput("format")`, `ExportFailed`.
        """
        return export(format_name, handoff)

    def handoff(self, project_id: str, phase: str = "") -> Handoff:
        """What an export is made of, with the state of every document. Raises `NotFound`."""
        project, steps = self.project(project_id), self.steps(project_id)
        if phase:
            self.phase(phase)
        sources = self._sources(project_id)
        return Handoff(
            project_id=project.project_id,
            title=project.title,
            description=project.description,
            created_at=project.created_at,
            exported_at=self._clock.now(),
            generator=f"SpecForge {release()}",
            documents=tuple(
                self._packed(sources, step, self.phase(step.phase))
                for step in steps
                if phase in ("", step.phase)
            ),
            secrets=self._secrets(),
        )

    def _secrets(self) -> tuple[str, ...]:
        """Values that must never leave this machine: keys, and where it and its data lie."""
        found = environment()
        keys = [found.get(row.key_var, "") for row in PROVIDERS.values() if row.key_var]
        data, home, program = self.settings.data_dir, Path.home(), Path(__file__).parents[2]
        # A folder behind a link is written down under either name.
        places = {form for one in (data, home, program) for form in (one.absolute(), one.resolve())}
        return tuple(filter(None, [*keys, *(str(one) for one in places if one.parent != one)]))

    def _packed(self, sources: Sources, step: Step, phase: Phase) -> PackedDocument:
        view = self._views.get(step.run_id) if step.run_id else None
        version: Version | None = queries().latest_version(
            self._database.reader(), project_id=sources.project.project_id, phase=step.phase
        )
        if view and view.run.status.live and version and step.complete:
            return self._packed_version(phase, version, view)
        sections = self._sections_of(sources, phase, view) if view else ()
        text = view.document if view else ""
        same = version is not None and self.version_text(version.version_id) == text
        return PackedDocument(
            phase=phase.name,
            title=phase.title,
            order=phase.order,
            purpose=phase.purpose,
            state=_state(step, view, text),
            optional=phase.optional,
            sections=sections,
            text=text,
            version_id=version.version_id if version and same else None,
            version_kind=version.kind if version and same else None,
            written_at=(version.created_at if version and same else None)
            or (view.run.ended_at if view else None),
        )

    def _sections_of(
        self, sources: Sources, phase: Phase, view: RunView
    ) -> tuple[PackedSection, ...]:
        stale = self._stale(sources, phase, view.run)
        return tuple(
            PackedSection(
                one.section,
                one.title,
                view.text(one).strip("\n"),
                one.status.value,
                one.provider,
                one.model,
                one.tokens,
                stale.get(one.section, ()),
            )
            for one in view.sections
        )

    def _packed_version(self, phase: Phase, version: Version, view: RunView) -> PackedDocument:
        """The newest whole text, where a newer one is just being written (`view`)."""
        same = {one.section: view.text(one).strip("\n") for one in view.sections}
        parts = {part.section: part for part in self.version_parts(version.version_id)}
        rows = {row.section: row for row in self.version_sections(version.version_id)}

        def packed(part: Part) -> PackedSection:
            row = rows.get(part.section)
            return PackedSection(
                part.section,
                part.title,
                part.text,
                row.status.value if row else WorkStatus.COMPLETE.value,
                row.provider if row else "",
                row.model if row else "",
                row.tokens if row else 0,
                () if same.get(part.section) == part.text.strip("\n") else (NEWER,),
            )

        return PackedDocument(
            phase=phase.name,
            title=phase.title,
            order=phase.order,
            purpose=phase.purpose,
            state=WorkStatus.COMPLETE.value,
            optional=phase.optional,
            sections=tuple(map(packed, parts.values())),
            text=self.version_text(version.version_id),
            version_id=version.version_id,
            version_kind=version.kind,
            written_at=version.created_at,
        )


def _state(step: Step, view: RunView | None, text: str) -> str:
    if view is None or not text:
        return "skipped" if step.skipped else "missing"
    return "streaming" if view.run.status.live else view.run.status.value
