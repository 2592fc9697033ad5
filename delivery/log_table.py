"""What operators see of the event log: topics, groups, records, a replay, a copy. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from core.log_reports import CopyReport, GroupReport, ReplayReport, ShownRecord, TopicReport
from core.words import count, moment
from delivery.layout import Paint, columns, cut, safe

_NARROWEST = 60


def topics_text(topics: Sequence[TopicReport], *, partitions: bool, width: int, colour: bool) -> str:
    """Write a table of the topics, or of each of their partitions."""
    header = ("topic", "kind", "partitions", "records", "size", "oldest", "newest")
    rows = [
        [
            safe(topic.topic), topic.kind, str(len(topic.partitions)), f"{topic.records:,}", size_text(topic.bytes),
            "", "",
        ]
        for topic in topics
    ]  # fmt: skip
    if partitions:
        header = ("topic", "kind", "partition", "records", "size", "oldest", "newest")
        rows = [
            [
                safe(topic.topic), topic.kind, str(each.partition), f"{each.records:,}", size_text(each.bytes),
                _offset(each.oldest), _offset(each.newest),
            ]
            for topic in topics for each in topic.partitions
        ]  # fmt: skip
        return _table(header, rows, frozenset(range(2, 7)), width, colour)
    spans = [_span(topic) for topic in topics]
    rows = [[*row[:5], oldest, newest] for row, (oldest, newest) in zip(rows, spans, strict=True)]
    return _table(header, rows, frozenset(range(2, 7)), width, colour)


def groups_text(groups: Sequence[GroupReport], *, width: int, colour: bool) -> str:
    """Write each group's lag, and under it where it stands on each partition."""
    header = ("group", "topic", "partition", "position", "end", "lag")
    rows: list[list[str]] = []
    for group in groups:
        total = "shares out work" if group.lag is None else f"{group.lag:,} behind"
        rows.append([safe(group.group), f"({total})", "", "", "", ""])
        rows += [
            ["", safe(each.topic), str(each.partition), str(each.position), str(each.end), f"{each.lag:,}"]
            for each in group.partitions
            if group.lag is not None
        ]
    return _table(header, rows, frozenset(range(2, 6)), width, colour)


def records_text(records: Iterable[ShownRecord], *, width: int, colour: bool) -> str:
    """Write two lines of each record: where and when, and the beginning of what it holds."""
    paint = Paint(colour)
    lines = []
    for record in records:
        where = f"{safe(record.topic)}/{record.partition}@{record.offset}"
        headers = " ".join(f"{name}={text}" for name, text in record.headers.items())
        head = f"{where}  {moment(record.time)}  key {record.key or '(empty)'}  {record.bytes:,} bytes  {headers}"
        lines.append(paint(cut(safe(head), width), "bold"))
        lines.append("    " + cut(safe(_value_text(record)), max(width, _NARROWEST) - 4))
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
    return f"{table}\nStage {report.stage} will handle {records} when the service starts."


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
    header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int], width: int, colour: bool
) -> str:
    paint = Paint(colour)
    head, *body = columns([header, *rows], width=max(width, _NARROWEST), flexible=0, right=right)
    return "\n".join([paint("  ".join(head).rstrip(), "dim"), *("  ".join(row).rstrip() for row in body)])


def _span(topic: TopicReport) -> tuple[str, str]:
    """Give the lowest and the highest offset of all partitions."""
    oldest = [each.oldest for each in topic.partitions if each.oldest is not None]
    newest = [each.newest for each in topic.partitions if each.newest is not None]
    return _offset(min(oldest, default=None)), _offset(max(newest, default=None))


def _offset(offset: int | None) -> str:
    return "-" if offset is None else str(offset)


def _value_text(record: ShownRecord) -> str:
    if record.value is None:
        return "(tombstone: deletes the key)"
    text = record.value if isinstance(record.value, str) else json.dumps(record.value, ensure_ascii=False)
    return f"[{record.trouble}] {text}" if record.trouble else text
