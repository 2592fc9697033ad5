"""Values and records to test with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.fold import ArchiveStep
from core import catalogue
from core.codec import encode
from core.types import (
    Alert,
    AlertData,
    AlertId,
    AlertSource,
    DeadLetter,
    Evidence,
    FeedId,
    FeedState,
    Item,
    ItemId,
    Level,
    Match,
    MatchId,
    Member,
    Source,
    Span,
    Story,
    StoryId,
    Times,
    TopicId,
    Verdict,
)
from stream.log import NewRecord, TopicSpec
from stream.sqlite import SqliteLog
from stream.worker import Worker

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TOPIC = TopicId("arms")
MINUTE = timedelta(minutes=1)

PAPER = Source(FeedId("f-paper"), "The Paper", "https://paper.example/rss", "en", "GB", "newspaper")
AGENCY = Source(FeedId("f-agency"), "State Agency", "https://agency.example/rss", "ko", "KP", "state_media", "agency")


def clock() -> datetime:
    return NOW


def item(
    name: str = "i1",
    *,
    title: str = "Shells cross the border",
    summary: str = "A train was seen.",
    url: str = "https://paper.example/shells",
    source: Source = PAPER,
    revision: int = 0,
    seen: datetime = NOW,
    published: datetime | None = NOW - MINUTE,
    doubt: str = "",
    backlog: bool = False,
) -> Item:
    return Item(
        ItemId(name),
        source,
        title,
        summary,
        url,
        seen,
        published=published,
        published_doubt=doubt,
        revision=revision,
        backlog=backlog,
        language=source.language,
        guid=f"guid-{name}",
        content_hash=f"h-{name}-{revision}",
    )


REASON = Evidence(
    "deal", "names both sides in one sentence", 2.5, "munitions", (Span("title", 0, 6, "Shells", "munitions"),)
)
AGAINST = Evidence("opinion", "reads like an opinion piece", -1.0)


def match(
    of: Item | None = None,
    *,
    verdict: Verdict = "match",
    topic: TopicId = TOPIC,
    score: float = 0.91,
    matched: datetime = NOW,
    missing: tuple[str, ...] = (),
) -> Match:
    of = of or item()
    return Match(
        MatchId(f"m-{topic}-{of.id}-{of.revision}"),
        topic,
        "0123456789abcdef",
        of,
        verdict,
        score,
        0.5,
        ("munitions",),
        (REASON, AGAINST),
        matched,
        missing,
    )


def member(of: Item | None = None, *, alerted: str | None = None, silent: str = "") -> Member:
    of = of or item()
    return Member(
        of.id,
        of.revision,
        of.source,
        of.url,
        of.title,
        of.language,
        of.first_seen,
        of.content_hash,
        (1, 2),
        alerted=AlertId(alerted) if alerted else None,
        silent=silent,
    )


def story(
    members: Iterable[Member],
    *,
    name: str = "s1",
    topic: TopicId = TOPIC,
    headline: str = "Shells",
    updated: datetime = NOW,
) -> Story:
    return Story(StoryId(name), topic, headline, tuple(members), NOW, updated)


def alert(
    name: str = "a1",
    *,
    of: Item | None = None,
    time: datetime = NOW + timedelta(seconds=2),
    level: Level = "new",
    topic: TopicId = TOPIC,
    story_id: str = "s1",
    sources: Sequence[AlertSource] | None = None,
    evidence: Sequence[Evidence] = (REASON, AGAINST),
) -> Alert:
    of = of or item()
    said = of.source
    alone = AlertSource(said.name, of.url, of.title, said.language, said.country, said.kind, said.origin, of.first_seen)
    named = (alone,) if sources is None else tuple(sources)
    lag = (of.first_seen - of.published).total_seconds() if of.published else None
    data = AlertData(
        level=level,
        topic=topic,
        story=StoryId(story_id),
        item=of.id,
        revision=of.revision,
        headline=of.title,
        summary=of.summary,
        link=of.url,
        language=of.language,
        score=0.91,
        threshold=0.5,
        facets=("munitions", "rail_transport"),
        evidence=tuple(evidence),
        sources=named,
        origins=len({source.origin or source.name for source in named}),
        times=Times(
            of.published,
            of.published_doubt,
            of.first_seen,
            of.first_seen + timedelta(seconds=1),
            time,
            lag,
            (time - of.first_seen).total_seconds(),
        ),
        topic_hash="0123456789abcdef",
    )
    return Alert(AlertId(name), f"armswatch/{topic}", f"org.armswatch.alert.{level}", story_id, time, data)


def feed(
    of: Source = PAPER,
    *,
    polled: datetime | None = NOW,
    due: datetime | None = NOW + 15 * MINUTE,
    failures: int = 0,
    reason: str = "",
    gaps: int = 0,
    moved_to: str = "",
    detail: str = "",
) -> FeedState:
    return FeedState(
        of.feed,
        of.url,
        name=of.name,
        baseline=True,
        polls=3,
        items=2,
        last_poll=polled,
        last_success=polled,
        last_new=polled,
        next_due=due,
        interval_s=900.0,
        failures=failures,
        reason=reason,
        detail=detail,
        overlap=0.9,
        gaps=gaps,
        counters={"no_link": 2},
        moved_to=moved_to,
    )


def letter(name: str = "d1") -> DeadLetter:
    return DeadLetter(name, "match", catalogue.ITEMS, 0, 7, "CodecError: cut", "abcd", NOW, 3, b"key", b"\xff")


def record(value: Item | FeedState | Match | Story | Alert | DeadLetter) -> NewRecord:
    """Make the record that a value travels in."""
    match value:
        case Item():
            return NewRecord(catalogue.ITEMS, value.id.encode(), encode(value))
        case FeedState():
            return NewRecord(catalogue.FEEDS, value.id.encode(), encode(value))
        case Match():
            return NewRecord(catalogue.MATCHES, value.topic.encode(), encode(value))
        case Story():
            return NewRecord(
                catalogue.STORIES, value.id.encode(), encode(value), partition=0
            )  # that of its topic's matches
        case Alert():
            return NewRecord(catalogue.alerts(value.data.topic), value.data.story.encode(), encode(value))
        case DeadLetter():
            return NewRecord(catalogue.DEAD_LETTERS, value.topic.encode(), encode(value))


def new_log(path: Path | None = None, topics: tuple[str, ...] = (TOPIC,)) -> SqliteLog:
    """Make a log, in memory without a path, with all its topics."""
    log = SqliteLog(path, clock=clock)
    kinds = catalogue.catalogue(topics, timedelta(days=30), timedelta(days=100))
    log.create([TopicSpec(kind.name, 2, kind.compacted, kind.retention) for kind in kinds])
    return log


def fold(log: SqliteLog, path: Path, *values: Item | FeedState | Match | Story | Alert | DeadLetter) -> None:
    """Append values to the log and fold all of it."""
    log.append([record(value) for value in values])
    step = ArchiveStep(log, path, topic_ids=[TOPIC])
    worker = Worker(log, step, clock=clock)
    worker.run_until_idle()
    worker.close()
    step.close()
