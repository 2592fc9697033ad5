"""The feeds that this fetcher watches: their states, when they are due, the polls under way. One event loop's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import structlog

from config.settings import Feed, Settings
from core.catalogue import FEEDS
from core.errors import CodecError, UnknownTopic
from core.types import FeedId, FeedState
from ingest.due import DueHeap
from ingest.model import Reason
from ingest.outcome import PollDone
from ingest.poll import Polled, Poller, Watched, watched
from ingest.publish import Outcome, Publisher
from ingest.reach import Reach
from ingest.schedule import Pace, due_at_start, pace_of
from ingest.voice import Voice
from stream.log import EventLog

_SPREAD_S = 5.0  # first polls begin at once and are spread over so long
_SPREAD_FROM = 50  # feeds; fewer all begin at once
_PROBES = 3
_BACK_S = 10.0  # after an outage of the network, failed feeds are polled again within so long
_UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.DEADLINE})  # perhaps not the feed's fault
_TELLS_NOTHING = frozenset({Reason.REFUSED_ADDRESS, Reason.REFUSED_SCHEME, Reason.INTERNAL})  # of the network

_log = structlog.get_logger("ingest")


class Fleet:
    """See `ingest.service.Ingest`, whose loop it runs in. Only the sizes of its collections are read from elsewhere."""

    def __init__(
        self,
        log: EventLog,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Callable[[], float],
        observe: Callable[[PollDone], None],
    ) -> None:
        self._log = log
        self._clock, self._monotonic, self._random, self._observe = clock, monotonic, random, observe
        self._publisher = Publisher(log, gained=self._gained, lost=self._lost)
        self._committing: asyncio.Task[None] | None = None
        self._poller: Poller | None = None
        self._settings = Settings()
        self._partitions = 1
        self._watched: dict[FeedId, Watched] = {}
        self._states: dict[FeedId, FeedState] = {}
        self._due = DueHeap()
        self._reach = Reach()
        self._voice = Voice()
        self._slots = asyncio.Semaphore(1)
        self._host_slots: dict[str, asyncio.Semaphore] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._closing = False
        self.ours: set[FeedId] = set()
        self.reached: set[FeedId] = set()
        self.failing: set[FeedId] = set()
        self.under_way: set[FeedId] = set()  # of those begun, what does not wait for its host's turn any more
        self._begun: dict[FeedId, asyncio.Task[PollDone | None]] = {}
        self.items = 0

    @property
    def offline(self) -> bool:
        """Whether the network is taken to be down."""
        return self._reach.offline

    @property
    def log_away(self) -> bool:
        """Whether the log could not be used when last tried."""
        return self._publisher.away

    @property
    def writes_tried(self) -> int:
        """How often it has gone to the log, or looked whether it must."""
        return self._publisher.tries

    async def open(self, feeds: Sequence[Feed], settings: Settings) -> None:
        """Join the group and take up the feeds.

        Raises:
            LogError: the topics do not exist, or the log is away.
        """
        infos = await asyncio.to_thread(self._log.describe)
        self._partitions = sum(info.source.topic == FEEDS for info in infos)
        if not self._partitions:
            raise UnknownTopic(f"no topic {FEEDS}")
        self.watch(feeds, settings)
        await self._publisher.open()
        self._committing = asyncio.create_task(self._publisher.run())

    def watch(self, feeds: Sequence[Feed], settings: Settings) -> None:
        """Watch these feeds, under these settings, from now on."""
        before, paces = self._watched, self._paces()
        self._watched = {each.id: each for each in (watched(feed, self._partitions) for feed in feeds)}
        for gone in before.keys() - self._watched.keys():
            self._drop(gone)
            self._voice.forget(gone)
        self._take_up(self._watched.keys() - before.keys())
        if self._poller is None or settings != self._settings:
            self._settle(settings)
        self._hasten(paces)

    def poll_due(self) -> None:
        """Begin the polls that are due, and say what is to be said."""
        if self._closing:
            return
        now = self._monotonic()
        self._voice.network(self._reach.judge(len(self.ours), now), len(self.ours))
        self._voice.tick(now)
        if not self._reach.offline:
            for feed in self._due.pop(now):  # all of them: those of a host that hangs must not keep the others out
                self._begin(feed)
        elif self._reach.probe(now):
            for feed in self._probes():
                self._begin(feed)

    async def poll_all(self) -> list[PollDone]:
        """Poll every feed that is ours; give the outcomes that were committed."""
        await self._publisher.owning.wait()
        for feed in list(self.ours):
            self._begin(feed)
        done = await asyncio.gather(*self._begun.values(), return_exceptions=True)
        return [each for each in done if isinstance(each, PollDone)]

    async def close(self, patience_s: float) -> None:
        """Let the polls in flight end, cancel what is left after so many seconds, commit, and leave."""
        self._closing = True
        for feed in self._begun.keys() - self.under_way:
            self._begun[feed].cancel()
        if self._begun:
            _, late = await asyncio.wait(self._begun.values(), timeout=patience_s * 0.7)
            for poll in late:
                poll.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._publisher.close()
        if self._committing:
            _, stuck = await asyncio.wait([self._committing], timeout=max(1.0, patience_s * 0.3))
            for task in stuck:
                task.cancel()
        try:
            await self._publisher.leave()
        finally:
            await asyncio.gather(*self._retiring)
            if self._poller:
                await self._poller.close()

    def _settle(self, settings: Settings) -> None:
        """Go over to other settings; polls under way end under theirs."""
        old, self._settings = self._poller, settings
        self._poller = Poller(settings, clock=self._clock, monotonic=self._monotonic, random=self._random)
        self._slots = asyncio.Semaphore(settings.polling.concurrency)
        self._host_slots = {}
        if old:
            retiring = asyncio.create_task(_retire(old, [self._begun[feed] for feed in self.under_way]))
            self._retiring.add(retiring)
            retiring.add_done_callback(self._retiring.discard)

    def _paces(self) -> dict[FeedId, Pace]:
        return {feed: pace_of(self._watched[feed].feed, self._settings.polling) for feed in self.ours}

    def _hasten(self, before: Mapping[FeedId, Pace]) -> None:
        """Have an interval that was shortened count from now on, not from the next poll; failures keep their wait."""
        latest, now = self._paces(), self._monotonic()
        for feed in (before.keys() & latest.keys()) - self.failing:
            due = self._due.at(feed)
            if due is not None and latest[feed].interval < before[feed].interval:
                self._due.put(feed, min(due, now + latest[feed].interval))

    # --- which feeds are ours

    def _gained(self, partition: int, states: Mapping[FeedId, FeedState]) -> None:
        self._states |= states
        self._take_up([feed.id for feed in self._watched.values() if feed.partition == partition])

    def _lost(self, partition: int) -> None:
        for feed in [feed for feed in self._watched.values() if feed.partition == partition]:
            self._drop(feed.id)
            self._states.pop(feed.id, None)

    def _take_up(self, feeds: Sequence[FeedId] | set[FeedId]) -> None:
        """Have feeds polled from now on, those of our partitions; first polls begin at once, a little spread out."""
        now, wall = self._monotonic(), self._clock()
        spread_s = _SPREAD_S if len(feeds) > _SPREAD_FROM else 0.0
        for feed in feeds:
            each = self._watched[feed]
            if each.partition not in self._publisher.owned or feed in self.ours:
                continue
            self.ours.add(feed)
            pace = pace_of(each.feed, self._settings.polling)
            self._due.put(feed, now + max(due_at_start(self._states.get(feed), wall, pace), spread_s * self._random()))

    def _drop(self, feed: FeedId) -> None:
        self._due.drop(feed)
        self._reach.forget(feed)
        for group in (self.ours, self.reached, self.failing):
            group.discard(feed)

    # --- polls

    def _begin(self, feed: FeedId) -> None:
        """Begin to poll a feed, unless it is being polled."""
        if feed in self._begun or feed not in self.ours or self._closing:
            return
        self._due.drop(feed)
        poll = asyncio.create_task(self._poll(self._watched[feed]))
        self._begun[feed] = poll
        poll.add_done_callback(lambda task: self._ended(feed, task))

    def _ended(self, feed: FeedId, poll: asyncio.Task[PollDone | None]) -> None:
        """Take a poll off the list. Whatever befell it, its feed is polled again."""
        self._begun.pop(feed, None)
        self.under_way.discard(feed)
        error = None if poll.cancelled() else poll.exception()
        if error is not None:
            _log.error("poll_crashed", feed=feed, exc_info=error, next="polled again later")
        if feed in self.ours and self._due.at(feed) is None:
            pace = pace_of(self._watched[feed].feed, self._settings.polling)
            self._due.put(feed, self._monotonic() + pace.interval)

    async def _poll(self, feed: Watched) -> PollDone | None:
        """Poll a feed and put the outcome on the log; None when there is none, for the feed is not ours any more."""
        host = self._host_slots.setdefault(feed.host, asyncio.Semaphore(self._settings.polling.per_host))
        async with host, self._slots:
            if feed.id not in self.ours or self._poller is None:
                return None
            self.under_way.add(feed.id)
            epoch = self._publisher.epoch(feed.partition)
            polled = await self._poller.poll(feed, self._states.get(feed.id))
        if not await self._publish(feed, epoch, polled):
            return None
        if feed.id not in self.ours:  # dropped meanwhile; what it brought is on the log all the same
            return polled.done
        state = self._states[feed.id] = polled.state
        if state.next_due and state.last_poll:  # a span, so that a clock set meanwhile doesn't matter
            self._due.put(feed.id, self._monotonic() + (state.next_due - state.last_poll).total_seconds())
        self._note(feed, polled.done)
        return polled.done

    async def _publish(self, feed: Watched, epoch: int, polled: Polled) -> bool:
        """Put an outcome on the log. One that won't go there is polled again later: nothing of it was remembered."""
        try:
            return await self._publisher.publish(Outcome(feed.partition, epoch, polled.state, polled.items))
        except CodecError as error:
            _log.error("poll_not_written", feed=feed.feed.url, why=str(error), next="polled again later")
            return False

    def _note(self, feed: Watched, done: PollDone) -> None:
        """Count an outcome, learn from it about the network, and tell those who look on."""
        self.items += done.new + done.backlog
        (self.reached if done.reached else self.failing).add(feed.id)
        (self.failing if done.reached else self.reached).discard(feed.id)
        now = self._monotonic()
        unreached = done.outcome in _UNREACHED
        if unreached:
            self._reach.missed(feed.id, feed.host, now)
            self._voice.network(self._reach.judge(len(self.ours), now), len(self.ours))
        elif done.outcome not in _TELLS_NOTHING:
            self._back(self._reach.reached(), now)
        self._voice.poll_done(done)
        if done.reached:
            self._voice.read(done)
        else:
            self._voice.failed(done, now, hold=unreached, offline=self._reach.offline)
        self._observe(done)

    def _back(self, turn: str, now: float) -> None:
        """When the network is back, poll soon what failed."""
        self._voice.network(turn, len(self.ours))
        if turn == "online":
            for feed in self.failing - self._begun.keys():
                self._due.put(feed, now + _BACK_S * self._random())

    def _probes(self) -> Iterator[FeedId]:
        """Choose a few feeds of different hosts to see whether the network is back."""
        hosts: set[str] = set()
        for feed in sorted(self._reach.unreached, key=lambda _feed: self._random()):
            host = self._watched[feed].host if feed in self._watched else ""
            if feed in self.ours and host not in hosts:
                hosts.add(host)
                yield feed
            if len(hosts) == _PROBES:
                return


async def _retire(poller: Poller, polls: Sequence[asyncio.Task[PollDone | None]]) -> None:
    """Close a poller once the polls that were begun with it have ended."""
    if polls:
        await asyncio.wait(polls)
    await poller.close()
