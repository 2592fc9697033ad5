"""The alert stage: matches in, stories and alerts out. Its state is the fold of `armswatch.stories`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from config.settings import Alerts
from core import catalogue, codec
from core.errors import CodecError
from core.types import Match, Story, StoryId, TopicId
from processors.decide import decide
from processors.stories import OpenStories
from stream.log import EventLog, NewRecord, Record, TopicPartition

# By it, readers of CloudEvents know that the whole event is in the value (structured mode).
HEADERS = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
_talk = structlog.get_logger("alert")


class AlertStep:
    """Decides which matches alert. Stories unchanged for longer than the copy window are closed: a tombstone each.

    A match that comes again after its story was closed (a replay from far back) alerts again, under the same alert id;
    whoever receives alerts knows it by that.

    Args:
        log: to read the state of a partition when it is gained.
        rules: what is a copy, and for how long; may be replaced at any time and holds from the next batch on.
        clock: gives the time of an alert.
    """

    name = "alert"
    inputs: Sequence[str] = (catalogue.MATCHES,)

    def __init__(self, log: EventLog, *, rules: Alerts, clock: Callable[[], datetime]) -> None:
        self.rules = rules
        self._log = log
        self._clock = clock
        self._open: dict[int, dict[TopicId, OpenStories]] = {}  # by partition

    def gained(self, partitions: frozenset[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Read the stories of these partitions. The group's positions count."""
        numbers = {source.partition for source in partitions}
        for number in numbers:
            self._open[number] = {}
        stories = [(record.partition, _story(record)) for record in self._log.latest(catalogue.STORIES, numbers)]
        for number, story in sorted(
            ((number, story) for number, story in stories if story), key=lambda pair: (pair[1].updated, pair[1].id)
        ):
            self._stories(number, story.topic).put(story)
        return {}

    def lost(self, partitions: frozenset[TopicPartition]) -> None:
        """Forget the stories of these partitions."""
        for source in partitions:
            self._open.pop(source.partition, None)

    def __call__(self, records: Sequence[Record]) -> Sequence[NewRecord]:
        """Decide about the matches.

        Raises:
            CodecError: a record is no match.
        """
        now, rules = self._clock(), self.rules
        matches = [(record, _match(record)) for record in records]
        changed: dict[StoryId, NewRecord] = {}
        alerts: list[NewRecord] = []
        for number in {record.partition for record in records}:
            for stories in self._open.get(number, {}).values():
                for closed in stories.expire(now, rules.copy_window):
                    changed[closed] = NewRecord(catalogue.STORIES, closed.encode(), None, number)
        for record, match in matches:
            stories = self._stories(record.partition, match.topic)
            decision = decide(stories, match, now, rules)
            if story := decision.story:
                stories.put(story)
                key = story.id.encode()
                changed[story.id] = NewRecord(catalogue.STORIES, key, codec.encode(story), record.partition)
            if alert := decision.alert:
                topic = catalogue.alerts(match.topic)
                alerts.append(NewRecord(topic, alert.subject.encode(), codec.encode(alert), headers=HEADERS))
        return [*changed.values(), *alerts]

    def _stories(self, partition: int, topic: TopicId) -> OpenStories:
        return self._open.setdefault(partition, {}).setdefault(topic, OpenStories())


def _match(record: Record) -> Match:
    if record.value is None:
        raise CodecError("Match", "no value")
    return codec.decode(Match, record.value)


def _story(record: Record) -> Story | None:
    """Read a story; one that cannot be read is left out: the stage can do without it, and not without the others."""
    try:
        return codec.decode(Story, record.value or b"")
    except CodecError as error:
        _talk.warning("story_unreadable", key=record.key.decode(errors="replace"), why=str(error), next="left out")
        return None
