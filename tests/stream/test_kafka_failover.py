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
EACH = 80  # records copied around each kill
COUNT = 3 * EACH
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
        retry = RetryPolicy(first=timedelta(milliseconds=100), longest=timedelta(seconds=1))
        worker = Worker(log, Upper(log, source, target), clock=now, retry=retry, max_records=2)
        took = []
        with Running(worker):
            for first, broker in zip(range(0, COUNT, EACH), three.nodes.values(), strict=True):
                log.append([NewRecord(source, b"k", b"n%d" % n, 0) for n in range(first, first + EACH)])
                at_least(worker, first + EACH // 4)
                broker.kill()
                began = time.monotonic()
                assert worker.status().handled < first + EACH, "the work was over before the broker was killed"
                at_least(worker, first + EACH)
                took.append(time.monotonic() - began)
                three.start()

        print("seconds from the kill until all was copied:", [f"{each:.1f}" for each in took])
        found = [(record.key, record.value) for record in log.scan(TopicPartition(target, 0))]
        assert found == [(b"%d" % (n + 1), b"N%d" % n) for n in range(COUNT)]


def at_least(worker: Worker, count: int) -> None:
    deadline = time.monotonic() + BACK_AT_WORK
    while worker.status().handled < count:
        assert time.monotonic() < deadline, worker.status()
        time.sleep(0.02)
