"""What every event log keeps (stream/log.py): topics, records, questions, retention. Nothing here knows which log it is."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import LogError, PartitionMismatch, UnknownTopic
from stream.log import EventLog, NewRecord, TopicPartition, TopicSpec, partition_of
from tests.stream.harness import (
    Clock,
    joined,
    put,
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
