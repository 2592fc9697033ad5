"""An ingest stage that really runs, over a real log and a real site, with clocks that a test moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from config.settings import Feed, Network, Polling, Settings
from core import codec
from core.catalogue import FEEDS, ITEMS
from core.types import FeedId, FeedState, Item
from ingest.identity import feed_id
from ingest.outcome import PollDone
from ingest.service import Ingest
from stream.log import EventLog, TopicPartition, TopicSpec
from tests.ingest.site import Site

PARTITIONS = 4
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOTHING_LISTENS = "http://127.0.0.1:1/feed"


class Clocks:
    """A wall clock and a monotonic one that run, and can be pushed on together; the wall clock can be set as well."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.ahead = timedelta(0)
        self.wrong = timedelta(0)

    def now(self) -> datetime:
        return START + timedelta(seconds=time.monotonic() - self._began) + self.ahead + self.wrong

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()


def entry(number: int, title: str = "") -> str:
    """Write an entry of the day before `START`."""
    return (
        f"<item><guid>g{number}</guid><title>{title or f'Title {number}'}</title>"
        f"<link>http://news.example/{number}</link><pubDate>Sat, 28 Feb 2026 12:{number % 60:02}:00 GMT</pubDate></item>"
    )


def document(*entries: str) -> bytes:
    """Write a feed document."""
    return ("<rss version='2.0'><channel><title>News</title>" + "".join(entries) + "</channel></rss>").encode()


def settings(**polling: object) -> Settings:
    """Make settings that let the loopback through."""
    return Settings(polling=Polling.model_validate(polling), network=Network(allow_private=["127.0.0.0/8"]))


def create_topics(log: EventLog) -> None:
    log.create([TopicSpec(ITEMS, PARTITIONS), TopicSpec(FEEDS, PARTITIONS, compacted=True)])


def feeds(*urls: str) -> list[Feed]:
    return [Feed(url=url) for url in urls]


def items(log: EventLog) -> list[Item]:
    """Read every item on the log."""
    records = (record for n in range(PARTITIONS) for record in log.scan(TopicPartition(ITEMS, n)))
    return [codec.decode(Item, record.value) for record in records if record.value]


def states(log: EventLog) -> dict[FeedId, FeedState]:
    """Read the state of every feed."""
    found = (codec.decode(FeedState, record.value) for record in log.latest(FEEDS) if record.value)
    return {state.id: state for state in found}


def state_of(log: EventLog, url: str) -> FeedState:
    return states(log)[feed_id(url)]


def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@contextmanager
def running(
    log: EventLog,
    watched: Sequence[Feed],
    what: Settings | None = None,
    clocks: Clocks | None = None,
    observe: Callable[[PollDone], None] = lambda _done: None,
) -> Iterator[Ingest]:
    """Run the stage, and stop it. It polls when told to: there is no tick but the test's."""
    clocks = clocks or Clocks()
    ingest = Ingest(
        log,
        feeds=watched,
        settings=what or settings(),
        clock=clocks.now,
        monotonic=clocks.monotonic,
        random=lambda: 0.5,
        observe=observe,
    )
    ingest.start()
    try:
        yield ingest
    finally:
        ingest.stop(timedelta(seconds=5))


def outcomes(polls: list[PollDone]) -> list[str]:
    return sorted(poll.outcome for poll in polls)


def one(polls: list[PollDone]) -> PollDone:
    (poll,) = polls
    return poll


def tick_until(ingest: Ingest, site: Site, count: int) -> None:
    def enough() -> bool:
        ingest.tick()
        return len(site.asked) >= count and not ingest.status().in_flight

    until(enough)
