"""Puts what polls brought on the log: items and feed states together, exactly once, many polls in one transaction.

Also the fetcher's membership: which partitions of `armswatch.feeds` it owns, and the states in them.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import structlog

from core import codec
from core.catalogue import FEEDS, ITEMS
from core.errors import CodecError, LogError, LogUnavailable, PartitionsLost
from core.types import FeedId, FeedState, Item
from stream.log import EventLog, NewRecord, Reader

GROUP = "ingest"
_GATHER_S = 0.005  # polls that end so near one another share a transaction
_MOST_AT_ONCE = 500
_LOOK_S = 1.0  # how often membership is asked after
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 15.0

T = TypeVar("T")
_log = structlog.get_logger("ingest")


class Outcome(NamedTuple):
    """What one poll is to put on the log."""

    partition: int  # of its feed
    epoch: int  # of our owning it, when the poll began: what was decided then rests on the state there was then
    state: FeedState
    items: Sequence[Item] = ()


class _Waiting(NamedTuple):
    records: Sequence[NewRecord]
    partition: int
    epoch: int
    done: asyncio.Future[bool]


class Publisher:
    """The fetcher's member of the group `ingest`. Belongs to one event loop; the log is used in a thread of its own.

    Args:
        log: the event log.
        gained: called in the loop with a partition newly owned and the states in it.
        lost: called in the loop with a partition owned no more.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        gained: Callable[[int, Mapping[FeedId, FeedState]], None],
        lost: Callable[[int], None],
    ) -> None:
        self._log = log
        self._gained = gained
        self._lost = lost
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingest-log")
        self._reader: Reader | None = None
        self._owned: dict[int, int] = {}  # partition -> epoch of its ownership
        self._arriving: set[int] = set()  # told to be ours, their states not read yet
        self._epochs = itertools.count(1)
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._closing = asyncio.Event()
        self.tries = 0  # grows while it doesn't hang, an outage included
        self.away = False  # the log could not be used when last tried
        self._looked = 0.0
        self.owning = asyncio.Event()  # set once any partition was gained

    @property
    def owned(self) -> Collection[int]:
        """The partitions owned now."""
        return self._owned.keys()

    def epoch(self, partition: int) -> int:
        """Tell the epoch of our owning a partition, another each time it comes to us; 0 while it is not ours."""
        return self._owned.get(partition, 0)

    async def open(self) -> None:
        """Join the group, and take over what is ours at once.

        Raises:
            LogError: the topics do not exist, or the log is away.
        """
        self._reader = await self._in_thread(lambda: self._log.reader(GROUP, [FEEDS], start="latest"))
        await self._look()

    async def publish(self, outcome: Outcome) -> bool:
        """Wait until an outcome is durably on the log; False when it was dropped, for its partition was lost.

        Raises:
            CodecError: it can't be written; the outcomes of other polls are not touched by it.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(_records(outcome), outcome.partition, outcome.epoch, done))
        return await asyncio.shield(done)

    async def run(self) -> None:
        """Commit what comes in, until `close`. Whatever happens to the log, it goes on."""
        while not (self._closing.is_set() and self._queue.empty()):
            group = await self._gather()
            self.tries += 1
            try:
                if group:
                    await self._commit(group)
                if time.monotonic() - self._looked >= _LOOK_S:
                    await self._look()
                    self._back()
            except LogUnavailable as error:
                self._gone(error, next="the partitions are asked after again soon")
                await self._pause(_FIRST_WAIT_S)
            except Exception:  # noqa: BLE001 - the stage goes on; what was dropped is polled again
                _log.exception("publish_crashed", dropped=len(group))
            finally:
                for waiting in group:
                    if not waiting.done.done():
                        waiting.done.set_result(False)

    async def close(self) -> None:
        """Make `run` end once it has committed what it has; what the log won't take now is dropped."""
        self._closing.set()
        self._queue.put_nowait(None)  # wakes `run`

    async def leave(self) -> None:
        """Leave the group, after `run` has ended."""
        if self._reader is not None:
            await self._in_thread(self._reader.close)
        self._thread.shutdown(wait=False)

    async def _gather(self) -> list[_Waiting]:
        """Wait a while for outcomes, and a moment more for their neighbours."""
        try:
            async with asyncio.timeout(_LOOK_S):
                group = [await self._queue.get()]
        except TimeoutError:
            return []
        await asyncio.sleep(_GATHER_S)
        while len(group) < _MOST_AT_ONCE and not self._queue.empty():
            group.append(self._queue.get_nowait())
        return [waiting for waiting in group if waiting is not None]

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        """Commit the outcomes whose partition is still ours, trying for as long as it takes."""
        wait_s = _FIRST_WAIT_S
        while ours := [waiting for waiting in group if self._owned.get(waiting.partition) == waiting.epoch]:
            records = [record for waiting in ours for record in waiting.records]
            try:
                await self._in_thread(lambda records=records: self._member.commit(records))  # type: ignore[misc]
            except PartitionsLost:
                _log.info("partitions_lost", dropped=len(ours))
                await self._look()
                return
            except LogUnavailable as error:
                self._gone(error, polls=len(ours), next="kept, and tried again")
                self.tries += 1
                if self._closing.is_set():
                    return
                await self._pause(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
                continue
            self._back()
            for waiting in ours:
                waiting.done.set_result(True)
            return

    def _gone(self, error: LogUnavailable, **facts: Any) -> None:
        """Say once that the log is away."""
        if not self.away:
            _log.warning("log_unavailable", error=str(error), **facts)
        self.away = True

    def _back(self) -> None:
        if self.away:
            _log.info("log_back")
        self.away = False

    async def _look(self) -> None:
        """Ask after partitions. The records read are our own states, and only move the group's positions."""
        self._looked = time.monotonic()
        batch = await self._in_thread(lambda: self._member.read(_MOST_AT_ONCE, timedelta(0)))
        for source in batch.lost:
            self._arriving.discard(source.partition)
            if self._owned.pop(source.partition, None) is not None:
                self._lost(source.partition)
        self._arriving |= {source.partition for source in batch.gained}
        if not self._arriving:
            return
        states = await self._in_thread(lambda: self._read_states(tuple(self._arriving)))
        self._arriving.clear()
        for partition in sorted(states):
            self._owned[partition] = next(self._epochs)
            self._gained(partition, states[partition])
        self.owning.set()

    def _read_states(self, partitions: Sequence[int]) -> dict[int, dict[FeedId, FeedState]]:
        states: dict[int, dict[FeedId, FeedState]] = {partition: {} for partition in partitions}
        for record in self._log.latest(FEEDS, partitions):
            if record.value is None:
                continue
            try:
                state = codec.decode(FeedState, record.value)
            except CodecError as error:
                _log.warning("feed_state_unreadable", key=repr(record.key), error=str(error), next="begun anew")
                continue
            states[record.partition][state.id] = state
        return states

    @property
    def _member(self) -> Reader:
        if self._reader is None:
            raise LogError("the publisher is not open")
        return self._reader

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _records(outcome: Outcome) -> list[NewRecord]:
    """Write an outcome as records: its items, and the state that knows them, in the feed's own partition."""
    state = outcome.state
    return [
        *(NewRecord(ITEMS, item.id.encode(), codec.encode(item)) for item in outcome.items),
        NewRecord(FEEDS, state.id.encode(), codec.encode(state), partition=outcome.partition),
    ]
