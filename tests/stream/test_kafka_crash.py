"""The log on Kafka when a stage's process is killed or stands still, at whatever moment.

`ARMSWATCH_KILLS` sets how often it is killed; a hundred times takes minutes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from core.errors import LogUnavailable
from stream.kafka import KafkaLog
from stream.kafka_admin import KafkaTopics
from stream.log import NewRecord, TopicPartition
from stream.worker import Worker
from tests.stream.bench import eventually
from tests.stream.copier import PARTITIONS, SOURCE, STATE, TARGET, TOPICS, Copy
from tests.stream.harness import unique
from tests.stream.kafka_broker import Broker, own_broker
from tests.stream.kafka_copier import Copiers, now, settings

KILLS = int(os.environ.get("ARMSWATCH_KILLS", "4"))
SHORT_SESSIONS = "group.min.session.timeout.ms=500\n"


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that allows short sessions."""
    with own_broker(tmp_path_factory.mktemp("lenient"), SHORT_SESSIONS) as broker:
        yield broker


@pytest.fixture
def log(lenient: Broker) -> Iterator[KafkaLog]:
    with KafkaLog(settings(list(lenient.servers), unique("crash") + ".", unique("tester")), clock=now) as opened:
        opened.create(TOPICS)
        yield opened


@pytest.fixture
def copiers(log: KafkaLog) -> Iterator[Copiers]:
    with closing(Copiers(log.settings.bootstrap_servers, log.settings.topic_prefix)) as started:
        yield started


def fill(log: KafkaLog, each: int) -> None:
    for first in range(0, each, 1000):
        numbers = range(first, min(first + 1000, each))
        log.append([NewRecord(SOURCE, b"k", b"%d" % n, p) for p in range(PARTITIONS) for n in numbers])


def copied(log: KafkaLog) -> int:
    return sum(log.positions("copy").values())


def settled(log: KafkaLog) -> bool:
    """Tell whether nothing is open any more of what was killed."""
    try:
        return copied(log) > 0
    except LogUnavailable:
        return False


def reached(topics: KafkaTopics) -> int:
    """Tell how far writing got, transactions under way included."""
    bounds = topics.bounds([TopicPartition(TARGET, partition) for partition in range(PARTITIONS)])
    return sum(end for _, end in bounds.values())


def finish(log: KafkaLog, each: int) -> None:
    """Copy what is left, then count."""
    worker = Worker(log, Copy(log), clock=now)
    eventually(lambda: worker.run_until_idle() >= 0 and copied(log) >= each * PARTITIONS)
    worker.close()
    for partition in range(PARTITIONS):
        found = list(log.scan(TopicPartition(TARGET, partition)))
        assert [record.value for record in found] == [b"%d" % n for n in range(each)]
        assert [record.key for record in found] == [b"%d" % n for n in range(1, each + 1)]
    assert {record.value for record in log.latest(STATE)} == {b"%d" % each}


@pytest.mark.timeout(60 + 10 * KILLS)
def test_killed_at_any_moment_a_stage_loses_nothing_and_doubles_nothing(log: KafkaLog, copiers: Copiers) -> None:
    each = 80 * KILLS
    fill(log, each)
    topics = KafkaTopics(log.settings)

    for _ in range(KILLS):
        before = reached(topics)
        pid = copiers.start("copier")
        eventually(lambda before=before: reached(topics) > before + 10)  # type: ignore[misc]
        time.sleep(random.uniform(0.0, 0.4))
        os.kill(pid, signal.SIGKILL)

    topics.close()
    eventually(lambda: settled(log))
    done = copied(log)
    print(f"{KILLS} kills, {done} of {each * PARTITIONS} records copied by then")
    assert done < each * PARTITIONS, "the last kills did not fall into the work"
    finish(log, each)


@pytest.mark.parametrize("successor", ["another slot", "the same slot"])
def test_what_a_stage_writes_late_after_it_stood_still_does_not_appear(
    log: KafkaLog, copiers: Copiers, successor: str
) -> None:
    """It stands still for longer than its session, in the midst of a transaction as often as not."""
    each = 400
    fill(log, each)
    topics = KafkaTopics(log.settings)
    sleeper = copiers.start("one")
    eventually(lambda: reached(topics) > 10)
    time.sleep(random.uniform(0.0, 0.2))
    os.kill(sleeper, signal.SIGSTOP)

    before = reached(topics)
    copiers.start("one" if successor == "the same slot" else "other")
    eventually(lambda: reached(topics) > before + 50)
    assert 0 < copied(log) < each * PARTITIONS
    os.kill(sleeper, signal.SIGCONT)

    time.sleep(1)
    topics.close()
    copiers.close()
    finish(log, each)
