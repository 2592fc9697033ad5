"""The topics of the event log: the one table of their names, kinds, keys and retention."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

ITEMS = "armswatch.items"
FEEDS = "armswatch.feeds"
MATCHES = "armswatch.matches"
STORIES = "armswatch.stories"
ALERTS_PREFIX = "armswatch.alerts."
DEAD_LETTERS = "armswatch.dead-letters"


class TopicKind(NamedTuple):
    """How one topic is kept."""

    name: str
    compacted: bool
    retention: timedelta | None  # None: for ever


def alerts(topic_id: str) -> str:
    """Name the alert topic of a topic model."""
    return ALERTS_PREFIX + topic_id


def catalogue(
    topic_ids: tuple[str, ...], items_retention: timedelta, alerts_retention: timedelta
) -> tuple[TopicKind, ...]:
    """List every topic the program uses with these topic models.

    Items are many and age fast; matches, alerts and dead letters are few and are kept as long as alerts are.
    """
    return (
        TopicKind(ITEMS, compacted=False, retention=items_retention),
        TopicKind(FEEDS, compacted=True, retention=None),
        TopicKind(MATCHES, compacted=False, retention=alerts_retention),
        TopicKind(STORIES, compacted=True, retention=None),
        TopicKind(DEAD_LETTERS, compacted=False, retention=alerts_retention),
        *(TopicKind(alerts(topic), compacted=False, retention=alerts_retention) for topic in topic_ids),
    )
