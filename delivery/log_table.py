"""What operators see of the event log: topics, groups, records, a replay, a copy. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from core.log_reports import CopyReport, GroupReport, ReplayReport, ShownRecord, TopicReport
from core.words import count, moment
from delivery.layout import Paint, columns, cut, safe

_NARROWEST = 60


def topics_text(topics: Sequence[TopicReport], *, partitions: bool, width: int, colour: bool) -> str:
    """Write a table of the topics, or of each of their partitions; of a topic the lowest and the highest offset."""
    header = ("topic", "kind", "partition" if partitions else "partitions", "records", "size", "oldest", "newest")
    rows = [row for topic in topics for row in (_partition_rows(topic) if partitions else [_topic_row(topic)])]
    return _table(header, rows, frozenset(range(2, 7)), width, colour)


def groups_text(groups: Sequence[GroupReport], *, partitions: bool, width: int, colour: bool) -> str:
    """Write each group's lag, and under it that of each topic it reads, or of each partition."""
    header = ("group", "topic", "partition" if partitions else "partitions", "position", "end", "lag")
    rows: list[list[str]] = []
    for group in groups:
        total = "shares out work, reads nothing" if group.lag is None else "in all"
        rows.append([safe(group.group), total, "", "", "", "" if group.lag is None else f"{group.lag:,}"])
        if group.lag is not None:
            rows += _each_partition(group) if partitions else _each_topic(group)
    if not partitions:
        return _table(_without(header), [_without(row) for row in rows], frozenset({2, 3}), width, colour, flexible=1)
    return _table(header, rows, frozenset(range(2, 6)), width, colour, flexible=1)


def records_text(records: Iterable[ShownRecord], *, width: int, colour: bool) -> str:
    """Write two lines of each record: where and when, and the beginning of what it holds."""
    paint, room = Paint(colour), max(width, _NARROWEST)
    lines = []
    for record in records:
        where = f"{safe(record.topic)}/{record.partition}@{record.offset}"
        headers = " ".join(f"{name}={text}" for name, text in record.headers.items())
        head = f"{where}  {moment(record.time)}  key {record.key or '(empty)'}  {record.bytes:,} bytes  {headers}"
        lines.append(paint(cut(safe(head), room), "bold"))
        lines.append("    " + cut(safe(_value_text(record)), room - 4))
    return "\n".join(lines)


def replay_text(report: ReplayReport, *, width: int, colour: bool) -> str:
    """Write how far a stage is set back, partition by partition, and what comes of it."""
    header = ("topic", "partition", "stood at", "set to", "end", "records")
    rows = [
        [
            safe(each.topic), str(each.partition), _offset(each.before), str(each.position), str(each.end),
            f"{each.records:,}",
        ]
        for each in report.partitions
    ]  # fmt: skip
    table = _table(header, rows, frozenset(range(1, 6)), width, colour)
    records = f"{count(report.records, 'record')} again"
    if report.dry_run:
        return f"{table}\nNothing was changed. Stage {report.stage} would handle {records}."
    return f"{table}\nStage {report.stage} will handle {records} when it next starts."


def copy_text(report: CopyReport, *, width: int, colour: bool) -> str:
    """Write what was copied of each topic, where the groups stand, and that it was compared."""
    header = ("topic", "partitions", "copied now", "there", "past their age")
    rows = [
        [safe(each.topic), str(each.partitions), f"{each.copied:,}", f"{each.records:,}", f"{each.expired:,}"]
        for each in report.topics
    ]
    groups: dict[str, int] = {}
    for lag in report.groups:
        groups[lag.group] = groups.get(lag.group, 0) + lag.lag
    stand = "; ".join(f"{safe(group)} {lag:,} behind" for group, lag in groups.items()) or "none"
    return "\n".join(
        [
            _table(header, rows, frozenset(range(1, 5)), width, colour),
            f"Every record there was compared with its original: {sum(each.records for each in report.topics):,}.",
            f"Reader groups go on where they stood: {stand}.",
        ]
    )


def size_text(size: int) -> str:
    """Write a number of bytes in the unit that makes it short."""
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= divisor:
            return f"{size / divisor:.1f} {unit}"
    return f"{size} B"


def _table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: frozenset[int],
    width: int,
    colour: bool,
    flexible: int = 0,
) -> str:
    paint = Paint(colour)
    head, *body = columns([header, *rows], width=max(width, _NARROWEST), flexible=flexible, right=right)
    return "\n".join([paint("  ".join(head).rstrip(), "dim"), *("  ".join(row).rstrip() for row in body)])


def _each_partition(group: GroupReport) -> list[list[str]]:
    return [
        ["", safe(each.topic), str(each.partition), str(each.position), str(each.end), f"{each.lag:,}"]
        for each in group.partitions
    ]


def _each_topic(group: GroupReport) -> list[list[str]]:
    lags: dict[str, list[int]] = {}
    for each in group.partitions:
        lags.setdefault(each.topic, []).append(each.lag)
    return [["", safe(topic), str(len(found)), "", "", f"{sum(found):,}"] for topic, found in lags.items()]


def _without(row: Sequence[str]) -> list[str]:
    """Leave out position and end, which only a partition has."""
    return [*row[:3], row[5]]


def _topic_row(topic: TopicReport) -> list[str]:
    oldest = min((each.oldest for each in topic.partitions if each.oldest is not None), default=None)
    newest = max((each.newest for each in topic.partitions if each.newest is not None), default=None)
    figures = [str(len(topic.partitions)), f"{topic.records:,}", size_text(topic.bytes)]
    return [safe(topic.topic), topic.kind, *figures, _offset(oldest), _offset(newest)]


def _partition_rows(topic: TopicReport) -> list[list[str]]:
    return [
        [
            safe(topic.topic), topic.kind, str(each.partition), f"{each.records:,}", size_text(each.bytes),
            _offset(each.oldest), _offset(each.newest),
        ]
        for each in topic.partitions
    ]  # fmt: skip


def _offset(offset: int | None) -> str:
    return "-" if offset is None else str(offset)


def _value_text(record: ShownRecord) -> str:
    if record.value is None:
        return "(tombstone: deletes the key)"
    text = record.value if isinstance(record.value, str) else json.dumps(record.value, ensure_ascii=False)
    return f"[{record.trouble}] {text}" if record.trouble else text
