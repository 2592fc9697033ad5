"""How far groups are behind, to the record: on Kafka the end of a transaction takes an offset too, and is no record."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from core.reports import GroupLag
from stream.log import EventLog, TopicPartition

_FEW = 10  # offsets up to which a lag may be nothing but marks; more are taken for what they are


def counted(log: EventLog, lags: Iterable[GroupLag]) -> list[GroupLag]:
    """Count what is really left to read where a lag is small."""

    @cache
    def left(topic: str, partition: int, position: int) -> int:
        return sum(1 for _ in log.scan(TopicPartition(topic, partition), position))

    return [
        msgspec.structs.replace(each, lag=left(each.topic, each.partition, each.position))
        if 0 < each.lag <= _FEW
        else each
        for each in lags
    ]
