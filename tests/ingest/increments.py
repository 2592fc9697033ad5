"""Poll the versions of a feed twice, as wholes and cut, and demand that nothing differs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from core.types import FeedId, FeedState, Source
from ingest.changes import ChangeRules, decide, settled
from ingest.entries import Limits
from ingest.model import Document, Failed
from ingest.parse import parse_document

FEED = FeedId("f")
URL = "https://example.org/feed"
RULES = ChangeRules(backlog_age=timedelta(days=2), remember=timedelta(days=60))


class Tally(NamedTuple):
    """How much was saved."""

    parsed: int = 0  # entries
    known: int = 0
    repeated: int = 0  # documents that had to be parsed again, as wholes
    forgotten: int = 0  # documents that nothing could be remembered of
    largest: int = 0  # memory, in bytes


def compare(versions: Iterable[tuple[bytes, datetime]], limits: Limits | None = None) -> Tally:
    """Poll these versions both ways, and assert that what is published, remembered and counted is the same."""
    state = FeedState(FEED, URL)
    memory = b""
    tally = Tally()
    for body, now in versions:
        whole = parse_document(body, "", URL, limits or Limits(), now)
        cut = parse_document(body, "", URL, limits or Limits(), now, memory)
        if isinstance(whole, Failed) or isinstance(cut, Failed):
            assert whole == cut
            continue
        again = not settled(state, cut)
        if again:
            cut = whole
        tally = Tally(
            tally.parsed + len(cut.entries),
            tally.known + len(cut.known),
            tally.repeated + again,
            tally.forgotten + (not cut.memory),
            max(tally.largest, len(cut.memory)),
        )
        state = same(state, whole, cut, now)
        memory = cut.memory
    return tally


def same(state: FeedState, whole: Document, cut: Document, now: datetime) -> FeedState:
    """Assert that both documents say the same and lead to the same; give the state they lead to."""
    assert (cut.memory, cut.ttl_s) == (whole.memory, whole.ttl_s)
    assert (cut.format, cut.title, cut.language) == (whole.format, whole.title, whole.language)
    identities = {entry.identity for entry in cut.entries} | {entry.identity for entry in cut.known}
    assert identities == {entry.identity for entry in whole.entries}
    source = Source(FEED, "n", URL)
    expected = decide(state, whole, source=source, now=now, rules=RULES)
    assert decide(state, cut, source=source, now=now, rules=RULES) == expected
    return expected.state
