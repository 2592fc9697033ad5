"""What the archive answers and delivery shows: how the service is, and why an item did or did not alert.

They are values only, so that the two packages, which never import each other, can meet in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.types import AlertId, Evidence, FeedId, ItemId, StoryId, TopicId, Verdict

Health = Literal["ok", "failing", "parked", "overdue", "waiting"]
Outcome = Literal["ok", "no", "unknown"]
StageName = Literal["fetched", "new", "matched", "story", "alert"]
Asked = Literal["known_url", "unknown_url", "text"]
Proof = Literal["real", "partly", "nothing"]


class FeedReport(Struct, frozen=True):
    """One feed, as `status` tells it."""

    id: FeedId
    name: str
    url: str
    health: Health
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    next_due: datetime | None = None
    interval_s: float = 0.0
    overdue_s: float = 0.0  # how long past `next_due` it is; 0 when it is not
    failures: int = 0  # in a row
    reason: str = ""  # reason code of the last failure
    detail: str = ""
    overlap: float | None = None
    gaps: int = 0
    items: int = 0
    lag_s: float | None = None  # median from published to first seen, of the window's items with a trusted date
    counters: dict[str, int] = {}
    moved_to: str = ""


class GroupLag(Struct, frozen=True):
    """How far one reader group is behind on one partition."""

    group: str
    topic: str
    partition: int
    position: int
    end: int
    lag: int  # in offsets; at least as many as there are records


class Counts(Struct, frozen=True):
    """How much of everything there was from a moment on."""

    since: datetime | None  # None: since the archive's beginning
    items: int = 0  # first revisions
    matches: int = 0
    near_misses: int = 0
    stories: int = 0
    alerts: int = 0
    silent: int = 0  # items in stories that alerted no one
    dead_letters: int = 0
    last_item: datetime | None = None  # of any time, not only of the window
    last_alert: datetime | None = None  # likewise


class Silence(Struct, frozen=True):
    """What it means when there were no alerts: `proof` says how much the silence proves."""

    proof: Proof
    watched: int  # feeds
    reached: int  # feeds whose last poll went well, on time
    reasons: tuple[str, ...] = ()  # why it proves less than all, in words


class StatusReport(Struct, frozen=True):
    """How the service is, at one moment."""

    taken: datetime
    feeds: tuple[FeedReport, ...]
    groups: tuple[GroupLag, ...]
    counts: Counts
    silence: Silence
    running: bool | None = None  # whether a service holds the data directory; None when not told
    v: int = 1


class Silent(Struct, frozen=True):
    """An item that concerned a topic and alerted no one."""

    topic: TopicId
    item: ItemId
    reason: str  # `near_miss`, else the reason code of its story member
    title: str
    url: str
    outlet: str
    time: datetime  # when it was first seen
    score: float | None = None
    threshold: float | None = None
    missing: tuple[str, ...] = ()
    story: StoryId | None = None
    headline: str = ""  # of the story it went into


class Explanation(Struct, frozen=True):
    """What a topic says of a text: from the running matcher, or put together anew for `why`."""

    topic: TopicId
    score: float
    threshold: float
    matched: bool
    near_miss: bool
    facets: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()  # what would have carried it over the threshold, in sentences


class WhyStage(Struct, frozen=True):
    """One stage of an item's way, and what became of it there."""

    stage: StageName
    outcome: Outcome
    says: str
    topic: str = ""  # empty where the stage is the same for all topics
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Hit(Struct, frozen=True):
    """An item that answers to the text asked for, and how far it came."""

    item: ItemId
    title: str
    url: str
    outlet: str
    first_seen: datetime
    verdict: Verdict | None  # its best, of any topic
    alert: AlertId | None


class Why(Struct, frozen=True):
    """Why something did or did not alert: the stages in order, or the items that the question may mean."""

    question: str
    asked: Asked
    stages: tuple[WhyStage, ...] = ()
    hits: tuple[Hit, ...] = ()
    title: str = ""
    url: str = ""
    outlet: str = ""
    v: int = 1
