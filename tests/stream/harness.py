"""What the tests of every log share: a clock to set, names of their own, and reading until something is so."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from stream.log import EventLog, NewRecord, Reader, Record, TopicPartition, TopicSpec

PATIENCE = timedelta(seconds=20)  # how long anything may take that must happen
GLANCE = timedelta(milliseconds=50)  # how long to look for what must not be there
_numbers = itertools.count()


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2025, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def unique(stem: str) -> str:
    """A name that no other test uses, so that a log may be shared."""
    return f"{stem}-{next(_numbers)}-{uuid.uuid4().hex[:6]}"


def topic(log: EventLog, partitions: int = 1, *, compacted: bool = False, retention: timedelta | None = None) -> str:
    """Create a topic of its own for a test."""
    name = unique("armswatch.topic")
    log.create([TopicSpec(name, partitions, compacted, retention)])
    return name


def put(log: EventLog, name: str, *values: bytes | None, key: bytes = b"k", partition: int | None = 0) -> None:
    """Append values to one partition, in order."""
    log.append([NewRecord(name, key, value, partition) for value in values])


def values(records: Sequence[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def take(reader: Reader, count: int, max_records: int = 100) -> list[Record]:
    """Read until so many records are there, which must not be exceeded."""
    found: list[Record] = []
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} of {count} records came"
        found += reader.read(max_records, timedelta(milliseconds=200)).records
    assert len(found) == count
    return found


def nothing_more(reader: Reader) -> bool:
    return not reader.read(100, GLANCE).records


def settle(owned: Mapping[Reader, set[TopicPartition]], wanted: int) -> None:
    """Have members ask in turn after their partitions until all are shared out as evenly as can be.

    `owned` is kept as they are told.
    """
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        for reader, mine in owned.items():
            batch = reader.read(0, timedelta(0))
            mine.difference_update(batch.lost)
            mine.update(batch.gained)
        sizes = [len(mine) for mine in owned.values()]
        shared = set().union(*owned.values())
        if len(shared) == sum(sizes) == wanted and max(sizes) - min(sizes) <= 1:
            return
        assert time.monotonic() < deadline, f"partitions not shared out: {sizes}"
        time.sleep(0.01)


def joined(log: EventLog, group: str, name: str, partitions: int) -> Reader:
    """Join a group, as its only member, and wait until the partitions are ours."""
    reader = log.reader(group, [name])
    settle({reader: set()}, partitions)
    return reader
