"""What every event log keeps (stream/log.py): reading, committing, seeking. Nothing here knows which log it is."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import UnknownTopic
from stream.log import EventLog, NewRecord, TopicPartition
from tests.stream.harness import (
    GLANCE,
    PATIENCE,
    joined,
    nothing_more,
    put,
    settle,
    take,
    topic,
    unique,
    values,
)

T0 = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


class TestReading:
    def test_a_new_group_reads_from_the_beginning(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b")

        reader = joined(log, unique("g"), name, 1)

        assert values(take(reader, 2)) == [b"a", b"b"]

    def test_a_new_group_that_starts_at_the_latest_reads_only_what_comes(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"old")
        reader = log.reader(unique("g"), [name], start="latest")
        settle({reader: set()}, 1)
        put(log, name, b"new")

        assert values(take(reader, 1)) == [b"new"]

    def test_no_more_records_come_than_were_asked_for(self, log: EventLog) -> None:
        name = topic(log, 3)
        for partition in range(3):
            put(log, name, *[b"v"] * 10, partition=partition)
        reader = joined(log, unique("g"), name, 3)

        sizes: list[int] = []
        while sum(sizes) < 30:
            sizes.append(len(reader.read(4, PATIENCE).records))

        assert 1 <= min(sizes) <= max(sizes) <= 4
        assert sum(sizes) == 30

    def test_a_full_partition_does_not_starve_another(self, log: EventLog) -> None:
        name = topic(log, 2)
        put(log, name, *[b"v"] * 200, partition=0)
        put(log, name, b"w", partition=1)
        reader = joined(log, unique("g"), name, 2)

        found = [record for _ in range(15) for record in reader.read(10, timedelta(seconds=1)).records]

        assert b"w" in values(found)

    def test_an_idle_read_returns_empty_after_its_timeout(self, log: EventLog) -> None:
        reader = joined(log, unique("g"), topic(log), 1)
        began = time.monotonic()

        batch = reader.read(10, timedelta(milliseconds=200))

        assert batch.records == []
        assert 0.15 < time.monotonic() - began < 10

    def test_asking_only_after_partitions_brings_no_records(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a")
        reader = joined(log, unique("g"), name, 1)

        assert reader.read(0, GLANCE).records == []
        assert values(take(reader, 1)) == [b"a"]

    def test_several_topics_are_read_by_one_reader(self, log: EventLog) -> None:
        one, two = topic(log), topic(log, 2)
        reader = log.reader(unique("g"), [one, two])
        settle({reader: set()}, 3)
        put(log, one, b"1")
        put(log, two, b"2", partition=1)

        assert sorted((r.topic, r.value) for r in take(reader, 2)) == sorted([(one, b"1"), (two, b"2")])

    def test_a_waiting_read_returns_as_soon_as_another_thread_commits(self, log: EventLog) -> None:
        name = topic(log)
        reader = joined(log, unique("g"), name, 1)
        thread = threading.Timer(0.3, put, (log, name, b"now"))
        thread.start()
        began = time.monotonic()

        records = reader.read(10, PATIENCE).records

        thread.join()
        assert values(records) == [b"now"]
        assert time.monotonic() - began < 5

    def test_wake_ends_a_waiting_read_at_once_and_empty(self, log: EventLog) -> None:
        reader = joined(log, unique("g"), topic(log), 1)
        thread = threading.Timer(0.2, reader.wake)
        thread.start()
        began = time.monotonic()

        batch = reader.read(10, PATIENCE)

        thread.join()
        assert not batch.records
        assert time.monotonic() - began < 5

    def test_a_wake_before_the_read_is_not_lost(self, log: EventLog) -> None:
        reader = joined(log, unique("g"), topic(log), 1)
        reader.wake()
        began = time.monotonic()

        reader.read(10, PATIENCE)

        assert time.monotonic() - began < 5


class TestCommitting:
    def test_positions_are_where_the_next_member_begins(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a", b"b", b"c")
        reader = joined(log, group, name, 1)
        first = reader.read(2, PATIENCE).records
        reader.commit()
        reader.close()

        again = joined(log, group, name, 1)

        assert values(first) == [b"a", b"b"]
        assert values(take(again, 1)) == [b"c"]
        assert log.positions(group)[TopicPartition(name, 0)] == first[-1].offset + 1

    def test_without_a_commit_everything_is_read_again(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a", b"b")
        reader = joined(log, group, name, 1)
        take(reader, 2)
        reader.close()

        assert log.positions(group) == {}
        assert values(take(joined(log, group, name, 1), 2)) == [b"a", b"b"]

    def test_records_and_positions_are_committed_together(self, log: EventLog) -> None:
        source, target, group = topic(log), topic(log, 2), unique("g")
        put(log, source, b"in")
        reader = joined(log, group, source, 1)
        take(reader, 1)

        reader.commit([NewRecord(target, b"k", b"one", 0), NewRecord(target, b"k", b"two", 1)])

        assert [values(list(log.scan(TopicPartition(target, p)))) for p in range(2)] == [[b"one"], [b"two"]]
        assert nothing_more(reader)

    def test_a_refused_commit_writes_nothing_and_gives_back_what_was_read(self, log: EventLog) -> None:
        source, target, group = topic(log), topic(log), unique("g")
        put(log, source, b"a", b"b")
        reader = joined(log, group, source, 1)
        take(reader, 2)

        with pytest.raises(UnknownTopic):
            reader.commit([NewRecord(target, b"k", b"out"), NewRecord(unique("nowhere"), b"k", b"out")])

        assert list(log.scan(TopicPartition(target, 0))) == []
        assert log.positions(group) == {}
        assert values(take(reader, 2)) == [b"a", b"b"]

    def test_after_a_refused_commit_only_what_was_not_committed_comes_again(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b", b"c")
        reader = joined(log, unique("g"), name, 1)
        reader.read(1, PATIENCE)
        reader.commit()
        take(reader, 2)

        with pytest.raises(UnknownTopic):
            reader.commit([NewRecord(unique("nowhere"), b"k", b"out")])

        assert values(take(reader, 2)) == [b"b", b"c"]

    def test_explicit_positions_are_committed_as_they_are(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a", b"b", b"c")
        reader = joined(log, group, name, 1)
        records = take(reader, 3)

        reader.commit(positions={TopicPartition(name, 0): records[1].offset})
        reader.close()

        assert values(take(joined(log, group, name, 1), 2)) == [b"b", b"c"]

    def test_a_commit_of_nothing_is_allowed(self, log: EventLog) -> None:
        group = unique("g")
        reader = joined(log, group, topic(log), 1)

        reader.commit()

        assert log.positions(group) == {}

    def test_a_member_may_commit_records_without_having_read(self, log: EventLog) -> None:
        name = topic(log)
        reader = joined(log, unique("g"), name, 1)

        reader.commit([NewRecord(name, b"k", b"v")])

        assert values(take(reader, 1)) == [b"v"]

    def test_groups_do_not_know_of_each_other(self, log: EventLog) -> None:
        name, one, two = topic(log), unique("g"), unique("g")
        put(log, name, b"a")
        first = joined(log, one, name, 1)
        take(first, 1)
        first.commit()

        second = joined(log, two, name, 1)

        assert values(take(second, 1)) == [b"a"]
        assert log.positions(two) == {}
        assert one in log.groups()
        assert two not in log.groups()


class TestSeeking:
    def test_a_reader_reads_on_from_where_it_sought(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b", b"c")
        reader = joined(log, unique("g"), name, 1)
        records = take(reader, 3)

        reader.seek({TopicPartition(name, 0): records[1].offset})

        assert values(take(reader, 2)) == [b"b", b"c"]

    def test_a_seek_counts_only_once_it_is_committed(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a", b"b", b"c")
        reader = joined(log, group, name, 1)
        last = take(reader, 3)[-1].offset
        reader.seek({TopicPartition(name, 0): last})
        assert log.positions(group) == {}

        reader.commit()
        reader.close()

        assert values(take(joined(log, group, name, 1), 1)) == [b"c"]

    def test_a_refused_commit_undoes_a_seek(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b")
        reader = joined(log, unique("g"), name, 1)
        end = take(reader, 2)[-1].offset + 1
        reader.commit()
        reader.seek({TopicPartition(name, 0): 0})

        with pytest.raises(UnknownTopic):
            reader.commit([NewRecord(unique("nowhere"), b"k", b"out")])

        assert nothing_more(reader)
        put(log, name, b"c")
        assert take(reader, 1)[0].offset >= end

    def test_seeking_to_zero_replays_from_the_beginning(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b")
        reader = joined(log, unique("g"), name, 1)
        take(reader, 2)
        reader.commit()

        reader.seek({TopicPartition(name, 0): 0})

        assert values(take(reader, 2)) == [b"a", b"b"]
