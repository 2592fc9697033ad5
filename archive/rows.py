"""From records to rows: pure. What a row says is fixed by its record alone, so folding it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from archive.schema import to_us, to_us_or_none
from core.types import Alert, DeadLetter, FeedState, Item, Match, Story
from stream.log import Record

Row = dict[str, object]

_json = msgspec.json.Encoder()
_ORIGIN: Final = ("log_topic", "log_partition", "log_offset")

# column -> its value's name; spelled once here, so that an INSERT and its rows cannot drift apart
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "feeds": (
        "id", "url", "host", "name", "baseline", "polls", "items", "last_poll", "last_success", "last_new", "next_due",
        "interval_s", "failures", "reason", "detail", "overlap", "gaps", "counters", "moved_to",
    ),
    "items": (
        "id", "revision", "feed", "outlet", "kind", "origin", "country", "url", "url_key", "title", "summary",
        "language", "published", "doubt", "first_seen", "backlog", "guid", "content_hash",
    ),
    "matches": (
        "id", "topic", "item", "revision", "verdict", "score", "threshold", "facets", "evidence", "missing",
        "topic_hash", "matched",
    ),
    "stories": ("id", "topic", "headline", "created", "updated"),
    "story_members": (
        "topic", "item", "revision", "story", "outlet", "kind", "origin", "url", "title", "language", "first_seen",
        "alerted", "silent",
    ),
    "alerts": ("id", "topic", "story", "item", "level", "time", "headline", "json"),
    "dead_letters": ("id", "stage", "topic", "reason", "failed", "json"),
}  # fmt: skip


def _insert(table: str, on_conflict: str) -> str:
    columns = (*_COLUMNS[table], *_ORIGIN)
    names, places = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT {on_conflict}"  # noqa: S608 - our own names


def _replace(table: str, key: str) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS[table], *_ORIGIN))
    return _insert(table, f"({key}) DO UPDATE SET {changes}")


UPSERT_FEED: Final = _replace("feeds", "id")
UPSERT_MATCH: Final = _replace("matches", "id")
UPSERT_STORY: Final = _replace("stories", "id")
UPSERT_MEMBER: Final = _replace("story_members", "topic, item, revision")
UPSERT_DEAD_LETTER: Final = _replace("dead_letters", "id")
# A published revision never changes, only where it was first read may: the same item also comes inside its match,
# which outlives it on the log.
UPSERT_ITEM: Final = _insert(
    "items", "(id, revision) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _ORIGIN)
)
ADD_MATCHED_ITEM: Final = _insert("items", "DO NOTHING")
ADD_ALERT: Final = _insert("alerts", "DO NOTHING")  # its id is deterministic: the second is the same alert


def url_key(url: str) -> str:
    """Strip the scheme of a URL, so that http and https are one."""
    _, mark, rest = url.partition("://")
    return f"//{rest}" if mark else url


def host_of(url: str) -> str:
    """Name the host of a URL in lower case; empty when it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def feed_row(state: FeedState, record: Record) -> Row:
    """Make the row of a feed's state."""
    return {
        "id": state.id,
        "url": state.url,
        "host": host_of(state.url),
        "name": state.name,
        "baseline": state.baseline,
        "polls": state.polls,
        "items": state.items,
        "last_poll": to_us_or_none(state.last_poll),
        "last_success": to_us_or_none(state.last_success),
        "last_new": to_us_or_none(state.last_new),
        "next_due": to_us_or_none(state.next_due),
        "interval_s": state.interval_s,
        "failures": state.failures,
        "reason": state.reason,
        "detail": state.detail,
        "overlap": state.overlap,
        "gaps": state.gaps,
        "counters": _text(state.counters),
        "moved_to": state.moved_to,
        **_origin(record),
    }


def item_row(item: Item, record: Record) -> Row:
    """Make the row of one revision of an item."""
    return {
        "id": item.id,
        "revision": item.revision,
        "feed": item.source.feed,
        "outlet": item.source.name,
        "kind": item.source.kind,
        "origin": item.source.origin,
        "country": item.source.country,
        "url": item.url,
        "url_key": url_key(item.url),
        "title": item.title,
        "summary": item.summary,
        "language": item.language,
        "published": to_us_or_none(item.published),
        "doubt": item.published_doubt,
        "first_seen": to_us(item.first_seen),
        "backlog": item.backlog,
        "guid": item.guid,
        "content_hash": item.content_hash,
        **_origin(record),
    }


def match_row(match: Match, record: Record) -> Row:
    """Make the row of a match or near miss; its item has a row of its own."""
    return {
        "id": match.id,
        "topic": match.topic,
        "item": match.item.id,
        "revision": match.item.revision,
        "verdict": match.verdict,
        "score": match.score,
        "threshold": match.threshold,
        "facets": _text(match.facets),
        "evidence": _text(match.evidence),
        "missing": _text(match.missing),
        "topic_hash": match.topic_hash,
        "matched": to_us(match.matched),
        **_origin(record),
    }


def story_row(story: Story, record: Record) -> Row:
    """Make the row of a story; its members have rows of their own."""
    return {
        "id": story.id,
        "topic": story.topic,
        "headline": story.headline,
        "created": to_us(story.created),
        "updated": to_us(story.updated),
        **_origin(record),
    }


def member_rows(story: Story, record: Record) -> Iterator[Row]:
    """Make the rows of a story's members."""
    for member in story.members:
        yield {
            "topic": story.topic,
            "item": member.item,
            "revision": member.revision,
            "story": story.id,
            "outlet": member.source.name,
            "kind": member.source.kind,
            "origin": member.source.origin,
            "url": member.url,
            "title": member.title,
            "language": member.language,
            "first_seen": to_us(member.first_seen),
            "alerted": member.alerted,
            "silent": member.silent,
            **_origin(record),
        }


def alert_row(alert: Alert, data: bytes, record: Record) -> Row:
    """Make the row of an alert, with its record as it was."""
    return {
        "id": alert.id,
        "topic": alert.data.topic,
        "story": alert.data.story,
        "item": alert.data.item,
        "level": alert.data.level,
        "time": to_us(alert.time),
        "headline": alert.data.headline,
        "json": data,
        **_origin(record),
    }


def dead_letter_row(letter: DeadLetter, data: bytes, record: Record) -> Row:
    """Make the row of a dead letter, with its record as it was."""
    return {
        "id": letter.id,
        "stage": letter.stage,
        "topic": letter.topic,
        "reason": letter.reason,
        "failed": to_us(letter.failed),
        "json": data,
        **_origin(record),
    }


def _origin(record: Record) -> Row:
    return {"log_topic": record.topic, "log_partition": record.partition, "log_offset": record.offset}


def _text(value: object) -> str:
    return _json.encode(value).decode()
