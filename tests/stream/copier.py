"""A service in a process of its own, for tests that kill it. Usage: copier.py copy|append PATH."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from stream.log import EventLog, NewRecord, Record, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from stream.worker import Worker

SOURCE, TARGET, STATE = "source", "target", "state"
PARTITIONS = 3
TOPICS = [TopicSpec(SOURCE, PARTITIONS), TopicSpec(TARGET, PARTITIONS), TopicSpec(STATE, PARTITIONS, compacted=True)]


class Copy:
    """Copies every record, numbered by a count that is kept as state."""

    name = "copy"
    inputs: Sequence[str] = (SOURCE,)

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._counts: dict[int, int] = {}

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        self._counts |= {source.partition: 0 for source in partitions}
        for record in self._log.latest(STATE, self._counts):
            self._counts[record.partition] = int(record.value or b"")
        return {}

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        for source in partitions:
            del self._counts[source.partition]

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        made = []
        for record in records:
            count = self._counts[record.partition] = self._counts[record.partition] + 1
            made.append(NewRecord(TARGET, b"%d" % count, record.value, record.partition))
            made.append(NewRecord(STATE, b"count", b"%d" % count, record.partition))
        return made


def now() -> datetime:
    return datetime.now(UTC)


def main(what: str, path: Path) -> None:
    log = SqliteLog(path, clock=now)
    log.create(TOPICS)
    print("ready", flush=True)
    if what == "copy":
        Worker(log, Copy(log), clock=now, max_records=5).run()
        return
    done = sum(1 for _ in log.scan(TopicPartition(SOURCE, 0)))
    for number in itertools.count(done):
        log.append([NewRecord(SOURCE, b"k", b"%d" % number, partition) for partition in range(PARTITIONS)])
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
