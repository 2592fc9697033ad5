"""What every event log keeps (stream/log.py). Nothing here knows which log it is."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import LogError, PartitionMismatch, PartitionsLost, UnknownTopic
from stream.log import EventLog, NewRecord, Reader, TopicPartition, TopicSpec, partition_of
from tests.stream.harness import (
    GLANCE,
    PATIENCE,
    Clock,
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


class TestTopics:
    def test_creating_again_changes_nothing(self, log: EventLog) -> None:
        name = topic(log, 2)
        put(log, name, b"a")

        log.create([TopicSpec(name, 2)])

        assert values(list(log.scan(TopicPartition(name, 0)))) == [b"a"]

    def test_another_number_of_partitions_is_refused_with_both_numbers(self, log: EventLog) -> None:
        name = topic(log, 2)

        with pytest.raises(PartitionMismatch, match=r"2 partitions.*3"):
            log.create([TopicSpec(name, 3)])

    def test_a_topic_needs_a_partition(self, log: EventLog) -> None:
        with pytest.raises(PartitionMismatch, match="at least 1"):
            log.create([TopicSpec(unique("none"), 0)])

    def test_the_other_kind_is_refused(self, log: EventLog) -> None:
        name = topic(log, compacted=True)

        with pytest.raises(PartitionMismatch, match=name):
            log.create([TopicSpec(name, 1)])

    def test_a_refused_create_creates_none_of_its_topics(self, log: EventLog) -> None:
        name, new = topic(log, 2), unique("new")

        with pytest.raises(PartitionMismatch):
            log.create([TopicSpec(new, 1), TopicSpec(name, 3)])

        with pytest.raises(UnknownTopic):
            log.append([NewRecord(new, b"", b"")])
        put(log, name, b"and goes on")

    def test_an_unknown_topic_is_told_by_name_wherever_it_is_used(self, log: EventLog) -> None:
        name = unique("nowhere")

        with pytest.raises(UnknownTopic, match=name):
            log.append([NewRecord(name, b"k", b"v")])
        with pytest.raises(UnknownTopic, match=name):
            log.reader(unique("g"), [name])
        with pytest.raises(UnknownTopic, match=name):
            log.scan(TopicPartition(name, 0))
        with pytest.raises(UnknownTopic, match=name):
            log.latest(name)
        with pytest.raises(UnknownTopic, match=name):
            log.offset_at(TopicPartition(name, 0), T0)

    def test_a_partition_that_does_not_exist_is_refused_and_nothing_written(self, log: EventLog) -> None:
        name = topic(log, 2)

        with pytest.raises(UnknownTopic):
            log.append([NewRecord(name, b"k", b"v", 0), NewRecord(name, b"k", b"v", 2)])

        assert list(log.scan(TopicPartition(name, 0))) == []


class TestRecords:
    def test_records_of_a_partition_keep_their_order_and_their_offsets_grow(self, log: EventLog) -> None:
        name = topic(log)
        for start in range(0, 50, 10):
            put(log, name, *(b"%d" % n for n in range(start, start + 10)))

        records = list(log.scan(TopicPartition(name, 0)))

        assert values(records) == [b"%d" % n for n in range(50)]
        offsets = [record.offset for record in records]
        assert offsets == sorted(set(offsets))

    def test_a_record_goes_where_the_hash_of_its_key_says(self, log: EventLog) -> None:
        name = topic(log, 4)
        keys = [b"key-%d" % n for n in range(40)]
        log.append([NewRecord(name, key, b"v") for key in keys])

        found = {r.key: r.partition for p in range(4) for r in log.scan(TopicPartition(name, p))}

        assert found == {key: partition_of(key, 4) for key in keys}
        assert len(set(found.values())) == 4

    def test_an_explicit_partition_wins_over_the_key(self, log: EventLog) -> None:
        name = topic(log, 3)
        for partition in range(3):
            put(log, name, b"%d" % partition, key=b"same", partition=partition)

        assert [values(list(log.scan(TopicPartition(name, p)))) for p in range(3)] == [[b"0"], [b"1"], [b"2"]]

    @pytest.mark.parametrize(
        "value",
        [b"", None, b"\x00\xff", "Оружие 무기 武器 🚀".encode(), b"x" * 1_000_000],
        ids=["empty", "tombstone", "binary", "unicode", "1 MB"],
    )
    def test_any_value_comes_back_as_it_was(self, log: EventLog, value: bytes | None) -> None:
        name = topic(log)
        put(log, name, value, key="ключ".encode())

        (record,) = log.scan(TopicPartition(name, 0))

        assert (record.key, record.value) == ("ключ".encode(), value)

    def test_an_empty_key_is_a_key(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        put(log, name, b"a", b"b", key=b"")

        assert values(list(log.latest(name))) == [b"b"]

    def test_headers_and_timestamps_are_kept_to_the_millisecond(self, log: EventLog) -> None:
        name = topic(log)
        headers = (("trace", b"\x00\x01"), ("trace", b"again"), ("имя", b""))
        moment = datetime(2024, 2, 29, 23, 59, 59, 987_654, tzinfo=UTC)
        log.append([NewRecord(name, b"k", b"v", timestamp=moment, headers=headers)])

        (record,) = log.scan(TopicPartition(name, 0))

        assert record.headers == headers
        assert record.timestamp == moment.replace(microsecond=987_000)
        assert record.timestamp.utcoffset() == timedelta(0)

    def test_a_record_without_a_time_gets_the_clocks(self, log: EventLog, clock: Clock) -> None:
        name = topic(log)
        clock.now = T0 + timedelta(hours=5)
        put(log, name, b"v")

        (record,) = log.scan(TopicPartition(name, 0))

        assert record.timestamp == T0 + timedelta(hours=5)

    def test_an_append_writes_all_or_nothing(self, log: EventLog) -> None:
        name = topic(log)

        with pytest.raises(UnknownTopic):
            log.append([NewRecord(name, b"k", b"v"), NewRecord(unique("nowhere"), b"k", b"v")])

        assert list(log.scan(TopicPartition(name, 0))) == []


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


class TestCompacted:
    def test_latest_gives_one_record_a_key(self, log: EventLog) -> None:
        name = topic(log, 2, compacted=True)
        for value in (b"1", b"2", b"3"):
            log.append([NewRecord(name, key, key + value) for key in (b"a", b"b", b"c")])

        assert {r.key: r.value for r in log.latest(name)} == {b"a": b"a3", b"b": b"b3", b"c": b"c3"}

    def test_of_a_key_twice_in_one_append_the_later_counts(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        put(log, name, b"1", b"2", b"3")

        (record,) = log.latest(name)

        assert record.value == b"3"

    def test_a_tombstone_deletes_its_key(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        put(log, name, b"1", key=b"a")
        put(log, name, b"1", key=b"b")
        put(log, name, None, key=b"a")

        assert [r.key for r in log.latest(name)] == [b"b"]

    def test_a_key_comes_back_after_its_tombstone(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        put(log, name, b"1", None, b"2")

        assert values(list(log.latest(name))) == [b"2"]

    def test_a_reader_sees_a_deletion(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        put(log, name, b"1")
        reader = joined(log, unique("g"), name, 1)
        take(reader, 1)
        put(log, name, None)

        assert values(take(reader, 1)) == [None]

    def test_only_the_partitions_asked_for_are_given(self, log: EventLog) -> None:
        name = topic(log, 3, compacted=True)
        for partition in range(3):
            put(log, name, b"v", key=b"%d" % partition, partition=partition)

        assert {r.partition for r in log.latest(name, [0, 2])} == {0, 2}
        assert list(log.latest(name, [])) == []

    def test_latest_works_on_a_plain_topic_too(self, log: EventLog) -> None:
        name = topic(log, 2)
        for value in (b"1", b"2"):
            log.append([NewRecord(name, key, key + value) for key in (b"a", b"b")])

        assert {r.key: r.value for r in log.latest(name)} == {b"a": b"a2", b"b": b"b2"}

    def test_latest_is_as_it_was_at_the_call(self, log: EventLog) -> None:
        name = topic(log, compacted=True)
        for key in (b"a", b"b"):
            put(log, name, b"before", key=key)

        found = log.latest(name)
        for key in (b"a", b"b", b"c"):
            put(log, name, b"after", key=key)

        assert {r.key: r.value for r in found} == {b"a": b"before", b"b": b"before"}

    def test_state_follows_its_input_when_partitions_move(self, log: EventLog) -> None:
        source, state, group = topic(log, 2), topic(log, 2, compacted=True), unique("g")
        log.append([NewRecord(source, b"k%d" % n, b"v") for n in range(10)])
        reader = joined(log, group, source, 2)
        records = take(reader, 10)
        reader.commit([NewRecord(state, r.key, r.value, r.partition) for r in records])

        rebuilt = defaultdict(set)
        for partition in range(2):
            for record in log.latest(state, [partition]):
                rebuilt[partition].add(record.key)

        assert rebuilt == {p: {b"k%d" % n for n in range(10) if partition_of(b"k%d" % n, 2) == p} for p in range(2)}


class TestAsking:
    def test_scan_begins_at_the_offset(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a", b"b", b"c")
        source = TopicPartition(name, 0)
        offsets = [record.offset for record in log.scan(source)]

        assert values(list(log.scan(source, offsets[1]))) == [b"b", b"c"]
        assert list(log.scan(source, offsets[-1] + 1)) == []

    def test_scan_ends_where_the_partition_ended_at_the_call(self, log: EventLog) -> None:
        name = topic(log)
        put(log, name, b"a")

        found = log.scan(TopicPartition(name, 0))
        put(log, name, b"b")

        assert values(list(found)) == [b"a"]

    def test_offset_at_is_the_first_record_at_or_after_a_time(self, log: EventLog) -> None:
        name = topic(log)
        source = TopicPartition(name, 0)
        log.append([NewRecord(name, b"k", b"v", 0, T0 + timedelta(minutes=n)) for n in (0, 10, 20)])
        offsets = [record.offset for record in log.scan(source)]
        end = log.describe()[[p.source for p in log.describe()].index(source)].end

        asked = [-5, 0, 1, 10, 20, 21]

        assert [log.offset_at(source, T0 + timedelta(minutes=n)) for n in asked] == [
            offsets[0], offsets[0], offsets[1], offsets[1], offsets[2], end,
        ]  # fmt: skip

    def test_offset_at_of_an_empty_partition_is_its_end(self, log: EventLog) -> None:
        name = topic(log)

        assert log.offset_at(TopicPartition(name, 0), T0) == 0

    def test_describe_tells_every_partition(self, log: EventLog) -> None:
        name = topic(log, 2)
        put(log, name, b"a" * 100, b"b" * 100, partition=1)

        empty, full = sorted(p for p in log.describe() if p.source.topic == name)

        assert (empty.source.partition, empty.start, empty.end, empty.records, empty.size_bytes) == (0, 0, 0, 0, 0)
        assert (full.source.partition, full.records) == (1, 2)
        assert full.start < full.end
        assert full.size_bytes >= 200

    def test_rewinding_a_group_has_it_read_again(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a", b"b")
        reader = joined(log, group, name, 1)
        second = take(reader, 2)[1].offset
        reader.commit()
        reader.close()

        log.rewind(group, {TopicPartition(name, 0): second})

        assert values(take(joined(log, group, name, 1), 1)) == [b"b"]

    def test_rewinding_a_group_with_members_is_refused(self, log: EventLog) -> None:
        name, group = topic(log), unique("g")
        put(log, name, b"a")
        reader = joined(log, group, name, 1)
        take(reader, 1)
        reader.commit()
        before = log.positions(group)

        with pytest.raises(LogError, match=group):
            log.rewind(group, {TopicPartition(name, 0): 0})

        assert log.positions(group) == before


class TestRetention:
    def test_records_past_their_age_go_and_younger_ones_stay(self, log: EventLog) -> None:
        name = topic(log, retention=timedelta(days=5))
        for days in (9, 7, 4, 1):
            log.append([NewRecord(name, b"k", b"%d" % days, 0, T0 - timedelta(days=days))])

        removed = log.expire(T0)

        assert removed <= 2
        assert values(list(log.scan(TopicPartition(name, 0)))) == [b"4", b"1"]

    def test_without_retention_nothing_goes(self, log: EventLog) -> None:
        name = topic(log)
        log.append([NewRecord(name, b"k", b"old", 0, T0 - timedelta(days=9999))])

        log.expire(T0)

        assert values(list(log.scan(TopicPartition(name, 0)))) == [b"old"]

    def test_retention_can_be_set_anew(self, log: EventLog) -> None:
        name = topic(log)
        log.append([NewRecord(name, b"k", b"old", 0, T0 - timedelta(days=9))])
        log.create([TopicSpec(name, 1, retention=timedelta(days=1))])

        log.expire(T0)

        assert list(log.scan(TopicPartition(name, 0))) == []

    def test_a_reader_behind_goes_on_with_what_is_left(self, log: EventLog) -> None:
        name = topic(log, retention=timedelta(days=5))
        for days in (9, 7, 1):
            log.append([NewRecord(name, b"k", b"%d" % days, 0, T0 - timedelta(days=days))])
        reader = joined(log, unique("g"), name, 1)

        log.expire(T0)

        assert values(take(reader, 1)) == [b"1"]

    def test_offsets_are_not_used_again(self, log: EventLog) -> None:
        name, group = topic(log, retention=timedelta(days=5)), unique("g")
        log.append([NewRecord(name, b"k", b"old", 0, T0 - timedelta(days=9))])
        reader = joined(log, group, name, 1)
        old = take(reader, 1)[0]
        reader.commit()

        log.expire(T0)
        log.append([NewRecord(name, b"k", b"new", 0, T0)])

        (new,) = take(reader, 1)
        assert new.offset > old.offset
        assert log.positions(group) == {TopicPartition(name, 0): old.offset + 1}


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
