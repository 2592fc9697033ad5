"""The embedded log when its disk is full, its file locked, moved or damaged, or a call interrupted."""

from __future__ import annotations

import errno
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import LogError, LogUnavailable, StorageUnusable
from stream.log import NewRecord, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from stream.sqlite_errors import translated
from tests.stream.harness import Clock, joined, put, take, topic, unique, values

QUICK = timedelta(milliseconds=50)
Deed = Callable[[SqliteLog, str], object]


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


class TestLockedByAnother:
    @pytest.mark.parametrize(
        "deed",
        [
            lambda log, name: log.append([NewRecord(name, b"k", b"v")]),
            lambda log, _: log.create([TopicSpec(unique("new"), 1)]),
            lambda log, name: log.rewind("g", {TopicPartition(name, 0): 0}),
            lambda log, _: log.expire(Clock().now + timedelta(days=9)),
        ],
        ids=["append", "create", "rewind", "expire"],
    )
    def test_what_writes_is_unavailable_and_works_afterwards(self, path: Path, file_log: SqliteLog, deed: Deed) -> None:
        name = topic(file_log, retention=timedelta(days=1))
        put(file_log, name, b"a")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(LogUnavailable, match=r"locked.*nothing was written"):
            deed(file_log, name)
        assert values(list(file_log.scan(TopicPartition(name, 0)))) == [b"a"]

        other.close()
        deed(file_log, name)

    def test_a_commit_is_unavailable_and_gives_back_what_was_read(self, path: Path, file_log: SqliteLog) -> None:
        name = topic(file_log)
        put(file_log, name, b"a")
        reader = joined(file_log, "g", name, 1)
        take(reader, 1)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(LogUnavailable):
            reader.commit([NewRecord(name, b"k", b"out")])

        other.close()
        assert values(take(reader, 1)) == [b"a"]
        reader.commit([NewRecord(name, b"k", b"out")])
        assert values(list(file_log.scan(TopicPartition(name, 0)))) == [b"a", b"out"]


class TestFullDisk:
    def test_nothing_of_a_write_that_does_not_fit_is_kept_and_it_goes_on_after(
        self, path: Path, file_log: SqliteLog
    ) -> None:
        name = topic(file_log)
        put(file_log, name, b"a")
        reader = joined(file_log, "g", name, 1)
        take(reader, 1)
        self.limit(file_log, 60)
        big = [NewRecord(name, b"k", b"x" * 100_000) for _ in range(5)]

        with pytest.raises(LogUnavailable, match="disk is full"):
            file_log.append(big)
        with pytest.raises(LogUnavailable, match="disk is full"):
            reader.commit(big)
        assert values(list(file_log.scan(TopicPartition(name, 0)))) == [b"a"]
        assert file_log.positions("g") == {}

        self.limit(file_log, 1_000_000)
        assert values(take(reader, 1)) == [b"a"]
        reader.commit(big)
        assert len(list(file_log.scan(TopicPartition(name, 0)))) == 6

    @staticmethod
    def limit(log: SqliteLog, pages: int) -> None:
        with log.store.lock:
            log.store.writer().execute(f"PRAGMA max_page_count={pages}")

    def test_a_record_larger_than_sqlite_can_hold_is_refused(self, file_log: SqliteLog) -> None:
        name = topic(file_log)
        file_log.store.writer().setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)

        with pytest.raises(LogError, match="too large"):
            put(file_log, name, b"x" * 2000)

        assert list(file_log.scan(TopicPartition(name, 0))) == []
        put(file_log, name, b"x" * 20)


class TestDurability:
    def test_every_commit_is_synchronous(self, file_log: SqliteLog) -> None:
        """Only a loss of power would show it otherwise."""
        writer = file_log.store.writer()

        assert writer.execute("PRAGMA synchronous").fetchone() == (2,)
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


class TestInterrupts:
    def test_an_interrupt_between_file_and_memory_does_not_confuse_offsets(self, file_log: SqliteLog) -> None:
        name = topic(file_log)

        class Interrupt(BaseException):
            pass

        def interrupt(*_: object) -> None:
            raise Interrupt

        def hold() -> None:
            with file_log.state:  # what was committed can't be told to readers
                holding.set()
                time.sleep(0.2)
                signal.pthread_kill(main, signal.SIGUSR1)
                time.sleep(0.1)

        main, holding = threading.get_ident(), threading.Event()
        before = signal.signal(signal.SIGUSR1, interrupt)
        holder = threading.Thread(target=hold)
        holder.start()
        holding.wait()
        with pytest.raises(Interrupt):
            put(file_log, name, b"a")
        holder.join()
        signal.signal(signal.SIGUSR1, before)

        put(file_log, name, b"b")

        assert values(list(file_log.scan(TopicPartition(name, 0)))) == [b"a", b"b"]


class TestMovedAway:
    @pytest.mark.parametrize("put_another", [False, True])
    def test_a_write_to_a_file_no_longer_there_is_refused(
        self, path: Path, file_log: SqliteLog, put_another: bool
    ) -> None:
        name = topic(file_log)
        path.rename(path.with_name("elsewhere"))
        if put_another:
            path.touch()

        with pytest.raises(StorageUnusable, match="moved or deleted"):
            put(file_log, name, b"a")


class TestErrors:
    def test_a_table_dropped_by_another_program_is_told_with_the_file(self, path: Path, file_log: SqliteLog) -> None:
        name = topic(file_log, compacted=True)
        tamper(path, "DROP TABLE log_latest")

        with pytest.raises(LogError, match=r"log\.sqlite.*no such table"):
            put(file_log, name, b"a")

    def test_a_disk_that_is_full_at_the_start_is_for_now(self) -> None:
        with pytest.raises(LogUnavailable, match="disk is full"), translated("log.sqlite"):
            raise OSError(errno.ENOSPC, "No space left on device")

    def test_a_reader_closed_in_the_middle_of_a_read_is_told_so(self, file_log: SqliteLog) -> None:
        with pytest.raises(LogError, match="closed"):
            file_log.starting(1, [TopicPartition("t", 0)])

    def test_a_read_that_waits_ends_when_the_log_is_closed(self, file_log: SqliteLog) -> None:
        reader = joined(file_log, "g", topic(file_log), 1)
        thread = threading.Timer(0.1, file_log.close)
        thread.start()
        began = time.monotonic()

        with pytest.raises(LogError, match="closed"):
            reader.read(1, timedelta(seconds=20))

        thread.join()
        assert time.monotonic() - began < 10
