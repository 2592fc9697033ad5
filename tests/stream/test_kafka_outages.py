"""A stage on Kafka while its broker is away, hangs, or has no room: it goes on by itself, with nothing lost or doubled.

`ARMSWATCH_OUTAGE_SECONDS` sets how long the broker is away.
"""

from __future__ import annotations

import logging
import os
import resource
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.typing import EventDict

from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicPartition
from stream.retry import RetryPolicy
from stream.worker import Worker
from tests.stream.bench import Running, Upper
from tests.stream.harness import topic, unique
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_faults import SOCKETS_LEFT, hasty, now

pytestmark = SOCKETS_LEFT
OUTAGE = float(os.environ.get("ARMSWATCH_OUTAGE_SECONDS", "6"))
PATIENCE = 60.0
BATCH = 40


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


class Line:
    """A stage between two topics, with a feeder before it that tries again as a stage would."""

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.source, self.target = topic(log), topic(log)
        self.fed = 0
        retry = RetryPolicy(first=timedelta(milliseconds=100), longest=timedelta(seconds=2))
        step = Upper(log, self.source, self.target)
        self.worker = Worker(log, step, clock=now, retry=retry, max_records=5)

    def feed(self) -> None:
        """Append some records."""
        self.log.append([NewRecord(self.source, b"k", b"n%d" % n, 0) for n in range(self.fed, self.fed + BATCH)])
        self.fed += BATCH

    def await_handled(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.worker.status().handled < count:
            assert time.monotonic() < deadline, self.worker.status()
            time.sleep(0.02)

    def check(self) -> None:
        """All is there, once, in order."""
        self.await_handled(self.fed)
        found = [(r.key, r.value) for r in self.log.scan(TopicPartition(self.target, 0))]
        assert found == [(b"%d" % (n + 1), b"N%d" % n) for n in range(self.fed)]


@pytest.fixture
def line(log: KafkaLog) -> Line:
    return Line(log)


@pytest.mark.timeout(int(120 + OUTAGE))
def test_a_broker_that_is_away_for_a_while_is_waited_for(
    mortal: Broker, line: Line, told: list[EventDict], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    line.feed()
    with Running(line.worker):
        line.await_handled(10)
        mortal.kill()
        time.sleep(OUTAGE)
        during = [event for event in told if event["log_level"] == "warning"]
        status = line.worker.status()
        mortal.start()
        line.await_handled(BATCH)
        line.feed()
        line.check()

    client = [record for record in caplog.records if record.name.startswith("kafka")]
    print(f"{OUTAGE:g} s: {len(during)} lines of ours, {len(client)} of the client's")
    assert status.state == "retrying"
    assert 1 <= len(during) <= 10 + OUTAGE
    assert all(event["event"] == "log_unavailable" for event in during)
    assert len(client) <= 60 + OUTAGE  # about one of each kind in half a minute
