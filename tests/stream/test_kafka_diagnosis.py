"""What is said of a cluster that lets us in: brokers, topics, grants. On a real one with an authorizer."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.kafka_diagnosis import diagnose
from stream.kafka_security import Security
from stream.kafka_survey import Finding
from stream.log import TopicSpec
from tests.stream.harness import Clock
from tests.stream.kafka_secured import Secured, login

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

SPECS = [TopicSpec("armswatch.items", 2), TopicSpec("armswatch.feeds", 2, compacted=True)]
GROUPS = ["match", "archive.*"]
ALL = ["Read", "Write", "Create", "AlterConfigs", "Delete"]
_NUMBERS = itertools.count()
_PREFIXES = {"topic": "armswatch.", "group": "armswatch.", "transactional_id": "armswatch."}


@pytest.fixture
def settings(secured: Secured) -> KafkaSettings:
    """How alice comes, under a prefix that no other test has."""
    found = secured.settings("LOGIN", Security(login=login()))
    return replace(found, topic_prefix=f"desk{next(_NUMBERS)}.")


@pytest.fixture
def chief(secured: Secured, settings: KafkaSettings) -> KafkaSettings:
    """How somebody comes who may do everything."""
    return replace(secured.settings("PLAINTEXT", Security()), topic_prefix=settings.topic_prefix)


def told(
    settings: KafkaSettings, security: Security | None = None, specs: Sequence[TopicSpec] = SPECS
) -> list[Finding]:
    return diagnose(settings, security or Security(login=login()), specs, GROUPS)


def grant(chief: KafkaSettings, **operations: Sequence[str]) -> None:
    """Let alice do these to what is ours."""
    acls = [
        ACL(
            "User:alice",
            "*",
            ACLOperation["".join(f"_{c}" if c.isupper() else c for c in operation).strip("_").upper()],
            ACLPermissionType.ALLOW,
            ResourcePattern(
                ResourceType[kind.upper()],
                chief.topic_prefix + _PREFIXES[kind],
                ACLResourcePatternType.PREFIXED,
            ),
        )
        for kind, names in operations.items()
        for operation in names
    ]
    with closing(chief.admin()) as admin:
        assert not admin.create_acls(acls)["failed"]


def make(chief: KafkaSettings, specs: Sequence[TopicSpec] = SPECS) -> None:
    with KafkaLog(chief, clock=Clock()) as log:
        log.create(specs)


def failed(findings: Sequence[Finding]) -> dict[str, str]:
    return {found.what: found.says for found in findings if found.outcome == "failed"}


def test_with_every_grant_all_is_well_and_nothing_is_made(settings: KafkaSettings, chief: KafkaSettings) -> None:
    grant(chief, topic=ALL, group=["Read"], transactional_id=["Write"])

    for _ in range(2):
        findings = told(settings)
        assert failed(findings) == {}
        assert any(found.says.startswith("2 of them will be made: desk") for found in findings)

    make(chief)
    assert any(found.says == "2 of them are there, each with 2 partitions" for found in told(settings))


def test_without_any_grant_each_is_named(settings: KafkaSettings) -> None:
    prefix = settings.topic_prefix
    found = failed(told(settings))

    assert found["grants on topics"] == (
        f"the user alice may not even see {prefix}armswatch.feeds, {prefix}armswatch.items: grant Read and Write"
    )
    assert f"may not use {prefix}armswatch.archive.*, {prefix}armswatch.match" in found["groups"]
    assert f"grant Write on {prefix}armswatch.*" in found["transactions"]


@pytest.mark.parametrize(
    ("without", "outcome", "says"),
    [
        ("Read", "failed", "the user alice has no Read on"),
        ("Write", "failed", "the user alice has no Write on"),
        ("Create", "failed", "the user alice may not make"),
        ("Delete", "warning", "the user alice has no Delete: old records stay"),
        ("AlterConfigs", "failed", "the user alice has no DescribeConfigs"),
    ],
)
def test_a_grant_that_lacks_is_named(
    settings: KafkaSettings, chief: KafkaSettings, without: str, outcome: str, says: str
) -> None:
    grant(chief, topic=[each for each in ALL if each != without], group=["Read"], transactional_id=["Write"])

    wrong = [found for found in told(settings) if found.outcome == outcome]

    assert any(says in found.says and "armswatch.items" in found.says for found in wrong)
    assert {found.what for found in wrong} <= {"topics", "grants on topics", "message size"}


def test_another_number_of_partitions_is_told(chief: KafkaSettings) -> None:
    make(chief)

    found = failed(told(chief, Security(), [TopicSpec("armswatch.items", 5), SPECS[1]]))

    assert found == {
        f"topic {chief.topic_prefix}armswatch.items": (
            "it has 2 partitions, and log.partitions is 5: set it to what the log was made with"
        )
    }


def test_too_few_brokers_for_the_copies_wanted_are_told(chief: KafkaSettings) -> None:
    found = failed(told(replace(chief, replication_factor=3), Security()))

    assert list(found) == ["topics"]
    assert "too few brokers for log.replication_factor (3): 1" in found["topics"]


def test_too_few_brokers_that_are_in_step_are_told(chief: KafkaSettings) -> None:
    make(replace(chief, min_insync_replicas=2))

    found = failed(told(chief, Security()))

    assert len(found) == 2
    assert all("fewer than 2 brokers (min.insync.replicas)" in says for says in found.values())


def test_a_broker_that_takes_only_short_messages_is_told(chief: KafkaSettings) -> None:
    warned = [found for found in told(chief, Security()) if found.what == "message size"]

    assert [found.outcome for found in warned] == ["warning"]
    assert "the largest message is 900,000 bytes" in warned[0].says


def test_one_broker_away_of_several_is_a_warning_and_none_reached_ends_it(chief: KafkaSettings) -> None:
    several = replace(chief, bootstrap_servers=(*chief.bootstrap_servers, "127.0.0.1:1"))
    none = replace(chief, bootstrap_servers=("127.0.0.1:1", "no-such-host.invalid:9092"))

    assert [found.outcome for found in told(several, Security()) if found.what == "broker 127.0.0.1:1"] == ["warning"]
    assert [(found.what, found.outcome) for found in told(none, Security())] == [
        ("broker 127.0.0.1:1", "failed"),
        ("broker no-such-host.invalid:9092", "failed"),
    ]


def test_an_address_that_the_cluster_sends_us_to_and_that_cannot_be_reached_is_told(secured: Secured) -> None:
    found = failed(diagnose(secured.settings("ASTRAY", Security()), Security(), SPECS, GROUPS))

    says = found["broker astray.invalid:9092"]
    assert "`advertised.listeners`" in says
    assert "is not known here" in says
