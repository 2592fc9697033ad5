"""Reading the embedded log: from outside, whatever the clock does, and woken at once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import LogError, StorageUnusable
from stream.log import NewRecord, Reader, TopicPartition
from stream.sqlite import SqliteLog
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
