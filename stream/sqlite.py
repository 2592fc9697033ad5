"""The embedded event log: one SQLite file, or memory. Durable, exactly once, one service at a time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import LogError, PartitionMismatch
from stream.log import NewRecord, Reader, Start, TopicPartition, TopicSpec
from stream.membership import Group
from stream.sqlite_append import Plan, TopicRow, plan, topic_named, write
from stream.sqlite_reader import SqliteReader
from stream.sqlite_readonly import ReadonlyLog
from stream.sqlite_retention import expire
from stream.sqlite_store import Store
from stream.sqlite_view import SqliteView, read_topics

_BUSY = timedelta(seconds=5)
_MOVE = (
    "INSERT INTO log_positions (reader_group, partition, position) VALUES (?, ?, ?) "
    "ON CONFLICT (reader_group, partition) DO UPDATE SET position = excluded.position"
)


class SqliteLog(SqliteView):
    """See `stream.log.EventLog`. The one service that writes a log file.

    Offsets are without gaps, but for compacted topics. Members of groups are those of this process.

    Args:
        path: the file, made if it is not there; None for a log in memory, gone when closed.
        clock: gives records without a timestamp theirs; it may jump.
        busy_timeout: how long to wait for another program that has the file locked.

    Raises:
        AlreadyRunning: another service has the file.
        StorageUnusable: it is damaged, of another program or version, or may not be written.
        LogUnavailable: it is locked, or the disk is full.
    """

    def __init__(self, path: Path | None, *, clock: Callable[[], datetime], busy_timeout: timedelta = _BUSY) -> None:
        self.store = Store(path, busy_timeout)
        super().__init__(self.store)
        self.state = threading.Lock()  # guards the fields below; whoever changes groups holds `store.lock` too
        self._clock = clock
        self._known: dict[str, TopicRow] = {}
        self._ends: dict[int, int] = {}
        self._stale = True  # the two above must be read from the file again
        self._groups: dict[str, Group] = {}
        self._members: dict[int, tuple[str, SqliteReader]] = {}
        self._ids = itertools.count()
        try:
            with self.store.lock:
                self._refresh()
        except BaseException:
            self.store.close()
            raise

    @staticmethod
    def open_readonly(path: Path, *, clock: Callable[[], datetime] | None = None) -> ReadonlyLog:
        """Open a log file to look at it, beside a service that may be running.

        Raises:
            StorageUnusable: there is none, or it cannot be read.
        """
        del clock  # nothing is written, so nothing gets a time
        return ReadonlyLog(path, _BUSY)

    def create(self, specs: Sequence[TopicSpec]) -> None:
        """See `EventLog.create`."""
        with self.store.lock:
            self._refresh()
            known = dict(self._known)
            with self.store.transaction() as connection:
                for spec in specs:
                    topic = known[spec.name] = _kept(spec, known)
                    connection.execute("INSERT OR REPLACE INTO log_topics VALUES (?, ?, ?, ?, ?)", topic)
                    connection.executemany(
                        "INSERT OR IGNORE INTO log_partitions VALUES (?, 0)",
                        [(topic.number(partition),) for partition in range(topic.partitions)],
                    )
                self._stale = True
            self._refresh()

    def append(self, records: Sequence[NewRecord]) -> None:
        """See `EventLog.append`."""
        with self.store.lock:
            self._write(records, ())

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        """See `EventLog.reader`. "latest" means the end as it is now."""
        with self.store.lock:
            self._refresh()
            numbers = {
                source: topic.number(source.partition)
                for topic in (topic_named(self._known, name) for name in topics)
                for source in topic.sources()
            }
            positions = self.positions(group)
            member = next(self._ids)
            reader = SqliteReader(self, member, numbers)
            with self.state:
                joined = self._groups.setdefault(group, Group())
                for source in numbers.keys() - positions.keys():
                    joined.starts.setdefault(source, 0 if start == "earliest" else self.end(source))
                self._members[member] = (group, reader)
                joined.join(member, numbers)
                self._tell(group)
        return reader

    def rewind(self, group: str, positions: Mapping[TopicPartition, int]) -> None:
        """See `LogAdmin.rewind`."""
        with self.store.lock:
            if group in self._groups:
                raise LogError(f"group {group} has members: stop the stage first")
            self._write((), self._moves(group, positions))

    def expire(self, now: datetime) -> int:
        """See `LogAdmin.expire`. Tombstones of compacted topics go after a day."""
        with self.state:
            topics = dict(self._known)
        return expire(self.store, topics, now)

    def close(self) -> None:
        """See `EventLog.close`. Waits for a write that is under way."""
        with self.store.lock:
            for _, reader in list(self._members.values()):
                reader.close()
            self.store.close()

    def owned(self, member: int) -> dict[TopicPartition, int]:
        """See `Host.owned`."""
        return self._groups[self._members[member][0]].owned(member)

    def end(self, source: TopicPartition) -> int:
        """See `Host.end`."""
        return self._ends[self._known[source.topic].number(source.partition)]

    def starting(self, member: int, sources: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `Host.starting`."""
        with self.state:
            group = self._group_of(member)
            starts = dict(self._groups[group].starts)
        positions = {**starts, **self.positions(group)}
        return {source: positions[source] for source in sources}

    def write(self, member: int, records: Sequence[NewRecord], positions: Mapping[TopicPartition, int]) -> None:
        """See `Host.write`."""
        self._write(records, self._moves(self._group_of(member), positions))

    def leave(self, member: int) -> None:
        """See `Host.leave`."""
        with self.store.lock, self.state:
            if member not in self._members:
                return
            group, _ = self._members.pop(member)
            self._groups[group].leave(member)
            if not self._groups[group]:
                del self._groups[group]
            self._tell(group)

    def _group_of(self, member: int) -> str:
        if member not in self._members:
            raise LogError("this reader is closed")
        return self._members[member][0]

    def _moves(self, group: str, positions: Mapping[TopicPartition, int]) -> list[tuple[str, int, int]]:
        return [
            (group, topic_named(self._known, source.topic).number(source.partition), max(position, 0))
            for source, position in positions.items()
        ]

    def _write(self, records: Sequence[NewRecord], moves: Sequence[tuple[str, int, int]]) -> None:
        self._refresh()
        planned = plan(records, self._known, self._ends, self._clock())
        with self.store.transaction() as connection:
            self._stale = True  # until the ends in memory are the file's again, however this goes
            if records:
                write(connection, planned)
            connection.executemany(_MOVE, moves)
        self._arrived(planned)

    def _arrived(self, planned: Plan) -> None:
        """Make what was committed known to the readers that wait for it."""
        with self.state:
            self._ends.update(planned.ends)
            self._stale = False
            for _, reader in self._members.values():
                reader.tell(planned.ends)

    def _tell(self, group: str) -> None:
        for name, reader in self._members.values():
            if name == group:
                reader.changed.notify_all()

    def _refresh(self) -> None:
        """Read topics and ends from the file if a write was cut short between the file and memory."""
        self.store.writer()
        if not self._stale:
            return
        topics = read_topics(self.store)
        ends: dict[int, int] = dict(self.store.query("SELECT id, next FROM log_partitions"))
        with self.state:
            self._known, self._ends, self._stale = topics, ends, False


def _kept(spec: TopicSpec, known: Mapping[str, TopicRow]) -> TopicRow:
    """Say how a topic is to be kept from now on.

    Raises:
        PartitionMismatch: it can't be, since it is there and differs.
    """
    if spec.partitions < 1:
        raise PartitionMismatch(f"topic {spec.name} needs at least 1 partition, not {spec.partitions}")
    retention = None if spec.retention is None else spec.retention // timedelta(milliseconds=1)
    old = known.get(spec.name)
    if old is None:
        first = max((topic.first + topic.partitions for topic in known.values()), default=0)
        return TopicRow(spec.name, first, spec.partitions, spec.compacted, retention)
    if old.partitions != spec.partitions:
        raise PartitionMismatch(
            f"topic {spec.name} has {old.partitions} partitions, not {spec.partitions}: their number is fixed "
            "when the log is made"
        )
    if old.compacted != spec.compacted:
        kind = "compacted" if old.compacted else "a plain log"
        raise PartitionMismatch(f"topic {spec.name} is {kind}, and that is fixed when it is made")
    return old._replace(retention_ms=retention)
