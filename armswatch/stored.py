"""The items that are stored, to be judged again: from the archive, or from the log where there is no archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from archive.queries import Archive
from armswatch import wiring
from config.loader import Config
from core import catalogue, codec
from core.errors import CodecError, UserError
from core.topic_reports import Text
from core.types import Item, ItemId, Match, TopicId, Verdict
from stream.log import EventLog, Record

T = TypeVar("T", Item, Match)


class Stored(NamedTuple):
    """Items, and how a topic judged them when they came."""

    source: Literal["archive", "log"]
    texts: Iterator[Text]  # each as it stands
    verdicts: Mapping[ItemId, Verdict]  # the best of each item


@contextmanager
def stored(config: Config, topic: TopicId | None, since: datetime) -> Iterator[Stored]:
    """Open what came in since then; the service may be running. Without a topic, no verdicts are read.

    Raises:
        UserError: nothing is stored yet.
    """
    if wiring.archive_path(config).exists():
        with Archive.open(wiring.archive_path(config)) as archive:
            yield Stored("archive", archive.texts(since), archive.verdicts(topic, since) if topic else {})
    elif wiring.has_log(config):
        with closing(wiring.read_log(config)) as log:
            yield Stored("log", _texts(log, since), _verdicts(log, topic, since) if topic else {})
    else:
        raise UserError("Nothing is stored yet.", "Start the service, or do one round with `armswatch once`.")


def _texts(log: EventLog, since: datetime) -> Iterator[Text]:
    """Read the newest revision of each item. All revisions of an item are in one partition, in order."""
    for records in _partitions(log, catalogue.ITEMS, since):
        newest: dict[str, Text] = {}
        for record in records:
            item = _decoded(Item, record)
            if item and (item.first_seen >= since or item.id in newest):
                newest[item.id] = Text(
                    item.id, item.title, item.summary, item.language, item.url, item.source.name, item.first_seen
                )
        yield from newest.values()


def _verdicts(log: EventLog, topic: TopicId, since: datetime) -> Mapping[ItemId, Verdict]:
    verdicts: dict[ItemId, Verdict] = {}
    for records in _partitions(log, catalogue.MATCHES, since):
        for record in records:
            match = _decoded(Match, record)
            if match is None or match.topic != topic or match.matched < since:
                continue
            if verdicts.get(match.item.id) != "match":
                verdicts[match.item.id] = match.verdict
    return verdicts


def _partitions(log: EventLog, topic: str, since: datetime) -> Iterator[Iterator[Record]]:
    for info in sorted(log.describe()):
        if info.source.topic == topic:
            yield log.scan(info.source, log.offset_at(info.source, since))


def _decoded(kind: type[T], record: Record) -> T | None:
    """Read a record; one that is none was told when it came, and lies among the dead letters."""
    try:
        return codec.decode(kind, record.value or b"")
    except CodecError:
        return None
