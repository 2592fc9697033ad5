"""What every event log keeps (stream/log.py): sharing partitions, closing. Nothing here knows which log it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import LogError, PartitionsLost
from stream.log import EventLog, NewRecord, Reader, TopicPartition
from tests.stream.harness import (
    joined,
    put,
    settle,
    take,
    topic,
    unique,
    values,
)

T0 = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


class TestSharing:
    def test_members_share_every_partition_and_read_each_record_once(self, log: EventLog) -> None:
        name, group = topic(log, 4), unique("g")
        owned: dict[Reader, set[TopicPartition]] = {log.reader(group, [name]): set() for _ in range(2)}
        settle(owned, 4)
        for partition in range(4):
            put(log, name, b"%d" % partition, partition=partition)

        found = {reader: take(reader, 2) for reader in owned}

        assert {r.partition for records in found.values() for r in records} == {0, 1, 2, 3}
        assert all({r.source for r in records} <= owned[reader] for reader, records in found.items())

    def test_a_joining_member_takes_only_its_share(self, log: EventLog) -> None:
        name, group = topic(log, 4), unique("g")
        first = joined(log, group, name, 4)
        everything = {TopicPartition(name, p) for p in range(4)}
        owned = {first: set(everything), log.reader(group, [name]): set()}

        settle(owned, 4)

        assert [len(mine) for mine in owned.values()] == [2, 2]

    def test_what_a_leaving_member_had_goes_to_the_others_from_the_groups_positions(self, log: EventLog) -> None:
        name, group = topic(log, 2), unique("g")
        for partition in range(2):
            put(log, name, b"%d" % partition, partition=partition)
        owned: dict[Reader, set[TopicPartition]] = {log.reader(group, [name]): set() for _ in range(2)}
        settle(owned, 2)
        leaving, staying = owned
        done = take(leaving, 1)
        leaving.commit()
        kept = take(staying, 1)
        staying.commit()
        put(log, name, b"later", partition=done[0].partition)

        leaving.close()
        settle({staying: owned[staying]}, 2)

        assert values(take(staying, 1)) == [b"later"]
        assert done[0].partition != kept[0].partition

    def test_more_members_than_partitions_leaves_some_without(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        owned: dict[Reader, set[TopicPartition]] = {log.reader(group, [name]): set() for _ in range(3)}

        settle(owned, 1)

        assert sorted(len(mine) for mine in owned.values()) == [0, 0, 1]

    def test_work_on_a_partition_lost_since_cannot_be_committed(self, log: EventLog) -> None:
        name, target, group = topic(log, 2), topic(log), unique("g")
        for partition in range(2):
            put(log, name, b"%d" % partition, partition=partition)
        first = joined(log, group, name, 2)
        take(first, 2)
        owned = {first: {TopicPartition(name, 0), TopicPartition(name, 1)}, log.reader(group, [name]): set()}
        settle(owned, 2)

        with pytest.raises(PartitionsLost):
            first.commit([NewRecord(target, b"k", b"twice")])

        assert list(log.scan(TopicPartition(target, 0))) == []
        assert log.positions(group) == {}
        again = {record.source: reader for reader in owned for record in take(reader, 1)}
        assert again == {source: reader for reader, mine in owned.items() for source in mine}

    def test_positions_of_a_partition_not_owned_are_refused(self, log: EventLog) -> None:
        name, group = topic(log, 2), unique("g")
        owned: dict[Reader, set[TopicPartition]] = {log.reader(group, [name]): set() for _ in range(2)}
        settle(owned, 2)
        one, other = owned
        (foreign,) = owned[other]

        with pytest.raises(PartitionsLost):
            one.commit(positions={foreign: 1})

        assert log.positions(group) == {}

    def test_what_a_member_keeps_it_reads_on_from_where_it_was(self, log: EventLog) -> None:
        name, group = topic(log, 2), unique("g")
        for partition in range(2):
            put(log, name, b"a", partition=partition)
        first = joined(log, group, name, 2)
        take(first, 2)
        first.commit()
        owned = {first: {TopicPartition(name, 0), TopicPartition(name, 1)}, log.reader(group, [name]): set()}
        settle(owned, 2)
        first.commit()  # nothing of what it lost was left uncommitted
        for partition in range(2):
            put(log, name, b"b", partition=partition)

        assert all(values(take(reader, 1)) == [b"b"] for reader in owned)


class TestClosing:
    def test_closing_twice_is_allowed(self, log: EventLog) -> None:
        reader = joined(log, unique("g"), topic(log), 1)

        reader.close()
        reader.close()
        log.close()
        log.close()

    def test_a_closed_reader_can_neither_read_nor_commit(self, log: EventLog) -> None:
        name = topic(log)
        reader = joined(log, unique("g"), name, 1)
        reader.close()

        with pytest.raises(LogError):
            reader.read(1, timedelta(0))
        with pytest.raises(LogError):
            reader.commit([NewRecord(name, b"k", b"v")])

        assert list(log.scan(TopicPartition(name, 0))) == []

    def test_closing_the_log_closes_its_readers(self, log: EventLog) -> None:
        reader = joined(log, unique("g"), topic(log), 1)

        log.close()

        with pytest.raises(LogError):
            reader.read(1, timedelta(0))
        reader.close()

    def test_a_closed_log_says_so(self, log: EventLog) -> None:
        name = topic(log)
        log.close()

        with pytest.raises(LogError):
            log.append([NewRecord(name, b"k", b"v")])
        with pytest.raises(LogError):
            log.reader(unique("g"), [name])
        with pytest.raises(LogError):
            list(log.scan(TopicPartition(name, 0)))
