"""Reading partitions of a Kafka cluster from one offset to another, outside of any group."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import LogError, LogUnavailable
from stream.kafka_client import KafkaSettings
from stream.kafka_errors import translated
from stream.log import Record, TopicPartition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_STALLED = 30.0  # seconds without any progress
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 5, 100


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
        tuple((name, value or b"") for name, value in found.headers) if found.headers else (),
    )


class Scanner:
    """Reads partitions outside of any group. May be used from any thread.

    Clients that are done are kept for the next scan: a new one knows no partition's leader, and takes .1 s to learn.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._closed = False

    def read(self, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> Iterator[Record]:
        """Yield the committed records between offsets, in order within each partition.

        Raises:
            LogUnavailable: they don't come.
        """
        left = {self._settings.foreign(source): end for source, end in ends.items() if starts[source] < end}
        if not left:
            return
        consumer = self._borrow()
        try:
            with translated():
                consumer.assign(list(left))
                for topic in {source.topic for source in left}:  # so asked for, leaders are known at once
                    consumer.partitions_for_topic(topic)
                for source in left:
                    consumer.seek(source, starts[self._settings.own(source)])
            yield from _records(self._settings, consumer, left)
        except LogError:
            consumer.close(autocommit=False)
            raise
        except BaseException:
            self._give_back(consumer)
            raise
        self._give_back(consumer)

    def close(self) -> None:
        """Let go of the connections. A scan under way ends as it is."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for consumer in idle:
            consumer.close(autocommit=False)

    def _borrow(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._settings.consumer()

    def _give_back(self, consumer: Any) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(consumer)
                return
        consumer.close(autocommit=False)


def _records(settings: KafkaSettings, consumer: Any, left: dict[Any, int]) -> Iterator[Record]:
    moved = time.monotonic()
    before: dict[Any, int] = {}
    wait_ms = _FIRST_WAIT_MS  # short, since getting past the mark of a transaction does not end a poll
    while left:
        with translated():
            found = consumer.poll(timeout_ms=wait_ms, max_records=500)
        for source, records in found.items():
            own = settings.own(source)
            for each in records:
                if each.offset < left.get(source, 0):
                    yield to_record(own, each)
        with translated():
            reached = {source: consumer.position(source) for source in left}  # beyond marks of transactions too
        left = {source: end for source, end in left.items() if reached[source] < end}
        if reached != before:
            moved, before, wait_ms = time.monotonic(), reached, _FIRST_WAIT_MS
        elif time.monotonic() - moved > _STALLED:
            raise LogUnavailable("the broker gives no more records")
        else:
            wait_ms = min(2 * wait_ms, _LONGEST_WAIT_MS)
