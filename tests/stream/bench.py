"""What the tests of the worker share: a step that can fail, a bench to run it on, logs that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from core.codec import decode
from core.errors import LogUnavailable
from core.types import DeadLetter
from stream.log import Batch, EventLog, NewRecord, Reader, Record, Start, TopicPartition
from stream.retry import RetryPolicy
from stream.worker import Worker
from tests.stream.harness import PATIENCE, Clock, topic, unique, values

FAST = RetryPolicy(tries=3, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=5))
SETTLE = timedelta(milliseconds=50)


class Upper:
    """Writes every value in capitals, and counts records of each partition, as a step with state would.

    Args:
        source, target: the topics it reads and writes.
        trouble: called before a record is handled; may raise.
        states: what `gained` finds, and may raise; the count of each partition by default what `target` holds.
    """

    def __init__(
        self,
        log: EventLog,
        source: str,
        target: str,
        *,
        trouble: Callable[[Record], None] = lambda _: None,
        building: Callable[[], Mapping[TopicPartition, int]] = dict,
    ) -> None:
        self.name = unique("upper")
        self.inputs: Sequence[str] = (source,)
        self.calls: list[list[bytes | None]] = []
        self.told: list[tuple[str, set[int]]] = []
        self._log = log
        self._target = target
        self.writes_to = target
        self._trouble = trouble
        self._building = building
        self._counts: dict[int, int] = {}

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.told.append(("gained", {p.partition for p in partitions}))
        seek = self._building()
        for source in partitions:
            assert source.partition not in self._counts
            self._counts[source.partition] = sum(
                1 for _ in self._log.scan(TopicPartition(self._target, source.partition))
            )
        return seek

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        self.told.append(("lost", {p.partition for p in partitions}))
        for source in partitions:
            self._counts.pop(source.partition, None)

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        self.calls.append(values(records))
        made = []
        for record in records:
            self._counts[record.partition] += 1
            self._trouble(record)
            count = b"%d" % self._counts[record.partition]
            made.append(NewRecord(self.writes_to, count, (record.value or b"").upper(), record.partition))
        return made


def failing(*bad: bytes, times: int = 10**9) -> Callable[[Record], None]:
    """Fail on these values, so many times in all."""
    left = times

    def trouble(record: Record) -> None:
        nonlocal left
        if record.value in bad and left:
            left -= 1
            raise ValueError(f"cannot read {record.value!r}\nsecond line")

    return trouble


class Bench:
    """A log with a topic to read and one to write, and workers over it."""

    def __init__(self, log: EventLog, clock: Clock, partitions: int = 1) -> None:
        self.log, self.clock = log, clock
        self.source, self.target = topic(log, partitions), topic(log, partitions)
        self.dead = topic(log)

    def step(
        self, trouble: Callable[[Record], None] = lambda _: None, **more: Callable[[], Mapping[TopicPartition, int]]
    ) -> Upper:
        return Upper(self.log, self.source, self.target, trouble=trouble, **more)

    def worker(self, step: Upper, max_records: int = 500) -> Worker:
        return Worker(self.log, step, clock=self.clock, retry=FAST, max_records=max_records, dead_letters=self.dead)

    def made(self, partition: int = 0) -> list[tuple[bytes, bytes | None]]:
        return [(r.key, r.value) for r in self.log.scan(TopicPartition(self.target, partition))]

    def letters(self) -> list[DeadLetter]:
        return [decode(DeadLetter, r.value or b"") for r in self.log.scan(TopicPartition(self.dead, 0))]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.005)


class Running:
    """A worker in a thread of its own, stopped at the end."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.thread = threading.Thread(target=worker.run)

    def __enter__(self) -> Worker:
        self.thread.start()
        return self.worker

    def __exit__(self, *_: object) -> None:
        self.worker.stop()
        self.thread.join(PATIENCE.total_seconds())
        assert not self.thread.is_alive()


class Wrapped:
    """A log whose readers are wrapped."""

    def __init__(self, log: EventLog, wrap: Callable[[Reader], Any]) -> None:
        self._log = log
        self._wrap = wrap

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        return cast("Reader", self._wrap(self._log.reader(group, topics, start)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class Together(Wrapped):
    """A log whose readers give records in the same batch as the partitions they come from, as they may."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(log, TogetherReader)


class TogetherReader:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        batch = self._reader.read(max_records, timeout)
        return batch._replace(records=self._reader.read(max_records, timeout).records) if batch.gained else batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class Away:
    """A log that is away for so many calls of `reader` and of `read`, and otherwise the one given."""

    def __init__(self, log: EventLog, calls: int) -> None:
        self._log = log
        self.joins = self.reads = calls

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        self.joins -= 1
        if self.joins >= 0:
            raise LogUnavailable("no broker answers")
        return AwayReader(self._log.reader(group, topics, start), self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class AwayReader:
    def __init__(self, reader: Reader, log: Away) -> None:
        self._reader = reader
        self._away = log

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        self._away.reads -= 1
        if self._away.reads >= 0:
            raise LogUnavailable("no broker answers")
        return self._reader.read(max_records, timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)
