"""Verbs on proposals: changes that a model writes and a person accepts or dismisses."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from specforge_core import intake
from specforge_core.errors import Conflict, InvalidInput, NotFound, Overtaken
from specforge_core.generation.inputs import digest
from specforge_core.generation.plan import needs_no_change
from specforge_core.records import Run, RunKind, Settled, WorkStatus
from specforge_core.review.cut import headed
from specforge_core.review_records import Proposal, ProposedSection
from specforge_core.store.sql import queries
from specforge_core.store.writes import Change
from specforge_core.verbs.new_run import NewRun, Place
from specforge_core.verbs.reviewing import ReviewVerbs
from specforge_core.verbs.texts import NewText


class ProposalVerbs(ReviewVerbs):
    def propose(
        self,
        project_id: str,
        phase: str,
        sections: Sequence[str],
        request: str,
        provider: str,
        model: str = "",
        author: str = "",
    ) -> Run:
        """Asks a model for a change of some sections, or of all; the document stays as it is.

        Pinned sections are left out. Raises `InvalidInput("request")` for an empty request,
        `Conflict` when there is no document or one is being written, and what `generate` does.
        """
        if intake.note(request) is None:
            raise InvalidInput("request", "Say what should change, such as “shorter, add SSO”.")
        return self._propose(project_id, phase, sections, request, provider, model, author)

    def refresh(
        self,
        project_id: str,
        phase: str,
        sections: Sequence[str],
        provider: str,
        model: str = "",
        author: str = "",
    ) -> Run:
        """Asks a model to bring sections up to date with what they were made from."""
        return self._propose(project_id, phase, sections, "", provider, model, author)

    def _propose(
        self,
        project_id: str,
        phase: str,
        sections: Collection[str],
        request: str,
        provider: str,
        model: str,
        author: str,
    ) -> Run:
        title, latest = self.phase(phase).title, self.latest_run(project_id, phase)
        if latest is None:
            raise Conflict(f"The {title} is not written yet. Generate it first.")
        if latest.status.live:
            raise Conflict(f"The {title} is being written. Wait until it is, or cancel it.")
        pinned, view = self.pins(project_id, phase), self._views.get(latest.run_id)
        wanted = [
            one
            for one in view.sections
            if (not sections or one.section in sections) and one.section not in pinned
        ]
        if not wanted:
            raise Conflict("Every section that this would change is pinned. Unpin one first.")
        self._refuse_unplanned(latest, wanted)
        places = tuple(map(Place.of, wanted))
        return self._begin(
            NewRun(project_id, phase, RunKind.PROPOSAL, places, provider, model, request, author)
        )

    def proposals(self, project_id: str, phase: str) -> tuple[Run, ...]:
        """All that were ever asked for, oldest first; those with a note are the conversation."""
        return self._sources(project_id).proposals(phase)

    def proposal(self, run_id: str) -> Proposal:
        """What a proposal would change, against the document as it is now. Raises `NotFound`."""
        view = self._views.get(run_id)
        run, texts, made_from = view.run, {}, self._made_from(run_id)
        if latest := self.latest_run(run.project_id, run.phase):
            now = self._views.get(latest.run_id)
            texts = {one.section: now.text(one).strip("\n") for one in now.sections}
        proposed = tuple(
            ProposedSection(
                one.section,
                one.title,
                texts.get(one.section, ""),
                _proposed(view.text(one), one.title, texts.get(one.section, "")),
                one.status,
                digest(texts.get(one.section, "")),
                made_from.get(one.section, "") not in ("", digest(texts.get(one.section, ""))),
            )
            for one in view.sections
        )
        return Proposal(run, proposed)

    def _made_from(self, run_id: str) -> Mapping[str, str]:
        """By section: the fingerprint of the text that a proposal was asked to change."""
        found = {}
        for section, receipt in self.receipts(run_id).items():
            for one in json.loads(receipt)["inputs"]:
                if one["kind"] == "section_now":
                    found[section] = str(one["sha256"])
        return found

    def accept(self, run_id: str, based_on: Mapping[str, str], author: str = "") -> Run:
        """The proposed texts of the named sections become the document's, as a new version.

        based_on: by section, the fingerprint of the text that the person saw it compared with.
        Raises `Overtaken` when it is another one by now, `Conflict` when the proposal is settled
        or not whole or the document is being written, `NotFound`.
        """
        proposal = self.proposal(run_id)
        proposed, run = {one.section: one for one in proposal.sections}, proposal.run
        if run.kind is not RunKind.PROPOSAL:
            raise NotFound("There is no such proposal. Open the document and ask for a change.")
        document = self.latest_run(run.project_id, run.phase)
        assert document is not None  # noqa: S101 (there is no proposal without a document)
        kind = "refined" if run.note else "section_regen"
        note = run.note or "Brought up to date with what it was made from"
        with self._database.transaction(document.run_id, run_id) as cursor:
            view = self._writable(cursor, document.run_id)
            self._refuse_if_settled(cursor, run_id)
            texts, accepted = {}, self._accepted(run_id, proposed, based_on)
            for key, seen in based_on.items():
                row, one = self._section(view, key), proposed.get(key)
                if one is None or one.status is not WorkStatus.COMPLETE:
                    raise Conflict(f"“{row.title}” was not written to its end, so it is not taken.")
                now = view.text(row).strip("\n")
                if digest(now) != seen:
                    raise Overtaken(key, row.title, now, digest(now), one.after)
                texts[key] = self._taken(run_id, one, accepted, author)
            # A section in which the model saw nothing to change counts as up to date from now on.
            changed = any(proposed[key].changed for key in based_on)
            change = Change(kind, intake.name(author), note) if changed else None
            self._put_and_keep(cursor, view, texts, change)
            self._settle(cursor, run_id, Settled.ACCEPTED)
        return self.run(document.run_id)

    def _accepted(
        self, run_id: str, proposed: Mapping[str, ProposedSection], keys: Collection[str]
    ) -> Mapping[str, str]:
        """Fingerprints of the texts as they are accepted, by those of the texts as they came."""
        view = self._views.get(run_id)
        return {
            digest(view.text(row).strip("\n")): digest(proposed[row.section].after.strip("\n"))
            for row in view.sections
            if row.section in keys
        }

    def _taken(
        self, run_id: str, one: ProposedSection, accepted: Mapping[str, str], author: str
    ) -> NewText:
        """Its receipt names what it was made from as that is stored: later sections were made
        from the texts as they came.
        """
        row = self._section(self._views.get(run_id), one.section)
        receipt = json.loads(self._receipt(run_id, one.section, row.attempt) or "{}")
        for made_from in receipt.get("inputs", ()):
            if made_from["kind"] == "section":
                seen = made_from["sha256"]
                made_from["sha256"] = accepted.get(seen, seen)
        stored = json.dumps(receipt, ensure_ascii=False) if receipt else None
        return NewText.of(row, one.after, stored, intake.name(author))

    def dismiss(self, run_id: str) -> None:
        """The document stays as it is. Raises `Conflict` when it is settled already, `NotFound`."""
        run = self.run(run_id)
        if run.kind is not RunKind.PROPOSAL:
            raise NotFound("There is no such proposal. Open the document and ask for a change.")
        if run.status.live:
            self.cancel(run_id)
        with self._database.transaction(run_id) as cursor:
            now: Run = queries().run(cursor, run_id=run_id)
            if now.settled is not None:
                raise Conflict("This proposal was decided on already.")
            self._settle(cursor, run_id, Settled.DISMISSED)

    def _refuse_if_settled(self, cursor: object, run_id: str) -> None:
        now: Run = queries().run(cursor, run_id=run_id)
        if now.settled is not None or now.status.live:
            raise Conflict("This proposal is not open any more. Ask for another one.")

    def _settle(self, cursor: object, run_id: str, how: Settled) -> None:
        queries().settle(cursor, run_ids=[run_id], settled=how, moment=self._clock.now())


def _proposed(text: str, title: str, now: str) -> str:
    """The proposed text under its heading; the present one where nothing has to change."""
    return now if needs_no_change(text) else headed(text, title)
