"""The grants that the reference lists are enough for the service and a subscriber, and none is listed in vain."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from core import catalogue
from core.errors import LogError
from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicSpec
from tests.clients.acl_page import granted, tabled
from tests.clients.authorised_broker import ADMIN, Grant, client, grant, settings
from tests.clients.duties import DUTIES, LOST, NotDone, append, now, prepare
from tests.stream.kafka_broker import Broker

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaConsumer, KafkaProducer
    from kafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

SERVICE, SUBSCRIBER = "The service", "A subscriber"
NAMESPACE = "armswatch."
ALERTS = catalogue.alerts("russia-dprk-arms")
OURS = granted(SERVICE, "")


def test_the_page_explains_each_grant_that_its_commands_give() -> None:
    assert [(each.resource, each.operation) for each in OURS] == tabled(SERVICE)
    assert [(each.resource, each.operation) for each in granted(SUBSCRIBER, "")] == tabled(SUBSCRIBER)
    assert LOST.keys() == set(tabled(SERVICE))


def test_the_service_may_do_all_its_work_under_the_grants_of_the_page(broker: Broker, user: str, prefix: str) -> None:
    prepare(settings(broker, ADMIN, prefix))
    grant(broker, user, granted(SERVICE, prefix))
    with KafkaLog(settings(broker, user, prefix), clock=now) as log:
        for duty in DUTIES:
            duty(log)


@pytest.mark.parametrize("left_out", OURS, ids=lambda each: f"{each.resource}-{each.operation}")
def test_a_grant_left_out_is_missed(left_out: Grant, broker: Broker, user: str, prefix: str) -> None:
    prepare(settings(broker, ADMIN, prefix))
    left_out = left_out._replace(name=left_out.name.replace(NAMESPACE, prefix + NAMESPACE))
    kept = [each for each in granted(SERVICE, prefix) if each != left_out]
    if left_out.operation == "AlterConfigs":
        kept.append(left_out._replace(operation="DescribeConfigs"))  # which it covers, as the page says
    assert len(kept) >= len(OURS) - 1
    grant(broker, user, kept)
    with KafkaLog(settings(broker, user, prefix), clock=now) as log:
        for duty in LOST[left_out.resource, left_out.operation]:
            with pytest.raises((LogError, NotDone)):
                duty(log)


@contextmanager
def subscribed(broker: Broker, user: str, topic: str, group: str | None) -> Iterator[Any]:
    """A plain client that reads a topic."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=list(broker.servers), group_id=group, isolation_level="read_committed",
        auto_offset_reset="earliest", **client(user),
    )  # fmt: skip
    try:
        yield consumer
    finally:
        consumer.close()


def polled(consumer: Any) -> list[bytes]:
    """The first values that come."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if found := consumer.poll(timeout_ms=200):
            return [record.value for records in found.values() for record in records]
    return []


@pytest.fixture
def alerted(broker: Broker, prefix: str) -> str:
    """A prefix under which there is one alert and one item."""
    prepare(settings(broker, ADMIN, prefix))
    with KafkaLog(settings(broker, ADMIN, prefix), clock=now) as log:
        log.create([TopicSpec(ALERTS, 1)])
        log.append([NewRecord(ALERTS, b"story", b"{}")])
    return prefix


def test_a_subscriber_reads_alerts_under_the_grants_of_the_page(broker: Broker, user: str, alerted: str) -> None:
    grant(broker, user, granted(SUBSCRIBER, alerted))
    with subscribed(broker, user, alerted + ALERTS, "desk") as consumer:
        assert polled(consumer) == [b"{}"]
        consumer.commit()


def test_a_subscriber_without_the_topic_s_grant_sees_no_topic(broker: Broker, user: str, alerted: str) -> None:
    grant(broker, user, [each for each in granted(SUBSCRIBER, alerted) if each.resource != "topic"])
    with subscribed(broker, user, alerted + ALERTS, "desk") as consumer:
        assert not consumer.partitions_for_topic(alerted + ALERTS)
        assert consumer.poll(timeout_ms=500) == {}


def test_a_subscriber_without_the_group_s_grant_is_refused(broker: Broker, user: str, alerted: str) -> None:
    grant(broker, user, [each for each in granted(SUBSCRIBER, alerted) if each.resource != "group"])
    with pytest.raises(GroupAuthorizationFailedError), subscribed(broker, user, alerted + ALERTS, "desk") as consumer:
        polled(consumer)


def test_a_subscriber_without_a_group_needs_no_grant_for_one(broker: Broker, user: str, alerted: str) -> None:
    grant(broker, user, [each for each in granted(SUBSCRIBER, alerted) if each.resource == "topic"])
    with subscribed(broker, user, alerted + ALERTS, None) as consumer:
        assert polled(consumer) == [b"{}"]


def test_a_subscriber_reads_nothing_else_and_writes_nothing(broker: Broker, user: str, alerted: str) -> None:
    grant(broker, user, granted(SUBSCRIBER, alerted))
    with subscribed(broker, user, alerted + ALERTS, None) as consumer:
        assert consumer.topics() == {alerted + ALERTS}
    with (
        pytest.raises(GroupAuthorizationFailedError),
        subscribed(broker, user, alerted + ALERTS, f"{alerted}armswatch.match") as consumer,
    ):
        polled(consumer)
    producer = KafkaProducer(bootstrap_servers=list(broker.servers), enable_idempotence=False, **client(user))
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            producer.send(alerted + ALERTS, b"forged").get(10)
    finally:
        producer.close(timeout=1)


def test_without_any_grant_the_service_does_not_start(broker: Broker, user: str, prefix: str) -> None:
    prepare(settings(broker, ADMIN, prefix))
    with KafkaLog(settings(broker, user, prefix), clock=now) as log, pytest.raises(LogError):
        append(log)
