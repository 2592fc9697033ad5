"""Whether a match alerts, and which story it belongs to: a pure rule.

An item whose text is a copy of one that has alerted joins that story in silence. Any other opens a story and alerts. An
edit alerts again only when what it claims has changed. What was there before we began to watch never alerts, and
neither does a copy of it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from config.settings import Alerts
from core.text import shorten
from core.types import (
    Alert,
    AlertData,
    AlertId,
    AlertSource,
    Item,
    Level,
    Match,
    Member,
    Source,
    Story,
    StoryId,
    Times,
)
from processors.claims import claims, contradict
from processors.likeness import signature
from processors.stories import Near, OpenStories

MAX_SUMMARY_CHARS = 2000  # of an alert
SAME_TEXT = (
    0.95  # share from which the text already there stands for both, so that a story of many reprints stays small
)

Silence = Literal["", "near_miss", "backlog", "copy", "same_outlet_copy", "same_origin", "revision", "known"]


class Decision(NamedTuple):
    """What comes of a match."""

    alert: Alert | None
    story: Story | None  # its new state; None when nothing changed
    silent: Silence = ""  # why there is no alert


def decide(stories: OpenStories, match: Match, now: datetime, rules: Alerts) -> Decision:
    """Decide about one match. Changes nothing; the caller puts the story into `stories`."""
    if match.verdict != "match":
        return Decision(None, None, "near_miss")
    if known := stories.of(match.item.id):
        return _seen_before(*known, match, now)
    member = _member(match.item, signature(match.item.title, match.item.summary))
    near = _like(stories, member, rules)
    if match.item.backlog:
        return _joined(near[0].story if near else None, member, match, now, "backlog")
    covered = next((found for found in near if _covers(found.story, now, rules)), None)
    if covered:
        if covered.share >= SAME_TEXT:
            member = msgspec.structs.replace(member, signature=())
        return _joined(covered.story, member, match, now, _kind_of_copy(covered, match.item.source))
    return _alerted(None, member, match, now, "new")


def alert_id(item: Item, topic: str) -> AlertId:
    """Name an alert. A revision of an item alerts once at most, whatever the level, so these three name it."""
    return AlertId(_name("alert", topic, item.id, str(item.revision)))


def story_id(item: Item, topic: str) -> StoryId:
    """Name the story that an item opens."""
    return StoryId(_name("story", topic, item.id))


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _like(stories: OpenStories, member: Member, rules: Alerts) -> list[Near]:
    """Find what the item may be a copy of, most alike first."""
    return [
        found
        for found in stories.near(member.signature, rules.likeness)
        if not contradict(found.member.title, member.title, found.member.claims, member.claims)
    ]


def _covers(story: Story, now: datetime, rules: Alerts) -> bool:
    """Tell whether copies of a story are silent: one that alerted not long ago.

    Backlog silences nothing: much of it has no date, and a live report must not be lost to what may be its own first
    appearance elsewhere.
    """
    return story.alerted is not None and now - story.alerted <= rules.copy_window


def _kind_of_copy(near: Near, source: Source) -> Silence:
    """Tell who copied whom: the outlet itself, another of the same origin, or anyone."""
    other = near.member.source
    if other.feed == source.feed or _outlet(other) == _outlet(source):
        return "same_outlet_copy"
    return "same_origin" if other.origin and other.origin == source.origin else "copy"


def _seen_before(story: Story, member: Member, match: Match, now: datetime) -> Decision:
    """Decide about an item that is in a story already: a replay, or an edit of it."""
    item = match.item
    if item.revision <= member.revision:
        return Decision(None, None, "known")
    edited = msgspec.structs.replace(
        _member(item, signature(item.title, item.summary)), alerted=member.alerted, silent=member.silent
    )
    backlog = item.backlog or member.silent == "backlog"
    if backlog or edited.claims == member.claims:
        reason: Silence = "backlog" if backlog else "revision"
        silent = edited if member.alerted else msgspec.structs.replace(edited, silent=reason)
        return Decision(None, _with(story, silent, now), reason)
    return _alerted(story, edited, match, now, "update" if story.alerted else "new")


def _joined(story: Story | None, member: Member, match: Match, now: datetime, reason: Silence) -> Decision:
    member = msgspec.structs.replace(member, silent=reason)
    return Decision(None, _with(story or _opened(match, now), member, now), reason)


def _alerted(story: Story | None, member: Member, match: Match, now: datetime, level: Level) -> Decision:
    name = alert_id(match.item, match.topic)
    member = msgspec.structs.replace(member, alerted=name, silent="")
    story = _with(story or _opened(match, now), member, now)
    story = msgspec.structs.replace(story, alerted=now, headline=match.item.title or story.headline)
    return Decision(_alert(name, level, story, match, now), story)


def _opened(match: Match, now: datetime) -> Story:
    return Story(story_id(match.item, match.topic), match.topic, match.item.title, (), created=now, updated=now)


def _with(story: Story, member: Member, now: datetime) -> Story:
    """Put a member into a story, or in place of its earlier revision."""
    others = tuple(other for other in story.members if other.item != member.item)
    return msgspec.structs.replace(story, members=(*others, member), updated=now)


def _member(item: Item, marks: tuple[int, ...]) -> Member:
    return Member(
        item=item.id,
        revision=item.revision,
        source=item.source,
        url=item.url,
        title=item.title,
        language=item.language,
        first_seen=item.first_seen,
        content_hash=item.content_hash,
        signature=marks,
        claims=claims(item.title, item.summary),
    )


def _alert(name: AlertId, level: Level, story: Story, match: Match, now: datetime) -> Alert:
    item = match.item
    return Alert(
        id=name,
        source=f"armswatch/{match.topic}",
        type=f"org.armswatch.alert.{level}",
        subject=story.id,
        time=now,
        data=AlertData(
            level=level,
            topic=match.topic,
            story=story.id,
            item=item.id,
            revision=item.revision,
            headline=item.title,
            summary=shorten(item.summary, MAX_SUMMARY_CHARS),
            link=item.url,
            language=item.language,
            score=match.score,
            threshold=match.threshold,
            facets=match.facets,
            evidence=match.evidence,
            sources=_sources(story, item),
            origins=len({_origin(member.source) for member in story.members}),
            times=_times(match, now),
            topic_hash=match.topic_hash,
        ),
    )


def _outlet(source: Source) -> str:
    """Name the outlet of a feed: it may have several feeds."""
    return source.name or source.feed


def _origin(source: Source) -> tuple[bool, str]:
    """Tell whose copy a feed carries; an outlet without an origin is one of its own, whatever origins are called."""
    return (True, source.origin) if source.origin else (False, _outlet(source))


def _sources(story: Story, item: Item) -> tuple[AlertSource, ...]:
    """List the outlets of a story, that of the item first, then as they came."""
    ordered = sorted(story.members, key=lambda member: (member.item != item.id, member.first_seen))
    outlets: dict[str, AlertSource] = {}
    for member in ordered:
        source = member.source
        outlets.setdefault(
            _outlet(source),
            AlertSource(
                name=source.name,
                url=member.url,
                title=member.title,
                language=member.language,
                country=source.country,
                kind=source.kind,
                origin=source.origin,
                first_seen=member.first_seen,
            ),
        )
    return tuple(outlets.values())


def _times(match: Match, now: datetime) -> Times:
    """Give the five times. An item seen before it was published has a wrong date: a doubt then, and no lag."""
    item = match.item
    ahead = item.published is not None and item.published > item.first_seen
    return Times(
        published=item.published,
        published_doubt=item.published_doubt or ("date_future" if ahead else ""),
        first_seen=item.first_seen,
        matched=match.matched,
        alerted=now,
        lag_published_to_seen_s=(
            (item.first_seen - item.published).total_seconds() if item.published and not ahead else None
        ),
        lag_seen_to_alerted_s=(now - item.first_seen).total_seconds(),
    )
