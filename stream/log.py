"""The contract of the event log. Bytes in, bytes out.

Two kinds of object: the `EventLog`, from which everything is opened (its operators' half is `LogAdmin`), and the
`Reader`, a member of a group.

What every implementation keeps:

- A topic has a fixed number of partitions, set when it is created. Records of one partition are totally ordered;
  their offsets grow, with gaps allowed. A *position* is the offset of the next record to read.
- A record without an explicit partition goes to `partition_of(key, partitions)`, the same in every implementation.
- `Reader.commit` is atomic and exact: it appends all records and moves the group's positions, or does neither.
  Readers see only what was committed.
- Partitions are shared out among a group's members. Each `read` tells which partitions were gained or lost since the
  last one; work on lost ones cannot be committed any more.
- Threads: an `EventLog` may be used from any thread; a `Reader` from one thread at a time.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

Start = Literal["earliest", "latest"]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class TopicSpec(NamedTuple):
    """How a topic is to be kept."""

    name: str
    partitions: int
    compacted: bool = False  # only the latest value per key need be kept
    retention: timedelta | None = None  # None: for ever


class NewRecord(NamedTuple):
    """A record to append."""

    topic: str
    key: bytes
    value: bytes | None  # None: a tombstone, which deletes the key from a compacted topic
    partition: int | None = None  # None: by the hash of the key
    timestamp: datetime | None = None  # None: the log's clock at the append
    headers: tuple[tuple[str, bytes], ...] = ()


class Record(NamedTuple):
    """A record as read."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime  # aware, UTC, to the millisecond
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def source(self) -> TopicPartition:
        """The partition it was read from."""
        return TopicPartition(self.topic, self.partition)


class Batch(NamedTuple):
    """What one `read` brought."""

    records: Sequence[Record]
    gained: frozenset[TopicPartition] = frozenset()
    lost: frozenset[TopicPartition] = frozenset()


class PartitionInfo(NamedTuple):
    """What an operator may ask of one partition."""

    source: TopicPartition
    start: int  # offset of the oldest record kept, or `end` when empty
    end: int  # offset that the next record will get
    records: int  # at most so many, where a log cannot count them in good time
    size_bytes: int


class Reader(Protocol):
    """A member of a group. Reads records, and commits what came of them."""

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        """Return up to `max_records` records, waiting up to `timeout` for the first.

        Returns at once when there are records, or when partitions were gained or lost; wakes as soon as a record is
        committed. `max_records=0` only asks after partitions. A newly gained partition is read from the group's
        position, else from the reader's `start`.

        Raises:
            LogUnavailable: for now; read again later.
        """

    def commit(self, records: Sequence[NewRecord] = (), positions: Mapping[TopicPartition, int] | None = None) -> None:
        """Append the records and move the group's positions, all or nothing, durably.

        `positions` defaults to just after the last record that `read` returned of each partition.
        When it raises, nothing was written and the reader is back at the group's positions: what was read since
        the last commit will be read again.

        Raises:
            PartitionsLost: a partition read from is no longer ours.
            UnknownTopic: a record is for a topic that does not exist.
            LogUnavailable: for now; try again later.
        """

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read on from these positions, for partitions it owns. Durable only at the next commit."""

    def wake(self) -> None:
        """Make a `read` that is waiting in another thread return at once, empty. Allowed from any thread."""

    def close(self) -> None:
        """Leave the group. Uncommitted work is dropped. Idempotent."""


class LogAdmin(Protocol):
    """What operators ask of a log and do to it."""

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """Return the offset of the first record at or after the time, or the partition's end."""

    def describe(self) -> Sequence[PartitionInfo]:
        """List every partition of every topic."""

    def positions(self, group: str) -> Mapping[TopicPartition, int]:
        """Return the committed positions of a group; empty when it never committed."""

    def groups(self) -> Sequence[str]:
        """List the groups that have positions."""

    def rewind(self, group: str, positions: Mapping[TopicPartition, int]) -> None:
        """Set positions of a group that has no member now.

        Raises:
            LogError: the group has members.
        """

    def expire(self, now: datetime) -> int:
        """Delete records past their topic's retention; return how many, or at most how many. Positions stay."""


class EventLog(LogAdmin, Protocol):
    """An event log."""

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """Create the topics that do not exist; set retention anew on those that do.

        Raises:
            PartitionMismatch: a topic exists with another number of partitions, or of the other kind.
        """

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append records outside of any group, all or nothing, durably.

        Raises:
            UnknownTopic, LogUnavailable: as in `Reader.commit`.
        """

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        """Join a group that reads these topics. `start` holds where the group has no position yet.

        Raises:
            UnknownTopic: a topic does not exist.
        """

    def latest(self, topic: str, partitions: Collection[int] | None = None) -> Iterator[Record]:
        """Yield the latest record of each key, tombstones left out, as committed at the call; order is not told."""

    def scan(self, source: TopicPartition, start: int = 0) -> Iterator[Record]:
        """Yield the records of a partition from an offset up to the end as it is at the call, outside of any group."""

    def close(self) -> None:
        """Close every reader and let go of the storage. Idempotent."""


def partition_of(key: bytes, partitions: int) -> int:
    """Choose the partition of a key: CRC-32 modulo their number."""
    return zlib.crc32(key) % partitions
