"""What the archive's questions return."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from core.types import Alert, AlertId, Evidence, FeedId, ItemId, Level, MatchId, StoryId, TopicId, Verdict


class LogPosition(NamedTuple):
    """The record that a row came from."""

    topic: str
    partition: int
    offset: int


class FeedRow(Struct, frozen=True):
    """A feed's state, without the identities it has seen."""

    id: FeedId
    url: str
    host: str
    name: str
    baseline: bool
    polls: int
    items: int
    last_poll: datetime | None
    last_success: datetime | None
    last_new: datetime | None
    next_due: datetime | None
    interval_s: float
    failures: int
    reason: str
    detail: str
    overlap: float | None
    gaps: int
    counters: dict[str, int]
    moved_to: str
    at: LogPosition


class ItemRow(Struct, frozen=True):
    """One revision of an item."""

    id: ItemId
    revision: int
    feed: FeedId
    outlet: str
    kind: str
    origin: str
    country: str
    url: str
    title: str
    summary: str
    language: str
    published: datetime | None
    doubt: str
    first_seen: datetime
    backlog: bool
    guid: str
    content_hash: str
    at: LogPosition


class MatchRow(Struct, frozen=True):
    """A match or near miss; its item has a row of its own."""

    id: MatchId
    topic: TopicId
    item: ItemId
    revision: int
    verdict: Verdict
    score: float
    threshold: float
    facets: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    topic_hash: str
    matched: datetime
    at: LogPosition


class MemberRow(Struct, frozen=True):
    """An item's revision in a story."""

    topic: TopicId
    item: ItemId
    revision: int
    story: StoryId
    outlet: str
    kind: str
    origin: str
    url: str
    title: str
    language: str
    first_seen: datetime
    alerted: AlertId | None
    silent: str
    at: LogPosition


class StoryRow(Struct, frozen=True):
    """A story; its members are asked for one story at a time."""

    id: StoryId
    topic: TopicId
    headline: str
    created: datetime
    updated: datetime
    items: int  # members, edits of one item counted once
    alerts: int
    at: LogPosition


class AlertRow(Struct, frozen=True):
    """An alert in short, for the items it concerns."""

    n: int
    id: AlertId
    topic: TopicId
    story: StoryId
    item: ItemId
    level: Level
    time: datetime
    headline: str
    at: LogPosition


class Numbered(NamedTuple):
    """An alert with its place in the archive: `n` grows with every alert folded, within one file."""

    n: int
    alert: Alert


class TopicDecision(Struct, frozen=True):
    """What one topic made of an item. Revisions in order, oldest first."""

    topic: TopicId
    matches: tuple[MatchRow, ...] = ()
    members: tuple[MemberRow, ...] = ()
    story: StoryRow | None = None  # that of its newest revision
    alerts: tuple[AlertRow, ...] = ()  # that this item caused


class Decisions(Struct, frozen=True):
    """All that was decided about one item."""

    revisions: tuple[ItemRow, ...]  # oldest first
    topics: tuple[TopicDecision, ...]  # those that matched it, or nearly, by id

    @property
    def newest(self) -> ItemRow:
        """The item as it stands."""
        return self.revisions[-1]
