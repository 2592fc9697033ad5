"""An embedded log moves to a real broker: offsets get gaps there, and every reader still goes on where it stood."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LogError, UserError
from stream.copying import copy
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import NewRecord, TopicPartition
from stream.sqlite import SqliteLog
from tests.stream.copied import SMALL, SPECS, DyingAfter, Killed, assert_alike, copied, filled, ignore, number
from tests.stream.harness import Clock, take, unique

ITEMS = TopicPartition("armswatch.items", 0)


@pytest.fixture
def cluster(kafka_settings: KafkaSettings, clock: Clock) -> Iterator[KafkaLog]:
    """A corner of the shared broker of our own."""
    with KafkaLog(replace(kafka_settings, topic_prefix=unique("copy") + "."), clock=clock) as log:
        yield log


@pytest.fixture
def source(tmp_path: Path, clock: Clock) -> Iterator[SqliteLog]:
    """A log whose partitions do not begin at 0, with superseded records, and with groups at every place."""
    with SqliteLog(tmp_path / "log.sqlite", clock=clock) as log:
        stories = [NewRecord("armswatch.stories", b"s%d" % (at % 3), b"v%d" % at, 1) for at in range(5)]
        gone = [NewRecord("armswatch.stories", b"s0", None, 1)]
        filled(log, [*number(12), *number(4, partition=1), *number(2, "armswatch.alerts.arms"), *stories, *gone], {})
        log.rewind("match", {ITEMS: 7, TopicPartition("armswatch.items", 1): 4})
        log.rewind("alert", {TopicPartition("armswatch.stories", 1): 5})
        log.rewind("other", {ITEMS: 0})
        yield log


def test_all_arrives_once_though_it_is_broken_off_there_and_back(
    source: SqliteLog, cluster: KafkaLog, clock: Clock
) -> None:
    copied(source, cluster, 2, 4, 12)

    assert_alike(source, cluster)
    assert cluster.positions("match")[ITEMS] > 7, "offsets have no gaps here: this shows nothing"
    with SqliteLog(None, clock=clock) as back:
        copied(cluster, back, 3)
        assert_alike(source, back)
    info = next(each for each in cluster.describe() if each.source.partition == 1 and "items" in each.source.topic)
    assert cluster.positions("match")[info.source] == info.end
    reader = cluster.reader("match", ["armswatch.items"])
    assert [record.value for record in take(reader, 5)] == [b"v%d" % at for at in range(7, 12)]
    with pytest.raises(UserError, match="copied to already"):
        copied(source, cluster)


def test_killed_in_mid_copy_it_goes_on(source: SqliteLog, cluster: KafkaLog, tmp_path: Path) -> None:
    source.append(number(300, first=12))
    source.close()
    settings = cluster.settings
    program = [sys.executable, "-m", "tests.stream.log_copier", str(tmp_path / "log.sqlite"), settings.topic_prefix]
    cluster.create(SPECS)
    process = subprocess.Popen([*program, *settings.bootstrap_servers], stdout=subprocess.PIPE)
    assert process.stdout
    for _ in range(4):
        assert process.stdout.readline(), "it ended before it was killed"
    time.sleep(0.02)
    process.kill()
    process.communicate()
    with SqliteLog(tmp_path / "log.sqlite", clock=Clock()) as again:
        done = copy(again, cluster, SPECS, tell=ignore, limits=SMALL)

        assert_alike(again, cluster)
    assert done.resumed
    assert 0 < sum(each.copied for each in done.partitions) < sum(each.kept for each in done.partitions)


def test_a_compacted_topic_is_read_again_where_superseded_records_stand_between(
    source: SqliteLog, cluster: KafkaLog
) -> None:
    stories = TopicPartition("armswatch.stories", 0)
    source.append([NewRecord("armswatch.stories", key, b"old", 0) for key in (b"a", b"b", b"c")])
    source.rewind("archive", {stories: 0})
    with pytest.raises(Killed):
        copy(source, cluster, SPECS, tell=DyingAfter(0), limits=SMALL)
    refused_on(cluster)  # what was aborted does not make the target look used
    with pytest.raises(Killed):
        copy(source, cluster, SPECS, tell=DyingAfter(12), limits=SMALL)
    source.append([NewRecord("armswatch.stories", b"b", b"new", 0)])

    copied(source, cluster)

    left = [record.value for record in cluster.scan(stories, cluster.positions("archive")[stories])]
    assert left == [b"old", b"old", b"old", b"new"]


def test_records_that_the_broker_refuses_are_named(cluster: KafkaLog, clock: Clock) -> None:
    with SqliteLog(None, clock=clock) as log:
        filled(log, [*number(4), NewRecord("armswatch.items", b"large", b"x" * 3_000_000, 0)], {})

        with pytest.raises(LogError, match=r"armswatch\.items/0, records 4 to 4 of the source: .*refuses"):
            copied(log, cluster)


def refused_on(cluster: KafkaLog) -> None:
    """Leave an aborted transaction: its records are there for nobody."""
    records = [NewRecord("armswatch.items", b"k", b"v", 0), NewRecord("armswatch.items", b"k", b"x" * 3_000_000, 1)]
    with pytest.raises(LogError):
        cluster.append(records)
    with pytest.raises(StopIteration):
        next(cluster.scan(ITEMS))
    assert next(each.end for each in cluster.describe() if each.source == ITEMS) > 0, "nothing was aborted there"
