"""One poll from request to decision: fetch, parse, decide what is new. Commits nothing and remembers nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from msgspec.structs import replace

from config.settings import Feed, Settings
from core.types import FeedId, FeedState, Item, Source
from ingest.changes import ChangeRules, decide, settled
from ingest.entries import Limits
from ingest.fetch import Fetcher
from ingest.health import Moment, after_document, after_failure, after_unchanged, request_for
from ingest.identity import feed_id
from ingest.memory import Memory
from ingest.model import Document, Failed, Fetched, Reason, Request
from ingest.outcome import PollDone
from ingest.parse_pool import ParserPool
from ingest.schedule import pace_of
from ingest.sitemap_index import Bounds, Whole, read_parts
from stream.log import partition_of

_NOT_MODIFIED = 304
_log = structlog.get_logger("ingest")


class Watched(NamedTuple):
    """A feed that is watched."""

    id: FeedId
    feed: Feed
    host: str
    partition: int  # of `armswatch.feeds`

    @property
    def name(self) -> str:
        """The outlet, as shown to people."""
        return self.feed.name or self.host


def watched(feed: Feed, partitions: int) -> Watched:
    """Work out what is fixed about a feed."""
    identity = feed_id(feed.url)
    return Watched(identity, feed, urlsplit(feed.url).hostname or "", partition_of(identity.encode(), partitions))


class Polled(NamedTuple):
    """What a poll is to leave behind."""

    state: FeedState
    items: Sequence[Item]
    done: PollDone


class Poller:
    """Polls feeds under one set of settings. Belongs to one event loop.

    Args:
        settings: of polling and network.
        clock: the wall clock, aware, UTC.
        monotonic: seconds, for durations.
        random: 0..1, for jitter.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        polling = settings.polling
        self._polling = polling
        self._clock, self._monotonic, self._random = clock, monotonic, random
        self._rules = ChangeRules(polling.backlog_age, polling.remember)
        self._memory = Memory()
        self._fetcher = Fetcher(settings.network, polling, clock=clock)
        self._parsers = ParserPool(
            processes=polling.parse_processes,
            cpu=polling.parse_cpu,
            memory_bytes=polling.parse_memory_bytes,
            limits=Limits(polling.max_entries, polling.max_title_chars, polling.max_summary_chars),
        )

    async def poll(self, feed: Watched, before: FeedState | None) -> Polled:
        """Poll a feed. Whatever happens is an outcome; nothing is raised but cancellation."""
        state = before or FeedState(id=feed.id, url=feed.feed.url, name=feed.name)
        began = self._monotonic()
        try:
            polled = await self._poll(feed, state)
        except Exception as error:  # noqa: BLE001 - one feed's failure is a value, and never ends the stage
            _log.exception("poll_crashed", feed=feed.feed.url, next="counted as a failure of this feed")
            polled = self._failed(feed, state, Failed(Reason.INTERNAL, type(error).__name__))
        return polled._replace(done=polled.done._replace(elapsed_s=self._monotonic() - began))

    async def close(self) -> None:
        """Close connections and end the parse workers."""
        await self._parsers.close()
        await self._fetcher.close()

    async def _poll(self, feed: Watched, state: FeedState) -> Polled:
        began = self._monotonic()
        asked = request_for(state, feed.feed.url)
        fetched = await self._fetcher.fetch(asked)
        if isinstance(fetched, Failed):
            return self._failed(feed, state, fetched)
        if fetched.status == _NOT_MODIFIED:
            return self._unchanged(feed, state, asked, fetched, "not_modified")
        body_hash = hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if state.baseline and body_hash == state.body_hash:
            return self._unchanged(feed, state, asked, fetched, "unchanged")
        whole = await self._document(feed, state, fetched, body_hash, began)
        if isinstance(whole, Failed):
            return self._failed(feed, state, whole)
        if state.baseline and whole.body_hash == state.body_hash:
            return self._unchanged(feed, state, asked, whole.fetched, "unchanged")
        return self._read(feed, state, asked, *whole)

    async def _document(
        self, feed: Watched, state: FeedState, fetched: Fetched, body_hash: str, began: float
    ) -> Whole | Failed:
        """Parse a document; in place of an index of site maps, those that it names."""
        document = await self._parse(feed, state, fetched)
        if isinstance(document, Failed):
            return document
        if not document.parts:
            return Whole(fetched, document, body_hash)
        polling = self._polling
        seconds = polling.deadline.total_seconds() - (self._monotonic() - began)
        left = Bounds(seconds, polling.max_body_bytes - len(fetched.body), polling.max_entries)
        return await read_parts(document, fetched, self._fetcher.fetch, self._parsers.parse, left)

    async def _parse(self, feed: Watched, state: FeedState, fetched: Fetched) -> Document | Failed:
        """Parse a document, but for the entries that the last one held and the state knows."""
        asked = (fetched.body, fetched.content_type, fetched.url)
        document = await self._parsers.parse(*asked, self._memory.of(feed.id))
        if isinstance(document, Document) and not settled(state, document):
            document = await self._parsers.parse(*asked)
        if isinstance(document, Document):
            self._memory.keep(feed.id, document.memory)
        return document

    def _read(
        self, feed: Watched, state: FeedState, asked: Request, fetched: Fetched, document: Document, body_hash: str
    ) -> Polled:
        source = _source(feed, document)
        changes = decide(state, document, source=source, now=fetched.received, rules=self._rules)
        news = any(item.revision == 0 for item in changes.items)
        after = after_document(
            state, changes.state, asked, fetched, self._moment(feed, fetched.received),
            body_hash=body_hash, ttl_s=document.ttl_s, news=news,
        )  # fmt: skip
        first = [item for item in changes.items if item.revision == 0]
        backlog = sum(item.backlog for item in first)
        done = self._done(
            feed, "ok", new=len(first) - backlog, backlog=backlog, updated=len(changes.items) - len(first)
        )
        return Polled(_named(after, source.name), changes.items, done)

    def _unchanged(self, feed: Watched, state: FeedState, asked: Request, fetched: Fetched, how: str) -> Polled:
        after = after_unchanged(state, asked, fetched, self._moment(feed, fetched.received))
        return Polled(after, (), self._done(feed, how))

    def _failed(self, feed: Watched, state: FeedState, failed: Failed) -> Polled:
        after = after_failure(state, failed, self._moment(feed, self._clock()))
        done = self._done(feed, str(failed.reason), reached=False, detail=failed.detail)
        return Polled(after, (), done)

    def _moment(self, feed: Watched, now: datetime) -> Moment:
        return Moment(now, self._random(), pace_of(feed.feed, self._polling))

    def _done(
        self, feed: Watched, outcome: str, *, reached: bool = True, new: int = 0, updated: int = 0, backlog: int = 0,
        detail: str = "",
    ) -> PollDone:  # fmt: skip
        return PollDone(feed.id, feed.name, feed.feed.url, outcome, reached, new, updated, backlog, 0.0, detail)


def _source(feed: Watched, document: Document) -> Source:
    told = feed.feed
    name = told.name or document.title or feed.host
    return Source(feed.id, name, told.url, told.language, told.country, told.kind, told.origin)


def _named(state: FeedState, name: str) -> FeedState:
    if state.name == name:
        return state
    return replace(state, name=name)
