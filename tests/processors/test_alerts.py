"""The alert stage over a log: alerts, state, restarts, replays, and what is closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from config.settings import Alerts
from core import catalogue, codec
from core.errors import CodecError, LogUnavailable
from core.types import Alert, Item, ItemId, Story
from processors.alerts import AlertStep
from stream.log import NewRecord, Reader, Record, Start, TopicPartition, TopicSpec, partition_of
from stream.retry import RetryPolicy
from stream.sqlite import SqliteLog
from stream.worker import Worker
from tests.e2e.sample import shells
from tests.processors.making import NOW, TOPIC, item, match, source

PARTITIONS = 3
ALERTS = catalogue.alerts(TOPIC)
HOME = partition_of(TOPIC.encode(), PARTITIONS)
OTHER = "Putin thanks Kim for the sappers in Kursk"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> Iterator[SqliteLog]:
    made = SqliteLog(None, clock=clock)
    names = (catalogue.MATCHES, ALERTS, catalogue.DEAD_LETTERS)
    made.create(
        [*(TopicSpec(name, PARTITIONS) for name in names), TopicSpec(catalogue.STORIES, PARTITIONS, compacted=True)]
    )
    yield made
    made.close()


def step(log: SqliteLog, clock: Clock) -> AlertStep:
    return AlertStep(log, rules=Alerts(), clock=clock)


def worker(log: SqliteLog, clock: Clock) -> Worker:
    return Worker(log, step(log, clock), clock=clock)


def put(log: SqliteLog, *items: Item) -> None:
    log.append([NewRecord(catalogue.MATCHES, TOPIC.encode(), codec.encode(match(each))) for each in items])


def alerts(log: SqliteLog) -> list[Alert]:
    found = [record for number in range(PARTITIONS) for record in log.scan(TopicPartition(ALERTS, number))]
    return [codec.decode(Alert, record.value or b"") for record in found]


def stories(log: SqliteLog) -> list[Story]:
    return [codec.decode(Story, record.value or b"") for record in log.latest(catalogue.STORIES)]


def run(log: SqliteLog, clock: Clock) -> None:
    one = worker(log, clock)
    one.run_until_idle()
    one.close()


def test_matches_become_alerts_and_copies_do_not(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"), item("b", source=source("Echo")), item("c", OTHER))
    run(log, clock)
    assert {alert.data.item for alert in alerts(log)} == {"a", "c"}
    assert len(alerts(log)) == 2
    assert sorted(len(story.members) for story in stories(log)) == [1, 2]


def test_alerts_lie_under_their_story_and_state_with_the_input(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"))
    run(log, clock)
    (state,) = log.latest(catalogue.STORIES)
    assert state.partition == HOME
    assert state.key.decode() == alerts(log)[0].subject


def test_a_restarted_stage_knows_what_has_alerted(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"))
    run(log, clock)
    put(log, item("b", source=source("Echo")), item("a"), item("a", revision=1))
    run(log, clock)
    assert len(alerts(log)) == 1
    assert {(each.item, each.revision, each.silent) for each in stories(log)[0].members} == {
        ("b", 0, "copy"),
        ("a", 1, ""),
    }


def test_a_replay_from_the_beginning_alerts_no_second_time(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"), item("c", OTHER), item("a", "North Korea ships 70 shells to Russia", revision=1))
    run(log, clock)
    before = alerts(log)
    assert len(before) == 3
    log.rewind("alert", {TopicPartition(catalogue.MATCHES, HOME): 0})
    run(log, clock)
    assert alerts(log) == before


class Failing:
    """A log whose commits fail, so many of them."""

    def __init__(self, log: SqliteLog, failures: int) -> None:
        self._log = log
        self.failures = failures

    def reader(self, group: str, topics: Sequence[str], start: Start = "earliest") -> Reader:
        return FailingReader(self._log.reader(group, topics, start), self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class FailingReader:
    def __init__(self, reader: Reader, log: Failing) -> None:
        self._reader = reader
        self._failing = log

    def commit(self, records: Sequence[NewRecord] = (), positions: Mapping[TopicPartition, int] | None = None) -> None:
        if self._failing.failures:
            self._failing.failures -= 1
            raise LogUnavailable("no space left")
        self._reader.commit(records, positions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


def test_after_a_commit_that_failed_the_state_is_that_of_the_log(log: SqliteLog, clock: Clock) -> None:
    """What was decided and not committed is forgotten, else the items would be known and never alert."""
    failing = Failing(log, 2)
    put(log, item("a"), item("b", source=source("Echo")))
    one = Worker(failing, step(log, clock), clock=clock, retry=RetryPolicy(first=timedelta(milliseconds=1)))
    one.run_until_idle()
    one.close()
    assert failing.failures == 0
    assert [alert.data.item for alert in alerts(log)] == ["a"]
    assert [[(each.item, each.silent) for each in story.members] for story in stories(log)] == [
        [("a", ""), ("b", "copy")]
    ]


def test_other_events_alert_each_and_a_reprint_does_not(log: SqliteLog, clock: Clock) -> None:
    """Items that differ in their numbers only."""
    pieces = [shells(number) for number in range(1, 21)]
    put(log, *(item(piece.guid, piece.title, piece.text) for piece in pieces))
    reprint = shells(1)
    put(log, item("reprint", f"(Reuters) - {reprint.title}", f"SEOUL, March 1 (Reuters) - {reprint.text}"))
    run(log, clock)
    assert [alert.data.item for alert in alerts(log)].count(ItemId("reprint")) == 0
    assert {alert.data.item for alert in alerts(log)} == {piece.guid for piece in pieces}


def test_stories_past_the_copy_window_are_closed_with_a_tombstone(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"))
    run(log, clock)
    clock.now += timedelta(days=8)
    put(log, item("c", OTHER))
    run(log, clock)
    assert [story.headline for story in stories(log)] == [OTHER]
    put(log, item("b", source=source("Echo")))
    run(log, clock)
    assert len(alerts(log)) == 3


def test_rules_replaced_hold_from_the_next_batch_on(log: SqliteLog, clock: Clock) -> None:
    stage = step(log, clock)
    running = Worker(log, stage, clock=clock)
    put(log, item("a"))
    running.run_until_idle()
    stage.rules = Alerts(copy_window=timedelta(hours=1))
    clock.now += timedelta(hours=2)
    put(log, item("b", source=source("Echo")))
    running.run_until_idle()
    running.close()
    assert len(alerts(log)) == 2


def test_a_partition_that_was_lost_is_forgotten_and_read_again_when_gained(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"))
    run(log, clock)
    stage = step(log, clock)
    mine = frozenset({TopicPartition(catalogue.MATCHES, HOME)})
    copy = Record(catalogue.MATCHES, HOME, 9, NOW, b"", codec.encode(match(item("b", source=source("Echo")))))
    assert stage.gained(mine) == {}
    assert [record.topic for record in stage([copy])] == [catalogue.STORIES]
    stage.lost(mine)
    stage.lost(mine)
    assert [record.topic for record in stage([copy])] == [catalogue.STORIES, ALERTS]
    stage.gained(mine)
    assert [record.topic for record in stage([copy])] == [catalogue.STORIES]


def test_a_story_that_cannot_be_read_is_left_out_and_told(log: SqliteLog, clock: Clock) -> None:
    put(log, item("a"))
    run(log, clock)
    log.append([NewRecord(catalogue.STORIES, b"broken", b"nonsense", HOME)])
    put(log, item("b", source=source("Echo")))
    with capture_logs() as told:
        run(log, clock)
    assert len(alerts(log)) == 1
    assert [entry["key"] for entry in told if entry["event"] == "story_unreadable"] == ["broken"]


@pytest.mark.parametrize("value", [None, b"nonsense"])
def test_a_record_that_is_no_match_is_an_error(log: SqliteLog, clock: Clock, value: bytes | None) -> None:
    with pytest.raises(CodecError):
        step(log, clock)([Record(catalogue.MATCHES, 0, 0, NOW, b"", value)])
