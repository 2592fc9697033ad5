"""What is particular to the embedded log: its file, what is wrong with files, looking on from outside, clocks."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import AlreadyRunning, LogError, LogUnavailable, StorageUnusable
from stream.log import NewRecord, Reader, TopicPartition, TopicSpec
from stream.service_lock import holder, lock_file
from stream.sqlite import SqliteLog
from stream.sqlite_errors import translated
from tests.stream.harness import Clock, joined, put, take, topic, unique, values

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


Deed = Callable[[SqliteLog, str], object]


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


class TestLookingOn:
    def test_what_the_service_commits_is_seen_from_outside(self, path: Path, file_log: SqliteLog) -> None:
        name, compacted = topic(file_log), topic(file_log, compacted=True)
        with SqliteLog.open_readonly(path) as seen:
            put(file_log, name, b"a", b"b")
            put(file_log, compacted, b"1", b"2")
            reader = joined(file_log, "g", name, 1)
            take(reader, 2)
            reader.commit()

            assert values(list(seen.scan(TopicPartition(name, 0)))) == [b"a", b"b"]
            assert values(list(seen.latest(compacted))) == [b"2"]
            assert seen.describe() == file_log.describe()
            assert seen.positions("g") == file_log.positions("g") != {}
            assert seen.groups() == ["g"]
            assert seen.offset_at(TopicPartition(name, 0), Clock().now) == 0

    def test_a_log_that_no_service_runs_on_can_be_looked_at(self, path: Path, clock: Clock) -> None:
        with SqliteLog(path, clock=clock) as log:
            name = topic(log)
            put(log, name, b"a")

        with SqliteLog.open_readonly(path) as seen:
            assert values(list(seen.scan(TopicPartition(name, 0)))) == [b"a"]
            with SqliteLog(path, clock=clock) as log:  # and a service may start meanwhile
                put(log, name, b"b")
            assert values(list(seen.scan(TopicPartition(name, 0)))) == [b"a", b"b"]

    @pytest.mark.parametrize(
        "deed",
        [
            lambda log: log.append([]),
            lambda log: log.create([]),
            lambda log: log.reader("g", []),
            lambda log: log.rewind("g", {}),
            lambda log: log.expire(Clock().now),
        ],
        ids=["append", "create", "reader", "rewind", "expire"],
    )
    def test_nothing_can_be_changed_from_outside(
        self, path: Path, file_log: SqliteLog, deed: Callable[[object], object]
    ) -> None:
        with SqliteLog.open_readonly(path) as seen, pytest.raises(LogError, match="only to be read"):
            deed(seen)

    @pytest.mark.parametrize("empty", [False, True])
    def test_where_there_is_no_log_yet_the_command_that_makes_one_is_told(self, path: Path, empty: bool) -> None:
        if empty:
            path.touch()

        with pytest.raises(StorageUnusable, match=r"no event log.*armswatch run"):
            SqliteLog.open_readonly(path)

    def test_a_slow_look_neither_holds_up_writers_nor_changes(self, path: Path, file_log: SqliteLog) -> None:
        name = topic(file_log, compacted=True)
        for n in range(50):
            put(file_log, name, b"before", key=b"%d" % n)
        with SqliteLog.open_readonly(path) as seen:
            found = seen.latest(name)
            first = next(found)
            for n in range(50):
                put(file_log, name, b"after", key=b"%d" % n)

            assert {first.value, *values(list(found))} == {b"before"}
            assert {r.value for r in seen.latest(name)} == {b"after"}

    def test_closing_while_a_look_is_under_way_lets_it_end(self, path: Path, file_log: SqliteLog) -> None:
        name = topic(file_log, compacted=True)
        put(file_log, name, b"1", key=b"a")
        put(file_log, name, b"1", key=b"b")
        found = file_log.latest(name)
        next(found)

        file_log.close()

        assert len(list(found)) == 1


class TestClocks:
    def test_a_clock_that_jumps_back_does_not_disturb_order(self, clock: Clock, file_log: SqliteLog) -> None:
        name = topic(file_log)
        for hours in (0, 5, -3, 1):
            clock.now = Clock().now + timedelta(hours=hours)
            put(file_log, name, b"%d" % hours)

        records = list(file_log.scan(TopicPartition(name, 0)))

        assert values(records) == [b"0", b"5", b"-3", b"1"]
        assert [(r.timestamp - Clock().now) // timedelta(hours=1) for r in records] == [0, 5, -3, 1]

    def test_offset_at_is_the_first_by_offset_also_out_of_time_order(self, file_log: SqliteLog) -> None:
        name, start = topic(file_log), Clock().now
        source = TopicPartition(name, 0)
        hours = [3, 1, 9, 2, 4, 20, 0]
        file_log.append([NewRecord(name, b"k", b"v", 0, start + timedelta(hours=h)) for h in hours])

        found = [file_log.offset_at(source, start + timedelta(hours=h)) for h in range(22)]

        assert found == [next((n for n, each in enumerate(hours) if each >= h), len(hours)) for h in range(22)]

    def test_offset_at_looks_beyond_what_was_deleted(self, file_log: SqliteLog) -> None:
        name, start = topic(file_log, compacted=True), Clock().now
        source = TopicPartition(name, 0)
        file_log.append([NewRecord(name, b"k", b"v", 0, start + timedelta(days=9))])
        put(file_log, name, b"other", key=b"o")
        file_log.append([NewRecord(name, b"k", b"v", 0, start) for _ in range(1500)])
        file_log.append([NewRecord(name, b"k", b"v", 0, start + timedelta(days=3))])

        assert file_log.offset_at(source, start + timedelta(days=2)) == 1502

    def test_a_record_from_the_future_does_not_keep_others_from_expiring(self, file_log: SqliteLog) -> None:
        name, start = topic(file_log, retention=timedelta(days=1)), Clock().now
        for value, days in ((b"future", 400), (b"old", 0), (b"young", 4)):
            file_log.append([NewRecord(name, b"k", value, 0, start + timedelta(days=days))])

        removed = file_log.expire(start + timedelta(days=4))

        assert removed == 1
        assert values(list(file_log.scan(TopicPartition(name, 0)))) == [b"future", b"young"]


class TestWaking:
    def test_a_reader_is_told_within_milliseconds(self, clock: Clock, file_log: SqliteLog) -> None:
        name = topic(file_log)
        reader = joined(file_log, "g", name, 1)
        lags = []

        def commit_and_note() -> None:
            time.sleep(0.01)
            sent.append(time.perf_counter())
            put(file_log, name, b"v")

        for _ in range(20):
            sent: list[float] = []
            thread = threading.Thread(target=commit_and_note)
            thread.start()
            reader.read(1, timedelta(seconds=20))
            lags.append(time.perf_counter() - sent[0])
            thread.join()

        assert statistics.median(lags) < 0.05

    def test_a_member_that_waits_is_told_at_once_what_it_lost_and_gained(self, file_log: SqliteLog) -> None:
        name, group = topic(file_log, 2), unique("g")
        first = joined(file_log, group, name, 2)
        others: list[Reader] = []
        thread = threading.Timer(0.1, lambda: others.append(file_log.reader(group, [name])))
        thread.start()
        began = time.monotonic()
        lost = first.read(10, timedelta(seconds=20)).lost
        thread.join()

        thread = threading.Timer(0.1, others[0].close)
        thread.start()
        gained = first.read(10, timedelta(seconds=20)).gained
        thread.join()

        assert len(lost) == 1
        assert gained == lost
        assert time.monotonic() - began < 10

    def test_a_commit_for_another_topic_does_not_end_the_wait(self, file_log: SqliteLog) -> None:
        name, other = topic(file_log), topic(file_log)
        reader = joined(file_log, "g", name, 1)
        thread = threading.Timer(0.05, put, (file_log, other, b"v"))
        thread.start()
        began = time.monotonic()

        batch = reader.read(1, timedelta(milliseconds=250))

        thread.join()
        assert not batch.records
        assert time.monotonic() - began >= 0.25

    def test_many_threads_may_append_at_once(self, file_log: SqliteLog) -> None:
        name = topic(file_log)
        threads = [threading.Thread(target=lambda n=n: put(file_log, name, *[b"%d" % n] * 50)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        records = list(file_log.scan(TopicPartition(name, 0)))

        assert [record.offset for record in records] == list(range(200))

    def test_a_batch_is_cut_off_by_size_too(self, file_log: SqliteLog) -> None:
        name = topic(file_log)
        for _ in range(5):
            put(file_log, name, *[b"x" * 1_000_000] * 4)
        reader = joined(file_log, "g", name, 1)

        first = len(reader.read(500, timedelta(0)).records)

        assert 10 < first < 20
        assert len(take(reader, 20 - first)) == 20 - first
