"""Three brokers, each of which is killed once while a stage works: leader, coordinators and controller among them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from stream.kafka import KafkaLog
from stream.log import NewRecord, TopicPartition
from stream.retry import RetryPolicy
from stream.worker import Worker
from tests.stream.bench import Running, Upper
from tests.stream.harness import topic
from tests.stream.kafka_cluster import Cluster, cluster
from tests.stream.kafka_faults import SOCKETS_LEFT, hasty, now

pytestmark = SOCKETS_LEFT
COUNT = 3000
BACK_AT_WORK = 40.0  # seconds


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("three")) as brokers:
        yield brokers


@pytest.mark.timeout(240)
def test_each_of_three_brokers_may_be_killed_during_transactions(three: Cluster) -> None:
    settings = hasty(three.servers, replication_factor=3, min_insync_replicas=2, request_timeout=timedelta(seconds=4))
    with KafkaLog(settings, clock=now) as log:
        source, target = topic(log), topic(log)
        log.append([NewRecord(source, b"k", b"n%d" % n, 0) for n in range(COUNT)])
        retry = RetryPolicy(first=timedelta(milliseconds=100), longest=timedelta(seconds=1))
        worker = Worker(log, Upper(log, source, target), clock=now, retry=retry, max_records=5)
        took = []
        with Running(worker):
            for broker in three.nodes.values():
                at_least(worker, worker.status().handled + 20)
                broker.kill()
                began = time.monotonic()
                at_least(worker, worker.status().handled + 20)
                took.append(time.monotonic() - began)
                assert worker.status().handled < COUNT, "the work was over before the last was killed"
                three.start()
            at_least(worker, COUNT)

        print("seconds until back at work:", [f"{each:.1f}" for each in took])
        found = [(record.key, record.value) for record in log.scan(TopicPartition(target, 0))]
        assert found == [(b"%d" % (n + 1), b"N%d" % n) for n in range(COUNT)]


def at_least(worker: Worker, count: int) -> None:
    deadline = time.monotonic() + BACK_AT_WORK
    while worker.status().handled < count:
        assert time.monotonic() < deadline, worker.status()
        time.sleep(0.02)
