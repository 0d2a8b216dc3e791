"""What the store keeps of a reading until rows change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from specforge_core.clock import Clock
from specforge_core.errors import StoreError
from specforge_core.store import remembered
from specforge_core.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path, Clock(), "test")
    with opened.transaction() as cursor:
        cursor.execute("create table words (word text)")
    yield opened
    opened.close()


class Looks:
    """Counts the looks at the table."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        self._database = database

    def words(self) -> list[tuple[str]]:
        return self._database.remembered.get("words", self._look)

    def _look(self) -> list[tuple[str]]:
        self.count += 1
        return self._database.reader().execute("select word from words").fetchall()


def test_what_was_found_is_not_looked_for_again_until_a_commit_changes_rows(
    database: Database,
) -> None:
    looks = Looks(database)
    assert [looks.words(), looks.words()] == [[], []]
    assert looks.count == 1
    with database.transaction() as cursor:
        cursor.execute("insert into words values ('clerk')")
    assert [looks.words(), looks.words()] == [[("clerk",)]] * 2
    assert looks.count == 2


def test_a_commit_of_text_alone_lets_everything_stand(database: Database) -> None:
    looks = Looks(database)
    looks.words()
    with database.transaction(texts={"a run"}):
        pass
    looks.words()
    assert looks.count == 1
    with database.transaction("a run", texts={"another"}):
        pass
    looks.words()
    assert looks.count == 2


def test_after_a_commit_that_failed_everything_is_looked_at_again(database: Database) -> None:
    looks = Looks(database)
    looks.words()
    with pytest.raises(StoreError), database.transaction(texts={"a run"}) as cursor:
        cursor.execute("insert into nothing values (1)")
    looks.words()
    assert looks.count == 2


def test_what_was_read_before_a_change_is_not_kept_after_it(database: Database) -> None:
    def find() -> str:
        with database.transaction() as cursor:
            cursor.execute("insert into words values ('clerk')")
        return "read before"

    assert database.remembered.get("words", find) == "read before"
    assert Looks(database).words() == [("clerk",)]


def test_only_so_many_findings_are_kept_and_the_one_that_was_not_asked_for_goes_first() -> None:
    kept = remembered.Remembered()
    for number in range(remembered.KEPT):
        kept.get(number, lambda number=number: number)
    kept.get(0, lambda: -1)
    kept.get("one more", lambda: 0)
    assert kept.get(0, lambda: -1) == 0
    assert kept.get(1, lambda: -1) == -1
