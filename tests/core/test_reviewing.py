"""A reviewer edits, restores, pins; every change is a version and nothing is lost."""

from __future__ import annotations

import threading

import pytest

from specforge_core import Conflict, Forge, InvalidInput, NotFound, Overtaken, WorkStatus
from tests.core.chain import edit, project_with, text_of, write
from tests.core.runs import Opener, ended, start, until


def test_an_edited_section_is_stored_as_a_version_with_who_and_why(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    before = forge.document(run_id)
    based_on = forge.fingerprint(run_id, "goals")
    forge.edit_section(
        run_id, "goals", "## Goals and measures of success\n\nTwo days.", based_on, "Ada", "shorter"
    )
    assert (
        text_of(forge, project, "brief", "goals") == "## Goals and measures of success\n\nTwo days."
    )
    newest, generated = forge.versions(project.project_id, "brief")
    assert (newest.kind, newest.author, newest.note) == ("edited", "Ada", "shorter")
    assert forge.version_text(newest.version_id) == forge.document(run_id)
    assert generated.kind == "generated"
    assert forge.version_text(generated.version_id) == before
    rows = {one.section: one for one in forge.version_sections(newest.version_id)}
    assert (rows["goals"].author, rows["goals"].model) == ("Ada", "")
    assert (rows["users"].author, rows["users"].model) == (None, "rules-1")
    assert all(row.tokens > 0 for row in rows.values())


def test_the_sections_of_a_version_are_cut_exactly_where_they_were_joined(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    version = forge.versions(project.project_id, "brief")[0]
    for part in forge.version_parts(version.version_id):
        assert part.text == forge.section_text(run_id, part.section).strip("\n")


def test_the_second_of_two_editors_gets_both_texts_and_can_store_over_it(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    seen = forge.fingerprint(run_id, "goals")
    forge.edit_section(run_id, "goals", "## Goals and measures of success\n\nOf Ada.", seen, "Ada")
    with pytest.raises(Overtaken) as caught:
        forge.edit_section(
            run_id, "goals", "## Goals and measures of success\n\nOf Bob.", seen, "Bob"
        )
    assert caught.value.now == "## Goals and measures of success\n\nOf Ada."
    assert caught.value.text == "## Goals and measures of success\n\nOf Bob."
    assert (
        text_of(forge, project, "brief", "goals") == "## Goals and measures of success\n\nOf Ada."
    )
    forge.edit_section(
        run_id,
        "goals",
        "## Goals and measures of success\n\nOf both.",
        caught.value.fingerprint,
        "Bob",
    )
    assert (
        text_of(forge, project, "brief", "goals") == "## Goals and measures of success\n\nOf both."
    )


def test_two_editors_of_different_sections_do_not_meet(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    goals, users = forge.fingerprint(run_id, "goals"), forge.fingerprint(run_id, "users")
    forge.edit_section(run_id, "goals", "## Goals and measures of success\n\nA.", goals)
    forge.edit_section(run_id, "users", "## Users and their jobs\n\nB.", users)
    assert text_of(forge, project, "brief", "goals").endswith("A.")
    assert text_of(forge, project, "brief", "users").endswith("B.")


def test_of_many_who_store_the_same_section_at_once_exactly_one_wins(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    seen, overtaken, stored = forge.fingerprint(run_id, "goals"), [], []
    begin = threading.Barrier(8)

    def store(name: str) -> None:
        begin.wait()
        try:
            forge.edit_section(
                run_id, "goals", f"## Goals and measures of success\n\nOf {name}.", seen, name
            )
            stored.append(name)
        except Conflict as exc:
            overtaken.append(exc)

    threads = [threading.Thread(target=store, args=(f"P{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(stored) == 1
    assert len(overtaken) == 7
    assert (
        text_of(forge, project, "brief", "goals")
        == f"## Goals and measures of success\n\nOf {stored[0]}."
    )


def test_storing_what_is_stored_already_makes_no_version(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    edit(forge, project, "brief", "goals", text_of(forge, project, "brief", "goals"))
    assert len(forge.versions(project.project_id, "brief")) == 1


def test_a_section_without_its_heading_gets_it_back(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    edit(forge, project, "brief", "goals", "Two days instead of nine.")
    text = text_of(forge, project, "brief", "goals")
    assert text == "## Goals and measures of success\n\nTwo days instead of nine."


def test_a_whole_document_is_cut_at_its_headings_and_only_what_changed_is_stored(
    forge: Forge,
) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    sections = [one.section for one in forge.live(run_id).sections]
    based_on = {name: forge.fingerprint(run_id, name) for name in sections}
    users = text_of(forge, project, "brief", "users")
    text = forge.document(run_id).replace(users, f"{users}\n\nAnd the auditors.")
    forge.edit_document(run_id, text, based_on, "Ada")
    assert text_of(forge, project, "brief", "users") == f"{users}\n\nAnd the auditors."
    attempts = {one.section: one.attempt for one in forge.live(run_id).sections}
    assert attempts == {name: 2 if name == "users" else 1 for name in sections}


def test_a_text_of_a_megabyte_is_refused_with_a_sentence_and_changes_nothing(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    before = forge.document(runs["brief"].run_id)
    with pytest.raises(InvalidInput, match="shorten it by"):
        edit(forge, project, "brief", "goals", "word " * 200_000)
    assert forge.document(runs["brief"].run_id) == before


def test_a_document_cannot_be_emptied_but_a_section_can(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    names = [one.section for one in forge.live(run_id).sections]
    seen = {name: forge.fingerprint(run_id, name) for name in names}
    before = forge.document(run_id)
    with pytest.raises(InvalidInput, match="Nothing would be left"):
        forge.edit_document(run_id, "  \n", seen)
    assert forge.document(run_id) == before
    edit(forge, project, "brief", "goals", "")
    assert text_of(forge, project, "brief", "goals") == ""
    assert len(forge.versions(project.project_id, "brief")) == 2


def test_a_line_typed_above_the_heading_comes_below_it(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    before = text_of(forge, project, "brief", "scope")
    edit(forge, project, "brief", "scope", f"A word first.\n\n{before}")
    text = text_of(forge, project, "brief", "scope")
    assert text.startswith("## Scope\n\nA word first.")
    assert text.count("## Scope\n") == 1


def test_a_piece_of_a_whole_document_may_not_be_longer_than_a_section(forge: Forge) -> None:
    _, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    names = [one.section for one in forge.live(run_id).sections]
    seen = {name: forge.fingerprint(run_id, name) for name in names}
    with pytest.raises(InvalidInput, match="shorten it by"):
        forge.edit_document(run_id, forge.document_to_edit(run_id) + "\n\n" + "x" * 150_000, seen)


def test_an_edit_of_a_section_that_was_cut_short_makes_it_whole(forge: Forge) -> None:
    project = forge.create_project("Invoice approval", "Invoices wait 9 days.")
    run = forge.generate(project.project_id, "brief", "offline", "drill-length")
    assert ended(forge, run).run.status is WorkStatus.TRUNCATED
    for section in forge.live(run.run_id).sections:
        if section.status is WorkStatus.TRUNCATED:
            edit(forge, project, "brief", section.section, f"## {section.title}\n\nDone.")
    assert forge.run(run.run_id).status is WorkStatus.COMPLETE


class TestWhileWriting:
    """At 40 tokens a second there is time for a reviewer to be refused."""

    @pytest.fixture
    def forge(self, open_forge: Opener) -> Forge:
        return open_forge(offline_tps=40.0)

    def test_an_edit_or_a_restore_is_refused_and_the_run_goes_on(self, forge: Forge) -> None:
        run = start(forge)
        until(forge, run, lambda state: state.progress.tokens > 10)
        based_on = forge.fingerprint(run.run_id, "goals")
        with pytest.raises(Conflict, match="being written"):
            forge.edit_section(
                run.run_id, "goals", "## Goals and measures of success\n\nX.", based_on
            )
        with pytest.raises(Conflict, match="being written"):
            forge.retry_section(run.run_id, "problem")
        with pytest.raises(Conflict, match="being written"):
            forge.propose(run.project_id, "brief", [], "shorter", "offline")
        forge.cancel(run.run_id)
        ended(forge, run)
        version = forge.versions(run.project_id, "brief")[0]
        again = forge.resume(run.run_id)
        with pytest.raises(Conflict, match="being written"):
            forge.restore(version.version_id)
        with pytest.raises(Conflict, match="written already"):
            forge.generate(run.project_id, "brief", "offline")
        forge.cancel(again.run_id)


def test_restore_brings_a_version_back_as_a_new_version(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run_id = runs["brief"].run_id
    before = forge.document(run_id)
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nOther.")
    first = forge.versions(project.project_id, "brief")[-1]
    forge.restore(first.version_id, "Ada")
    assert forge.document(run_id) == before
    kinds = [one.kind for one in forge.versions(project.project_id, "brief")]
    assert kinds == ["restored", "edited", "generated"]
    section = next(one for one in forge.live(run_id).sections if one.section == "goals")
    assert section.model == "rules-1"
    with pytest.raises(Conflict, match="exactly this text"):
        forge.restore(first.version_id)


def test_a_version_of_an_earlier_run_comes_back_after_writing_anew(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nHand-made.")
    edited = forge.versions(project.project_id, "brief")[0]
    write(forge, project, "brief")
    assert "Hand-made" not in text_of(forge, project, "brief", "goals")
    forge.restore(edited.version_id)
    assert (
        text_of(forge, project, "brief", "goals")
        == "## Goals and measures of success\n\nHand-made."
    )
    assert forge.versions(project.project_id, "brief")[1].kind == "regenerated"


def test_a_version_that_was_cut_short_comes_back_unfinished_and_can_be_resumed(
    open_forge: Opener,
) -> None:
    forge = open_forge(offline_tps=200.0)
    run = start(forge)
    until(forge, run, lambda state: state.progress.current == 2 and state.progress.tokens > 20)
    forge.cancel(run.run_id)
    ended(forge, run)
    stopped = forge.versions(run.project_id, "brief")[0]
    ended(forge, forge.resume(run.run_id))
    forge.restore(stopped.version_id)
    state = forge.live(run.run_id)
    assert state.run.status is WorkStatus.INTERRUPTED
    assert forge.document(run.run_id) == forge.version_text(stopped.version_id)
    assert ended(forge, forge.resume(run.run_id)).run.status is WorkStatus.COMPLETE


def test_what_a_restart_interrupted_is_kept_before_a_reviewer_changes_it(
    open_forge: Opener,
) -> None:
    forge = open_forge()
    project, _ = project_with(forge, "brief")
    first = forge.versions(project.project_id, "brief")[0]
    forge.close()
    slow = open_forge(offline_tps=40.0)
    run = slow.generate(project.project_id, "brief", "offline")
    until(slow, run, lambda state: state.progress.tokens > 20)
    slow.close()
    again = open_forge()
    stopped = again.document(run.run_id)
    assert stopped
    again.restore(first.version_id)
    kept = [
        again.version_text(one.version_id) for one in again.versions(project.project_id, "brief")
    ]
    assert stopped in kept
    assert kept[0] == kept[-1]


def test_a_version_of_nowhere_is_told(forge: Forge) -> None:
    with pytest.raises(NotFound, match="no such version"):
        forge.restore("018f0000-0000-7000-8000-000000000000")


def test_a_pinned_section_survives_writing_the_document_anew(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    edit(forge, project, "brief", "goals", "## Goals and measures of success\n\nOurs.")
    forge.pin(project.project_id, "brief", "goals", "Ada")
    with pytest.raises(Conflict, match="pinned"):
        forge.retry_section(runs["brief"].run_id, "goals")
    again = write(forge, project, "brief")
    assert again.run_id != runs["brief"].run_id
    assert text_of(forge, project, "brief", "goals") == "## Goals and measures of success\n\nOurs."
    kept = next(one for one in forge.live(again.run_id).sections if one.section == "goals")
    assert (kept.author, kept.status) == ("Ada", WorkStatus.COMPLETE)
    receipt = forge.receipts(again.run_id)["scope"]
    assert '"kind": "section", "position": 2' in receipt  # the pinned text was read for the rest
    forge.unpin(project.project_id, "brief", "goals")
    write(forge, project, "brief")
    assert "Ours" not in text_of(forge, project, "brief", "goals")


def test_a_note_goes_to_the_model_with_the_present_text_and_into_the_history(forge: Forge) -> None:
    project, runs = project_with(forge, "brief")
    run = forge.retry_section(
        runs["brief"].run_id, "problem", "offline", note="add SSO", author="Ada"
    )
    ended(forge, run)
    assert "SSO" in text_of(forge, project, "brief", "problem")
    newest = forge.versions(project.project_id, "brief")[0]
    assert (newest.kind, newest.author, newest.note) == ("section_regen", "Ada", "add SSO")


def test_fifty_versions_are_listed_with_who_and_when(forge: Forge) -> None:
    project, _ = project_with(forge, "brief")
    for number in range(49):
        edit(
            forge,
            project,
            "brief",
            "goals",
            f"## Goals and measures of success\n\nNumber {number}.",
        )
    versions = forge.versions(project.project_id, "brief")
    assert len(versions) == 50
    assert versions[0].created_at >= versions[-1].created_at
    comparison = forge.compare_versions(versions[1].version_id, versions[0].version_id)
    assert (comparison.lines_added, comparison.lines_removed) == (1, 1)
