"""Successive versions of real feeds: every entry once, every edit once, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.types import FeedId, FeedState, Item, Source
from ingest.changes import ChangeRules, decide
from ingest.entries import Limits
from ingest.model import Document
from ingest.parse import parse_document
from tests.ingest.corpus import REPLAY, documents, needs_corpus, parser_alone, polled_at, said

FEED = FeedId("f")
URL = "https://example.org/feed"
RULES = ChangeRules(backlog_age=timedelta(days=2), remember=timedelta(days=60))
HISTORIES = documents(REPLAY)


def replay(folder: Path) -> tuple[list[Item], FeedState]:
    """Poll every version of a feed, its state going through bytes in between, as it does on the log."""
    state = FeedState(FEED, URL)
    items: list[Item] = []
    for path in documents(folder):
        now = polled_at(path)
        document = parse_document(path.read_bytes(), "", URL, Limits(), now)
        assert isinstance(document, Document)
        changes = decide(state, document, source=Source(FEED, "n", URL), now=now, rules=RULES)
        items += changes.items
        state = msgspec.json.decode(msgspec.json.encode(changes.state), type=FeedState)
    return items, state


def sightings(folder: Path) -> Iterator[tuple[Hashable, tuple[str, str]]]:
    """Yield what the feed parser alone says: id, or title where all entries have one link, and content."""
    for path in documents(folder):
        entries = parser_alone(path.read_bytes())
        links = {entry.get("link") for entry in entries}
        met = set()
        for entry in entries:
            key = entry.get("id") or (entry.get("link") if len(links) > 1 else said(entry)[0])
            if key not in met:
                met.add(key)
                yield key, said(entry)


def count_alone(folder: Path) -> tuple[int, int]:
    """Count the distinct entries, and the changes of what they say, without any code of ours."""
    latest: dict[Hashable, tuple[str, str]] = {}
    edits = 0
    for key, content in sightings(folder):
        edits += key in latest and latest[key] != content
        latest[key] = content
    return len(latest), edits


@needs_corpus
@pytest.mark.parametrize("folder", HISTORIES, ids=lambda folder: folder.name)
def test_a_history_brings_each_entry_once_and_each_edit_once(folder: Path) -> None:
    items, state = replay(folder)
    distinct, edits = count_alone(folder)
    new = [item for item in items if item.revision == 0]
    print(f"{folder.name}: {len(new)} items, {len(items) - len(new)} edits; alone {distinct} and {edits}")
    assert len(new) == distinct == state.items
    assert len(items) - len(new) == edits
    assert max(Counter((item.id, item.revision) for item in items).values()) == 1
    assert state.gaps == 0


@needs_corpus
@pytest.mark.parametrize("folder", HISTORIES, ids=lambda folder: folder.name)
def test_the_state_of_a_real_feed_stays_small(folder: Path) -> None:
    _, state = replay(folder)
    assert len(msgspec.json.encode(state)) < 110 * len(state.seen) + 1000
