"""A stage on a broker that knows its users: a wrong password, and rights taken away under way and given again."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.typing import EventDict

from core.errors import LogError, LogUnavailable
from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicPartition
from stream.retry import RetryPolicy
from stream.worker import Worker
from tests.stream.bench import Running, Upper, eventually
from tests.stream.harness import topic
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_faults import SOCKETS_LEFT, hasty, now

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.admin import (
        ACL,
        ACLFilter,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePattern,
        ResourcePatternFilter,
        ResourceType,
    )

pytestmark = SOCKETS_LEFT
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_PROPERTIES = f"""\
listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.plaintext.plain.sasl.jaas.config={_LOGIN} username="root" password="root" user_root="root" user_news="right";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:root;User:ANONYMOUS
"""
_KINDS = (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with own_broker(Path(tmp_path_factory.mktemp("guarded")), _PROPERTIES) as broker:
        yield broker


def login(broker: Broker, user: str, password: str) -> Any:
    security = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }
    settings = hasty(broker.servers)
    return dataclasses.replace(settings, security={**settings.security, **security})


def allow(broker: Broker) -> None:
    admin = login(broker, "root", "root").admin()
    admin.create_acls(
        [
            ACL(
                "User:news", "*", ACLOperation.ALL, ACLPermissionType.ALLOW,
                ResourcePattern(kind, "armswatch.", ACLResourcePatternType.PREFIXED),
            )
            for kind in _KINDS
        ]
    )  # fmt: skip
    admin.close()


def forbid(broker: Broker) -> None:
    admin = login(broker, "root", "root").admin()
    admin.delete_acls(
        [
            ACLFilter(
                "User:news", "*", ACLOperation.ANY, ACLPermissionType.ANY,
                ResourcePatternFilter(kind, "armswatch.", ACLResourcePatternType.PREFIXED),
            )
            for kind in _KINDS
        ]
    )  # fmt: skip
    admin.close()


def test_with_a_wrong_password_there_is_no_log(guarded: Broker) -> None:
    with pytest.raises(LogUnavailable, match="bootstrap"):
        KafkaLog(login(guarded, "news", "wrong"), clock=now)


def test_without_rights_nothing_is_written_and_it_is_told_why(guarded: Broker) -> None:
    forbid(guarded)
    with KafkaLog(login(guarded, "root", "root"), clock=now) as log:
        name = topic(log)
    with KafkaLog(login(guarded, "news", "right"), clock=now) as log, pytest.raises(LogError, match="Authorization"):
        log.append([NewRecord(name, b"k", b"v", 0)])


def test_rights_taken_away_under_way_are_waited_for_and_no_record_is_set_aside(
    guarded: Broker, told: list[EventDict]
) -> None:
    allow(guarded)
    with (
        KafkaLog(login(guarded, "root", "root"), clock=now) as root,
        KafkaLog(login(guarded, "news", "right"), clock=now) as log,
    ):
        source, target, dead = topic(root), topic(root), topic(root)
        retry = RetryPolicy(tries=3, first=timedelta(milliseconds=50), longest=timedelta(milliseconds=500))
        worker = Worker(log, Upper(log, source, target), clock=now, retry=retry, dead_letters=dead)
        with Running(worker):
            root.append([NewRecord(source, b"k", b"a", 0)])
            eventually(lambda: worker.status().handled == 1)
            forbid(guarded)
            root.append([NewRecord(source, b"k", value, 0) for value in (b"b", b"c")])
            eventually(lambda: "Authorization" in worker.status().last_error)
            assert worker.status().handled == 1

            allow(guarded)
            eventually(lambda: worker.status().handled == 3)

        assert [record.value for record in root.scan(TopicPartition(target, 0))] == [b"A", b"B", b"C"]
        assert list(root.scan(TopicPartition(dead, 0))) == []
    assert "record_failed" not in {event["event"] for event in told}
