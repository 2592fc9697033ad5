"""The event log on a Kafka cluster: exactly once, across processes and machines."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Self

from core.errors import LogError, UnknownTopic
from stream.kafka_admin import KafkaTopics
from stream.kafka_client import KafkaSettings
from stream.kafka_pulse import Pulse
from stream.kafka_reader import KafkaReader
from stream.kafka_scan import Scanner, to_ms
from stream.kafka_transactions import Outgoing, Transactions
from stream.log import NewRecord, PartitionInfo, Reader, Record, Start, TopicPartition, TopicSpec, partition_of

_COUNTED = 1000  # offsets up to which records are counted one by one


class KafkaLog:
    """See `stream.log.EventLog`.

    Offsets have gaps, where transactions ended. Members of a group may be of any process.

    Args:
        settings: where the cluster is.
        clock: gives records without a timestamp theirs.

    Raises:
        LogUnavailable: no broker answers.
    """

    def __init__(self, settings: KafkaSettings, *, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._clock = clock
        self._numbers = itertools.count()
        self._readers: list[KafkaReader] = []
        self._state = threading.Lock()  # guards the readers
        self._writing = threading.Lock()
        self._closed = False
        self._topics = KafkaTopics(settings)
        self._scanner = Scanner(settings)
        self._pulse = Pulse(settings)
        self._writer = Transactions(settings, f"append.{settings.slot}")

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """See `EventLog.create`."""
        self._check_open()
        self._topics.create(specs)

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `EventLog.append`."""
        self._check_open()
        if outgoing := self.outgoing(records):
            with self._writing:
                self._writer.write(outgoing, {})

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        """See `EventLog.reader`. "latest" means the end as it is now."""
        self._check_open()
        sources = [source for topic in topics for source in self._topics.sources(topic)]
        starts = self._topics.settled_ends(sources) if start == "latest" else {}
        name = f"{group}.{self.settings.slot}.{next(self._numbers)}"
        reader = KafkaReader(self, group, topics, starts, name, self._leave)
        self._pulse.begin()
        with self._state:
            self._readers.append(reader)
        return reader

    def latest(self, topic: str, partitions: Collection[int] | None = None) -> Iterator[Record]:
        """See `EventLog.latest`. Read at the call, since compaction may take away what was the latest at it."""
        self._check_open()
        sources = self._topics.sources(topic, partitions)
        ends = self._topics.settled_ends(sources)
        found: dict[tuple[int, bytes], Record] = {}
        for record in self._scanner.read(dict.fromkeys(sources, 0), ends):
            if record.value is None:
                found.pop((record.partition, record.key), None)
            else:
                found[record.partition, record.key] = record
        return iter(found.values())

    def scan(self, source: TopicPartition, start: int = 0) -> Iterator[Record]:
        """See `EventLog.scan`."""
        self._check_open()
        self._topics.sources(source.topic, [source.partition])
        return self._scanner.read({source: max(start, 0)}, self._topics.settled_ends([source]))

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """See `LogAdmin.offset_at`."""
        self._check_open()
        self._topics.sources(source.topic, [source.partition])
        end = self._topics.settled_ends([source])[source]
        wanted = to_ms(time)
        first = self._topics.first_at(source, wanted)
        if first is None:
            return end
        # What the broker found may be the mark of a transaction, which is as young as the day it was written.
        found = self._scanner.read({source: first}, {source: end})
        return next((record.offset for record in found if to_ms(record.timestamp) >= wanted), end)

    def describe(self) -> Sequence[PartitionInfo]:
        """See `LogAdmin.describe`. Of more than a thousand offsets, records are not counted but taken to be as many."""
        self._check_open()
        sizes = self._topics.sizes()
        bounds = self._topics.bounds(self._topics.all())
        counts = self._counts(bounds)
        return [
            PartitionInfo(source, start, end, counts[source], sizes.get(source, 0))
            for source, (start, end) in bounds.items()
        ]

    def positions(self, group: str) -> Mapping[TopicPartition, int]:
        """See `LogAdmin.positions`."""
        self._check_open()
        return self._topics.positions(group)

    def groups(self) -> Sequence[str]:
        """See `LogAdmin.groups`."""
        self._check_open()
        return self._topics.groups()

    def rewind(self, group: str, positions: Mapping[TopicPartition, int]) -> None:
        """See `LogAdmin.rewind`."""
        self._check_open()
        self._topics.rewind(group, positions)

    def expire(self, now: datetime) -> int:
        """See `LogAdmin.expire`. The brokers do it too, by their own clock."""
        self._check_open()
        sources = self._topics.all()
        kept = self._topics.kept({source.topic for source in sources})
        bounds = self._topics.bounds(sources)
        past: dict[TopicPartition, int] = {}
        for source, (start, end) in bounds.items():
            how = kept[source.topic]
            if how.retention_ms >= 0 and not how.compacted and start < end:
                past[source] = self._past(source, to_ms(now) - how.retention_ms)
        past = {source: at for source, at in past.items() if at > bounds[source][0]}
        removed = sum(self._counts({source: (bounds[source][0], at) for source, at in past.items()}).values())
        if past:
            self._topics.delete_before(past)
        return removed

    def close(self) -> None:
        """See `EventLog.close`."""
        with self._state:
            self._closed = True
            readers = list(self._readers)
        for reader in readers:
            reader.close()
        with self._writing:
            self._writer.close()
        self._pulse.end()
        self._scanner.close()
        self._topics.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def outgoing(self, records: Sequence[NewRecord]) -> list[Outgoing]:
        """See `Host.outgoing`."""
        now = to_ms(self._clock())
        return [
            Outgoing(
                self._target(record),
                record.key,
                record.value,
                record.headers,
                now if record.timestamp is None else to_ms(record.timestamp),
            )
            for record in records
        ]

    def check_answers(self) -> None:
        """See `Host.check_answers`."""
        self._pulse.check()

    def start_of(self, source: TopicPartition) -> int:
        """See `Host.start_of`."""
        return self._topics.bounds([source])[source][0]

    def committed(self, group: str, sources: Iterable[TopicPartition]) -> None:
        """See `Host.committed`."""
        self._topics.committed(group, sources)

    def _target(self, record: NewRecord) -> TopicPartition:
        count = self._topics.partitions(record.topic)
        partition = partition_of(record.key, count) if record.partition is None else record.partition
        if not 0 <= partition < count:
            raise UnknownTopic(f"topic {record.topic} has no partition {partition}, only {count}")
        return TopicPartition(record.topic, partition)

    def _past(self, source: TopicPartition, cutoff_ms: int) -> int:
        """Give the offset of the first record that is to stay."""
        end = self._topics.settled_ends([source])[source]
        first = self._topics.first_at(source, cutoff_ms)
        if first is None:
            return end
        found = self._scanner.read({source: first}, {source: end})
        return next((record.offset for record in found if to_ms(record.timestamp) >= cutoff_ms), end)

    def _counts(self, bounds: Mapping[TopicPartition, tuple[int, int]]) -> dict[TopicPartition, int]:
        """Count records between offsets, or where that takes too long, give the most that they can be."""
        counts = {source: max(end - start, 0) for source, (start, end) in bounds.items()}
        few = [source for source, count in counts.items() if 0 < count <= _COUNTED]
        counts |= dict.fromkeys(few, 0)
        for record in self._scanner.read(
            {source: bounds[source][0] for source in few}, {source: bounds[source][1] for source in few}
        ):
            counts[record.source] += 1
        return counts

    def _leave(self, reader: KafkaReader) -> None:
        with self._state, suppress(ValueError):
            self._readers.remove(reader)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("the log is closed")
