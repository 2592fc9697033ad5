"""What the archive lets go of, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from archive.schema import to_us
from archive.store import Store

_CHUNK = 500  # rows in one transaction: the stage waits no longer than that takes

# An item that a topic matched, or nearly, is kept as long as that: it is half of the answer to "why".
_ITEMS = """
DELETE FROM items WHERE n IN (
  SELECT n FROM items WHERE first_seen < :items
    AND (first_seen < :alerts OR NOT EXISTS (SELECT 1 FROM matches WHERE matches.item = items.id))
  LIMIT :chunk)
"""
_MATCHES = "DELETE FROM matches WHERE rowid IN (SELECT rowid FROM matches WHERE matched < :alerts LIMIT :chunk)"
_ALERTS = "DELETE FROM alerts WHERE n IN (SELECT n FROM alerts WHERE time < :alerts LIMIT :chunk)"
_STORIES = "DELETE FROM stories WHERE id IN (SELECT id FROM stories WHERE updated < :alerts LIMIT :chunk)"
_MEMBERS = """
DELETE FROM story_members WHERE (topic, item, revision) IN (
  SELECT topic, item, revision FROM story_members
  WHERE first_seen < :alerts AND NOT EXISTS (SELECT 1 FROM stories WHERE stories.id = story_members.story)
  LIMIT :chunk)
"""
_DEAD_LETTERS = """
DELETE FROM dead_letters WHERE rowid IN (SELECT rowid FROM dead_letters WHERE failed < :alerts LIMIT :chunk)
"""


class Expired(NamedTuple):
    """How many rows went."""

    items: int
    matches: int
    stories: int
    alerts: int
    dead_letters: int


def expire(store: Store, now: datetime, keep_items: timedelta, keep_alerts: timedelta) -> Expired:
    """Drop items seen before `now - keep_items`, and all else from before `now - keep_alerts`."""
    before = {"items": to_us(now - keep_items), "alerts": to_us(now - keep_alerts), "chunk": _CHUNK}
    matches = _drop(store, _MATCHES, before)
    items = _drop(store, _ITEMS, before)
    stories = _drop(store, _STORIES, before)
    _drop(store, _MEMBERS, before)
    return Expired(items, matches, stories, _drop(store, _ALERTS, before), _drop(store, _DEAD_LETTERS, before))


def _drop(store: Store, statement: str, before: dict[str, int]) -> int:
    dropped = 0
    while True:
        with store.transaction() as connection:
            count = connection.execute(statement, before).rowcount
        dropped += count
        if count < _CHUNK:
            return dropped
