"""Reading partitions of a Kafka cluster from one offset to another, outside of any group."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import LogUnavailable
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translated
from stream.log import Record, TopicPartition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STALLED = 30.0  # seconds without any progress


def to_ms(moment: datetime) -> int:
    """Give a time as the cluster keeps it."""
    return (moment - _EPOCH) // _MILLISECOND


def to_record(source: TopicPartition, found: Any) -> Record:
    """Make a record of what the client brought. Without a key, which others may write, the key is empty."""
    return Record(
        source.topic,
        source.partition,
        found.offset,
        _EPOCH + found.timestamp * _MILLISECOND,
        found.key or b"",
        found.value,
        tuple((name, value or b"") for name, value in found.headers),
    )


def read(
    settings: KafkaSettings, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Iterator[Record]:
    """Yield the committed records between offsets, in order within each partition.

    Raises:
        LogUnavailable: they don't come.
    """
    left = {settings.foreign(source): end for source, end in ends.items() if starts[source] < end}
    if not left:
        return
    consumer = settings.consumer()
    try:
        with translated():
            consumer.assign(list(left))
            for source in left:
                consumer.seek(source, starts[settings.own(source)])
        yield from _records(settings, consumer, left)
    finally:
        consumer.close(autocommit=False)


def _records(settings: KafkaSettings, consumer: Any, left: dict[Any, int]) -> Iterator[Record]:
    moved = time.monotonic()
    before: dict[Any, int] = {}
    while left:
        with translated():
            found = consumer.poll(timeout_ms=100, max_records=500)
        for source, records in found.items():
            own = settings.own(source)
            for each in records:
                if each.offset < left.get(source, 0):
                    yield to_record(own, each)
        with translated():
            reached = {source: consumer.position(source) for source in left}  # beyond marks of transactions too
        left = {source: end for source, end in left.items() if reached[source] < end}
        if reached != before:
            moved, before = time.monotonic(), reached
        elif time.monotonic() - moved > _STALLED:
            raise LogUnavailable("the broker gives no more records")
