"""Deleting from the embedded log: what goes, what is counted, and that the file shrinks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.log import NewRecord, PartitionInfo, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from tests.stream.harness import Clock, joined, put, take, topic, values

START = Clock().now
DAY = timedelta(days=1)


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[SqliteLog]:
    opened = SqliteLog(tmp_path / "log.sqlite", clock=clock)
    yield opened
    opened.close()


def described(log: SqliteLog, name: str) -> PartitionInfo:
    (info,) = (each for each in log.describe() if each.source.topic == name)
    return info


def counted(log: SqliteLog, name: str) -> PartitionInfo:
    """What `describe` must say, by counting."""
    source = TopicPartition(name, 0)
    records = list(log.scan(source))
    size = sum(len(r.key) + len(r.value or b"") for r in records)
    end = described(log, name).end
    return PartitionInfo(source, records[0].offset if records else end, end, len(records), size)


ages = st.lists(st.tuples(st.integers(-3, 30), st.sampled_from([b"a", b"b", b"c"])), max_size=30)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=ages, compacted=st.booleans(), keep=st.integers(0, 20))
def test_exactly_what_is_too_old_goes_whatever_its_order(
    log: SqliteLog, ages: list[tuple[int, bytes]], compacted: bool, keep: int
) -> None:
    name = topic(log, compacted=compacted, retention=keep * DAY)
    for age, key in ages:
        log.append([NewRecord(name, key, b"x" * age if age >= 0 else b"", 0, START - age * DAY)])
    before = list(log.scan(TopicPartition(name, 0)))

    removed = log.expire(START)

    left = list(log.scan(TopicPartition(name, 0)))
    assert left == [record for record in before if record.timestamp >= START - keep * DAY]
    assert removed == len(before) - len(left)
    assert described(log, name) == counted(log, name)
    assert {r.offset for r in log.latest(name)} == {
        ({r.key: r.offset for r in left})[key] for key in {r.key for r in left}
    }


def test_many_segments_are_described_exactly(log: SqliteLog) -> None:
    name = topic(log, retention=DAY)
    for day in range(5):
        log.append([NewRecord(name, b"k", b"v" * (n % 7), 0, START + day * DAY) for n in range(1000)])

    removed = log.expire(START + 4 * DAY)

    assert removed == 3000
    assert described(log, name) == counted(log, name)
    assert described(log, name).start == 3000
    assert log.offset_at(TopicPartition(name, 0), START) == 3000
    assert log.offset_at(TopicPartition(name, 0), START + 4 * DAY) == 4000


def test_large_records_go_in_several_transactions(log: SqliteLog) -> None:
    name = topic(log, retention=DAY)
    put(log, name, *[b"x" * 1_000_000] * 10)

    assert log.expire(START + 2 * DAY) == 10
    assert described(log, name).records == 0


def test_superseded_records_are_gone(log: SqliteLog) -> None:
    name = topic(log, compacted=True)
    for _ in range(3):
        log.append([NewRecord(name, b"%d" % n, b"value", 0) for n in range(50)])

    assert described(log, name) == counted(log, name)
    assert described(log, name).records == 50


def test_segments_whose_records_are_all_superseded_leave_no_trace(log: SqliteLog) -> None:
    name = topic(log, compacted=True)
    for n in range(5000):
        log.append([NewRecord(name, b"k", b"%d" % n, 0)])

    assert log.store.query("SELECT count(*) FROM log_segments") == [(1,)]


def test_a_tombstone_stays_a_day_for_readers_to_see(log: SqliteLog, clock: Clock) -> None:
    name = topic(log, compacted=True)
    put(log, name, b"1", key=b"gone")
    put(log, name, b"1", key=b"kept")
    clock.now = START + 10 * DAY
    put(log, name, None, key=b"gone")

    assert log.expire(START + 10.9 * DAY) == 0
    assert values(list(log.scan(TopicPartition(name, 0)))) == [b"1", None]
    assert log.expire(START + 11.1 * DAY) == 1
    assert values(list(log.scan(TopicPartition(name, 0)))) == [b"1"]
    assert described(log, name) == counted(log, name)


def test_a_plain_topics_records_without_a_value_are_not_taken_for_tombstones(log: SqliteLog) -> None:
    name = topic(log)
    topic(log, compacted=True)
    put(log, name, None)

    assert log.expire(START + 99 * DAY) == 0


def test_a_key_deleted_and_expired_can_come_back(log: SqliteLog) -> None:
    name = topic(log, compacted=True)
    put(log, name, b"1", None)
    log.expire(START + 2 * DAY)
    put(log, name, b"2")

    assert values(list(log.latest(name))) == [b"2"]


def test_the_file_shrinks_when_much_has_gone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path, clock=clock) as log:
        name = topic(log, retention=DAY)
        put(log, name, *[b"x" * 10_000] * 1000)
    full = path.stat().st_size

    with SqliteLog(path, clock=clock) as log:
        log.expire(START + 2 * DAY)

    assert path.stat().st_size < full / 5


def test_offsets_go_on_after_everything_expired_and_the_log_was_opened_anew(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "log.sqlite"
    with SqliteLog(path, clock=clock) as log:
        log.create([TopicSpec("t", 1, retention=DAY)])
        put(log, "t", b"a", b"b")
        log.expire(START + 2 * DAY)

    with SqliteLog(path, clock=clock) as log:
        put(log, "t", b"c")
        assert [r.offset for r in log.scan(TopicPartition("t", 0))] == [2]


def test_a_reader_passes_over_a_partition_that_was_emptied(log: SqliteLog) -> None:
    name = topic(log, retention=DAY)
    put(log, name, b"a", b"b")
    reader = joined(log, "g", name, 1)
    log.expire(START + 2 * DAY)

    began = time.process_time()
    assert not reader.read(10, timedelta(milliseconds=300)).records
    assert time.process_time() - began < 0.15  # it waited, rather than look again and again
    put(log, name, b"c")
    assert values(take(reader, 1)) == [b"c"]
