"""Opening the file of the embedded log, whatever is wrong with it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AlreadyRunning, LogUnavailable, StorageUnusable
from stream.log import TopicPartition
from stream.service_lock import holder, lock_file
from stream.sqlite import SqliteLog
from tests.stream.harness import Clock, joined, put, take, topic, values

QUICK = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def file_log(path: Path, clock: Clock) -> Iterator[SqliteLog]:
    log = SqliteLog(path, clock=clock, busy_timeout=QUICK)
    yield log
    log.close()


def tamper(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(sql)
    connection.close()


class TestOpening:
    def test_everything_is_there_after_closing_and_opening(self, path: Path, clock: Clock) -> None:
        log = SqliteLog(path, clock=clock)
        name, compacted = topic(log), topic(log, compacted=True)
        put(log, name, b"a", b"b")
        put(log, compacted, b"1", b"2")
        reader = joined(log, "g", name, 1)
        take(reader, 2)
        reader.commit()
        before = list(log.scan(TopicPartition(name, 0)))
        log.close()

        log = SqliteLog(path, clock=clock)
        assert list(log.scan(TopicPartition(name, 0))) == before
        assert values(list(log.latest(compacted))) == [b"2"]
        assert log.positions("g") == {TopicPartition(name, 0): before[-1].offset + 1}
        put(log, name, b"c")
        assert values(take(joined(log, "g", name, 1), 1)) == [b"c"]
        log.close()

    def test_an_empty_file_becomes_a_log(self, path: Path, clock: Clock) -> None:
        path.touch()

        SqliteLog(path, clock=clock).close()

        assert path.stat().st_size > 0

    def test_a_path_with_odd_characters_is_a_path(self, tmp_path: Path, clock: Clock) -> None:
        path = tmp_path / "журнал 100%?#&.sqlite"
        with SqliteLog(path, clock=clock) as log:
            name = topic(log)
            put(log, name, b"a")
            assert values(list(log.scan(TopicPartition(name, 0)))) == [b"a"]
        assert path.exists()

    @pytest.mark.parametrize("content", [b"not a database, " * 100, b"SQLite format 3\0" + b"\xff" * 4080])
    def test_a_file_that_is_no_database_is_refused_and_left_alone(
        self, path: Path, clock: Clock, content: bytes
    ) -> None:
        path.write_bytes(content)

        with pytest.raises(StorageUnusable, match=r"not a readable event log.*Move the file away.*armswatch check"):
            SqliteLog(path, clock=clock)

        assert path.read_bytes() == content

    def test_the_database_of_another_program_is_refused(self, path: Path, clock: Clock) -> None:
        tamper(path, "CREATE TABLE theirs (x)")

        with pytest.raises(StorageUnusable, match="another program"):
            SqliteLog(path, clock=clock)

    @pytest.mark.parametrize("version", [0, 2])
    def test_another_version_is_refused_with_both_numbers(self, path: Path, clock: Clock, version: int) -> None:
        SqliteLog(path, clock=clock).close()
        tamper(path, f"PRAGMA user_version={version}")

        with pytest.raises(StorageUnusable, match=rf"log version {version}, this one reads 1.*mv"):
            SqliteLog(path, clock=clock)

    def test_a_cut_off_file_is_refused_as_damaged(self, path: Path, clock: Clock) -> None:
        log = SqliteLog(path, clock=clock)
        name = topic(log)
        put(log, name, *[b"x" * 1000] * 100)
        log.close()
        path.write_bytes(path.read_bytes()[:9000])

        with pytest.raises(StorageUnusable, match="Move the file away"), SqliteLog(path, clock=clock) as log:
            list(log.scan(TopicPartition(name, 0)))

    def test_damage_that_is_met_later_is_told_when_it_is_met(self, path: Path, clock: Clock) -> None:
        log = SqliteLog(path, clock=clock)
        name = topic(log)
        put(log, name, *[b"x" * 1000] * 200)
        log.close()
        content = path.read_bytes()
        path.write_bytes(content[:60_000] + b"\xa5" * (len(content) - 60_000))

        with pytest.raises(StorageUnusable, match="armswatch check"), SqliteLog(path, clock=clock) as log:
            list(log.scan(TopicPartition(name, 0)))

    def test_damage_to_the_first_table_is_met_at_opening_and_leaves_no_lock(self, path: Path, clock: Clock) -> None:
        log = SqliteLog(path, clock=clock)
        topic(log)
        log.close()
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))

        with pytest.raises(StorageUnusable, match="armswatch check"):
            SqliteLog(path, clock=clock)

        path.write_bytes(whole)
        SqliteLog(path, clock=clock).close()

    @pytest.mark.parametrize("place", ["missing/log.sqlite", "file/log.sqlite"])
    def test_a_place_that_cannot_be_written_is_told_with_what_to_do(
        self, tmp_path: Path, clock: Clock, place: str
    ) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(StorageUnusable, match=r"log\.sqlite.*cannot be written.*data_dir"):
            SqliteLog(tmp_path / place, clock=clock)

    def test_a_directory_in_place_of_the_file_is_told(self, path: Path, clock: Clock) -> None:
        path.mkdir()

        with pytest.raises(StorageUnusable, match="cannot be opened"):
            SqliteLog(path, clock=clock)

    def test_a_refused_opening_leaves_no_lock_behind(self, path: Path, clock: Clock) -> None:
        path.write_bytes(b"not a database, " * 100)
        with pytest.raises(StorageUnusable):
            SqliteLog(path, clock=clock)
        path.unlink()

        SqliteLog(path, clock=clock).close()

    def test_a_second_service_is_refused_even_in_the_same_process(self, path: Path, file_log: SqliteLog) -> None:
        with pytest.raises(AlreadyRunning, match=r"process \d+"):
            SqliteLog(path, clock=Clock())

    def test_a_holder_that_has_not_told_its_process_is_told_without(self, path: Path, file_log: SqliteLog) -> None:
        lock_file(path).write_text("")

        with pytest.raises(AlreadyRunning, match="Another Armswatch already uses"):
            SqliteLog(path, clock=Clock())

    def test_who_has_the_log_can_be_asked(self, path: Path, clock: Clock) -> None:
        assert holder(path) is None
        with SqliteLog(path, clock=clock):
            assert holder(path) == os.getpid()
            lock_file(path).write_text("")
            assert holder(path) == 0
        assert holder(path) is None

    def test_one_who_looks_after_the_holder_does_not_keep_a_service_from_starting(
        self, path: Path, clock: Clock
    ) -> None:
        SqliteLog(path, clock=clock).close()
        with lock_file(path).open() as looking:
            fcntl.flock(looking, fcntl.LOCK_SH)
            thread = threading.Timer(0.03, fcntl.flock, (looking, fcntl.LOCK_UN))
            thread.start()

            SqliteLog(path, clock=clock).close()

            thread.join()

    def test_a_file_locked_by_another_program_is_unavailable_not_unusable(self, path: Path, clock: Clock) -> None:
        SqliteLog(path, clock=clock).close()
        tamper(path, "PRAGMA journal_mode=DELETE")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(LogUnavailable, match="locked"):
            SqliteLog(path, clock=clock, busy_timeout=QUICK)

        other.close()
        SqliteLog(path, clock=clock).close()
