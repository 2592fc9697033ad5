"""Stages as separate processes over one Kafka cluster: some are killed in mid-work, some join, and nothing shows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from core import catalogue
from core.codec import decode
from core.types import Alert, Item
from stream.kafka import KafkaLog
from stream.kafka_client import KafkaSettings
from tests.e2e.program import Program, armswatch, running, write_config
from tests.e2e.sample import Piece, rss, shells, weather
from tests.feedserver import Asked, FeedServer, Reply

FEEDS = 12
ENTRIES = 30  # of each feed, published two at a time
PREFIX = "scale-out."
LOG = """
log:
  kind: kafka
  bootstrap_servers: [{server}]
  topic_prefix: {prefix}
  partitions: 6
  replication_factor: 1
  min_insync_replicas: 1
  session_timeout: 6s
  transaction_timeout: 10s
  request_timeout: 5s
"""
STAGES = ("ingest", "ingest", "ingest", "match", "match", "alert", "archive")


class Outlets:
    """Feeds that publish two entries whenever they are asked, until all are out."""

    def __init__(self, server: FeedServer) -> None:
        self.published: list[list[Piece]] = [[weather(feed)] for feed in range(FEEDS)]
        self.asked: list[int] = [0] * FEEDS
        for feed in range(FEEDS):
            server.route(f"/{feed}.xml", partial(self._page, feed))

    def _page(self, feed: int, asked: Asked) -> Reply:
        pieces = self.published[feed]
        if asked.number > 1 and len(pieces) <= ENTRIES:
            number = feed * 1000 + len(pieces)
            pieces += [shells(number), weather(number)]
        self.asked[feed] = asked.number
        return Reply(rss(pieces, f"Outlet {feed}"))

    def share_out(self, share: float) -> bool:
        """Tell whether so much has been published."""
        return sum(map(len, self.published)) >= share * FEEDS * (ENTRIES + 1)


@pytest.fixture
def log(kafka_settings: KafkaSettings) -> Iterator[KafkaLog]:
    with KafkaLog(replace(kafka_settings, topic_prefix=PREFIX), clock=lambda: datetime.now(UTC)) as opened:
        yield opened


def values(log: KafkaLog, topic: str) -> list[bytes]:
    sources = [info.source for info in log.describe() if info.source.topic == topic]
    return [record.value for source in sources for record in log.scan(source) if record.value is not None]


def wait_until(outlets: Outlets, share: float, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not outlets.share_out(share):
        assert time.monotonic() < end, f"only {sum(map(len, outlets.published))} entries were asked for"
        time.sleep(0.1)


def wait_for_alerts(log: KafkaLog, count: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while (found := len(values(log, catalogue.alerts("russia-dprk-arms")))) < count:
        assert time.monotonic() < end, f"only {found} of {count} alerts"
        time.sleep(0.3)


@pytest.mark.timeout(240)
def test_killed_stages_are_replaced_and_every_item_and_alert_is_there_once(log: KafkaLog, tmp_path: Path) -> None:
    with FeedServer() as server, ExitStack() as stack:
        outlets = Outlets(server)
        config = write_config(tmp_path, [server.url(f"/{feed}.xml") for feed in range(FEEDS)])
        with (config / "armswatch.yaml").open("a", encoding="utf-8") as file:
            file.write(LOG.format(server=log.settings.bootstrap_servers[0], prefix=PREFIX))

        def start(stage: str) -> Program:
            return stack.enter_context(running(config, "--only", stage))

        programs = [(stage, start(stage)) for stage in STAGES]
        for _, program in programs:
            program.wait_for("started", 60)
        wait_until(outlets, 0.3)
        for victim in ("ingest", "match", "alert"):
            next(program for stage, program in programs if stage == victim).process.kill()
        late = [start(stage) for stage in ("alert", "match")]
        wait_until(outlets, 0.6)
        late.append(start("ingest"))
        wait_until(outlets, 1.0)
        on_topic = [
            (feed, piece.guid)
            for feed, pieces in enumerate(outlets.published)
            for piece in pieces
            if piece.guid.startswith("shells")
        ]
        wait_for_alerts(log, len(on_topic))
        time.sleep(1)  # for what should not be there
        items = [decode(Item, value) for value in values(log, catalogue.ITEMS)]
        alerts = [decode(Alert, value) for value in values(log, catalogue.alerts("russia-dprk-arms"))]
        told = armswatch("alerts", "-c", str(config), "--format", "jsonl", "--since", "1h")

    wanted = {(feed, piece.guid) for feed, pieces in enumerate(outlets.published) for piece in pieces}
    seen = Counter((int(item.source.url.split("/")[-1].removesuffix(".xml")), item.guid) for item in items)
    assert {key for key, count in seen.items() if count > 1} == set(), "an item was doubled"
    assert set(seen) == wanted, "an item was lost"
    assert max(Counter(alert.id for alert in alerts).values()) == 1, "an alert was doubled"
    asked_for = {item.id for item in items if item.guid.startswith("shells")}
    assert {alert.data.item for alert in alerts} == asked_for, "an alert was lost"
    assert len(told.stdout.splitlines()) == len(alerts), told.stderr
