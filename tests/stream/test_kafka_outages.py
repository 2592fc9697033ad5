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
from tests.stream.bench import Running, Upper, eventually
from tests.stream.harness import topic
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_faults import SOCKETS_LEFT, hasty, now

pytestmark = SOCKETS_LEFT
OUTAGE = float(os.environ.get("ARMSWATCH_OUTAGE_SECONDS", "6"))
PATIENCE = 60.0
BATCH = 40
FILLING = b"n" * 20_000  # of every record, so that a file grows


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
        numbers = range(self.fed, self.fed + BATCH)
        self.log.append([NewRecord(self.source, b"k", FILLING + b"%d" % n, 0) for n in numbers])
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
        assert found == [(b"%d" % (n + 1), FILLING.upper() + b"%d" % n) for n in range(self.fed)]


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
        back = time.monotonic() + OUTAGE
        eventually(lambda: line.worker.status().state == "retrying")
        time.sleep(max(back - time.monotonic(), 0))
        during = [event for event in told if event["log_level"] == "warning"]
        mortal.start()
        line.await_handled(BATCH)
        line.feed()
        line.check()

    client = [record for record in caplog.records if record.name.startswith("kafka")]
    print(f"{OUTAGE:g} s: {len(during)} lines of ours, {len(client)} of the client's")
    assert 1 <= len(during) <= 10 + OUTAGE
    assert {event["event"] for event in during} <= {"log_unavailable", "state_not_built"}
    assert len(client) <= 60 + OUTAGE  # about one of each kind in half a minute


def test_a_broker_that_hangs_for_a_while_is_waited_for(mortal: Broker, line: Line) -> None:
    line.feed()
    with Running(line.worker):
        line.await_handled(10)
        mortal.pause()
        time.sleep(OUTAGE)
        mortal.go_on()
        line.await_handled(BATCH)
        line.feed()
        line.check()


def test_a_broker_without_room_is_waited_for(mortal: Broker, line: Line, told: list[EventDict]) -> None:
    """Its files may not grow beyond a size, which it takes as it takes a full disk: it ends."""
    line.feed()
    _, most = resource.prlimit(mortal.pid, resource.RLIMIT_FSIZE)
    with Running(line.worker):
        line.await_handled(10)  # by then all files are there, some of which are large from the beginning
        resource.prlimit(mortal.pid, resource.RLIMIT_FSIZE, (BATCH * len(FILLING) // 2, most))
        eventually(lambda: not mortal.runs)
        eventually(lambda: line.worker.status().state == "retrying")
        handled = line.worker.status().handled
        mortal.kill()
        mortal.start()  # with room again
        line.check()

    assert handled < BATCH
    assert "log_unavailable" in {event["event"] for event in told}
