"""What operators are told of the event log: its topics and groups, a replay, a copy. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from core.reports import GroupLag

Kind = Literal["log", "compacted"]


class PartitionReport(Struct, frozen=True):
    """One partition of a topic."""

    partition: int
    records: int  # at most: where offsets have gaps, they are not counted one by one
    bytes: int
    oldest: int | None  # offset of the oldest record kept; None when there is none
    newest: int | None  # the offset before the end; None likewise


class TopicReport(Struct, frozen=True):
    """One topic, and its partitions."""

    topic: str
    kind: Kind
    records: int
    bytes: int
    partitions: tuple[PartitionReport, ...]


class GroupReport(Struct, frozen=True):
    """One reader group. One that reads nothing, but only shares work out, has no lag."""

    group: str
    lag: int | None  # in offsets; at least as many as there are records
    partitions: tuple[GroupLag, ...]


class ShownRecord(Struct, frozen=True):
    """One record, read for people. Keys and headers that aren't UTF-8 have backslash escapes."""

    topic: str
    partition: int
    offset: int
    time: datetime
    key: str
    headers: dict[str, str]
    bytes: int  # of the value
    value: Any  # as its topic holds it; text where it can't be read so; None: a tombstone
    trouble: str = ""  # why it can't


class ReplayedPartition(Struct, frozen=True):
    """How a replay sets one partition back."""

    topic: str
    partition: int
    before: int | None  # the group's position until now; None when it had none
    position: int  # the new one
    end: int
    records: int  # between the new position and the end, in offsets


class ReplayReport(Struct, frozen=True):
    """What a replay did, or would do."""

    stage: str
    since: datetime | None  # None: from the beginning
    dry_run: bool
    records: int
    partitions: tuple[ReplayedPartition, ...]


class CopiedTopic(Struct, frozen=True):
    """One topic of a copy."""

    topic: str
    partitions: int
    copied: int  # records that this run wrote; fewer than there are when it went on with an earlier run
    records: int  # on the target, each compared with the source's; of a compacted topic the live keys
    expired: int  # records that the target has dropped again already, for their age


class CopyReport(Struct, frozen=True):
    """What a copy did."""

    resumed: bool
    copied: int
    topics: tuple[CopiedTopic, ...]
    groups: tuple[GroupLag, ...]  # where each reader group now stands on the target
