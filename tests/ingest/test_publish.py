"""Polls' outcomes on the log: all or nothing, together, and whatever the log does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from core.catalogue import FEEDS
from core.errors import CodecError, LogError, LogUnavailable, PartitionsLost
from core.types import FeedId, FeedState, Item, ItemId, Source
from ingest.publish import Outcome, Publisher
from stream.log import Batch, NewRecord, Reader, Record, Start, TopicPartition
from stream.sqlite import SqliteLog
from tests.ingest.running import PARTITIONS, START, create_topics, items, states, until

Fault = Callable[[str], None]


class FaultyReader:
    """A real reader, with faults put before what it does."""

    def __init__(self, inner: Reader, fault: Fault, commits: list[int]) -> None:
        self._inner, self._fault, self._commits = inner, fault, commits

    def read(self, max_records: int, timeout: timedelta) -> Batch:
        self._fault("read")
        return self._inner.read(max_records, timeout)

    def commit(self, records: Sequence[NewRecord] = (), positions: Mapping[TopicPartition, int] | None = None) -> None:
        self._fault("commit")
        self._inner.commit(records, positions)
        self._commits.append(len(records))

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._inner.seek(positions)

    def wake(self) -> None:
        self._inner.wake()

    def close(self) -> None:
        self._inner.close()
        self._fault("close")


class FaultyLog(SqliteLog):
    """A real log in memory whose readers meet with faults."""

    def __init__(self, fault: Fault = lambda _call: None) -> None:
        super().__init__(None, clock=lambda: START)
        self.fault = fault
        self.commits: list[int] = []
        create_topics(self)

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        return FaultyReader(super().reader(group, topics, start), self._meet, self.commits)

    def _meet(self, call: str) -> None:
        self.fault(call)

    def latest(self, topic: str, partitions: Collection[int] | None = None) -> Iterator[Record]:
        self.fault("latest")
        return super().latest(topic, partitions)


@pytest.fixture
def log() -> Iterator[FaultyLog]:
    log = FaultyLog()
    yield log
    log.close()


def failing(call: str, *errors: Exception) -> Fault:
    """Fail that call once with each error, then let it be."""
    left = list(errors)

    def fault(made: str) -> None:
        if made == call and left:
            raise left.pop(0)

    return fault


def outcome(publisher: Publisher, name: str, partition: int = 0, title: str = "t") -> Outcome:
    item = Item(ItemId(f"item-{name}"), Source(FeedId(name), name, "u"), title, "", "", START)
    return Outcome(partition, publisher.epoch(partition), FeedState(id=FeedId(name), url="u"), (item,))


class Told:
    """What a publisher tells of its partitions."""

    def __init__(self) -> None:
        self.gained: list[int] = []
        self.lost: list[int] = []
        self.states: dict[FeedId, FeedState] = {}

    def gain(self, partition: int, states: Mapping[FeedId, FeedState]) -> None:
        self.gained.append(partition)
        self.states |= states

    def lose(self, partition: int) -> None:
        self.lost.append(partition)


@asynccontextmanager
async def publishing(log: FaultyLog, told: Told | None = None) -> AsyncIterator[Publisher]:
    told = told or Told()
    publisher = Publisher(log, gained=told.gain, lost=told.lose)
    await publisher.open()
    running = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        await publisher.close()
        await asyncio.wait_for(running, 10)
        await publisher.leave()


async def publish_many(log: FaultyLog, *names: str) -> list[bool]:
    async with publishing(log) as publisher:
        return list(await asyncio.gather(*(publisher.publish(outcome(publisher, name)) for name in names)))


def test_polls_that_end_together_share_a_transaction_items_and_states_alike(log: FaultyLog) -> None:
    assert asyncio.run(publish_many(log, "a", "b", "c")) == [True] * 3
    assert log.commits == [6]
    assert {item.id for item in items(log)} == {"item-a", "item-b", "item-c"}
    assert set(states(log)) == {"a", "b", "c"}


def test_a_state_stays_in_its_feeds_partition_whatever_its_key(log: FaultyLog) -> None:
    async def publish() -> None:
        async with publishing(log) as publisher:
            for partition in range(PARTITIONS):
                assert await publisher.publish(outcome(publisher, "same", partition))

    asyncio.run(publish())
    assert all(len(list(log.scan(TopicPartition(FEEDS, partition)))) == 1 for partition in range(PARTITIONS))


def test_states_are_given_with_their_partition(log: FaultyLog) -> None:
    told = Told()

    async def twice() -> None:
        async with publishing(log) as publisher:
            await publisher.publish(outcome(publisher, "a", 1))
        async with publishing(log, told) as publisher:
            assert set(publisher.owned) == set(range(PARTITIONS))
            assert publisher.owning.is_set()

    asyncio.run(twice())
    assert told.gained == list(range(PARTITIONS))
    assert set(told.states) == {"a"}


def test_a_state_that_cannot_be_read_costs_that_feed_alone(log: FaultyLog) -> None:
    told = Told()
    log.append([NewRecord(FEEDS, b"bad", b"{", partition=0), NewRecord(FEEDS, b"gone", None, partition=0)])

    async def run() -> None:
        async with publishing(log) as publisher:
            await publisher.publish(outcome(publisher, "a"))
        async with publishing(log, told):
            pass

    with capture_logs() as logs:
        asyncio.run(run())
    assert set(told.states) == {"a"}
    assert [line["event"] for line in logs] == ["feed_state_unreadable"] * 2


def test_a_log_that_is_away_is_told_once_and_nothing_is_lost(log: FaultyLog) -> None:
    log.fault = failing("commit", *[LogUnavailable("disk full")] * 2)
    with capture_logs() as logs:
        assert asyncio.run(publish_many(log, "a", "b")) == [True, True]
    assert [line["event"] for line in logs] == ["log_unavailable", "log_back"]
    assert set(states(log)) == {"a", "b"}


def test_a_log_that_stays_away_does_not_keep_the_service_from_stopping(log: FaultyLog) -> None:
    async def stop() -> bool:
        async with publishing(log) as publisher:
            log.fault = failing("commit", *[LogUnavailable("disk full")] * 99)
            waiting = asyncio.create_task(publisher.publish(outcome(publisher, "a")))
            await asyncio.sleep(0.1)
        return await waiting

    assert asyncio.run(stop()) is False
    assert not states(log)


def test_what_was_decided_under_an_ownership_that_has_ended_is_dropped(log: FaultyLog) -> None:
    async def publish() -> list[bool]:
        async with publishing(log) as publisher:
            stale = outcome(publisher, "a")._replace(epoch=publisher.epoch(0) - 1)
            unowned = outcome(publisher, "b", partition=77)._replace(epoch=5)
            return [await publisher.publish(stale), await publisher.publish(unowned)]

    assert asyncio.run(publish()) == [False, False]
    assert not items(log)


def test_partitions_that_went_elsewhere_take_their_polls_with_them(log: FaultyLog) -> None:
    log.fault = failing("commit", PartitionsLost("gone"))
    with capture_logs() as logs:
        assert asyncio.run(publish_many(log, "a")) == [False]
    assert [line["event"] for line in logs] == ["partitions_lost"]
    assert not items(log)


def test_a_second_member_takes_partitions_over_and_gives_them_back(log: FaultyLog) -> None:
    first, second = Told(), Told()

    async def share() -> None:
        async with publishing(log, first) as one:
            before = one.epoch(0), one.epoch(1), one.epoch(2), one.epoch(3)
            async with publishing(log, second) as other:
                await asyncio.to_thread(until, lambda: other.owned and len(other.owned) + len(one.owned) == PARTITIONS)
                assert not set(one.owned) & set(other.owned)
                assert all(one.epoch(partition) == 0 for partition in other.owned)
            await asyncio.to_thread(until, lambda: len(one.owned) == PARTITIONS)
            assert any(one.epoch(partition) > before[partition] for partition in range(PARTITIONS))

    asyncio.run(share())
    assert set(first.lost) == set(second.gained)


def test_it_says_that_the_log_is_away_and_that_it_still_tries(log: FaultyLog) -> None:
    seen: list[tuple[bool, int]] = []
    log.fault = failing("commit", *[LogUnavailable("disk full")] * 2)

    async def run() -> None:
        async with publishing(log) as publisher:
            written = asyncio.create_task(publisher.publish(outcome(publisher, "a")))
            while not written.done():
                await asyncio.wait([written], timeout=0.05)
                seen.append((publisher.away, publisher.tries))

    with capture_logs():
        asyncio.run(run())
    away = [each for each, _ in seen]
    assert away[-1] is False
    assert True in away
    assert seen[-1][1] > seen[away.index(True)][1]


def test_states_that_cannot_be_read_for_now_are_read_later(log: FaultyLog) -> None:
    told = Told()

    async def run() -> None:
        async with publishing(log) as publisher:
            await publisher.publish(outcome(publisher, "a"))
        publisher = Publisher(log, gained=told.gain, lost=told.lose)
        log.fault = failing("latest", *[LogUnavailable("locked")] * 2)
        with pytest.raises(LogUnavailable):
            await publisher.open()
        running = asyncio.create_task(publisher.run())
        async with asyncio.timeout(10):
            await publisher.owning.wait()
        await publisher.close()
        await running
        await publisher.leave()

    with capture_logs() as logs:
        asyncio.run(run())
    assert set(told.states) == {"a"}
    assert told.gained == list(range(PARTITIONS))
    assert "log_unavailable" in [line["event"] for line in logs]


def test_a_partition_lost_before_its_states_were_read_was_never_ours(log: FaultyLog) -> None:
    told = Told()

    async def run() -> None:
        publisher = Publisher(log, gained=told.gain, lost=told.lose)
        log.fault = failing("latest", LogUnavailable("locked"))
        with pytest.raises(LogUnavailable):
            await publisher.open()
        async with publishing(log):
            running = asyncio.create_task(publisher.run())
            await asyncio.to_thread(until, lambda: told.gained)
            await publisher.close()
            await running
            await publisher.leave()

    asyncio.run(run())
    assert len(told.gained) == PARTITIONS // 2
    assert not told.lost


def test_an_outcome_that_cannot_be_written_spares_its_neighbours(log: FaultyLog) -> None:
    async def publish() -> None:
        async with publishing(log) as publisher:
            good = asyncio.create_task(publisher.publish(outcome(publisher, "a")))
            with pytest.raises(CodecError):
                await publisher.publish(outcome(publisher, "b", title="\ud800"))
            assert await good

    asyncio.run(publish())
    assert set(states(log)) == {"a"}


def test_a_defect_in_a_commit_drops_that_group_and_the_next_goes_on(log: FaultyLog) -> None:
    log.fault = failing("commit", RuntimeError("a defect"))

    async def publish() -> list[bool]:
        async with publishing(log) as publisher:
            return [await publisher.publish(outcome(publisher, "a")), await publisher.publish(outcome(publisher, "b"))]

    with capture_logs() as logs:
        assert asyncio.run(publish()) == [False, True]
    assert [line["event"] for line in logs] == ["publish_crashed"]
    assert set(states(log)) == {"b"}


def test_a_publisher_that_is_not_open_says_so(log: FaultyLog) -> None:
    async def run() -> None:
        publisher = Publisher(log, gained=Told().gain, lost=Told().lose)
        with capture_logs() as logs:
            running = asyncio.create_task(publisher.run())
            assert not await publisher.publish(outcome(publisher, "a"))
            await publisher.close()
            await running
        await publisher.leave()
        assert [line["event"] for line in logs] == ["publish_crashed"]

    asyncio.run(run())
    assert issubclass(LogUnavailable, LogError)
