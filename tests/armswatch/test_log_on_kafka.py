"""A user outgrows the embedded log: the service goes on, on a real broker, with the record it would have read next."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from armswatch import inquiry, logtools, wiring
from armswatch.replaying import replay
from armswatch.service import Service
from config.loader import Config
from core import catalogue
from core.errors import UserError
from stream.log import TopicPartition
from tests.armswatch.desk import a_round, alerts, configured, opened
from tests.e2e.program import armswatch
from tests.e2e.sample import rss, shells
from tests.feedserver import FeedServer, Reply
from tests.stream.harness import take, unique
from tests.stream.kafka_broker import Broker, Given

STAGES = ("match", "alert", "archive")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as site:
        yield site


def raised(config: Config) -> Counter[str]:
    """How often each alert is on the log."""
    with closing(wiring.read_log(config)) as log:
        return Counter(msgspec.json.decode(alert)["id"] for alert in alerts(log))


def unread_items(config: Config) -> set[bytes]:
    """What the match stage has yet to read."""
    with opened(config) as log:
        stands = log.positions("match")
        sources = [TopicPartition(catalogue.ITEMS, number) for number in range(4)]
        return {record.key for source in sources for record in log.scan(source, stands.get(source, 0))}


def until_done(config: Config, alerts_archived: int) -> None:
    """Run the stages until they have read everything, what each has given the next included."""
    service = Service(config, only=STAGES, watch=False)
    service.start()
    try:
        deadline = time.monotonic() + 60
        while behind(config) or archived(config) != alerts_archived:
            assert time.monotonic() < deadline, (logtools.groups(config), archived(config))
            time.sleep(0.1)
    finally:
        service.stop()


def behind(config: Config) -> bool:
    """Whether a stage has records to read: each comes with the mark of its transaction, which may also be alone."""
    return any(lag.lag > 1 for group in logtools.groups(config) for lag in group.partitions)


def archived(config: Config) -> int:
    if not wiring.archive_path(config).exists():
        return 0
    return len(inquiry.alerts(config, since=timedelta(days=1), topic=None, text="", limit=99))


def test_a_desk_moves_to_kafka_and_goes_on(server: FeedServer, broker: Broker | Given, tmp_path: Path) -> None:
    urls = (server.url("/a.xml"),)
    server.route("/a.xml", Reply(rss([shells(number) for number in range(1, 4)])))
    embedded = configured(tmp_path, urls=urls)
    a_round(embedded)
    server.route("/a.xml", Reply(rss([shells(number) for number in range(1, 6)])))
    a_round(embedded, "ingest")
    before, unread = raised(embedded), unread_items(embedded)
    assert (before.total(), len(unread)) == (3, 2)
    there = {
        "kind": "kafka", "bootstrap_servers": broker.servers, "topic_prefix": f"{unique('desk')}.",
        "replication_factor": 1, "min_insync_replicas": 1,
    }  # fmt: skip
    cluster = configured(tmp_path, json.dumps(there), urls)

    done = armswatch("log", "copy", "-c", str(tmp_path), "--json")

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["copied"] == sum(topic["records"] for topic in report["topics"]) > 10
    assert {topic.topic for topic in logtools.topics(cluster)} == {spec.name for spec in wiring.topic_specs(cluster)}
    lags = {group.group: group.lag or 0 for group in logtools.groups(cluster)}
    assert lags["match"] >= 2  # in offsets, of which each transaction takes one more
    assert lags["alert"] == 0
    assert "archive" not in lags
    with opened(cluster) as log:
        reader = log.reader("match", [catalogue.ITEMS])
        assert {record.key for record in take(reader, 2)} == unread
        with pytest.raises(UserError, match="Stop every process that runs the stage match"):
            replay(cluster, "match", None)
    until_done(cluster, 5)
    after = raised(cluster)
    assert after.keys() > before.keys()
    assert (after.total(), len(after)) == (5, 5)

    assert replay(cluster, "alert", None, dry_run=True).records >= 5
    for stage in STAGES:
        assert replay(cluster, stage, None).records >= 5
    until_done(cluster, 5)
    assert raised(cluster) == after
    shown = armswatch("alerts", "-c", str(tmp_path), "--format", "jsonl")
    assert {json.loads(line)["id"] for line in shown.stdout.splitlines()} == after.keys()
    again = armswatch("log", "copy", "-c", str(tmp_path))
    assert (again.returncode, "copied to already" in again.stderr) == (2, True)
