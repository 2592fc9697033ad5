"""Small logs to copy, and what must be the same of them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from stream.copying import FINISHED, PROGRESS, Limits, LogCopy, Step, copy
from stream.log import EventLog, NewRecord, TopicPartition, TopicSpec

T0 = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
KEPT = timedelta(days=36500)  # longer than any real clock is past these records: brokers expire by theirs
SPECS = (
    TopicSpec("armswatch.items", 2, retention=KEPT),
    TopicSpec("armswatch.stories", 2, compacted=True),
    TopicSpec("armswatch.alerts.arms", 1),
)
SOURCES = [TopicPartition(spec.name, number) for spec in SPECS for number in range(spec.partitions)]
SMALL = Limits(records=3, size_bytes=40, joining=timedelta(seconds=30))

Content = tuple[bytes, bytes | None, datetime, tuple[tuple[str, bytes], ...]]


class Killed(Exception):
    """Stands for whatever ends a copy."""


class DyingAfter:
    """Follows a copy's steps, and ends it after so many."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, step: Step) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


def ignore(step: Step) -> None:
    """Follow a copy in silence."""


def contents(log: EventLog, source: TopicPartition, start: int = 0) -> list[Content]:
    return [(record.key, record.value, record.timestamp, record.headers) for record in log.scan(source, start)]


def number(count: int, name: str = "armswatch.items", partition: int = 0, first: int = 0) -> list[NewRecord]:
    """Records that can be told apart, each a second younger than the last."""
    return [
        NewRecord(name, b"k%d" % at, b"v%d" % at, partition, T0 + timedelta(seconds=at), (("n", b"%d" % at),))
        for at in range(first, first + count)
    ]


def filled(log: EventLog, records: Sequence[NewRecord], positions: dict[str, dict[TopicPartition, int]]) -> None:
    log.create(SPECS)
    log.append(records)
    for group, where in positions.items():
        log.rewind(group, where)


def copied(source: EventLog, target: EventLog, *deaths: int) -> LogCopy:
    """Copy, killed after so many steps each time, and at last to the end."""
    for steps in deaths:
        try:
            return copy(source, target, SPECS, tell=DyingAfter(steps), limits=SMALL)
        except Killed:
            continue
    return copy(source, target, SPECS, tell=ignore, limits=SMALL)


def assert_alike(source: EventLog, target: EventLog) -> None:
    """Every record is there once, and each group goes on with the same one."""
    for which in SOURCES:
        wanted, found = contents(source, which), contents(target, which)
        assert found == wanted, (which, len(found), len(wanted), [each for each in wanted if each not in found])
    groups = set(source.groups())
    assert set(target.groups()) - {PROGRESS, FINISHED} == groups
    for group in groups:
        here, there = source.positions(group), target.positions(group)
        assert there.keys() == here.keys()
        for which, position in here.items():
            assert contents(target, which, there[which]) == contents(source, which, position), (group, which)
