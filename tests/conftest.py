"""What all tests share: how Hypothesis is used, and a Kafka broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import settings

from stream.kafka_client import KafkaSettings
from tests.stream.kafka_broker import Broker, Given, any_broker
from tests.stream.kafka_secured import Secured, secured_broker

settings.register_profile("untimed", deadline=None)  # how long an example takes tells of the machine, not of the code
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker | Given]:
    """A broker for tests that do it no harm. Skips where none can be started, and fails where one is required."""
    with any_broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker with a listener for every way of coming to it, where grants count."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture
def kafka_settings(broker: Broker | Given) -> KafkaSettings:
    """Quick to notice that a member is gone."""
    return KafkaSettings(
        bootstrap_servers=broker.servers,
        session_timeout=timedelta(seconds=6),
        heartbeat=timedelta(milliseconds=300),
        transaction_timeout=timedelta(seconds=10),
    )
