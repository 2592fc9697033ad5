from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import LogUnavailable
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from stream.log import Reader
from tests.stream.harness import PATIENCE, Clock, joined, put, topic, unique
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_faults import SOCKETS_LEFT

pytestmark = SOCKETS_LEFT
SOON = timedelta(milliseconds=200)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with own_broker(tmp_path_factory.mktemp("mortal")) as running:
        yield running


@pytest.fixture
def log(mortal: Broker, clock: Clock) -> Iterator[KafkaLog]:
    settings = KafkaSettings(bootstrap_servers=mortal.servers, request_timeout=timedelta(seconds=2))
    with KafkaLog(replace(settings, session_timeout=timedelta(seconds=20)), clock=clock) as opened:
        yield opened


@pytest.mark.parametrize(
    ("away", "back"), [(Broker.pause, Broker.go_on), (Broker.kill, Broker.start)], ids=["hung", "gone"]
)
def test_who_only_waits_learns_that_nobody_answers_any_more(
    log: KafkaLog, mortal: Broker, away: Callable[[Broker], None], back: Callable[[Broker], None]
) -> None:
    name = topic(log)
    reader = joined(log, unique("g"), name, 1)
    assert reader.read(10, SOON).records == []
    away(mortal)
    with pytest.raises(LogUnavailable, match=r"no broker has answered for \d+ s"):
        read_for_ever(reader)

    back(mortal)

    put_when_back(log, name)
    end = time.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            records = reader.read(10, SOON).records
        except LogUnavailable:
            assert time.monotonic() < end
            time.sleep(0.1)
            continue
        if records:
            break
    assert [record.value for record in records] == [b"back"]


def read_for_ever(reader: Reader) -> None:
    end = time.monotonic() + PATIENCE.total_seconds()
    while time.monotonic() < end:
        assert reader.read(10, SOON).records == []


def put_when_back(log: KafkaLog, name: str) -> None:
    end = time.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            return put(log, name, b"back")
        except LogUnavailable:
            assert time.monotonic() < end
            time.sleep(0.2)
