from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import LogUnavailable
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import TopicSpec
from tests.stream.harness import Clock, unique


def test_more_replicas_than_brokers_are_told_in_words(kafka_settings: KafkaSettings, clock: Clock) -> None:
    settings = replace(kafka_settings, replication_factor=9, min_insync_replicas=2)
    with (
        KafkaLog(settings, clock=clock) as log,
        pytest.raises(LogUnavailable, match=r"kept on 9 brokers, and the cluster has fewer.*log\.replication_factor"),
    ):
        log.create([TopicSpec(unique("armswatch.topic"), 1)])


def test_topics_of_others_on_the_cluster_are_not_ours(kafka_settings: KafkaSettings, clock: Clock) -> None:
    """They are neither listed nor, above all, expired."""
    mine, other = (replace(kafka_settings, topic_prefix=f"{unique('p')}.") for _ in range(2))
    with KafkaLog(mine, clock=clock) as log, KafkaLog(other, clock=clock) as others:
        log.create([TopicSpec("armswatch.mine", 1)])
        others.create([TopicSpec("armswatch.theirs", 1)])
        assert {info.source.topic for info in log.describe()} == {"armswatch.mine"}
        assert {info.source.topic for info in others.describe()} == {"armswatch.theirs"}
