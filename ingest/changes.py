"""What is new in a document, and what the feed's state becomes. Pure.

New means a new identity, never a newer date. A known identity whose content hash changed is a revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from core.types import FeedState, Item, Seen, Source
from ingest.identity import item_id
from ingest.model import Document, Entry

MAX_SEEN = 20_000  # identities a feed's state keeps: a publisher who makes up new ones all the time must not fill it

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class ChangeRules(NamedTuple):
    """What the user tunes."""

    backlog_age: timedelta  # at the first poll, older entries are backlog
    remember: timedelta  # how long an entry that left the document is still known


class Changes(NamedTuple):
    """What a document brought."""

    items: tuple[Item, ...]  # to publish: new ones and revisions, in the document's order
    state: FeedState


def decide(state: FeedState, document: Document, *, source: Source, now: datetime, rules: ChangeRules) -> Changes:
    """Tell what a document that was received at `now` brings.

    Of the state it sets seen, baseline, overlap, gaps, counters, items and last_new, and nothing else. The entries that
    were cut out of the document must be `settled`.
    """
    today = (now - _EPOCH) // _DAY
    seen = dict(state.seen)
    items = []
    present = {entry.identity for entry in document.entries} | {entry.identity for entry in document.known}
    known = len(document.known)
    for same in document.known:
        if seen[same.identity].last_seen != today:
            seen[same.identity] = replace(seen[same.identity], last_seen=today)
    quiet: Counter[str] = Counter()  # what was cut from entries that were published, and counted, at an earlier poll
    for entry in document.entries:
        key = _recall(seen, entry, present)
        before = seen.pop(key) if key else None
        known += before is not None
        after = _after(state, entry, before, now, rules)
        seen[entry.identity] = replace(after, last_seen=today)
        if before is None or after.revision != before.revision:
            items.append(_item(entry, after, document, source, now))
        else:
            quiet.update(_codes(entry))
    new = sum(item.revision == 0 for item in items)
    count = len(document.entries) + len(document.known)
    overlap = known / count if count and state.baseline else None
    return Changes(
        tuple(items),
        replace(
            state,
            seen=_remembered(seen, present, today - rules.remember // _DAY),
            baseline=True,
            items=state.items + new,
            last_new=now if new else state.last_new,
            overlap=overlap,
            gaps=state.gaps + (overlap == 0 and bool(state.seen)),
            counters=dict(Counter(state.counters) + (Counter(document.counters) - quiet)),
        ),
    )


def settled(state: FeedState, document: Document) -> bool:
    """Tell whether the entries that were cut out of the document need no decision: the state has them as they are."""
    seen = state.seen
    return all(
        entry.identity in seen and seen[entry.identity].content_hash == entry.content_hash for entry in document.known
    )


def _recall(seen: Mapping[str, Seen], entry: Entry, present: set[str]) -> str:
    """Find the key an entry is known by; '' when it is new.

    A document that begins or ceases to repeat a GUID or link changes the identities of its entries; the same content
    under such a former identity is the same entry, unless the document has an entry of that identity too.
    """
    if entry.identity in seen:
        return entry.identity
    former = (key for key in entry.known_as if key in seen and key not in present)
    return next((key for key in former if seen[key].content_hash == entry.content_hash), "")


def _after(state: FeedState, entry: Entry, before: Seen | None, now: datetime, rules: ChangeRules) -> Seen:
    """Say what is kept of an entry from now on, but for the day."""
    if before is None:
        backlog = not state.baseline and not _is_recent(entry, now, rules)
        return Seen(item_id(state.id, entry.identity), entry.content_hash, 0, 0, backlog)
    if before.content_hash == entry.content_hash:
        return before
    # An edit of an old entry is old news still, unless it was given a new date too.
    backlog = before.backlog and not _is_recent(entry, now, rules)
    return Seen(before.item, entry.content_hash, before.revision + 1, 0, backlog)


def _is_recent(entry: Entry, now: datetime, rules: ChangeRules) -> bool:
    """Tell whether an entry has a trusted date within the backlog age."""
    return entry.published is not None and not entry.published_doubt and now - entry.published <= rules.backlog_age


def _item(entry: Entry, seen: Seen, document: Document, source: Source, now: datetime) -> Item:
    return Item(
        id=seen.item,
        source=source,
        title=entry.title,
        summary=entry.summary,
        url=entry.url,
        first_seen=now,
        published=entry.published,
        published_doubt=entry.published_doubt,
        revision=seen.revision,
        backlog=seen.backlog,
        language=entry.language or document.language or source.language,
        guid=entry.guid,
        authors=entry.authors,
        categories=entry.categories,
        content_hash=entry.content_hash,
        cut=entry.cut,
    )


def _codes(entry: Entry) -> tuple[str, ...]:
    return (*entry.cut, entry.published_doubt) if entry.published_doubt else entry.cut


def _remembered(seen: Mapping[str, Seen], present: set[str], oldest: int) -> dict[str, Seen]:
    """Forget entries that left the document before this day; keep every one that is in it."""
    gone = [(key, kept) for key, kept in seen.items() if key not in present and kept.last_seen >= oldest]
    room = max(MAX_SEEN - len(present), 0)
    if len(gone) > room:
        gone = sorted(gone, key=lambda pair: pair[1].last_seen)[len(gone) - room :]
    return dict(gone) | {key: seen[key] for key in present}
