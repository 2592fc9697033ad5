"""What the client does wrong, shown on the bare client, and that writing stays right all the same.

Tests named `test_client_...` hold the client to its faults: one that fails after an upgrade tells that the fault is
gone, and what is built around it may go too.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.errors import LogError, LogUnavailable, PartitionsLost
from stream.kafka import KafkaLog
from stream.kafka_transactions import Outgoing, Transactions
from stream.log import NewRecord, TopicPartition
from tests.stream.harness import topic, unique
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_faults import SOCKETS_LEFT, WRITTEN_MS, Call, Interrupted, hasty, now

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaProducer
    from kafka import TopicPartition as Foreign
    from kafka.admin import ConfigResource
    from kafka.errors import CommitFailedError, KafkaError, KafkaTimeoutError
    from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

pytestmark = SOCKETS_LEFT
STRANGER = 7, "nobody", ""  # the generation and id of a member that its group does not know


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with own_broker(tmp_path_factory.mktemp("mortal")) as broker:
        yield broker


@pytest.fixture
def log(mortal: Broker) -> Iterator[KafkaLog]:
    if not mortal.runs:
        mortal.start()
    with KafkaLog(hasty(mortal.servers), clock=now) as opened:
        yield opened


@pytest.fixture
def target(log: KafkaLog) -> TopicPartition:
    return TopicPartition(topic(log), 0)


@pytest.fixture
def writer(log: KafkaLog, target: TopicPartition) -> Iterator[Transactions]:
    """One that has written once."""
    writing = Transactions(log.settings, unique("writer"))
    writing.write(one(target, b"before"), {})
    yield writing
    writing.close()


def one(target: TopicPartition, value: bytes) -> list[Outgoing]:
    return [Outgoing(target, b"k", value, (), WRITTEN_MS)]


def written(log: KafkaLog, target: TopicPartition) -> list[bytes | None]:
    """Read what is there; a broker that has just come back may not have it at once."""
    for _ in range(20):
        with suppress(LogUnavailable):
            return [record.value for record in log.scan(target)]
        time.sleep(0.5)
    raise AssertionError("it cannot be read")


@pytest.fixture
def bare(mortal: Broker, target: TopicPartition) -> Iterator[Callable[..., Any]]:
    """Makes producers with nothing around them, in a transaction that has written one record."""
    made = []

    def make(**more: Any) -> Any:
        patience = {"request_timeout_ms": 2000, "delivery_timeout_ms": 2500, "reconnect_backoff_max_ms": 500}
        options = {"transactional_id": unique("bare"), "retry_backoff_ms": 5, **patience, **more}
        producer = KafkaProducer(bootstrap_servers=list(mortal.servers), **options)
        made.append(producer)
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(target.topic, b"first", partition=0).get(5)
        return producer

    yield make
    for producer in made:
        with suppress(KafkaError):
            producer.close(timeout=0)


def committed(log: KafkaLog, group: str, source: Any) -> int | None:
    consumer = log.settings.consumer(group)
    try:
        found: int | None = consumer.committed(source, timeout_ms=10_000)
        return found
    finally:
        consumer.close(autocommit=False)


def limit_size(log: KafkaLog, target: TopicPartition, size: int) -> None:
    admin = log.settings.admin()
    admin.alter_configs([ConfigResource("TOPIC", target.topic, {"max.message.bytes": str(size)})])
    admin.close()
    time.sleep(0.3)  # until the broker goes by it


def test_client_does_not_tell_that_a_record_has_expired(
    mortal: Broker, bare: Callable[..., Any], target: TopicPartition
) -> None:
    """Bug 1a: after it, offsets and commit go through, or hang; they never fail."""
    producer = bare()
    mortal.kill()
    lost = producer.send(target.topic, b"lost", partition=0)
    with pytest.raises(KafkaTimeoutError, match="Expiring"):
        lost.get(10)
    mortal.start()

    def finish() -> None:
        producer.send_offsets_to_transaction({Foreign(target.topic, 0): OffsetAndMetadata(5, "", -1)}, unique("group"))
        producer.commit_transaction()

    commit = Call(finish)

    commit.hangs(3)
    assert commit.error is None


def test_a_record_that_expires_while_the_broker_is_away_fails_its_transaction(
    mortal: Broker, log: KafkaLog, target: TopicPartition, writer: Transactions
) -> None:
    began = time.monotonic()

    with pytest.raises(LogUnavailable):
        writer.write(Interrupted(target, [b"lost", b"lost"], mortal.kill), {})

    assert time.monotonic() - began < 15
    mortal.start()
    writer.write(one(target, b"after"), {})
    assert written(log, target) == [b"before", b"after"]


def test_client_commits_nothing_and_may_say_nothing_when_the_broker_has_ended_the_transaction(
    bare: Callable[..., Any], log: KafkaLog, target: TopicPartition
) -> None:
    """Bug 1b."""
    producer = bare(transaction_timeout_ms=500)
    time.sleep(3)  # until the broker has ended it

    producer.send(target.topic, b"second", partition=0)
    with suppress(KafkaError):  # it depends on whether its thread has heard of it
        producer.commit_transaction()

    assert written(log, target) == []


def test_a_transaction_that_the_broker_has_ended_fails(mortal: Broker, target: TopicPartition, log: KafkaLog) -> None:
    settings = hasty(mortal.servers, transaction_timeout=timedelta(milliseconds=500))
    writer = Transactions(settings, unique("writer"))

    with pytest.raises(LogUnavailable):
        writer.write(Interrupted(target, [b"lost", b"lost"], lambda: time.sleep(3)), {})

    writer.write(one(target, b"after"), {})
    assert written(log, target) == [b"after"]
    writer.close()


def test_client_says_that_a_batch_failed_that_is_sent_again_in_parts(
    bare: Callable[..., Any], log: KafkaLog, target: TopicPartition
) -> None:
    """Bug 1c: as far as it shows: `flush` fails for records that are written."""
    limit_size(log, target, 5000)
    producer = bare(linger_ms=200)

    sent = [producer.send(target.topic, b"a" * 300, partition=0) for _ in range(40)]
    with pytest.raises(Exception, match="Future not done"):
        producer.flush(10)

    producer.commit_transaction()
    assert all(each.succeeded() for each in sent)


def test_records_that_only_together_are_too_large_are_written(log: KafkaLog, target: TopicPartition) -> None:
    limit_size(log, target, 5000)
    values = [b"%d" % number * 300 for number in range(40)]

    log.append([NewRecord(target.topic, b"k", value, 0) for value in values])

    assert written(log, target) == values


def test_client_commits_offsets_that_were_refused_in_an_earlier_transaction(
    bare: Callable[..., Any], log: KafkaLog, target: TopicPartition
) -> None:
    """Bug 2."""
    producer, group = bare(), unique("group")
    refused, other = Foreign(target.topic, 0), Foreign(topic(log), 0)
    with pytest.raises(CommitFailedError):
        producer.send_offsets_to_transaction(
            {refused: OffsetAndMetadata(999, "", -1)}, ConsumerGroupMetadata(group, *STRANGER)
        )
    producer.abort_transaction()

    producer.begin_transaction()
    producer.send_offsets_to_transaction({other: OffsetAndMetadata(1, "", -1)}, group)
    producer.commit_transaction()

    assert committed(log, group, refused) == 999


def test_positions_that_were_refused_stay_so(log: KafkaLog, target: TopicPartition, writer: Transactions) -> None:
    group = unique("group")
    with pytest.raises(PartitionsLost):
        writer.write(one(target, b"refused"), {target: 999}, ConsumerGroupMetadata(group, *STRANGER))

    other = TopicPartition(topic(log), 0)
    writer.write(one(target, b"after"), {other: 1}, group)

    assert committed(log, group, log.settings.foreign(target)) is None
    assert committed(log, group, log.settings.foreign(other)) == 1
    assert written(log, target) == [b"before", b"after"]


def test_client_hangs_where_the_broker_is_away_at_a_commit(mortal: Broker, bare: Callable[..., Any]) -> None:
    """Bug 3."""
    producer = bare()
    mortal.kill()
    commit = Call(producer.commit_transaction)
    time.sleep(0.5)
    mortal.start()

    assert commit.hangs(3)


@pytest.mark.parametrize("how", ["killed", "hanging"])
def test_a_commit_while_the_broker_is_away_fails_in_time_and_can_be_repeated(
    mortal: Broker, log: KafkaLog, target: TopicPartition, how: str
) -> None:
    source = TopicPartition(topic(log), 0)
    log.append([NewRecord(source.topic, b"k", b"%d" % n, 0) for n in range(3)])
    reader = log.reader(unique("group"), [source.topic])
    records = reader.read(0, timedelta(seconds=10)).records
    while len(records) < 3:
        records = [*records, *reader.read(10, timedelta(seconds=1)).records]
    made = [NewRecord(target.topic, b"k", record.value, 0) for record in records]
    (mortal.kill if how == "killed" else mortal.pause)()
    began = time.monotonic()

    with pytest.raises(LogUnavailable):
        reader.commit(made)

    assert time.monotonic() - began < 25
    (mortal.start if how == "killed" else mortal.go_on)()
    again: list[NewRecord] = []
    while len(again) < 3:
        again += [NewRecord(target.topic, b"k", record.value, 0) for record in read(reader)]
    reader.commit(again)
    assert written(log, target) == [b"0", b"1", b"2"]


def read(reader: Any) -> Any:
    try:
        return reader.read(10, timedelta(seconds=1)).records
    except LogError:
        time.sleep(0.1)
        return []


def test_client_silences_the_log_of_all_producers_once_one_is_dropped(
    bare: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Bug 4. Nothing is built on those lines: what fails is raised."""
    bare().close(null_logger=True)  # as when it is collected

    with caplog.at_level(logging.DEBUG, "kafka"):
        bare().abort_transaction()

    assert not [record for record in caplog.records if record.name == "kafka.producer.kafka"]
