"""What the store keeps of a reading until rows change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from specforge_core import Forge
from specforge_core.clock import Clock
from specforge_core.errors import StoreError
from specforge_core.store import remembered
from specforge_core.store.database import Database
from tests.core.chain import project_with


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


# --- what pages see, while others look and change ------------------------------


class Readers:
    """Threads that look without a rest. `turn` returns when each has begun and ended a look."""

    def __init__(self, *looks: Callable[[], object]) -> None:
        self._looks = looks
        self._counts = [0] * len(looks)
        self._counted = threading.Condition()
        self._ended = False

    @contextmanager
    def looking(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._look, args=pair) for pair in enumerate(self._looks)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended = True
            for thread in threads:
                thread.join()

    def _look(self, number: int, look: Callable[[], object]) -> None:
        while not self._ended:
            look()
            with self._counted:
                self._counts[number] += 1
                self._counted.notify_all()

    def turn(self) -> None:
        wanted = [count + 2 for count in self._counts]
        with self._counted:
            assert self._counted.wait_for(
                lambda: all(have >= want for have, want in zip(self._counts, wanted, strict=True)),
                timeout=30,
            )


def test_readers_who_look_while_rows_change_leave_nothing_old_behind(forge: Forge) -> None:
    project, runs = project_with(forge, "brief", "prd")
    project_id, run_id = project.project_id, runs["brief"].run_id
    sections = [one.section for one in forge.live(run_id).sections]
    readers = Readers(
        lambda: forge.steps(project_id),
        lambda: forge.live(run_id),
        lambda: forge.stale(project_id, "brief"),
    )

    def both() -> tuple[list[int], list[str]]:
        stale = sorted(forge.stale(project_id, "brief"))
        return [step.stale for step in forge.steps(project_id)], stale

    with readers.looking():
        for number in range(30):
            forge.set_preference("any", str(number))
            forge.save_answers(project_id, "brief", {"users": f"{number} clerks"})
            if number % 2:
                forge.confirm(run_id, sections)
            readers.turn()
            remembered_now = both()
            forge._database.remembered.forget()
            assert remembered_now == both(), number
