"""The match stage over a log: what it writes, what it leaves, and that topics can be replaced under it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from core import catalogue, codec
from core.errors import CodecError
from core.types import Item, Match
from processors.match import MatchStep, match_id
from processors.topic import CompiledTopics
from stream.log import NewRecord, Record, TopicPartition, TopicSpec
from stream.sqlite import SqliteLog
from stream.worker import Worker
from tests.processors.making import NOW, item, topic


def now() -> datetime:
    return NOW


@pytest.fixture
def log() -> Iterator[SqliteLog]:
    made = SqliteLog(None, clock=now)
    names = (catalogue.ITEMS, catalogue.MATCHES, catalogue.DEAD_LETTERS)
    made.create([TopicSpec(name, 2) for name in names])
    yield made
    made.close()


def put(log: SqliteLog, *items: Item) -> None:
    log.append([NewRecord(catalogue.ITEMS, each.id.encode(), codec.encode(each)) for each in items])


def read(log: SqliteLog, name: str = catalogue.MATCHES) -> list[Record]:
    return [record for number in range(2) for record in log.scan(TopicPartition(name, number))]


def matches(log: SqliteLog) -> list[Match]:
    return [codec.decode(Match, record.value or b"") for record in read(log)]


def step(**changes: object) -> MatchStep:
    return MatchStep(CompiledTopics([topic(**changes)]), clock=now)


def test_matches_and_near_misses_are_written_under_the_topic_and_the_rest_is_not(log: SqliteLog) -> None:
    near = item("near", "North Korea and Russia meet")
    put(log, item("hit"), near, item("civil", "North Korea and Russia open a railway"), item("other", "Paris"))
    assert Worker(log, step(), clock=now).run_until_idle() == 4
    found = {str(match.item.id): match for match in matches(log)}
    assert {name: match.verdict for name, match in found.items()} == {"hit": "match", "near": "near_miss"}
    assert {record.key for record in read(log)} == {b"arms"}
    assert found["near"].missing == ("Shells go from one to the other",)
    assert (found["hit"].matched, found["hit"].topic_hash, found["hit"].item) == (NOW, "0123456789abcdef", item("hit"))


def test_a_revision_is_matched_again_under_another_name(log: SqliteLog) -> None:
    put(log, item(), item(revision=1))
    Worker(log, step(), clock=now).run_until_idle()
    assert [match.item.revision for match in matches(log)] == [0, 1]
    assert len({match.id for match in matches(log)}) == 2


def test_a_match_has_the_same_name_each_time_and_another_under_another_topic_file() -> None:
    assert match_id(item(), "arms", "a") == match_id(item(), "arms", "a")
    assert len({match_id(item(), *named) for named in (("arms", "a"), ("arms", "b"), ("other", "a"))}) == 3


def test_topics_replaced_between_batches_hold_from_then_on(log: SqliteLog) -> None:
    running = step()
    worker = Worker(log, running, clock=now)
    put(log, item())
    worker.run_until_idle()
    running.topics = CompiledTopics([topic(topic="other")])
    put(log, item("later"))
    worker.run_until_idle()
    assert [(match.topic, match.item.id) for match in matches(log)] == [("arms", "i1"), ("other", "later")]


def test_several_topics_may_match_one_item(log: SqliteLog) -> None:
    put(log, item())
    both = MatchStep(CompiledTopics([topic(), topic(topic="other")]), clock=now)
    Worker(log, both, clock=now).run_until_idle()
    assert sorted(match.topic for match in matches(log)) == ["arms", "other"]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        b'{"title": 1, "summary": ""}',
        b'{"title": "no summary"}',
        b'{"title": "\xff", "summary": ""}',
        None,
    ],
)
def test_a_record_that_is_no_item_is_an_error(value: bytes | None) -> None:
    with pytest.raises(CodecError):
        step()([Record(catalogue.ITEMS, 0, 0, NOW, b"", value)])


def test_a_record_that_only_looks_like_an_item_is_an_error_once_it_matches() -> None:
    value = b'{"title": "North Korea ships shells to Russia", "summary": ""}'
    with pytest.raises(CodecError):
        step()([Record(catalogue.ITEMS, 0, 0, NOW, b"", value)])


def test_no_state_is_kept() -> None:
    assert step().gained(frozenset({TopicPartition(catalogue.ITEMS, 0)})) == {}
