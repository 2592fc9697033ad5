"""The values that travel on the event log. Times are aware and in UTC; text is plain text, never HTML.

Every record carries `v`, the version of its shape. Fields are only ever added, with a default, so that
an old record can still be read; a change that cannot be made so raises `v`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NewType

from msgspec import Struct

FeedId = NewType("FeedId", str)
ItemId = NewType("ItemId", str)
TopicId = NewType("TopicId", str)
MatchId = NewType("MatchId", str)
StoryId = NewType("StoryId", str)
AlertId = NewType("AlertId", str)

Field = Literal["title", "summary"]
Verdict = Literal["match", "near_miss"]
Level = Literal["new", "update"]


class Source(Struct, frozen=True, gc=False):
    """The feed an item came from, as the analyst configured it."""

    feed: FeedId
    name: str  # the outlet, as shown to people
    url: str  # the feed's address
    language: str = ""  # ISO 639-1, empty when not told
    country: str = ""  # ISO 3166-1 alpha-2, empty when not told
    kind: str = ""  # wire, newspaper, state_media, think_tank, government, trade_press, broadcaster, aggregator, other
    origin: str = ""  # group of outlets that share copy; empty means: an origin of its own


class Item(Struct, frozen=True, gc=False):
    """One feed entry, normalised. A later revision of the same item keeps its id."""

    id: ItemId
    source: Source
    title: str
    summary: str
    url: str  # canonical, http or https; empty when the entry had no usable link
    first_seen: datetime  # when the response that brought this revision had been received
    published: datetime | None = None  # by the publisher; None when missing or unreadable
    published_doubt: str = ""  # reason code that says why `published` may be wrong; empty when trusted
    revision: int = 0  # 0 when first seen, then one more for each edit of title or summary
    backlog: bool = False  # there before we began to watch this feed: alerts no one
    language: str = ""  # of the entry, else of the document, else as configured
    guid: str = ""  # as the publisher gave it
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    content_hash: str = ""  # changes exactly when title or summary change in what they say
    cut: tuple[str, ...] = ()  # reason codes of what was cut from this entry
    v: int = 1


class Seen(Struct, frozen=True, gc=False, array_like=True):
    """What a feed's state keeps of one entry that it has seen."""

    item: ItemId
    content_hash: str
    revision: int
    last_seen: int  # day number (UTC, days since 1970) of the last document that held it
    backlog: bool = False


class FeedState(Struct, frozen=True):
    """All that a fetcher must remember of one feed, on the compacted topic `armswatch.feeds`."""

    id: FeedId
    url: str  # the address polled now: as configured, or after a move that has held
    name: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    seen: dict[str, Seen] = {}  # identity of an entry -> what is kept of it
    baseline: bool = False  # the first poll is done
    polls: int = 0
    items: int = 0  # items published so far, backlog included
    last_poll: datetime | None = None
    last_success: datetime | None = None  # a 200 that parsed, or a 304
    last_new: datetime | None = None  # the last poll that brought something new
    next_due: datetime | None = None
    interval_s: float = 0.0  # the interval in force
    failures: int = 0  # in a row
    reason: str = ""  # reason code of the last failure; empty when the last poll went well
    detail: str = ""  # its detail, for people
    overlap: float | None = None  # share of the last document's entries that were known already
    gaps: int = 0  # polls that shared no entry with the one before
    counters: dict[str, int] = {}  # reason code -> how often something was skipped or cut
    moved_to: str = ""  # where a permanent redirect points
    moved_since: datetime | None = None
    moved_polls: int = 0  # polls in a row that were redirected there
    ttl_s: float = 0.0  # the interval that the last document asked for; 0 when it asked for none
    v: int = 1


class Span(Struct, frozen=True, gc=False):
    """Words in an item that count as evidence."""

    field: Field  # where they stand
    start: int  # in code points of the field's text, as published
    end: int  # one past the last
    text: str  # the words as published
    concept: str  # the concept of the topic file that they are a term of


class Evidence(Struct, frozen=True, gc=False):
    """One reason for or against a match."""

    name: str  # its key in the topic file
    says: str  # its sentence in the topic file
    weight: float  # log-odds that it adds; negative speaks against
    facet: str = ""  # the facet of the topic that it shows; empty when it shows none
    spans: tuple[Span, ...] = ()  # the words it rests on; empty when it rests on the absence of words


class Match(Struct, frozen=True, gc=False):
    """An item that a topic matched, or nearly did (`near_miss`)."""

    id: MatchId
    topic: TopicId
    topic_hash: str  # SHA-256 of the topic file that judged it, first 16 hex digits
    item: Item
    verdict: Verdict
    score: float  # 0..1
    threshold: float
    facets: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    matched: datetime
    missing: tuple[str, ...] = ()  # for a near miss: the sentences of the evidence that would have carried it over
    v: int = 1


class Member(Struct, frozen=True, gc=False):
    """An item in a story."""

    item: ItemId
    revision: int
    source: Source
    url: str
    title: str
    language: str
    first_seen: datetime
    content_hash: str
    signature: tuple[int, ...]  # of its text, for likeness (processors/likeness.py)
    alerted: AlertId | None = None  # the alert it caused
    silent: str = ""  # reason code why it caused none
    claims: tuple[str, ...] = ()  # numbers and denials in its text (processors/claims.py)


class Story(Struct, frozen=True):
    """Items that report the same, on the compacted topic `armswatch.stories`."""

    id: StoryId
    topic: TopicId
    headline: str
    members: tuple[Member, ...]
    created: datetime
    updated: datetime
    alerted: datetime | None = None  # the last alert; None when it has caused none
    v: int = 1


class AlertSource(Struct, frozen=True, gc=False):
    """An outlet that an alert rests on."""

    name: str  # the outlet, as shown to people
    url: str  # of its report; empty when the entry had no usable link
    title: str  # of its report
    language: str  # ISO 639-1, empty when not told
    country: str  # ISO 3166-1 alpha-2, empty when not told
    kind: str  # as configured: wire, newspaper, state_media and so on
    origin: str  # group of outlets that share copy; empty means: an origin of its own
    first_seen: datetime  # when we first had its report


class Times(Struct, frozen=True, gc=False):
    """When what happened, and the lags between, in seconds."""

    published: datetime | None  # by the publisher; None when missing or unreadable
    published_doubt: str  # reason code that says why `published` may be wrong; empty when trusted
    first_seen: datetime  # when the response that brought this revision had been received
    matched: datetime  # when the topic judged it
    alerted: datetime  # when the alert was raised
    lag_published_to_seen_s: float | None  # None without `published`, or when that lies in the future
    lag_seen_to_alerted_s: float  # what this program took


class AlertData(Struct, frozen=True, gc=False):
    """What an alert says."""

    level: Level  # new: a first report; update: an edit that claims something new
    topic: TopicId  # the topic that matched
    story: StoryId  # the story it belongs to, shared by all alerts of that story
    item: ItemId  # the item that caused it
    revision: int  # of the item: 0 when first seen, then one more for each edit
    headline: str  # the item's title
    summary: str  # the item's text, cut at 2,000 characters
    link: str  # the item's address; empty when the entry had no usable link
    language: str  # ISO 639-1, empty when not told
    score: float  # 0..1
    threshold: float  # the score from which the topic matches
    facets: tuple[str, ...]  # the sides of the topic that it shows
    evidence: tuple[Evidence, ...]  # every reason for and against
    sources: tuple[AlertSource, ...]  # the outlets of the story so far, that of the item first
    origins: int  # independent origins among the sources
    times: Times  # what happened when
    topic_hash: str  # SHA-256 of the topic file that judged it, first 16 hex digits


class Alert(Struct, frozen=True, gc=False):
    """The public product: a CloudEvents 1.0 envelope in structured JSON mode."""

    id: AlertId  # deterministic: a replay never makes another
    source: str  # "armswatch/<topic>"
    type: str  # "org.armswatch.alert.<level>"
    subject: str  # the story's id
    time: datetime  # when it was alerted
    data: AlertData  # what it says
    dataschema: str = "urn:armswatch:schema:alert:1"  # the number goes up when a change breaks readers
    datacontenttype: str = "application/json"  # of `data`
    specversion: str = "1.0"  # of CloudEvents


class DeadLetter(Struct, frozen=True, gc=False):
    """A record that a stage could not handle, with its original bytes."""

    id: str
    stage: str
    topic: str
    partition: int
    offset: int
    reason: str
    digest: str  # of the stack, so that like failures group
    failed: datetime
    tries: int
    key: bytes
    value: bytes  # base64 in JSON
    headers: tuple[tuple[str, bytes], ...] = ()
    tombstone: bool = False  # it had no value at all, rather than an empty one
    left_out: int = 0  # bytes of a value too large to be kept twice: only where it came from, until it expires there
    v: int = 1
