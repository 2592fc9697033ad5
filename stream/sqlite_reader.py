"""A member of a group that reads the embedded log."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.errors import LogError, PartitionsLost
from stream.log import Batch, NewRecord, Record, TopicPartition
from stream.sqlite_append import to_record
from stream.sqlite_schema import OFFSET_BITS
from stream.sqlite_store import Store

_BATCH_BYTES = 16_000_000  # a batch ends here, however many records were asked for
_READ = "SELECT id, time, key, headers, value FROM log_records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"


class Host(Protocol):
    """What a reader needs of its log."""

    store: Store
    state: threading.Lock  # guards what `owned` and `end` tell

    def owned(self, member: int) -> dict[TopicPartition, int]:
        """Tell a member's partitions, each with its epoch. Needs `state`."""

    def end(self, source: TopicPartition) -> int:
        """Tell where a partition ends. Needs `state`."""

    def starting(self, member: int, sources: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Tell from where a member reads partitions that it gained.

        Raises:
            LogError: it has left meanwhile.
        """

    def write(self, member: int, records: Sequence[NewRecord], positions: Mapping[TopicPartition, int]) -> None:
        """Append records and move the positions of a member's group, all or nothing. Needs `store.lock`."""

    def leave(self, member: int) -> None:
        """Take a member out of its group. Idempotent."""


@dataclass(slots=True)
class _Cursor:
    number: int  # of the partition, in the file
    epoch: int  # of its ownership, as told to the reader
    base: int  # the group's position
    next: int  # offset to read next
    moved: bool = False  # read or sought since the last commit


class SqliteReader:
    """See `stream.log.Reader`."""

    def __init__(self, host: Host, member: int, numbers: Mapping[TopicPartition, int]) -> None:
        self.changed = threading.Condition(host.state)  # told by the log when there is something for this reader
        self._host = host
        self._member = member
        self._numbers = numbers
        self._cursors: dict[TopicPartition, _Cursor] = {}
        self._lost_work = False  # a partition was lost after it was read and before that was committed
        self._woken = False
        self._closed = False
        self._turn = 0  # whose turn it is among the partitions

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        """See `Reader.read`. A batch is also cut off at about 16 MB."""
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            with self._host.state:
                gained, lost = self._wait(max_records, deadline)
                ends = {source: self._host.end(source) for source in self._cursors}
            if gained or lost:
                return self._take_over(gained, lost)
            records = self._fetch(max_records, ends)
            if records or time.monotonic() >= deadline or self._interrupted():
                return Batch(records)

    def commit(self, records: Sequence[NewRecord] = (), positions: Mapping[TopicPartition, int] | None = None) -> None:
        """See `Reader.commit`.

        It is refused while any partition that this reader was told it owns has gone to another member, whatever
        was read from it: so a stage that works on what it owns, not on what it reads, can't double that work either.
        """
        if positions is None:
            positions = {source: cursor.next for source, cursor in self._cursors.items() if cursor.moved}
        try:
            with self._host.store.lock:
                self._check_ownership(positions)
                if records or positions:
                    self._host.write(self._member, records, positions)
        except BaseException:
            self._back_to_positions()
            raise
        for source, position in positions.items():
            cursor = self._cursors[source]
            cursor.base = position
            cursor.moved = cursor.next != position

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """See `Reader.seek`.

        Raises:
            PartitionsLost: a partition that `read` has not told it owns.
        """
        self._check_known(positions)
        for source, position in positions.items():
            cursor = self._cursors[source]
            cursor.next = max(position, 0)
            cursor.moved = True

    def wake(self) -> None:
        """See `Reader.wake`. When no read is waiting, the next one does not wait."""
        with self._host.state:
            self._woken = True
            self.changed.notify_all()

    def close(self) -> None:
        """See `Reader.close`."""
        with self._host.state:
            self._closed = True
            self.changed.notify_all()
        self._host.leave(self._member)

    def tell(self, arrived: Collection[int]) -> None:
        """Wake a waiting read if it owns one of these partitions. Needs `state`."""
        if any(cursor.number in arrived for cursor in self._cursors.values()):
            self.changed.notify_all()

    def _wait(self, max_records: int, deadline: float) -> tuple[dict[TopicPartition, int], frozenset[TopicPartition]]:
        """Wait, with `state` held, until there is something; return the partitions gained and lost, if any."""
        while True:
            self._check_open()
            owned = self._host.owned(self._member)
            known = {source: cursor.epoch for source, cursor in self._cursors.items()}
            gained = dict(owned.items() - known.items())
            lost = frozenset(source for source, _ in known.items() - owned.items())
            remaining = deadline - time.monotonic()
            if gained or lost or self._woken or remaining <= 0 or (max_records > 0 and self._behind()):
                return gained, lost
            self.changed.wait(min(remaining, threading.TIMEOUT_MAX))

    def _behind(self) -> bool:
        return any(cursor.next < self._host.end(source) for source, cursor in self._cursors.items())

    def _interrupted(self) -> bool:
        with self._host.state:
            woken, self._woken = self._woken, False
        return woken

    def _take_over(self, gained: Mapping[TopicPartition, int], lost: frozenset[TopicPartition]) -> Batch:
        starting = self._host.starting(self._member, gained)
        with self._host.state:  # `tell` looks at the cursors from another thread
            for source in lost:
                self._lost_work |= self._cursors.pop(source).moved
            for source, epoch in gained.items():
                position = starting[source]
                self._cursors[source] = _Cursor(self._numbers[source], epoch, position, position)
        return Batch((), frozenset(gained), lost)

    def _fetch(self, max_records: int, ends: Mapping[TopicPartition, int]) -> list[Record]:
        """Read what is there, beginning with another partition each time, so that a full one starves none."""
        sources = sorted(source for source, cursor in self._cursors.items() if cursor.next < ends[source])
        if not sources or max_records <= 0:
            return []
        self._turn += 1
        turn = self._turn % len(sources)
        records: list[Record] = []
        budget = _BATCH_BYTES
        reached: dict[TopicPartition, tuple[int, bool]] = {}
        with self._host.store.reading() as connection:
            for source in sources[turn:] + sources[:turn]:
                if len(records) >= max_records or budget <= 0:
                    break
                cursor = self._cursors[source]
                base = cursor.number << OFFSET_BITS
                limit = max_records - len(records)
                found = 0
                for row in connection.execute(_READ, (base | cursor.next, base | ends[source], limit)):
                    records.append(to_record(source, row))
                    found += 1
                    budget -= len(row[2]) + len(row[4] or b"")
                    if budget <= 0:
                        break
                # With nothing left before the end (expired, or compacted away), go on from there.
                reached[source] = (records[-1].offset + 1, True) if found else (ends[source], cursor.moved)
        for source, (position, moved) in reached.items():
            cursor = self._cursors[source]
            cursor.next, cursor.moved = position, moved
        return records

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("this reader is closed")

    def _check_known(self, positions: Iterable[TopicPartition]) -> None:
        if unknown := sorted(set(positions) - self._cursors.keys()):
            raise PartitionsLost(f"not this reader's: {_shown(unknown)}")

    def _check_ownership(self, positions: Iterable[TopicPartition]) -> None:
        with self._host.state:
            self._check_open()
            owned = self._host.owned(self._member)
        if self._lost_work:
            raise PartitionsLost("a partition went to another reader before what was read of it was committed")
        self._check_known(positions)
        if lost := sorted(source for source, cursor in self._cursors.items() if owned.get(source) != cursor.epoch):
            raise PartitionsLost(f"gone to another reader: {_shown(lost)}")

    def _back_to_positions(self) -> None:
        self._lost_work = False
        for cursor in self._cursors.values():
            cursor.next, cursor.moved = cursor.base, False


def _shown(sources: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{source.topic}[{source.partition}]" for source in sources)
