"""What the service does on a cluster, one thing at a time, to see what each of its grants is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from core import catalogue
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import NewRecord, TopicSpec

DAY = timedelta(days=1)
ITEMS, FEEDS = catalogue.ITEMS, catalogue.FEEDS
_FIRST = (TopicSpec(ITEMS, 1, compacted=False, retention=2 * DAY), TopicSpec(FEEDS, 1, compacted=True))


class NotDone(Exception):
    """It was not refused, and yet it did not happen."""


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def prepare(settings: KafkaSettings) -> None:
    """Make the topics, with one record past its retention and one of state."""
    with KafkaLog(settings, clock=now) as log:
        log.create(_FIRST)
        log.append([NewRecord(ITEMS, b"k", b"old", timestamp=now() - 3 * DAY), NewRecord(FEEDS, b"k", b"state")])


def create(log: KafkaLog) -> None:
    """Make a topic, as a first start does."""
    log.create([TopicSpec(catalogue.alerts("another"), 1)])


def keep_otherwise(log: KafkaLog) -> None:
    """Change the retention of a topic there is."""
    log.create([_FIRST[0]._replace(retention=9 * DAY), _FIRST[1]])
    deadline = time.monotonic() + 1
    while log._topics.kept([ITEMS])[ITEMS].retention_ms != 9 * DAY // timedelta(milliseconds=1):
        if time.monotonic() > deadline:
            raise NotDone
        time.sleep(0.02)


def append(log: KafkaLog) -> None:
    """Write outside of any group."""
    log.append([NewRecord(ITEMS, b"k", b"new")])


def read_state(log: KafkaLog) -> None:
    """Rebuild a state from its topic."""
    if not list(log.latest(FEEDS)):
        raise NotDone


def work(log: KafkaLog) -> None:
    """Take a record, write what came of it, and move the group's position: one transaction."""
    reader = log.reader("match", [ITEMS])
    try:
        deadline = time.monotonic() + 15
        while not reader.read(10, timedelta(milliseconds=200)).records:
            if time.monotonic() > deadline:
                raise NotDone
        reader.commit([NewRecord(FEEDS, b"k", b"made")])
    finally:
        reader.close()


def look(log: KafkaLog) -> None:
    """Look at sizes and groups, as an operator does."""
    if not any(info.size_bytes for info in log.describe()):
        raise NotDone
    log.groups()


def rewind(log: KafkaLog) -> None:
    """Set a group back, as a replay does."""
    log.rewind("alert", {info.source: info.start for info in log.describe() if info.source.topic == ITEMS})


def expire(log: KafkaLog) -> None:
    """Delete what is past its retention."""
    if log.expire(now()) != 1:
        raise NotDone


DUTIES: tuple[Callable[[KafkaLog], None], ...] = (
    create, append, read_state, work, look, rewind, expire, keep_otherwise,
)  # fmt: skip

# What cannot be done without a grant, by resource and operation.
LOST: Mapping[tuple[str, str], tuple[Callable[[KafkaLog], None], ...]] = {
    ("topic", "Read"): (read_state, work, rewind),
    ("topic", "Write"): (append,),
    ("topic", "Create"): (create,),
    ("topic", "AlterConfigs"): (keep_otherwise,),
    ("topic", "Delete"): (expire,),
    ("group", "Read"): (append, work, rewind),
    ("transactional-id", "Write"): (append,),
    ("cluster", "Describe"): (look,),
}
