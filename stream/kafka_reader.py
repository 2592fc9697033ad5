"""A member of a group that reads from a Kafka cluster."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from core.errors import LogError, LogUnavailable, PartitionsLost
from stream.kafka_client import KafkaSettings, milliseconds
from stream.kafka_errors import translated
from stream.kafka_membership import Membership
from stream.kafka_scan import to_record
from stream.kafka_transactions import Outgoing, Transactions
from stream.log import Batch, NewRecord, Record, TopicPartition

_SLICE = 0.1  # seconds that a read waits at a time; a wake is seen between two
_ATTENDED_AFTER = 0.2  # seconds since the last read
_GIVEN_UP_AFTER = 240.0  # a stage that takes so long for a batch hangs; the group then goes on without it
_QUIET = 1.0  # seconds without a record, after which the group's positions move past marks of transactions
_FETCH = 500  # records taken from the client at once, so that a full partition does not starve another


class Host(Protocol):
    """What a reader needs of its log."""

    settings: KafkaSettings

    def outgoing(self, records: Sequence[NewRecord]) -> list[Outgoing]:
        """Decide partition and time of each record.

        Raises:
            UnknownTopic: one is for a topic that does not exist.
        """

    def check_answers(self) -> None:
        """Do nothing while the cluster answers.

        Raises:
            LogUnavailable: it has stopped to, which a client that waits for records does not tell.
        """

    def start_of(self, source: TopicPartition) -> int:
        """Tell where a partition begins."""

    def committed(self, group: str, sources: Iterable[TopicPartition]) -> None:
        """Note what was committed."""


@dataclass(slots=True)
class _Cursor:
    base: int  # the group's position
    next: int  # offset to read next
    committed: bool  # the group has a position at all
    moved: bool = False  # read or sought since the last commit
    went_back: bool = False  # sought to before the group's position since then
    ready: deque[Record] = field(default_factory=deque)  # fetched and not yet returned


class KafkaReader:
    """See `stream.log.Reader`.

    The client takes part in its group only while it is polled, and the others wait for it when partitions are shared
    out anew. So it is attended to in the background too, while a stage works on what it has read.

    Args:
        starts: where partitions are read from when the group has no position; those not in it from their beginning.
        name: of the worker, for its transactional id.
        left: called once it has left the group.
    """

    def __init__(
        self,
        host: Host,
        group: str,
        topics: Sequence[str],
        starts: Mapping[TopicPartition, int],
        name: str,
        left: Callable[[KafkaReader], None],
    ) -> None:
        self._host = host
        self._settings = host.settings
        self._group = group
        self._starts = starts
        self._left = left
        self._lock = threading.RLock()  # the client is not for several threads, and `close` may come from another
        self._woken = threading.Event()
        self._cursors: dict[TopicPartition, _Cursor] = {}
        self._lost_work = False  # a partition was lost after it was read and before that was committed
        self._unsure = False  # the group's positions must be read again
        self._closed = False
        self._turn = 0
        self._membership = Membership(self._settings, group, topics)
        self._transactions = Transactions(self._settings, name)
        self._polled = time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._attend, name=f"kafka-group-{group}", daemon=True).start()

    @property
    def _consumer(self) -> Any:
        return self._membership.consumer

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        """See `Reader.read`."""
        deadline = time.monotonic() + timeout.total_seconds()
        quiet_at = time.monotonic() + _QUIET
        while True:
            with self._lock:
                self._check_open()
                if self._unsure:
                    self._read_positions_again()
                self._poll(max_records, deadline - time.monotonic())
                self._polled = time.monotonic()
                gained, lost = self._membership.changes(self._cursors.keys())
                if gained or lost:
                    return self._take_over(gained, lost)
                records = self._take(max_records)
                over = time.monotonic() >= deadline
                if not records:
                    self._host.check_answers()
                if not records and max_records > 0 and (over or time.monotonic() >= quiet_at) and timeout:
                    quiet_at += _QUIET
                    self._pass_marks()
            if records or over or self._interrupted():
                return Batch(records)

    def commit(self, records: Sequence[NewRecord] = (), positions: Mapping[TopicPartition, int] | None = None) -> None:
        """See `Reader.commit`.

        With records alone, a position is committed as it is, so as to be refused when this is no longer a member.
        """
        with self._lock:
            if positions is None:
                positions = {source: cursor.next for source, cursor in self._cursors.items() if cursor.moved}
            try:
                self._check_ownership(positions)
                self._write(self._host.outgoing(records), positions)
            except BaseException as error:
                self._back_to_positions(sure=not isinstance(error, LogUnavailable))
                raise
            for source, position in positions.items():
                cursor = self._cursors[source]
                cursor.base, cursor.committed, cursor.went_back = position, True, False
                cursor.moved = cursor.next != position

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """See `Reader.seek`.

        Raises:
            PartitionsLost: a partition that `read` has not told it owns.
        """
        with self._lock:
            self._check_known(positions)
            for source, position in positions.items():
                cursor = self._cursors[source]
                self._go(source, max(position, 0))
                cursor.moved, cursor.went_back = True, cursor.went_back or position < cursor.base

    def wake(self) -> None:
        """See `Reader.wake`. When no read is waiting, the next one does not wait."""
        self._woken.set()

    def close(self) -> None:
        """See `Reader.close`."""
        self._woken.set()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._ended.set()
            self._transactions.close()
            self._consumer.close(autocommit=False, timeout_ms=milliseconds(self._settings.request_timeout))
        self._left(self)

    def _poll(self, max_records: int, remaining: float) -> None:
        """Let the client work, and take over what it has fetched."""
        ready = sum(len(cursor.ready) for cursor in self._cursors.values())
        wait = 0.0 if (ready and max_records) or self._woken.is_set() else min(max(remaining, 0.0), _SLICE)
        if self._membership.stuck:
            self._membership.join_anew(self._cursors.keys())
        if not self._membership.settled:
            wait = _SLICE  # the client does not get on with joining in less
        if max_records > 0:
            self._membership.release()
            if ready >= 2 * max(max_records, _FETCH):
                return
        with translated():
            most = 1 if max_records <= 0 else max_records if ready else max(max_records, _FETCH)
            found = self._consumer.poll(timeout_ms=int(wait * 1000), max_records=most)
            self._membership.note()
        for source, records in found.items():
            own = self._settings.own(source)
            if cursor := self._cursors.get(own):
                cursor.ready.extend(to_record(own, each) for each in records)

    def _attend(self) -> None:
        """Take part in the group between reads, but not for a stage that has stopped reading for good."""
        while not self._ended.wait(_SLICE):
            if not _ATTENDED_AFTER < time.monotonic() - self._polled < _GIVEN_UP_AFTER:
                continue
            with self._lock, suppress(LogError):  # the next read will meet it and tell
                if not self._closed:
                    self._poll(0, 0.0)

    def _take(self, max_records: int) -> list[Record]:
        """Take what is there, beginning with another partition each time."""
        sources = sorted(source for source, cursor in self._cursors.items() if cursor.ready)
        self._turn += 1
        turn = self._turn % max(len(sources), 1)
        records: list[Record] = []
        for source in sources[turn:] + sources[:turn]:
            cursor = self._cursors[source]
            count = min(len(cursor.ready), max_records - len(records))
            if count <= 0:
                continue
            records.extend(cursor.ready.popleft() for _ in range(count))
            cursor.next, cursor.moved = records[-1].offset + 1, True
        return records

    def _pass_marks(self) -> None:
        """Move the group's positions past marks of transactions, so that who has read everything is not behind.

        In a transaction too: what is committed in any other way may come late, and undo a later one.
        """
        past = {
            source: at
            for source, cursor in self._cursors.items()
            if cursor.committed
            and not cursor.moved
            and not cursor.ready
            and (at := self._reached(source)) > cursor.next
        }
        if not past or self._unsure or not self._membership.settled:
            return
        try:
            self._write([], past)
        except LogUnavailable:
            self._unsure = True
        except LogError:  # the next read tells what was lost
            return
        else:
            for source, at in past.items():
                self._cursors[source].base = self._cursors[source].next = at

    def _reached(self, source: TopicPartition) -> int:
        """Tell where the client is, which may be past marks of transactions."""
        foreign = self._settings.foreign(source)
        if foreign not in self._consumer.assignment():
            return 0
        with translated():
            return int(self._consumer.position(foreign, timeout_ms=0) or 0)

    def _take_over(self, gained: frozenset[TopicPartition], lost: frozenset[TopicPartition]) -> Batch:
        found = {source: self._position(source) for source in gained}
        for source in lost:
            self._lost_work |= self._cursors.pop(source).moved
        for source, committed in found.items():
            position = self._start_of(source) if committed is None else committed
            self._cursors[source] = _Cursor(position, position, committed is not None)
            self._go(source, position)
        self._membership.told()
        return Batch((), gained, lost)

    def _position(self, source: TopicPartition) -> int | None:
        with translated():
            found = self._consumer.committed(
                self._settings.foreign(source), timeout_ms=milliseconds(self._settings.abort_patience)
            )
        return None if found is None else int(found)

    def _start_of(self, source: TopicPartition) -> int:
        return self._starts[source] if source in self._starts else self._host.start_of(source)

    def _write(self, records: list[Outgoing], positions: Mapping[TopicPartition, int]) -> None:
        if not records and not positions:
            return
        moved = positions or {source: cursor.base for source, cursor in list(self._cursors.items())[:1]}
        self._transactions.write(records, moved, self._membership.proof() if moved else None)
        self._host.committed(self._group, moved)

    def _read_positions_again(self) -> None:
        self._transactions.renew()  # settles what was left open
        for source in list(self._cursors):
            cursor = self._cursors[source]
            committed = self._position(source)
            if not cursor.committed:
                cursor.base = self._start_of(source) if committed is None else committed
            elif cursor.went_back:
                cursor.base = cursor.base if committed is None else committed
            else:  # a lone broker that was killed may have forgotten a commit that it acknowledged; we have not
                cursor.base = max(committed or 0, cursor.base)
            self._go(source, cursor.base)
            cursor.moved = False
        self._unsure = False

    def _back_to_positions(self, *, sure: bool) -> None:
        self._lost_work = False
        self._unsure = self._unsure or not sure
        if self._closed:
            return
        for source, cursor in self._cursors.items():
            self._go(source, cursor.base)
            cursor.moved = False

    def _go(self, source: TopicPartition, position: int) -> None:
        cursor = self._cursors[source]
        cursor.next = position
        cursor.ready.clear()
        foreign = self._settings.foreign(source)
        if foreign in self._consumer.assignment():  # else it is lost, which the next read tells
            self._consumer.seek(foreign, position)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("this reader is closed")

    def _check_known(self, positions: Iterable[TopicPartition]) -> None:
        if unknown := sorted(set(positions) - self._cursors.keys()):
            raise PartitionsLost(f"not this reader's: {_shown(unknown)}")

    def _check_ownership(self, positions: Iterable[TopicPartition]) -> None:
        self._check_open()
        if self._unsure:
            raise LogUnavailable("an earlier outcome is not known yet: read first")
        if self._lost_work:
            raise PartitionsLost("a partition went to another reader before what was read of it was committed")
        self._check_known(positions)
        _, lost = self._membership.changes(self._cursors.keys())
        if lost:
            raise PartitionsLost(f"gone to another reader: {_shown(sorted(lost))}")

    def _interrupted(self) -> bool:
        woken = self._woken.is_set()
        self._woken.clear()
        return woken


def _shown(sources: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{source.topic}[{source.partition}]" for source in sources)
