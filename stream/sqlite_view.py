"""What can be asked of a log file, by the service that writes it and by any other program beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Self

from stream.log import PartitionInfo, Record, TopicPartition
from stream.sqlite_append import TopicRow, to_ms, to_record, topic_named
from stream.sqlite_schema import OFFSET_BITS, OFFSET_MASK, SEGMENT_BITS, SEGMENT_MASK
from stream.sqlite_store import Row, Store

_PAGE = 500  # records of a scan fetched at once; between pages nobody is held up
_PAGE_OF = "SELECT id, time, key, headers, value FROM log_records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
_LATEST_COMPACTED = """
SELECT id, time, key, headers, value FROM log_records WHERE value IS NOT NULL AND id IN (
    SELECT id FROM log_latest WHERE partition IN (SELECT value FROM json_each(?)))
"""
_LATEST_PLAIN = """
SELECT id, time, key, headers, value FROM log_records WHERE value IS NOT NULL AND id IN (
    SELECT max(id) FROM log_records WHERE id >= ? AND id < ? AND id >> 40 IN (SELECT value FROM json_each(?))
    GROUP BY id >> 40, key)
"""
_DESCRIBE = """
SELECT p.id, p.next,
    (SELECT r.id FROM log_records r WHERE r.id >= p.id << 40 AND r.id < p.id + 1 << 40
     ORDER BY r.id LIMIT 1),
    coalesce(sum(s.records), 0), coalesce(sum(s.bytes), 0)
FROM log_partitions p LEFT JOIN log_segments s
    ON s.id >= p.id << 30 AND s.id < p.id + 1 << 30
GROUP BY p.id
"""


class SqliteView:
    """The half of an event log that only reads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self, topic: str, partitions: Collection[int] | None = None) -> Iterator[Record]:
        """See `EventLog.latest`. Holds a snapshot of the file until it is exhausted or dropped."""
        asked = self._topic(topic)
        wanted = range(asked.partitions) if partitions is None else sorted(set(partitions))
        numbers = [asked.number(partition) for partition in wanted]
        if asked.compacted:
            return _records(asked, self._store.stream(_LATEST_COMPACTED, (json.dumps(numbers),)))
        bounds = asked.first << OFFSET_BITS, asked.first + asked.partitions << OFFSET_BITS
        return _records(asked, self._store.stream(_LATEST_PLAIN, (*bounds, json.dumps(numbers))))

    def scan(self, source: TopicPartition, start: int = 0) -> Iterator[Record]:
        """See `EventLog.scan`. Fetches page by page: what is deleted meanwhile is left out."""
        number = self._topic(source.topic).number(source.partition)
        (end,) = self._store.query("SELECT next FROM log_partitions WHERE id = ?", (number,))[0]
        return self._scan(source, number << OFFSET_BITS | max(start, 0), number << OFFSET_BITS | end)

    def _scan(self, source: TopicPartition, low: int, high: int) -> Iterator[Record]:
        while rows := self._store.query(_PAGE_OF, (low, high, _PAGE)):
            yield from (to_record(source, row) for row in rows)
            low = rows[-1][0] + 1

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """See `LogAdmin.offset_at`. Records may be out of time order: it's the first by offset."""
        number = self._topic(source.topic).number(source.partition)
        wanted = to_ms(time)
        shift = OFFSET_BITS - SEGMENT_BITS
        segments = self._store.query(
            "SELECT id FROM log_segments WHERE id >= ? AND id < ? AND newest >= ? ORDER BY id",
            (number << shift, number + 1 << shift, wanted),
        )
        for (segment,) in segments:  # nearly always the first: only a deletion leaves a bound that nothing meets
            found = self._store.query(
                "SELECT id FROM log_records WHERE id BETWEEN ? AND ? AND time >= ? ORDER BY id LIMIT 1",
                (segment << SEGMENT_BITS, segment << SEGMENT_BITS | SEGMENT_MASK, wanted),
            )
            if found:
                return int(found[0][0]) & OFFSET_MASK
        return int(self._store.query("SELECT next FROM log_partitions WHERE id = ?", (number,))[0][0])

    def describe(self) -> Sequence[PartitionInfo]:
        """See `LogAdmin.describe`."""
        known = {topic.first + p.partition: p for topic in self._topics().values() for p in topic.sources()}
        return [
            PartitionInfo(known[number], end if first is None else first & OFFSET_MASK, end, records, size)
            for number, end, first, records, size in self._store.query(_DESCRIBE)
            if number in known
        ]

    def positions(self, group: str) -> Mapping[TopicPartition, int]:
        """See `LogAdmin.positions`."""
        rows = self._store.query("SELECT partition, position FROM log_positions WHERE reader_group = ?", (group,))
        known = {topic.first + p.partition: p for topic in self._topics().values() for p in topic.sources()}
        return {known[number]: position for number, position in rows}

    def groups(self) -> Sequence[str]:
        """See `LogAdmin.groups`."""
        return [group for (group,) in self._store.query("SELECT DISTINCT reader_group FROM log_positions")]

    def close(self) -> None:
        """See `EventLog.close`."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _topics(self) -> Mapping[str, TopicRow]:
        return read_topics(self._store)

    def _topic(self, name: str) -> TopicRow:
        return topic_named(self._topics(), name)


def read_topics(store: Store) -> dict[str, TopicRow]:
    """Read the table of topics."""
    rows = store.query("SELECT name, first, partitions, compacted, retention_ms FROM log_topics")
    return {
        name: TopicRow(name, first, partitions, bool(compacted), retention)
        for name, first, partitions, compacted, retention in rows
    }


def _records(topic: TopicRow, rows: Iterator[Row]) -> Iterator[Record]:
    sources = topic.sources()
    for row in rows:
        yield to_record(sources[(row[0] >> OFFSET_BITS) - topic.first], row)
