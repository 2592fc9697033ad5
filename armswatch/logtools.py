"""What `armswatch log` tells of the event log: topics, reader groups and their lag, records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, groupby, islice
from typing import Any

import msgspec

from archive.status import group_lags
from armswatch import wiring
from armswatch.archive_file import archived
from armswatch.replaying import inputs
from config.loader import Config
from core import catalogue
from core.codec import decode
from core.errors import CodecError, UserError
from core.log_reports import GroupReport, Kind, PartitionReport, ShownRecord, TopicReport
from core.types import Alert, DeadLetter, FeedState, Item, Match, Story
from stream.copying import FINISHED, PROGRESS
from stream.log import EventLog, PartitionInfo, Record, TopicPartition

_PREFIX = "armswatch."  # may be left out
_SHARING = frozenset({"ingest"})  # groups that only share work out: they read nothing
_COPYING = frozenset({PROGRESS, FINISHED})
_GAPS = 4  # offsets looked at for each record wanted: on Kafka each transaction takes one more
_HOLDS: Mapping[str, type[Any]] = {
    catalogue.ITEMS: Item,
    catalogue.FEEDS: FeedState,
    catalogue.MATCHES: Match,
    catalogue.STORIES: Story,
    catalogue.DEAD_LETTERS: DeadLetter,
}


def topics(config: Config) -> tuple[TopicReport, ...]:
    """Describe every topic of the log.

    Raises:
        StorageUnusable, LogUnavailable: there is no log yet, or it cannot be read.
    """
    with closing(wiring.read_log(config)) as log:
        partitions = sorted(log.describe())
    found = groupby(partitions, lambda info: info.source.topic)
    return tuple(_topic(name, tuple(map(_partition, infos))) for name, infos in found)


def groups(config: Config) -> tuple[GroupReport, ...]:
    """Tell how far each reader group is.

    Raises:
        StorageUnusable, LogUnavailable: there is no log yet, or it cannot be read.
    """
    with closing(wiring.read_log(config)) as log:
        positions = {group: log.positions(group) for group in log.groups() if group not in _COPYING}
        if "archive" in positions:
            positions["archive"] = archived(config)
        reads = inputs(config)
        return group_reports(log.describe(), positions, {group: reads.get(_stage(group), ()) for group in positions})


def _stage(group: str) -> str:
    """Tell whose group it is: on Kafka each archive has one of its own."""
    return group.partition(".")[0]


def group_reports(
    partitions: Sequence[PartitionInfo],
    positions: Mapping[str, Mapping[TopicPartition, int]],
    reads: Mapping[str, Sequence[str]],
) -> tuple[GroupReport, ...]:
    """Put the groups' lags together; a group reads what it is known to read, and where it has a position."""
    topics = {
        group: {*reads.get(group, ()), *(source.topic for source in positions[group])} for group in sorted(positions)
    }
    lags = group_lags(partitions, positions, {group: sorted(names) for group, names in topics.items()})
    return tuple(
        GroupReport(
            group,
            None if group in _SHARING else sum(lag.lag for lag in lags if lag.group == group),
            tuple(lag for lag in lags if lag.group == group),
        )
        for group in topics
    )


def show(config: Config, topic: str, partition: int | None, start: int | None, limit: int) -> list[ShownRecord]:
    """Read records of a topic: up to `limit` of each partition, from an offset, or the newest when it is None.

    Raises:
        UserError: there is no such topic or partition.
    """
    with closing(wiring.read_log(config)) as log:
        there = sorted(log.describe())
        names = {info.source.topic for info in there}
        name = topic if topic in names else f"{_PREFIX}{topic}"
        wanted = [info for info in there if info.source.topic == name and partition in {None, info.source.partition}]
        if not wanted:
            what = f"no topic {topic!r}" if name not in names else f"no partition {partition} of {name}"
            raise UserError(f"There is {what} on the log.", "See `armswatch log topics --partitions`.")
        return [_shown(record) for record in chain.from_iterable(_read(log, info, start, limit) for info in wanted)]


def _read(log: EventLog, info: PartitionInfo, start: int | None, limit: int) -> Iterator[Record]:
    if start is not None:
        return islice(log.scan(info.source, start), limit)
    return iter(deque(log.scan(info.source, max(info.start, info.end - _GAPS * limit)), maxlen=limit))


def _shown(record: Record) -> ShownRecord:
    value, trouble = _decoded(record)
    return ShownRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        time=record.timestamp,
        key=record.key.decode(errors="backslashreplace"),
        headers={name: text.decode(errors="backslashreplace") for name, text in record.headers},
        bytes=len(record.value or b""),
        value=value,
        trouble=trouble,
    )


def _decoded(record: Record) -> tuple[Any, str]:
    """Read a record's value as what its topic holds, or as text with the reason why it isn't that."""
    if record.value is None:
        return None, ""
    kind = Alert if record.topic.startswith(catalogue.ALERTS_PREFIX) else _HOLDS.get(record.topic)
    trouble = "the program keeps no such topic"
    if kind is not None:
        try:
            return msgspec.to_builtins(decode(kind, record.value)), ""
        except CodecError as error:
            trouble = str(error)
    return record.value.decode(errors="backslashreplace"), trouble


def _topic(name: str, partitions: tuple[PartitionReport, ...]) -> TopicReport:
    records, size = sum(each.records for each in partitions), sum(each.bytes for each in partitions)
    return TopicReport(name, kind_of(name), records, size, partitions)


def kind_of(topic: str) -> Kind:
    """Tell how a topic is kept."""
    return "compacted" if topic in {catalogue.FEEDS, catalogue.STORIES} else "log"


def _partition(info: PartitionInfo) -> PartitionReport:
    empty = not info.records
    return PartitionReport(
        partition=info.source.partition,
        records=info.records,
        bytes=info.size_bytes,
        oldest=None if empty else info.start,
        newest=None if empty else info.end - 1,
    )
