"""How records become rows: offsets, partitions and compaction. Planned without the database, then written in one go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from core.errors import LogError, UnknownTopic
from stream.log import NewRecord, Record, TopicPartition, partition_of
from stream.sqlite_schema import OFFSET_BITS, OFFSET_MASK, SEGMENT_BITS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_headers_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])

NewRow = tuple[int, int, bytes, bytes | None, bytes | None]  # id, time, key, headers, value


class TopicRow(NamedTuple):
    """A topic as the file keeps it."""

    name: str
    first: int  # number in the file of its partition 0
    partitions: int
    compacted: bool
    retention_ms: int | None

    def number(self, partition: int) -> int:
        """Give the number in the file of a partition.

        Raises:
            UnknownTopic: the topic has no such partition.
        """
        if not 0 <= partition < self.partitions:
            raise UnknownTopic(f"topic {self.name} has no partition {partition}, only {self.partitions}")
        return self.first + partition

    def sources(self) -> list[TopicPartition]:
        """List its partitions."""
        return [TopicPartition(self.name, partition) for partition in range(self.partitions)]


@dataclass(slots=True)
class Plan:
    """What an append will write."""

    rows: list[NewRow] = field(default_factory=list)
    latest: dict[tuple[int, bytes], NewRow] = field(default_factory=dict)  # of compacted topics
    ends: dict[int, int] = field(default_factory=dict)  # partition number -> its end afterwards


def topic_named(topics: Mapping[str, TopicRow], name: str) -> TopicRow:
    """Look up a topic.

    Raises:
        UnknownTopic: it was never created.
    """
    try:
        return topics[name]
    except KeyError:
        raise UnknownTopic(f"there is no topic {name}") from None


def plan(records: Sequence[NewRecord], topics: Mapping[str, TopicRow], ends: Mapping[int, int], now: datetime) -> Plan:
    """Give every record its partition, offset and time. Of a key in a compacted topic only the last one is kept.

    Raises:
        UnknownTopic: a record is for a topic or partition that does not exist.
    """
    planned = Plan()
    after = planned.ends
    default_time = to_ms(now)
    for record in records:
        topic = topics.get(record.topic) or topic_named(topics, record.topic)
        if record.partition is None:
            number = topic.first + partition_of(record.key, topic.partitions)
        else:
            number = topic.number(record.partition)
        offset = after[number] if number in after else ends[number]
        after[number] = offset + 1
        row = (
            number << OFFSET_BITS | offset,
            default_time if record.timestamp is None else to_ms(record.timestamp),
            record.key,
            msgspec.msgpack.encode(record.headers) if record.headers else None,
            record.value,
        )
        if topic.compacted:
            planned.latest[number, record.key] = row
        else:
            planned.rows.append(row)
    return planned


def write(connection: sqlite3.Connection, planned: Plan) -> None:
    """Write a plan within the transaction that is open.

    Raises:
        LogError: a record is larger than SQLite can hold (1 GB).
    """
    remove_superseded(connection, planned.latest)
    rows = planned.rows
    if planned.latest:
        rows = sorted([*rows, *planned.latest.values()])
    try:
        connection.executemany("INSERT INTO log_records (id, time, key, headers, value) VALUES (?, ?, ?, ?, ?)", rows)
    except (sqlite3.DataError, OverflowError) as error:
        raise LogError(f"a record is too large for the embedded log: {error}") from error
    connection.executemany(
        "INSERT OR REPLACE INTO log_latest (partition, key, id) VALUES (?, ?, ?)",
        [(number, key, row[0]) for (number, key), row in planned.latest.items()],
    )
    connection.executemany(
        "INSERT INTO log_segments (id, records, bytes, oldest, newest) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET records = records + excluded.records, bytes = bytes + excluded.bytes, "
        "oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)",
        _segments(rows),
    )
    connection.executemany(
        "UPDATE log_partitions SET next = ? WHERE id = ?", [(end, number) for number, end in planned.ends.items()]
    )


def remove_superseded(connection: sqlite3.Connection, keys: Iterable[tuple[int, bytes]]) -> None:
    """Remove the records that hold these keys of compacted partitions until now."""
    latest = "SELECT id FROM log_latest WHERE partition = ? AND key = ?"
    ids = [row[0] for key in keys if (row := connection.execute(latest, key).fetchone())]
    remove(connection, ids)


def remove(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Remove records by their row ids, and count them out of their segments."""
    removed: dict[int, tuple[int, int]] = {}
    for row_id in ids:
        (size,) = connection.execute("DELETE FROM log_records WHERE id = ? RETURNING size", (row_id,)).fetchone()
        records, total = removed.get(row_id >> SEGMENT_BITS, (0, 0))
        removed[row_id >> SEGMENT_BITS] = (records + 1, total + size)
    connection.executemany(
        "UPDATE log_segments SET records = records - ?, bytes = bytes - ? WHERE id = ?",
        [(records, total, segment) for segment, (records, total) in removed.items()],
    )
    connection.executemany("DELETE FROM log_segments WHERE id = ? AND records = 0", [(segment,) for segment in removed])


def to_record(source: TopicPartition, row: tuple[int, int, bytes, bytes | None, bytes | None]) -> Record:
    """Read a row of `log_records` (id, time, key, headers, value)."""
    row_id, time, key, headers, value = row
    return Record(
        source.topic,
        source.partition,
        row_id & OFFSET_MASK,
        from_ms(time),
        key,
        value,
        _headers_decoder.decode(headers) if headers else (),
    )


def to_ms(time: datetime) -> int:
    """Milliseconds since 1970, rounded down; the time must be aware."""
    return (time - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Read a time from milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _segments(rows: Sequence[NewRow]) -> list[tuple[int, int, int, int, int]]:
    found: dict[int, tuple[int, int, int, int, int]] = {}
    for row_id, time, key, headers, value in rows:
        segment = row_id >> SEGMENT_BITS
        size = len(key) + len(headers or b"") + len(value or b"")
        if (known := found.get(segment)) is None:
            found[segment] = (segment, 1, size, time, time)
        else:
            _, records, total, oldest, newest = known
            found[segment] = (segment, records + 1, total + size, min(oldest, time), max(newest, time))
    return list(found.values())
