"""What operators are told of the log: topics, groups and their lag, records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from armswatch import logtools, wiring
from armswatch.inquiry import status
from config.loader import Config
from core import catalogue
from core.errors import StorageUnusable, UserError
from stream.log import NewRecord, PartitionInfo, TopicPartition
from tests.armswatch.desk import TOPIC, opened


def test_topics_hold_what_was_written_to_them(desk: Config) -> None:
    found = {topic.topic: topic for topic in logtools.topics(desk)}

    assert set(found) == {spec.name for spec in wiring.topic_specs(desk)}
    assert {name: topic.kind == "compacted" for name, topic in found.items()} == {
        spec.name: spec.compacted for spec in wiring.topic_specs(desk)
    }
    items = found[catalogue.ITEMS]
    assert (items.records, len(items.partitions)) == (7, 4)
    assert sum(each.records for each in items.partitions) == 7
    assert all((each.newest or 0) - (each.oldest or 0) == each.records - 1 for each in items.partitions if each.records)
    assert all((each.oldest, each.newest) == (None, None) for each in items.partitions if not each.records)
    assert items.bytes > 1_000


def test_groups_lag_as_status_says(desk: Config) -> None:
    with opened(desk) as log:
        log.append([NewRecord(catalogue.ITEMS, b"k", b"{}", 0), NewRecord(TOPIC, b"k", b"{}", 1)])

    found = {group.group: group for group in logtools.groups(desk)}

    assert {name: group.lag for name, group in found.items()} == {"match": 1, "alert": 0, "archive": 2}
    for lag in status(desk, timedelta(days=1)).groups:
        assert lag in found[lag.group].partitions


def test_a_group_that_shares_work_out_has_no_lag_and_one_of_a_stranger_has() -> None:
    feeds, other = TopicPartition(catalogue.FEEDS, 0), TopicPartition(catalogue.ITEMS, 0)
    there = [PartitionInfo(feeds, 0, 9, 9, 1), PartitionInfo(other, 2, 9, 7, 1)]

    found = logtools.group_reports(
        there, {"stranger": {other: 5}, "ingest": {feeds: 1}, "new": {}}, {"new": [other.topic]}
    )

    assert [(group.group, group.lag) for group in found] == [("ingest", None), ("new", 7), ("stranger", 4)]


def test_records_are_read_as_what_they_are(desk: Config) -> None:
    found = logtools.show(desk, "items", None, None, 2)

    assert 4 <= len(found) <= 8
    assert all(record.topic == catalogue.ITEMS and record.value["title"] and not record.trouble for record in found)
    assert logtools.show(desk, TOPIC, None, 0, 100)[0].value["data"]["headline"]


def test_records_are_the_newest_or_from_an_offset_on(desk: Config) -> None:
    with opened(desk) as log:
        log.append(
            [NewRecord(catalogue.DEAD_LETTERS, b"\xff", b"v%d" % at, 3, headers=(("h", b"\xfe"),)) for at in range(20)]
        )

    newest = logtools.show(desk, "dead-letters", 3, None, 3)
    assert [record.offset for record in newest] == [17, 18, 19]
    assert [record.offset for record in logtools.show(desk, "dead-letters", 3, 4, 2)] == [4, 5]
    assert logtools.show(desk, "dead-letters", 0, None, 3) == []
    assert (newest[0].key, newest[0].headers, newest[0].value) == ("\\xff", {"h": "\\xfe"}, "v17")
    assert newest[0].trouble.startswith("not a valid DeadLetter")


def test_a_tombstone_and_a_record_of_a_strange_topic_are_shown_too(desk: Config) -> None:
    with opened(desk) as log:
        log.create([wiring.topic_specs(desk)[0]._replace(name="armswatch.strange")])
        log.append([NewRecord("armswatch.strange", b"k", b"v", 0), NewRecord(catalogue.STORIES, b"none", None, 0)])

    strange, tombstone = logtools.show(desk, "strange", 0, None, 1)[0], logtools.show(desk, "stories", 0, None, 1)[0]
    assert (strange.value, strange.trouble) == ("v", "the program keeps no such topic")
    assert (tombstone.value, tombstone.trouble) == (None, "")


@pytest.mark.parametrize(
    ("topic", "partition", "said"), [("nope", None, "no topic 'nope'"), ("items", 9, "no partition 9")]
)
def test_what_is_not_there_is_named(desk: Config, topic: str, partition: int | None, said: str) -> None:
    with pytest.raises(UserError, match=said):
        logtools.show(desk, topic, partition, None, 1)


def test_without_a_log_each_says_so(desk: Config) -> None:
    wiring.log_path(desk).unlink()
    for ask in (logtools.topics, logtools.groups):
        with pytest.raises(StorageUnusable, match="no event log"):
            ask(desk)
