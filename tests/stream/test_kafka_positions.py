from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from tests.stream.harness import Clock, joined, put, take, topic, unique

SOON = timedelta(milliseconds=300)


@pytest.fixture
def log(kafka_settings: KafkaSettings, clock: Clock) -> Iterator[KafkaLog]:
    with KafkaLog(kafka_settings, clock=clock) as opened:
        yield opened


def test_a_group_that_has_read_everything_stands_at_the_end(log: KafkaLog) -> None:
    """Though the end lies past the mark of the last transaction, which no reader is given."""
    name, group = topic(log), unique("g")
    put(log, name, b"a", b"b")
    reader = joined(log, group, name, 1)
    take(reader, 2)
    reader.commit()
    (info,) = (each for each in log.describe() if each.source.topic == name)
    assert log.positions(group) == {info.source: info.end - 1}

    assert reader.read(10, SOON).records == []

    assert log.positions(group) == {info.source: info.end}
    put(log, name, b"c")
    assert [record.value for record in take(reader, 1)] == [b"c"]


def test_what_was_read_and_not_committed_is_not_passed(log: KafkaLog) -> None:
    name, group = topic(log), unique("g")
    put(log, name, b"a")
    reader = joined(log, group, name, 1)
    take(reader, 1)
    reader.commit()
    reader.read(10, SOON)
    before = log.positions(group)
    put(log, name, b"b")
    take(reader, 1)

    assert reader.read(10, SOON).records == []

    assert log.positions(group) == before


def test_a_group_that_never_committed_has_no_position_after_waiting(log: KafkaLog) -> None:
    name, group = topic(log), unique("g")
    put(log, name, b"a")
    reader = log.reader(group, [name], start="latest")
    while not reader.read(10, SOON).gained:
        pass

    assert reader.read(10, SOON).records == []

    assert log.positions(group) == {}
